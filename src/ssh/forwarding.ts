import { connect, type Socket } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { MachineDriver } from "../runtime/machine-driver.ts";

/** Connects from inside the machine by what it has: `nc`, Python or bash. 125: it has none of them. */
const connectScript = `
if command -v nc >/dev/null 2>&1; then exec nc "$1" "$2"; fi
if command -v python3 >/dev/null 2>&1; then
  exec python3 -c '
import os, socket, sys, threading
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def send():
    while data := os.read(0, 65536): peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)
threading.Thread(target=send, daemon=True).start()
while data := peer.recv(65536): os.write(1, data)
' "$1" "$2"
fi
if command -v bash >/dev/null 2>&1; then
  exec bash -c 'exec 3<>"/dev/tcp/$1/$2" 4<&0 || exit 1; cat <&4 >&3 & writer=$!; cat <&3; kill $writer' bash "$1" "$2"
fi
exit 125
`;

/** Milliseconds in which a program that cannot connect says so. */
const grace = 300;

/**
 * A connection to `host:port` as the machine sees them. Where the machine has nothing to connect with, LocalAWS does it from inside
 * the machine's network or, where it has no way in, from outside, which reaches what listens at the machine's private address.
 * @throws Error where that fails too
 */
export async function connectInside(
  machines: MachineDriver,
  id: string,
  target: { host: string; port: number },
): Promise<(channel: Duplex) => void> {
  const program = await machines.spawn(id, ["/bin/sh", "-c", connectScript, "sh", target.host, String(target.port)]);
  const ended = await Promise.race([program.exited.then(({ exitCode }) => exitCode), delay(grace, undefined)]);
  if (ended === 125) return await connectWithout(machines, id, target);
  if (ended !== undefined && ended !== 0) throw new Error(`Nothing answers at ${target.host}:${target.port}.`);
  program.stderr.resume();
  return (channel) => {
    channel.once("close", () => void program.kill());
    join(channel, program.stdin);
    join(program.stdout, channel);
  };
}

async function connectWithout(
  machines: MachineDriver,
  id: string,
  target: { host: string; port: number },
): Promise<(channel: Duplex) => void> {
  const socket = (await machines.connectFrom(id, target)) ?? (await connectOutside(machines, id, target.port));
  return (channel) => joinChannel(channel, socket);
}

/** Both directions, each with an end of its own. */
export function joinChannel(channel: Duplex, socket: Socket): void {
  channel.once("close", () => socket.destroy());
  join(channel, socket);
  join(socket, channel);
}

async function connectOutside(machines: MachineDriver, id: string, port: number): Promise<Socket> {
  const address = (await machines.get(id))?.privateIpAddress;
  if (address === undefined) throw new Error(`${id} has no address.`);
  const socket = connect({ host: address, port, allowHalfOpen: true });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  return socket;
}

/** One direction ends without the other: `pipeline` would destroy both. */
function join(source: Readable, target: Writable): void {
  for (const stream of [source, target]) stream.on("error", () => {});
  source.pipe(target);
}
