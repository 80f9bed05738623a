/** How many values a group has at most. */
const longestGroup = 128;

/** Bytes by the run length encoding of ORC, in groups of literals alone: what repeats is left to the compression. */
export function bytesRle(bytes: Buffer): Buffer {
  const groups: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += longestGroup) {
    const group = bytes.subarray(at, at + longestGroup);
    groups.push(Buffer.from([256 - group.length]), group);
  }
  return Buffer.concat(groups);
}

/** Integers by its first version, likewise; signed ones are zigzagged before. */
export function integersRle(values: readonly bigint[]): Buffer {
  const bytes: number[] = [];
  for (const [at, value] of values.entries()) {
    if (at % longestGroup === 0) bytes.push(256 - Math.min(longestGroup, values.length - at));
    pushVarint(bytes, value);
  }
  return Buffer.from(bytes);
}

/** Small absolute values become small ones: 0, -1, 1, -2 are 0, 1, 2, 3. */
export function zigzag(value: bigint): bigint {
  return value < 0n ? -value * 2n - 1n : value * 2n;
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. */
function pushVarint(bytes: number[], value: bigint): void {
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
}

/** A message of Protocol Buffers, field by field. https://protobuf.dev/programming-guides/encoding/ */
export class ProtobufWriter {
  readonly #bytes: number[] = [];

  number(field: number, value: number): this {
    this.#key(field, 0);
    pushVarint(this.#bytes, BigInt(value));
    return this;
  }

  bytes(field: number, value: Buffer): this {
    this.#key(field, 2);
    pushVarint(this.#bytes, BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  packed(field: number, values: readonly number[]): this {
    const packed: number[] = [];
    for (const value of values) pushVarint(packed, BigInt(value));
    return this.bytes(field, Buffer.from(packed));
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes);
  }

  #key(field: number, wireType: number): void {
    pushVarint(this.#bytes, BigInt(field * 8 + wireType));
  }
}
