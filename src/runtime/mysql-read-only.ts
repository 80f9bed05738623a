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

/** Bits of the capabilities, of the lower and of the upper two bytes: what is encrypted, compressed or has attributes. */
const [encryption, compression] = [1 << 11, 1 << 5];
const [zstd, attributes] = [1 << 10, 1 << 11];

/**
 * Has the session of a client that has just connected begin as a read-only one, which it may change later on; it is not encrypted.
 * Resolves when the rest is to be handed on as it comes. @throws Error where an end is gone, or the server refuses that
 */
export async function beginReadOnlyMysql(client: Socket, server: Socket): Promise<void> {
  const greeting = await takePacket(server);
  client.write(plain(greeting));
  // Another version is the server's refusal of whoever comes.
  if (greeting[headerBytes] !== protocolVersion || !(await logIn(client, server))) return;
  server.write(packet(Buffer.concat([Buffer.of(query), Buffer.from("SET SESSION TRANSACTION READ ONLY")])));
  if ((await takePacket(server))[headerBytes] !== ok) throw new Error("The server refuses a read-only session.");
}

/** Hands on what both ends say in turn. Whether the client is in. */
async function logIn(client: Socket, server: Socket): Promise<boolean> {
  for (;;) {
    server.write(await takePacket(client));
    let said: Buffer;
    do {
      said = await takePacket(server);
      client.write(said);
      if (said[headerBytes] === ok) return true;
      if (said[headerBytes] === error) return false;
    } while (said[headerBytes] === moreData && said[headerBytes + 1] === known);
  }
}

/** The greeting without what nothing could be put into: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html */
function plain(greeting: Buffer): Buffer {
  const nameEnd = greeting.indexOf(0, headerBytes + 1);
  const lower = nameEnd + 1 + 4 + 8 + 1;
  const upper = lower + 2 + 1 + 2;
  const changed = Buffer.from(greeting);
  if (greeting[headerBytes] !== protocolVersion || nameEnd < 0 || upper + 2 > greeting.length) return changed;
  changed.writeUInt16LE(greeting.readUInt16LE(lower) & ~(encryption | compression) & 0xffff, lower);
  changed.writeUInt16LE(greeting.readUInt16LE(upper) & ~(zstd | attributes) & 0xffff, upper);
  return changed;
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
