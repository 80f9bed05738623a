import { createHash, createHmac } from "node:crypto";
import { Transform } from "node:stream";
import type { TokenAccounts } from "./database-driver.ts";
import { command, headerBytes, packet } from "./mysql-packets.ts";
import { type MysqlEngine, type MysqlSql, nativePasswordHash, text } from "./mysql-users.ts";

/** How RDS calls the plugin of accounts whose users come with tokens. */
const pluginOfRds = "AWSAuthenticationPlugin";

/** The accounts of a server whose users come with tokens: as the server knows them they have one password, which nobody is told. */
interface TokenAccountSecret extends Omit<TokenAccounts, "has"> {
  /** Of the password, as the server keeps it: by this such an account is known. */
  readonly hash: string;
}

/** Of a running server. @param secret goes with the server's data, as the accounts do */
export function tokenAccounts(sql: MysqlSql, engine: MysqlEngine, secret: string): TokenAccounts {
  const { hash, ...known } = tokenAccountSecret(engine, secret);
  return {
    ...known,
    async has(username) {
      const rows = await sql(
        `SELECT User FROM mysql.user WHERE User = ${text(username)} AND authentication_string = ${text(hash)}`,
      );
      return rows.length > 0;
    },
  };
}

function tokenAccountSecret(engine: MysqlEngine, secret: string): TokenAccountSecret {
  const password = createHmac("sha256", secret).update(pluginOfRds).digest("hex");
  if (engine === "mariadb") {
    const plugin = "mysql_native_password";
    const hash = nativePasswordHash(password);
    return { password, hash, plugin, clause: `IDENTIFIED VIA ${plugin} USING '${hash}'` };
  }
  const plugin = "caching_sha2_password";
  const salt = createHmac("sha256", secret).update("salt").digest("hex").slice(0, 20);
  // Of 5 times a thousand rounds: https://dev.mysql.com/doc/refman/8.4/en/caching-sha2-pluggable-authentication.html
  const hash = `$A$005$${salt}${sha256Crypt(password, salt, 5000)}`;
  return { password, hash, plugin, clause: `IDENTIFIED WITH ${plugin} AS '${hash}'` };
}

const clauseOfRds =
  /\bIDENTIFIED\s+(?:WITH|VIA)\s+(["'`]?)AWSAuthenticationPlugin\1(?:\s+(?:AS|USING)\s+(["'])RDS\2)?/gi;
const statementOfUsers = /\b(?:(?:CREATE|ALTER)\s+USER|GRANT)\b/i;

/** Bytes: a longer one is of something else, and is not waited for. */
const longestStatement = 64 * 1024;

/** Of what a client says to a server: has statements that make accounts as RDS does make those that the server can have. */
export function tokenAccountStatements(clause: string): Transform {
  let pending: Buffer = Buffer.alloc(0);
  /** Bytes of a packet that goes on as it comes. */
  let passing = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length > 0) {
        if (passing === 0) {
          const length = statementLength(pending);
          if (length === "unknown") break;
          if (length !== undefined) {
            if (pending.length < length) break;
            this.push(withClause(pending.subarray(0, length), clause));
            pending = pending.subarray(length);
            continue;
          }
          passing = headerBytes + pending.readUIntLE(0, 3);
        }
        const part = pending.subarray(0, passing);
        this.push(part);
        passing -= part.length;
        pending = pending.subarray(part.length);
      }
      done();
    },
  });
}

/** Of the packet that begins here; undefined where it is no statement that could be meant. */
function statementLength(bytes: Buffer): number | undefined | "unknown" {
  if (bytes.length < headerBytes) return "unknown";
  const length = bytes.readUIntLE(0, 3);
  if (bytes[3] !== 0 || length === 0 || length > longestStatement) return undefined;
  if (bytes.length === headerBytes) return "unknown";
  const isStatement = bytes[headerBytes] === command.query || bytes[headerBytes] === command.prepare;
  return isStatement ? headerBytes + length : undefined;
}

/** The text comes last, so that nothing but the packet's length says how long it is. */
function withClause(statement: Buffer, clause: string): Buffer {
  // A byte each, whatever the text's character set.
  const said = statement.toString("latin1", headerBytes);
  if (!statementOfUsers.test(said)) return statement;
  const meant = said.replace(clauseOfRds, () => clause);
  return meant === said ? statement : packet(Buffer.from(meant, "latin1"));
}

/** The digest of https://www.akkadia.org/drepper/SHA-crypt.txt, with a salt of any length. */
function sha256Crypt(password: string, saltText: string, rounds: number): string {
  const key = Buffer.from(password);
  const salt = Buffer.from(saltText);
  const alternate = digest(key, salt, key);
  const mixed: Buffer[] = [key, salt, repeated(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) mixed.push((bits & 1) === 1 ? alternate : key);
  let result = digest(...mixed);
  const p = repeated(digest(...Array<Buffer>(key.length).fill(key)), key.length);
  const s = repeated(digest(...Array<Buffer>(16 + (result[0] ?? 0)).fill(salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1;
    result = digest(
      isOdd ? p : result,
      ...(round % 3 === 0 ? [] : [s]),
      ...(round % 7 === 0 ? [] : [p]),
      isOdd ? result : p,
    );
  }
  return encoded(result);
}

function digest(...parts: readonly Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/** Three bytes at a time, in an order of its own, as four characters of six bits each. */
function encoded(bytes: Buffer): string {
  const characters = (...[high = 0, middle = 0, low = 0]: (number | undefined)[]) => {
    const word = (high << 16) | (middle << 8) | low;
    return [0, 6, 12, 18].map((shift) => alphabet[(word >> shift) & 63]).join("");
  };
  const groups = Array.from({ length: 10 }, (_, group) => {
    // Each of the three is where another one was ten bytes before, and a byte on.
    const [high, middle, low] = [group * 21, group * 21 + 10, group * 21 + 20].map((at) => bytes[at % 30]);
    return characters(high, middle, low);
  });
  return groups.join("") + characters(0, bytes[31], bytes[30]).slice(0, 3);
}

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
