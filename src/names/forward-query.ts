import { createSocket } from "node:dgram";
import { getServers } from "node:dns";
import { once } from "node:events";
import { connect, isIPv6 } from "node:net";

/** Milliseconds that a name server of the host has to answer in. */
const patience = 3000;

/** Asks the host's own name servers, one after the other. `overTcp`: for answers of any length. @throws Error where none answers */
export async function forwardQuery(query: Buffer, overTcp: boolean): Promise<Buffer> {
  for (const server of getServers()) {
    const [, host = server, port = "53"] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(server) ?? [];
    const target = isIPv6(server) ? { host: server, port: 53 } : { host, port: Number(port) };
    const answer = await (overTcp ? askOverTcp : askOverUdp)(query, target).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  throw new Error("No name server of this host answers.");
}

interface Target {
  readonly host: string;
  readonly port: number;
}

async function askOverUdp(query: Buffer, { host, port }: Target): Promise<Buffer> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  try {
    // Connected, it takes no other's answer.
    socket.connect(port, host);
    const signal = AbortSignal.timeout(patience);
    await once(socket, "connect", { signal });
    socket.send(query);
    for (;;) {
      const [answer]: Buffer[] = await once(socket, "message", { signal });
      if (answer?.readUInt16BE(0) === query.readUInt16BE(0)) return answer;
    }
  } finally {
    socket.close();
  }
}

async function askOverTcp(query: Buffer, { host, port }: Target): Promise<Buffer> {
  const socket = connect({ host, port });
  const timer = setTimeout(() => socket.destroy(new Error("It does not answer in time.")), patience);
  try {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
        return received.subarray(2, 2 + received.readUInt16BE());
      }
    }
    throw new Error("The connection ended.");
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
