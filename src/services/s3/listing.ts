/** Where a walk goes on: at the first key that is `from` or, without `inclusive`, after all that `from` stands for. */
export interface Position {
  readonly from: Buffer;
  readonly inclusive: boolean;
  /** Where a key has several rows: after the one with this id, which is one of the key `from`. */
  readonly afterId?: string;
}

/** What is listed: rows with a key, in the order of their keys' bytes. */
export interface KeyedRow {
  readonly key: Buffer;
  /** Tells rows of one key apart and orders them. */
  readonly id?: string;
}

interface ListingQuery<Row extends KeyedRow> {
  readonly prefix: Buffer;
  readonly delimiter: Buffer;
  /** How many rows and common prefixes together. */
  readonly limit: number;
  readonly start: Position;
  /** Whether `fetch` leaps by itself: of rows with a common prefix it gives the first alone. */
  readonly leaps?: boolean;
  /** At most `limit` rows from a position on, with keys below `end`; undefined is the end of the bucket. */
  fetch(position: Position, end: Buffer | undefined, limit: number): Promise<Row[]>;
}

export interface ListingPage<Row extends KeyedRow> {
  readonly rows: Row[];
  readonly commonPrefixes: Buffer[];
  /** Where the next page starts; undefined after the last. */
  readonly next: Position | undefined;
  /** The last thing on the page, a key or a common prefix. */
  readonly last: Buffer | undefined;
}

/** How many rows are read at first where a delimiter may make them leap. */
const firstBatch = 16;

/**
 * One page of a listing. Keys below a common prefix are leapt over, so that a page costs what it shows, and not what its
 * common prefixes hold: the number of rows read at once doubles while they are shown and shrinks when they are leapt over.
 */
export async function listPage<Row extends KeyedRow>(query: ListingQuery<Row>): Promise<ListingPage<Row>> {
  const { prefix, delimiter, limit } = query;
  const end = successor(prefix);
  const rows: Row[] = [];
  const commonPrefixes: Buffer[] = [];
  let last: Buffer | undefined;
  let position = startPosition(query);
  let batch = delimiter.length === 0 || query.leaps === true ? limit + 1 : Math.min(firstBatch, limit + 1);
  while (limit > 0) {
    const fetched = await query.fetch(position, end, batch);
    let leaptOver = 0;
    for (const row of fetched) {
      if (position.inclusive && row.key.compare(position.from) < 0) {
        leaptOver++;
        continue;
      }
      if (rows.length + commonPrefixes.length === limit) return { rows, commonPrefixes, next: position, last };
      const common = commonPrefix(row.key, prefix, delimiter);
      if (common === undefined) {
        rows.push(row);
        last = row.key;
        position = { from: row.key, inclusive: false, ...(row.id !== undefined && { afterId: row.id }) };
        continue;
      }
      commonPrefixes.push(common);
      last = common;
      position = { from: leap(common), inclusive: true };
    }
    if (fetched.length < batch) break;
    batch = Math.max(1, Math.min(limit + 1, leaptOver * 2 > batch ? batch >> 2 : batch * 2));
  }
  return { rows, commonPrefixes, next: undefined, last };
}

/** A start at a common prefix, as a page before may have ended with it, comes after all that it stands for. */
function startPosition({ start, prefix, delimiter }: ListingQuery<KeyedRow>): Position {
  if (start.from.compare(prefix) < 0) return { from: prefix, inclusive: true };
  if (start.inclusive || start.afterId !== undefined) return start;
  const common = commonPrefix(start.from, prefix, delimiter);
  return common?.equals(start.from) ? { from: leap(common), inclusive: true } : start;
}

/** What a key is rolled up into: up to the first delimiter after the prefix. */
function commonPrefix(key: Buffer, prefix: Buffer, delimiter: Buffer): Buffer | undefined {
  if (delimiter.length === 0 || !key.subarray(0, prefix.length).equals(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.subarray(0, at + delimiter.length);
}

/** The first key after all that begin with a common prefix. One of UTF-8 always has it: no byte of UTF-8 is 0xff. */
function leap(common: Buffer): Buffer {
  return successor(common) ?? Buffer.from([0xff]);
}

/** The first key after all that begin with `prefix`; undefined when there is none. */
export function successor(prefix: Buffer): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const next = Buffer.from(prefix.subarray(0, length));
  next[length - 1] = (next[length - 1] ?? 0) + 1;
  return next;
}
