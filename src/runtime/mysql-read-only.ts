import type { Socket } from "node:net";
import { takeBytes } from "./take-bytes.ts";

// The protocol of MySQL and MariaDB: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html. Nothing
// that a client says when it logs in makes its session a read-only one: a statement is put between its login and its first command.

const headerBytes = 4;
const protocolVersion = 10;
/** The first byte of what the server says while a client logs in. */
const ok = 0x00;
const error = 0xff;
const moreData = 0x01;
/** After `moreData`: the password was known, and what follows is the server's too. */
const known = 0x03;
const query = 0x03;

/** Bits of the capabilities: a session that is encrypted or compressed, and queries that have attributes. */
const [encryption, compression, zstd] = [1 << 11, 1 << 5, 1 << 26];
const attributes = 1 << 27;

/**
 * Has the session of a client that has just connected begin as a read-only one, which it may change later on; it is not encrypted.
 * Resolves when the rest is to be handed on as it comes. @throws Error where an end is gone, or the server refuses that
 */
export async function beginReadOnlyMysql(client: Socket, server: Socket): Promise<void> {
  const greeting = await takePacket(server);
  const offered = offer(greeting);
  client.write(greeting);
  // It refuses whoever comes.
  if (offered === undefined) return;
  const response = await takePacket(client);
  if (!(await logIn(client, server, response))) return;
  const asked = response.length < headerBytes + 4 ? 0 : response.readUInt32LE(headerBytes);
  // No attributes, in one set.
  const head = (offered & asked & attributes) === 0 ? [query] : [query, 0, 1];
  server.write(packet(Buffer.concat([Buffer.from(head), Buffer.from("SET SESSION TRANSACTION READ ONLY")])));
  if ((await takePacket(server))[headerBytes] !== ok) throw new Error("The server refuses a read-only session.");
}

/** Hands on what both ends say in turn, from the client's first on. Whether the client is in. */
async function logIn(client: Socket, server: Socket, response: Buffer): Promise<boolean> {
  for (let answer = response; ; answer = await takePacket(client)) {
    server.write(answer);
    let said: Buffer;
    do {
      said = await takePacket(server);
      client.write(said);
      if (said[headerBytes] === ok) return true;
      if (said[headerBytes] === error) return false;
    } while (said[headerBytes] === moreData && said[headerBytes + 1] === known);
  }
}

/**
 * Takes out of a greeting what nothing could be put into, and gives the capabilities that are left; none where it is no greeting:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 */
function offer(greeting: Buffer): number | undefined {
  const nameEnd = greeting.indexOf(0, headerBytes + 1);
  // The server's number of the session, the first part of the challenge and a byte of nothing come before.
  const lower = nameEnd + 1 + 4 + 8 + 1;
  const upper = lower + 5;
  if (greeting[headerBytes] !== protocolVersion || nameEnd < 0 || upper + 2 > greeting.length) return undefined;
  const all = greeting.readUInt16LE(lower) | (greeting.readUInt16LE(upper) << 16);
  const offered = all & ~(encryption | compression | zstd);
  greeting.writeUInt16LE(offered & 0xffff, lower);
  greeting.writeUInt16LE(offered >>> 16, upper);
  return offered;
}

function takePacket(stream: Socket): Promise<Buffer> {
  return takeBytes(stream, (bytes) => (bytes.length < headerBytes ? undefined : headerBytes + bytes.readUIntLE(0, 3)));
}

/** The first of a command. */
function packet(payload: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}
