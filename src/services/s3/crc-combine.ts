import type { ChecksumName } from "../../aws/checksum.ts";

/** 64 bits in two halves of 32: bigints take twenty times as long. */
interface Word {
  readonly high: number;
  readonly low: number;
}

interface Field {
  readonly width: 32 | 64;
  readonly polynomial: Word;
}

/** Reflected polynomials; all of these begin and end with inverted bits. */
const polynomials: Readonly<Partial<Record<ChecksumName, Field>>> = {
  CRC32: { width: 32, polynomial: { high: 0, low: 0xedb88320 } },
  CRC32C: { width: 32, polynomial: { high: 0, low: 0x82f63b78 } },
  CRC64NVME: { width: 64, polynomial: { high: 0x9a6c9329, low: 0xac4bc9b5 } },
};

/** Whether the checksum of a whole can be had from the checksums of its parts. */
export function isCombinable(name: ChecksumName): boolean {
  return polynomials[name] !== undefined;
}

interface Part {
  /** Base64. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * The CRC of parts one after the other, in base64: a CRC is a remainder of polynomials, so what is before a part counts times
 * x to the power of the part's bits. One multiplication a part; the powers are kept by size, of which there are few.
 */
export function combineCrcs(name: ChecksumName, parts: readonly Part[]): string {
  const field = polynomials[name];
  if (field === undefined) throw new Error(`${name} is no CRC`);
  const powers = new Map<number, Word>();
  let crc: Word = { high: 0, low: 0 };
  for (const { digest, size } of parts) {
    let power = powers.get(size);
    if (power === undefined) {
      power = powerOfX(BigInt(size) * 8n, field);
      powers.set(size, power);
    }
    const before = multiply(power, crc, field);
    const own = readWord(digest);
    crc = { high: before.high ^ own.high, low: before.low ^ own.low };
  }
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(crc.high, 0);
  bytes.writeInt32BE(crc.low, 4);
  return bytes.subarray(8 - field.width / 8).toString("base64");
}

function readWord(digest: string): Word {
  const bytes = Buffer.from(digest, "base64");
  const low = bytes.readInt32BE(bytes.length - 4);
  return { high: bytes.length === 8 ? bytes.readInt32BE(0) : 0, low };
}

/** a · b modulo the polynomial; the highest bit is the coefficient of x⁰. */
function multiply(a: Word, b: Word, { width, polynomial }: Field): Word {
  let high = 0;
  let low = 0;
  let shiftedHigh = b.high;
  let shiftedLow = b.low;
  for (let bit = width - 1; bit >= 0; bit--) {
    const isSet = (bit >= 32 ? a.high >>> (bit - 32) : a.low >>> bit) & 1;
    if (isSet === 1) {
      high ^= shiftedHigh;
      low ^= shiftedLow;
    }
    const carry = shiftedLow & 1;
    shiftedLow = (shiftedLow >>> 1) | (shiftedHigh << 31);
    shiftedHigh >>>= 1;
    if (carry === 1) {
      shiftedHigh ^= polynomial.high;
      shiftedLow ^= polynomial.low;
    }
  }
  return { high, low };
}

/** xⁿ modulo the polynomial, by squaring. */
function powerOfX(n: bigint, field: Field): Word {
  let power = monomial(0, field);
  let square = monomial(1, field);
  for (let rest = n; rest !== 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) power = multiply(square, power, field);
    square = multiply(square, square, field);
  }
  return power;
}

function monomial(exponent: number, { width }: Field): Word {
  const bit = 1 << (31 - exponent);
  return width === 64 ? { high: bit, low: 0 } : { high: 0, low: bit };
}
