import { connect, type Socket } from "node:net";
import { connect as encrypt } from "node:tls";
import type { DatabaseForward, MysqlTokenLogins } from "./database-driver.ts";
import { type Login, logInTo, readLogin } from "./mysql-login.ts";
import { capability, headerBytes, packet, readGreeting, reply, takePacket } from "./mysql-packets.ts";
import { tokenAccountStatements } from "./mysql-token-accounts.ts";
import { endEncryption, opened } from "./session-encryption.ts";
import type { Joint } from "./token-forward.ts";

/** Milliseconds, as MySQL's connect_timeout. */
const patience = 10_000;
/** Bytes, of what a client says before it is in. */
const longestLogin = 65_535;
/** Without its header: what a client that encrypts says at first, which is how its login begins. */
const encryptionRequestBytes = 32;
/** What a client sends a password by that is not hashed. */
const plain = "mysql_clear_password";

/** What statements could not be seen in. */
const hidden = capability.compression | capability.zstd;

/**
 * Begins a session of a client. Encryption ends here, with the server's own certificate, and begins anew behind. Whose account is for
 * tokens is asked for one, and logged in with the password that the server has of such accounts; all others log in as ever.
 * Undefined where there is no session. `open`: told of each socket that is made.
 */
export async function beginMysqlSession(
  accepted: Socket,
  { target, logins }: Pick<DatabaseForward, "target"> & { readonly logins: MysqlTokenLogins },
  open: (socket: Socket) => void,
): Promise<Joint | undefined> {
  const timer = setTimeout(() => accepted.destroy(), patience);
  const through = tokenAccountStatements(logins.accounts.clause);
  try {
    const reached = connect({ ...target, noDelay: true, keepAlive: true });
    open(reached);
    await opened(reached, "connect");
    const said = await takePacket(reached);
    const greeting = readGreeting(said, hidden);
    accepted.write(greeting?.packet ?? said);
    if (greeting === undefined) return { client: accepted, server: reached };
    const first = await takePacket(accepted, longestLogin);
    reached.write(first);
    if (first.length !== headerBytes + encryptionRequestBytes) return { client: accepted, server: reached, through };
    const client = await endEncryption(accepted, logins.identity, { open });
    // On this machine, with nothing in it that another server could use.
    const server = encrypt({ socket: reached, rejectUnauthorized: false });
    open(server);
    await opened(server, "secureConnect");
    const answer = await takePacket(client, longestLogin);
    const login = readLogin(answer);
    if (login === undefined || !(await logins.accounts.has(login.username))) {
      server.write(answer);
      return { client, server, through };
    }
    const { token, next } = await askForToken(client, login);
    if (token === undefined || !(await logins.accepts(login.username, token))) {
      client.end(refusal(login.username, next));
      server.destroy();
      return undefined;
    }
    const { password, plugin } = logins.accounts;
    const word = await logInTo(server, login, { plugin, password, challenge: greeting.challenge });
    word[3] = next;
    client.write(word);
    return { client, server, through };
  } finally {
    clearTimeout(timer);
  }
}

/** And the number of the packet that is to come next. */
async function askForToken(client: Socket, login: Login): Promise<{ token: string | undefined; next: number }> {
  const next = (login.packet[3] ?? 0) + 1;
  if (login.plugin === plain) return { token: text(login.answer), next };
  if ((login.packet.readUInt32LE(headerBytes) & capability.plugins) === 0) return { token: undefined, next };
  // https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html
  client.write(packet(Buffer.from(`${String.fromCharCode(reply.switchRequest)}${plain}\0`, "latin1"), next));
  const answer = await takePacket(client, longestLogin);
  return { token: text(answer.subarray(headerBytes)), next: next + 2 };
}

/** Of bytes that a byte of nothing may end. */
function text(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\0.*$/s, "");
}

/** ER_ACCESS_DENIED_ERROR: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html */
function refusal(username: string, number: number): Buffer {
  const message = `#28000Access denied for user '${username}'@'localhost' (using password: YES)`;
  const code = Buffer.alloc(3);
  code.writeUInt8(reply.error);
  code.writeUInt16LE(1045, 1);
  return packet(Buffer.concat([code, Buffer.from(message)]), number);
}
