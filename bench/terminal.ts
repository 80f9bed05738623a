/**
 * What a terminal's output costs: `npx tsx bench/terminal.ts [embedded|docker …]`. A program in an instance writes 200 MB, which
 * a WebSocket client counts in this same process; beside it the same bytes, in messages of the same size, from a WebSocket
 * that does nothing else. The ratio is what is left of the speed of the network library.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";
import { launchInstance, TerminalClient } from "../test/service/terminal/terminal-client.ts";
import { startLocalAws } from "../test/support/server.ts";

const total = 200_000_000;
const least = 10;

interface Flow {
  readonly seconds: number;
  readonly messages: number;
}

/** From the first byte to the last. */
async function flow(socket: WebSocket, begin: () => void): Promise<Flow> {
  let bytes = 0;
  let messages = 0;
  let started = 0;
  return await new Promise((resolve) => {
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) return;
      if (messages++ === 0) started = performance.now();
      bytes += data.length;
      if (bytes >= total) resolve({ seconds: (performance.now() - started) / 1000, messages });
    });
    begin();
  });
}

async function terminalFlow(runtime: string): Promise<Flow> {
  const aws = await startLocalAws({ runtime });
  try {
    const client = await TerminalClient.open(aws, await launchInstance(aws));
    client.type("stty -opost -echo; echo rea''dy\n");
    await client.shows(/ready\n/);
    // BusyBox's interactive shell has its own programs write each line by itself: one that is not interactive does not.
    const program = `sh -c 'yes 0123456789012345678901234567890 | head -c ${total + 1000}'\n`;
    return await flow(client.socket, () => client.type(program));
  } finally {
    await aws.server.reset();
    await aws.stop();
  }
}

async function plainFlow(messageBytes: number): Promise<Flow> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const message = Buffer.alloc(messageBytes, "x");
  sockets.on("connection", (socket) => {
    let left = total;
    const send = (): void => {
      while (left > 0) {
        left -= messageBytes;
        if (socket.bufferedAmount > 256 * 1024) {
          socket.send(message, send);
          return;
        }
        socket.send(message);
      }
    };
    socket.once("message", send);
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client, "open");
  try {
    return await flow(client, () => client.send("go"));
  } finally {
    client.terminate();
    sockets.close();
    server.close();
  }
}

const rate = ({ seconds }: Flow) => total / seconds / 1e6;
const rows = [];
for (const runtime of process.argv.length > 2 ? process.argv.slice(2) : ["embedded", "docker"]) {
  const terminal = await terminalFlow(runtime);
  const messageBytes = Math.round(total / terminal.messages);
  const plain = await plainFlow(messageBytes);
  rows.push({
    runtime,
    "MB/s": Number(rate(terminal).toFixed(1)),
    "bytes a message": messageBytes,
    "plain WebSocket, MB/s": Number(rate(plain).toFixed(1)),
    ratio: Number((rate(terminal) / rate(plain)).toFixed(2)),
  });
}
console.table(rows);
const slow = rows.find((row) => row["MB/s"] < least);
if (slow !== undefined) throw new Error(`${slow["MB/s"]} MB/s on ${slow.runtime} is less than ${least}.`);
