import { NumericValue } from "@smithy/core/serde";
import type { Schema } from "./schemas.ts";

export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

/** Text that is no value of its member's type; each protocol answers with its own code. */
export class MalformedValue extends Error {
  readonly text: string;
  readonly expected: string;
  constructor(text: string, expected: string) {
    super(`Value (${text}) is not a valid ${expected}.`);
    this.name = "MalformedValue";
    this.text = text;
    this.expected = expected;
  }
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?$/;

/** The parser from text for a simple type. The parser throws MalformedValue. */
export function scalarParser(schema: Schema, timestampDefault: TimestampFormat): (text: string) => unknown {
  if (schema.isNumericSchema()) return parseNumber;
  if (schema.isBooleanSchema()) return parseBoolean;
  if (schema.isTimestampSchema()) return timestampParser(timestampFormat(schema, timestampDefault));
  if (schema.isBlobSchema()) return parseBlob;
  if (schema.isBigIntegerSchema()) return parseBigInteger;
  if (schema.isBigDecimalSchema())
    return (text) => new NumericValue(String(checked(text, NUMBER, "number")), "bigDecimal");
  return (text) => text;
}

/** The same for S3's protocol: no number of its model has a fraction, which the SDK's schemas do not say. */
export function wholeScalarParser(schema: Schema, timestampDefault: TimestampFormat): (text: string) => unknown {
  return schema.isNumericSchema() ? parseInteger : scalarParser(schema, timestampDefault);
}

/** The writer to text for a simple type. */
export function scalarFormatter(schema: Schema, timestampDefault: TimestampFormat): (value: unknown) => string {
  if (schema.isTimestampSchema()) {
    const format = timestampFormat(schema, timestampDefault);
    return (value) => (value instanceof Date ? formatTimestamp(value, format) : String(value));
  }
  if (schema.isBlobSchema()) {
    return (value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : String(value));
  }
  if (schema.isBigDecimalSchema()) return (value) => (value instanceof NumericValue ? value.string : String(value));
  return String;
}

/** The format by the schema's trait (5, 6, 7 in the SDK's notation), or the protocol's own for that place. */
function timestampFormat(schema: Schema, timestampDefault: TimestampFormat): TimestampFormat {
  switch (schema.getSchema()) {
    case 5:
      return "date-time";
    case 6:
      return "http-date";
    case 7:
      return "epoch-seconds";
    default:
      return timestampDefault;
  }
}

/** The last one in its long form: of a page of a thousand things most were made in the same few seconds. */
let written = { time: 0, text: new Date(0).toISOString() };

function formatTimestamp(value: Date, format: TimestampFormat): string {
  if (format === "date-time") {
    const time = value.getTime();
    if (time !== written.time) written = { time, text: value.toISOString() };
    return written.text;
  }
  return format === "http-date" ? value.toUTCString() : String(value.getTime() / 1000);
}

function parseNumber(text: string): number {
  const value = Number(checked(text.trim(), NUMBER, "number"));
  if (!Number.isFinite(value)) throw new MalformedValue(text, "number");
  return value;
}

function parseInteger(text: string): number {
  return parseNumber(checked(text.trim(), INTEGER, "integer"));
}

function parseBigInteger(text: string): bigint {
  return BigInt(checked(text.trim(), INTEGER, "integer"));
}

function parseBoolean(text: string): boolean {
  const lower = text.trim().toLowerCase();
  if (lower !== "true" && lower !== "false") throw new MalformedValue(text, "boolean");
  return lower === "true";
}

function parseBlob(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(checked(text.replace(/\s/g, ""), BASE64, "base64 text"), "base64"));
}

function timestampParser(format: TimestampFormat): (text: string) => Date | undefined {
  if (format === "date-time") return parseDateTime;
  if (format === "epoch-seconds") return parseEpochSeconds;
  // RFC 9110, 13.1.3: a condition whose date cannot be read is as if it had not been sent.
  return (text) => validDate(Date.parse(text));
}

/** Dates end in the year 275760. */
function parseEpochSeconds(text: string): Date {
  const date = validDate(parseNumber(text) * 1000);
  if (date === undefined) throw new MalformedValue(text, "timestamp");
  return date;
}

function parseDateTime(text: string): Date {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed) && trimmed.length > 8) return parseEpochSeconds(trimmed);
  checked(trimmed, DATE_TIME, "timestamp");
  const zoned = /[Zz]$|[+-]\d\d:?\d\d$/.test(trimmed.slice(10)) || trimmed.length === 10 ? trimmed : `${trimmed}Z`;
  const date = validDate(Date.parse(zoned));
  if (date === undefined) throw new MalformedValue(text, "timestamp");
  return date;
}

function validDate(milliseconds: number): Date | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function checked(text: string, pattern: RegExp, expected: string): string {
  if (!pattern.test(text)) throw new MalformedValue(text, expected);
  return text;
}
