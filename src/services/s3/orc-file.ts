import { deflateRawSync } from "node:zlib";
import type { ColumnKind, ColumnValue } from "./inventory-columns.ts";
import { bytesRle, integersRle, ProtobufWriter, zigzag } from "./orc-encodings.ts";

export interface OrcColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** One for each row; undefined is null. */
  readonly values: readonly ColumnValue[];
}

// Numbers of https://orc.apache.org/specification/ORCv1/
const typeKinds = { boolean: 0, integer: 4, text: 7, time: 9 } as const;
const structKind = 12;
const streamKinds = { present: 0, data: 1, length: 2, secondary: 5 } as const;
const zlib = 1;
/** Bytes that are compressed together. */
const blockSize = 256 * 1024;
const magic = Buffer.from("ORC");
/** Timestamps count from it: seconds since 1970. */
const epoch = Date.UTC(2015, 0, 1) / 1000;

interface Stream {
  readonly kind: number;
  readonly column: number;
  readonly bytes: Buffer;
}

/**
 * A file of Apache ORC (0.12, ZLIB) of a struct with these columns, in one stripe, without indexes. Values are encoded in the first
 * version's ways, which every reader knows.
 */
export function orcFile(columns: readonly OrcColumn[], rowCount: number): Buffer {
  const streams = rowCount === 0 ? [] : columns.flatMap((column, at) => streamsOf(column, at + 1));
  const data = Buffer.concat(streams.map(({ bytes }) => bytes));
  const stripeFooter = rowCount === 0 ? Buffer.alloc(0) : compressed(stripeFooterOf(streams, columns.length));
  const footer = new ProtobufWriter()
    .number(1, magic.length)
    .number(2, magic.length + data.length + stripeFooter.length);
  if (rowCount > 0) {
    const stripe = new ProtobufWriter().number(1, magic.length).number(2, 0).number(3, data.length);
    footer.message(3, stripe.number(4, stripeFooter.length).number(5, rowCount));
  }
  const root = new ProtobufWriter().number(1, structKind);
  root.packed(
    2,
    columns.map((_column, at) => at + 1),
  );
  for (const { name } of columns) root.bytes(3, Buffer.from(name));
  footer.message(4, root);
  for (const { kind } of columns) footer.message(4, new ProtobufWriter().number(1, typeKinds[kind]));
  footer.number(6, rowCount).message(7, statistics(rowCount, false));
  for (const { values } of columns) {
    const count = values.filter((value) => value !== undefined).length;
    footer.message(7, statistics(count, count < rowCount));
  }
  const end = compressed(footer.number(8, 0).finish());
  const postscript = new ProtobufWriter().number(1, end.length).number(2, zlib).number(3, blockSize);
  const last = postscript.packed(4, [0, 12]).number(5, 0).number(6, 1).bytes(8000, magic).finish();
  return Buffer.concat([magic, data, stripeFooter, end, last, Buffer.from([last.length])]);
}

function statistics(count: number, hasNull: boolean): ProtobufWriter {
  return new ProtobufWriter().number(1, count).number(10, hasNull ? 1 : 0);
}

/** Where each stream is, by their lengths; every column is encoded directly. */
function stripeFooterOf(streams: readonly Stream[], columns: number): Buffer {
  const footer = new ProtobufWriter();
  for (const { kind, column, bytes } of streams) {
    footer.message(1, new ProtobufWriter().number(1, kind).number(2, column).number(3, bytes.length));
  }
  for (let column = 0; column <= columns; column++) footer.message(2, new ProtobufWriter().number(1, 0));
  return footer.bytes(3, Buffer.from("UTC")).finish();
}

function streamsOf({ kind, values }: OrcColumn, column: number): Stream[] {
  const present = values.filter((value) => value !== undefined);
  const stream = (name: keyof typeof streamKinds, bytes: Buffer): Stream => {
    return { kind: streamKinds[name], column, bytes: compressed(bytes) };
  };
  const isThere = values.map((value) => value !== undefined);
  const nulls = present.length === values.length ? [] : [stream("present", bits(isThere))];
  if (kind === "boolean") return [...nulls, stream("data", bits(present.map((value) => value === true)))];
  if (kind === "integer")
    return [...nulls, stream("data", integersRle(present.map((value) => zigzag(BigInt(String(value))))))];
  if (kind === "time") {
    const times = present.map(milliseconds);
    const seconds = times.map((time) => zigzag(BigInt(Math.floor(time / 1000) - epoch)));
    return [...nulls, stream("data", integersRle(seconds)), stream("secondary", integersRle(times.map(nanoseconds)))];
  }
  const texts = present.map((value) => Buffer.from(String(value)));
  const lengths = integersRle(texts.map((text) => BigInt(text.length)));
  return [...nulls, stream("data", Buffer.concat(texts)), stream("length", lengths)];
}

function milliseconds(value: ColumnValue): number {
  return value instanceof Date ? value.getTime() : 0;
}

/** Of a second: without its zeros at the end, whose number less one stands in the last three bits. */
function nanoseconds(time: number): bigint {
  let rest = (time - Math.floor(time / 1000) * 1000) * 10_000;
  if (rest === 0) return 0n;
  let zeros = 1;
  for (; rest % 10 === 0 && zeros < 7; zeros++) rest /= 10;
  return BigInt(rest * 8 + zeros);
}

/** Eight a byte, the first in the highest bit. */
function bits(values: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [at, value] of values.entries()) if (value) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (0x80 >> (at & 7));
  return bytesRle(bytes);
}

/** Each block has its length before it, and whether it is as it was because compressing it gains nothing. */
function compressed(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize);
    const deflated = deflateRawSync(block);
    const isOriginal = deflated.length >= block.length;
    const stored = isOriginal ? block : deflated;
    const head = Buffer.alloc(3);
    head.writeUIntLE(stored.length * 2 + (isOriginal ? 1 : 0), 0, 3);
    blocks.push(head, stored);
  }
  return Buffer.concat(blocks);
}
