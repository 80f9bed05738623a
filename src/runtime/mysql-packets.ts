import type { Readable } from "node:stream";
import { takeBytes } from "./take-bytes.ts";

// The protocol of MySQL and MariaDB: https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html

/** Of a packet: three bytes of its length, and its number in a conversation. */
export const headerBytes = 4;
const protocolVersion = 10;

/** The first byte of what the server says while a client logs in. */
export const reply = { ok: 0x00, moreData: 0x01, switchRequest: 0xfe, error: 0xff } as const;

/** The first byte of what a client asks for. */
export const command = { query: 0x03, prepare: 0x16 } as const;

/** Bits by which the two ends say what they know. */
export const capability = {
  withDatabase: 1 << 3,
  compression: 1 << 5,
  encryption: 1 << 11,
  secureConnection: 1 << 15,
  plugins: 1 << 19,
  lengthEncodedAnswer: 1 << 21,
  zstd: 1 << 26,
  attributes: 1 << 27,
} as const;

/** A packet with its header. @throws Error where the stream ends, or it has more than `limit` bytes */
export function takePacket(stream: Readable, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  return takeBytes(stream, (bytes) => {
    if (bytes.length < headerBytes) return undefined;
    const length = headerBytes + bytes.readUIntLE(0, 3);
    if (length > limit) throw new Error("The packet is too long.");
    return length;
  });
}

/** `number`: 0 for the first of a command. */
export function packet(payload: Buffer, number = 0): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = number;
  return Buffer.concat([header, payload]);
}

export interface Greeting {
  /** With its header. */
  readonly packet: Buffer;
  readonly capabilities: number;
  /** What passwords are hashed with. */
  readonly challenge: Buffer;
}

/**
 * What a server says first, offering nothing of `hidden`; undefined where it is no greeting:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 */
export function readGreeting(bytes: Buffer, hidden: number): Greeting | undefined {
  const nameEnd = bytes.indexOf(0, headerBytes + 1);
  // The server's number of the session, the first part of the challenge and a byte of nothing come before.
  const first = nameEnd + 1 + 4;
  const lower = first + 8 + 1;
  const upper = lower + 5;
  // Then the challenge's length and ten bytes of nothing.
  const second = upper + 2 + 1 + 10;
  if (bytes[headerBytes] !== protocolVersion || nameEnd < 0 || second + 12 > bytes.length) return undefined;
  const capabilities = (bytes.readUInt16LE(lower) | (bytes.readUInt16LE(upper) << 16)) & ~hidden;
  const offered = Buffer.from(bytes);
  offered.writeUInt16LE(capabilities & 0xffff, lower);
  offered.writeUInt16LE(capabilities >>> 16, upper);
  const challenge = Buffer.concat([bytes.subarray(first, first + 8), bytes.subarray(second, second + 12)]);
  return { packet: offered, capabilities, challenge };
}
