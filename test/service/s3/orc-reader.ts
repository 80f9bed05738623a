import { inflateRawSync } from "node:zlib";

type Value = boolean | bigint | Date | string | null;
/** The fields of a message of Protocol Buffers, by their numbers. */
type Message = Map<number, (bigint | Buffer)[]>;

function varint(bytes: Buffer, at: number): [value: bigint, next: number] {
  let value = 0n;
  for (let shift = 0n, index = at; ; shift += 7n, index++) {
    const byte = bytes[index];
    if (byte === undefined) throw new Error("The number does not end.");
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, index + 1];
  }
}

function message(bytes: Buffer): Message {
  const fields: Message = new Map();
  for (let at = 0; at < bytes.length; ) {
    const [key, next] = varint(bytes, at);
    const [number, end] = varint(bytes, next);
    const isNumber = (key & 7n) === 0n;
    const value = isNumber ? number : bytes.subarray(end, end + Number(number));
    at = isNumber ? end : end + Number(number);
    fields.set(Number(key >> 3n), [...(fields.get(Number(key >> 3n)) ?? []), value]);
  }
  return fields;
}

const numberOf = (fields: Message, field: number) => Number(fields.get(field)?.[0] ?? 0);
const messagesOf = (fields: Message, field: number) =>
  (fields.get(field) ?? []).map((value) => message(value as Buffer));

function inflated(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.readUIntLE(at, 3);
    const block = bytes.subarray(at + 3, at + 3 + (head >> 1));
    blocks.push(head % 2 === 1 ? block : inflateRawSync(block));
    at += 3 + (head >> 1);
  }
  return Buffer.concat(blocks);
}

/** Groups of literals alone; each value as `read` has it. */
function literals<Item>(bytes: Buffer, read: (at: number) => [Item, number]): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < bytes.length; ) {
    const count = 256 - (bytes[at] ?? 0);
    if (count > 128) throw new Error("The test's reader knows no runs.");
    at++;
    for (let item = 0; item < count; item++) {
      const [value, next] = read(at);
      items.push(value);
      at = next;
    }
  }
  return items;
}

const integers = (bytes: Buffer) => literals(bytes, (at) => varint(bytes, at));
const signed = (bytes: Buffer) => integers(bytes).map((value) => (value % 2n === 0n ? value / 2n : -(value + 1n) / 2n));
const bits = (bytes: Buffer) =>
  literals(bytes, (at) => [bytes[at] ?? 0, at + 1]).flatMap((byte) =>
    [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ((byte >> bit) & 1) === 1),
  );

function nanoseconds(value: bigint): bigint {
  const zeros = value % 8n;
  return zeros === 0n ? value / 8n : (value / 8n) * 10n ** (zeros + 1n);
}

/** The rows of a file of one stripe, a struct of simple columns. https://orc.apache.org/specification/ORCv1/ */
export function readOrc(file: Buffer): Record<string, Value>[] {
  const postscriptStart = file.length - 1 - (file.at(-1) ?? 0);
  const postscript = message(file.subarray(postscriptStart, file.length - 1));
  const footer = message(inflated(file.subarray(postscriptStart - numberOf(postscript, 1), postscriptStart)));
  const [root, ...types] = messagesOf(footer, 4);
  const names = (root?.get(3) ?? []).map(String);
  const [stripe] = messagesOf(footer, 3);
  const rows = Array.from({ length: numberOf(footer, 6) }, (): Record<string, Value> => ({}));
  if (stripe === undefined) return rows;
  let at = numberOf(stripe, 1) + numberOf(stripe, 2);
  const end = at + numberOf(stripe, 3);
  const stripeFooter = message(inflated(file.subarray(end, end + numberOf(stripe, 4))));
  const streams = new Map<string, Buffer>();
  for (const stream of messagesOf(stripeFooter, 1)) {
    const length = numberOf(stream, 3);
    streams.set(`${numberOf(stream, 2)} ${numberOf(stream, 1)}`, inflated(file.subarray(at, at + length)));
    at += length;
  }
  for (const [index, name] of names.entries()) {
    const stream = (kind: number) => streams.get(`${index + 1} ${kind}`);
    const values = valuesOf(numberOf(types[index] ?? new Map(), 1), stream);
    const present = stream(0);
    const isThere = present === undefined ? undefined : bits(present);
    let next = 0;
    for (const [row, target] of rows.entries()) {
      target[name] = isThere === undefined || isThere[row] === true ? (values[next++] ?? null) : null;
    }
  }
  return rows;
}

function valuesOf(type: number, stream: (kind: number) => Buffer | undefined): Value[] {
  const data = stream(1) ?? Buffer.alloc(0);
  if (type === 0) return bits(data);
  if (type === 4) return signed(data);
  if (type === 9) {
    const parts = integers(stream(5) ?? Buffer.alloc(0)).map(nanoseconds);
    return signed(data).map((seconds, index) => {
      const milliseconds = Number(seconds) * 1000 + Number((parts[index] ?? 0n) / 1_000_000n);
      return new Date(Date.UTC(2015, 0, 1) + milliseconds);
    });
  }
  let at = 0;
  return integers(stream(2) ?? Buffer.alloc(0)).map((length) => {
    at += Number(length);
    return data.subarray(at - Number(length), at).toString();
  });
}
