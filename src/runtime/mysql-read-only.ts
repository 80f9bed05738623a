import type { Socket } from "node:net";
import { capability, command, headerBytes, packet, readGreeting, reply, takePacket } from "./mysql-packets.ts";

// Nothing that a client says when it logs in makes its session a read-only one: a statement is put between its login and its first
// command.

/** After `moreData`: the password was known, and what follows is the server's too. */
const known = 0x03;

/** What nothing could be put into. */
const hidden = capability.encryption | capability.compression | capability.zstd;

/**
 * Has the session of a client that has just connected begin as a read-only one, which it may change later on; it is not encrypted.
 * Resolves when the rest is to be handed on as it comes. @throws Error where an end is gone, or the server refuses that
 */
export async function beginReadOnlyMysql(client: Socket, server: Socket): Promise<void> {
  const said = await takePacket(server);
  const greeting = readGreeting(said, hidden);
  client.write(greeting?.packet ?? said);
  // It refuses whoever comes.
  if (greeting === undefined) return;
  const response = await takePacket(client);
  if (!(await logIn(client, server, response))) return;
  const asked = response.length < headerBytes + 4 ? 0 : response.readUInt32LE(headerBytes);
  // No attributes, in one set.
  const hasAttributes = (greeting.capabilities & asked & capability.attributes) !== 0;
  const head = hasAttributes ? [command.query, 0, 1] : [command.query];
  server.write(packet(Buffer.concat([Buffer.from(head), Buffer.from("SET SESSION TRANSACTION READ ONLY")])));
  if ((await takePacket(server))[headerBytes] !== reply.ok) throw new Error("The server refuses a read-only session.");
}

/** Hands on what both ends say in turn, from the client's first on. Whether the client is in. */
async function logIn(client: Socket, server: Socket, response: Buffer): Promise<boolean> {
  for (let answer = response; ; answer = await takePacket(client)) {
    server.write(answer);
    let said: Buffer;
    do {
      said = await takePacket(server);
      client.write(said);
      if (said[headerBytes] === reply.ok) return true;
      if (said[headerBytes] === reply.error) return false;
    } while (said[headerBytes] === reply.moreData && said[headerBytes + 1] === known);
  }
}
