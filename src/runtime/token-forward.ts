import { connect, type Socket } from "node:net";
import type { Transform } from "node:stream";
import { connect as encrypt } from "node:tls";
import type { ServerCertificate } from "./certificate-authority.ts";
import type { DatabaseForward, PostgresTokenLogins } from "./database-driver.ts";
import { endEncryption, opened } from "./session-encryption.ts";
import { asReadOnly, readFirstMessage, sslRequestMessage, startupUser } from "./startup-message.ts";
import { takeBytes } from "./take-bytes.ts";

/** Milliseconds, as PostgreSQL's authentication_timeout. */
const patience = 60_000;
/** Bytes, as PostgreSQL's own limit to a password's message. */
const longestPassword = 65_535;
/** The first byte of a client that encrypts without asking (`sslnegotiation=direct`). */
const handshake = 0x16;
/** What it then says that it speaks. */
const protocols = ["postgresql"];
/** What the server says to who is to come with a token: no client has such a certificate but the one that is made here. */
const wantsCertificate = "connection requires a valid client certificate";

export interface TokenForward extends DatabaseForward {
  readonly logins: PostgresTokenLogins;
}

/** Both ends of a session that has begun. */
export interface Joint {
  readonly client: Socket;
  readonly server: Socket;
  /** Changes what the client says. */
  readonly through?: Transform;
}

/**
 * Begins a session of a client, as a read-only one where that is said, so that the rest is to hand on bytes. Encryption ends here, with the server's own certificate:
 * what binds a password to that certificate holds. Whom the server asks for a certificate is asked for a token instead.
 * Undefined where there is no session. `open`: told of each socket that is made.
 */
export async function beginSession(
  accepted: Socket,
  { target, logins, readOnly }: TokenForward,
  open: (socket: Socket) => void,
): Promise<Joint | undefined> {
  const timer = setTimeout(() => accepted.destroy(), patience);
  try {
    const { client, message: said, kind } = await readStartup(accepted, logins.identity, open);
    const message = readOnly && kind === "startup" ? asReadOnly(said) : said;
    const isEncrypted = client !== accepted;
    const server = await reach(target, open, isEncrypted ? {} : undefined);
    server.write(message);
    const user = startupUser(message);
    if (user === undefined || !isEncrypted) return { client, server };
    const answer = await takeBytes(server, messageLength);
    if (answer[0] !== code("E") || !answer.includes(wantsCertificate)) {
      server.unshift(answer);
      return { client, server };
    }
    server.destroy();
    const token = await askForToken(client);
    if (token === undefined || !(await logins.accepts(user, token))) {
      client.end(refusal(user));
      return undefined;
    }
    const own = await reach(target, open, await logins.clientCertificate(user));
    own.write(message);
    return { client, server: own };
  } finally {
    clearTimeout(timer);
  }
}

/** The first message that is no question about encryption. */
async function readStartup(accepted: Socket, identity: ServerCertificate, open: (socket: Socket) => void) {
  let client = accepted;
  for (;;) {
    const message = await takeBytes(client, (bytes) => firstLength(bytes));
    if (message[0] === handshake && client === accepted) {
      client.unshift(message);
      client = await endEncryption(client, identity, { open, protocols });
      continue;
    }
    const first = readFirstMessage(message);
    if (first.kind !== "encryption-request") return { client, message, kind: first.kind };
    const isAccepted = first.isTls && client === accepted;
    // What came before the answer would be taken for encrypted: https://www.postgresql.org/support/security/CVE-2021-23222/
    if (isAccepted && client.readableLength > 0) throw new Error("Bytes came before the encryption.");
    client.write(isAccepted ? "S" : "N");
    if (isAccepted) client = await endEncryption(client, identity, { open, protocols });
  }
}

function firstLength(bytes: Buffer): number | undefined {
  if (bytes[0] === handshake) return 1;
  const first = readFirstMessage(bytes);
  if (first.kind === "not-postgresql") throw new Error("The client does not speak PostgreSQL's protocol.");
  return first.kind === "incomplete" ? undefined : first.length;
}

/** Encrypted where there is a certificate, if only an empty one. */
async function reach(
  target: DatabaseForward["target"],
  open: (socket: Socket) => void,
  certificate?: Partial<ServerCertificate>,
): Promise<Socket> {
  const socket = connect({ ...target, noDelay: true, keepAlive: true });
  open(socket);
  await opened(socket, "connect");
  if (certificate === undefined) return socket;
  socket.write(sslRequestMessage());
  const [answer] = await takeBytes(socket, () => 1);
  if (answer !== code("S")) throw new Error("The server takes no encrypted connections.");
  const { certificate: cert, privateKey: key } = certificate;
  // On this machine, with nothing in it that another server could use.
  const encrypted = encrypt({ socket, rejectUnauthorized: false, ...(cert && key && { cert, key }) });
  open(encrypted);
  return await opened(encrypted, "secureConnect");
}

// https://www.postgresql.org/docs/17/protocol-message-formats.html

/** AuthenticationCleartextPassword, and what the client answers; undefined where that is no password. */
async function askForToken(client: Socket): Promise<string | undefined> {
  client.write(Buffer.from([code("R"), 0, 0, 0, 8, 0, 0, 0, 3]));
  const answer = await takeBytes(client, (bytes) => {
    const length = messageLength(bytes);
    if (length !== undefined && length > longestPassword) throw new Error("The password is too long.");
    return length;
  });
  return answer[0] === code("p") ? answer.toString("utf8", 5, answer.length - 1) : undefined;
}

/** RDS verifies tokens by PAM. */
function refusal(user: string): Buffer {
  const fields = ["SFATAL", "VFATAL", "C28000", `MPAM authentication failed for user "${user}"`, ""];
  const body = Buffer.from(`${fields.join("\0")}\0`);
  const head = Buffer.from([code("E"), 0, 0, 0, 0]);
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** Of a message with its type's byte. */
function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < 5) return undefined;
  const length = 1 + bytes.readUInt32BE(1);
  return bytes.length < Math.min(length, longestPassword + 1) ? undefined : length;
}

function code(character: string): number {
  return character.charCodeAt(0);
}
