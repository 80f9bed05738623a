/** The longest that PostgreSQL reads, in bytes: https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/libpq/pqcomm.h */
const longest = 10_000;
/** https://www.postgresql.org/docs/17/protocol-message-formats.html */
const sslRequest = 80_877_103;
const gssEncRequest = 80_877_104;
const protocolMajor = 3;

const readOnly = "default_transaction_read_only";

export type FirstMessage =
  | { readonly kind: "incomplete" }
  | { readonly kind: "not-postgresql" }
  /** What the client asks before its session begins, to be answered by one byte. */
  | { readonly kind: "encryption-request"; readonly length: number; readonly isTls: boolean }
  | { readonly kind: "startup"; readonly length: number }
  /** Of a protocol that is not looked into: a cancel request. */
  | { readonly kind: "other"; readonly length: number };

/** What a client's bytes begin with, as long as its session has not begun; `length` in bytes. */
export function readFirstMessage(bytes: Buffer): FirstMessage {
  if (bytes.length < 8) return { kind: "incomplete" };
  const length = bytes.readUInt32BE(0);
  if (length < 8 || length > longest) return { kind: "not-postgresql" };
  if (bytes.length < length) return { kind: "incomplete" };
  const code = bytes.readUInt32BE(4);
  if (code === sslRequest || code === gssEncRequest) {
    return { kind: "encryption-request", length, isTls: code === sslRequest };
  }
  return { kind: code >>> 16 === protocolMajor ? "startup" : "other", length };
}

/** Who wants to begin a session; undefined where the message begins none. */
export function startupUser(message: Buffer): string | undefined {
  if (readFirstMessage(message).kind !== "startup") return undefined;
  const user = startupParameters(message).find(([name]) => name === "user")?.[1];
  return user === undefined ? undefined : Buffer.from(user, "latin1").toString("utf8");
}

/** What asks a server for encryption. */
export function sslRequestMessage(): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(sslRequest, 4);
  return message;
}

/** Byte by byte: nobody says in which encoding. */
function startupParameters(message: Buffer): [name: string, value: string][] {
  const words = message.subarray(8).toString("latin1").split("\0");
  const parameters: [name: string, value: string][] = [];
  for (let at = 0; words[at]; at += 2) parameters.push([words[at] ?? "", words[at + 1] ?? ""]);
  return parameters;
}

/** The startup message of the same session, whose transactions are read-only unless it says otherwise later on. */
export function asReadOnly(message: Buffer): Buffer {
  const parameters = startupParameters(message);
  const given = parameters.filter(([name]) => name === "options").map(([, value]) => `${value} `);
  const kept = parameters.filter(([name]) => name !== "options" && name.toLowerCase() !== readOnly);
  const all = [...kept, ["options", `${given.join("")}-c ${readOnly}=on`]];
  const body = Buffer.from(`${all.flat().join("\0")}\0\0`, "latin1");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + body.length, 0);
  message.copy(head, 4, 4, 8);
  return Buffer.concat([head, body]);
}
