import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { capability, headerBytes, packet, reply, takePacket } from "./mysql-packets.ts";

// How somebody logs in: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html

/** Bytes of the answer that come before the user's name: what the client knows, its longest packet, character set, and nothing. */
const fixedBytes = 4 + 4 + 1 + 23;

/** What a client says to the greeting. */
export interface Login {
  /** With its header. */
  readonly packet: Buffer;
  readonly username: string;
  /** The password, by the client's plugin. */
  readonly answer: Buffer;
  /** Empty where the client names none. */
  readonly plugin: string;
}

interface ReadLogin extends Login {
  /** What comes before the answer, and what comes after it without the plugin. */
  readonly head: Buffer;
  readonly database: Buffer;
  readonly rest: Buffer;
}

/**
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html; undefined
 * of a client that is older than version 4.1's.
 */
export function readLogin(bytes: Buffer): ReadLogin | undefined {
  if (bytes.length < headerBytes + fixedBytes) return undefined;
  const knows = bytes.readUInt32LE(headerBytes);
  if ((knows & capability.secureConnection) === 0) return undefined;
  const nameEnd = endOfText(bytes, headerBytes + fixedBytes);
  const { begin, length } = answerAt(bytes, nameEnd, (knows & capability.lengthEncodedAnswer) !== 0);
  const answerEnd = begin + length;
  const databaseEnd = (knows & capability.withDatabase) === 0 ? answerEnd : endOfText(bytes, answerEnd);
  const pluginEnd = (knows & capability.plugins) === 0 ? databaseEnd : endOfText(bytes, databaseEnd);
  if (Math.max(answerEnd, pluginEnd) > bytes.length) return undefined;
  return {
    packet: bytes,
    username: bytes.toString("utf8", headerBytes + fixedBytes, nameEnd - 1),
    answer: bytes.subarray(begin, answerEnd),
    plugin: bytes.toString("utf8", databaseEnd, Math.max(databaseEnd, pluginEnd - 1)),
    head: bytes.subarray(headerBytes, nameEnd),
    database: bytes.subarray(answerEnd, databaseEnd),
    rest: bytes.subarray(pluginEnd),
  };
}

/** After the byte of nothing that ends it; some clients leave that out at the very end. */
function endOfText(bytes: Buffer, begin: number): number {
  const end = bytes.indexOf(0, begin);
  return end < 0 ? bytes.length + 1 : end + 1;
}

function answerAt(bytes: Buffer, at: number, isLengthEncoded: boolean): { begin: number; length: number } {
  const first = bytes[at] ?? 0;
  // https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html#sect_protocol_basic_dt_int_le
  if (isLengthEncoded && first === 0xfc && at + 3 <= bytes.length) {
    return { begin: at + 3, length: bytes.readUInt16LE(at + 1) };
  }
  return { begin: at + 1, length: first };
}

/**
 * Logs in with a password, and all else as the client has it, to a server that has greeted; resolves with the server's last word.
 * @throws Error where an end is gone, or asks for what no server asks for
 */
export async function logInTo(
  server: Socket,
  login: ReadLogin,
  {
    plugin,
    password,
    challenge,
  }: { readonly plugin: keyof typeof hashes; readonly password: string; readonly challenge: Buffer },
): Promise<Buffer> {
  const answer = hashes[plugin](password, challenge);
  const { head, database, rest } = login;
  const parts = [head, Buffer.from([answer.length]), answer, database, Buffer.from(`${plugin}\0`), rest];
  server.write(packet(Buffer.concat(parts), login.packet[3]));
  for (;;) {
    const said = await takePacket(server);
    const next = (said[3] ?? 0) + 1;
    if (said[headerBytes] === reply.switchRequest) {
      const nameEnd = said.indexOf(0, headerBytes + 1);
      const asked = said.toString("latin1", headerBytes + 1, nameEnd);
      const hash = Object.entries(hashes).find(([name]) => name === asked)?.[1];
      if (hash === undefined) throw new Error(`The server asks for ${asked}.`);
      server.write(packet(hash(password, said.subarray(nameEnd + 1, nameEnd + 21)), next));
    } else if (said[headerBytes] === reply.moreData) {
      // The server does not remember the password, and is told it: the connection is encrypted.
      if (said[headerBytes + 1] === tellAll) server.write(packet(Buffer.from(`${password}\0`), next));
    } else return said;
  }
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html */
const tellAll = 0x04;

/** What a password is to a server's challenge. */
const hashes = {
  mysql_native_password: (password: string, challenge: Buffer) => {
    const once = hashed("sha1", password);
    return exclusiveOr(once, hashed("sha1", challenge, hashed("sha1", once)));
  },
  caching_sha2_password: (password: string, challenge: Buffer) => {
    const once = hashed("sha256", password);
    return exclusiveOr(once, hashed("sha256", hashed("sha256", once), challenge));
  },
} as const;

function hashed(algorithm: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function exclusiveOr(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
}
