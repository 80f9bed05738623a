import { DatabaseLaunchError } from "./database-driver.ts";
import { relayLogName } from "./mysql-settings.ts";

// A server's binlogs have its changes, and a replica carries out changes from its relay logs, which are the same files: a server
// that begins with a snapshot gets what the binlogs have beyond it as relay logs, up to a moment.

/** A binlog of a server, under its own name. */
export const binlogFile = /^binlog\.\d{6,}$/;

/** Also what a server keeps beside its relay logs. */
export function isRelayLog(name: string): boolean {
  return name.startsWith(`${relayLogName}.`) || name === "master.info" || name === "relay-log.info";
}

/** A file that a server has to have in its data folder. */
export interface NamedFile {
  readonly name: string;
  readonly content: Buffer;
}

/** What a server carries out at its start, and where in the first of its relay logs it begins. */
export interface Replay {
  readonly files: readonly NamedFile[];
  readonly position: number;
}

/** In the order in which a server has written them. */
export function byNumber(a: string, b: string): number {
  return numberOf(a) - numberOf(b);
}

function numberOf(binlog: string): number {
  return Number(binlog.slice(binlog.lastIndexOf(".") + 1));
}

/**
 * What came after a snapshot, until a moment, inclusive: its changes were made in whole seconds up to that.
 * @param last the newest binlog that the snapshot has, and how many bytes of it
 * @param archived the binlogs from that one on, in their order
 * @throws DatabaseLaunchError where one is missing
 */
export async function replayOf(
  last: { readonly name: string; readonly size: number },
  archived: readonly { readonly name: string; read(): Promise<Buffer> }[],
  until: Date,
): Promise<Replay> {
  const files: NamedFile[] = [];
  let position = 4;
  for (const [index, { name, read }] of archived.entries()) {
    if (numberOf(name) !== numberOf(last.name) + index) {
      throw new DatabaseLaunchError(`The archive has no binlog before ${name}.`);
    }
    const content = await read();
    const bounds = boundsOf(content);
    if (index === 0) position = bounds.findLast(({ at }) => at <= last.size)?.at ?? position;
    const end = bounds.find(({ at, time }) => time !== undefined && time > until && (index > 0 || at >= position));
    files.push({ name: relayLog(index + 1), content: content.subarray(0, end?.at) });
    if (end !== undefined) break;
  }
  if (files.length === 0) throw new DatabaseLaunchError(`The archive has no binlog ${last.name}.`);
  const list = files.map(({ name }) => `./${name}\n`).join("");
  return { files: [...files, { name: `${relayLogName}.index`, content: Buffer.from(list) }], position };
}

/** The first that a server carries out. */
export const firstRelayLog = relayLog(1);

function relayLog(number: number): string {
  return `${relayLogName}.${`${number}`.padStart(6, "0")}`;
}

/** Between two groups of changes that belong together. */
interface Bound {
  /** Bytes from the file's begin. */
  readonly at: number;
  /** When the group that begins there was committed; none where there is none. */
  readonly time?: Date;
}

/**
 * https://mariadb.com/docs/server/reference/clientserver-protocol/replication-protocol/2-binlog-event-header; MySQL's own
 * numbers: https://dev.mysql.com/doc/dev/mysql-server/latest/namespacemysql_1_1binlog_1_1event.html
 */
const magicBytes = 4;
const headerBytes = 19;
/** With which a group begins: MariaDB's, and MySQL's with an id, without one, and with a tagged one. */
const gtidEvents: readonly number[] = [162, 33, 34, 42];
/** Stop, rotate, format description, and the lists of global transaction ids (MySQL's: 35) and checkpoints: of no group. */
const loneEvents: readonly number[] = [3, 4, 15, 35, 161, 163];

function boundsOf(content: Buffer): Bound[] {
  const bounds: Bound[] = [];
  let at = magicBytes;
  while (at + headerBytes <= content.length) {
    const type = content.readUInt8(at + 4);
    const length = content.readUInt32LE(at + 9);
    // The server was just writing it.
    if (length < headerBytes || at + length > content.length) break;
    if (gtidEvents.includes(type)) bounds.push({ at, time: new Date(content.readUInt32LE(at) * 1000) });
    else if (loneEvents.includes(type)) bounds.push({ at });
    at += length;
  }
  return [...bounds, { at }];
}
