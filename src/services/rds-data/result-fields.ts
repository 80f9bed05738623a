import type { ArrayValue, Field, ResultSetOptions } from "@aws-sdk/client-rds-data";
import { parseArray } from "./array-text.ts";
import { unsupportedResult } from "./errors.ts";

/** Makes a `Field` of the text that the server writes for a value. */
export type ReadField = (text: string | null) => Field;

const integers = ["int2", "int4", "int8", "oid"];
const doubles = ["float4", "float8"];

/** No value of these has a form in the Data API. */
const unsupported = ["geometry", "void", "point", "line", "lseg", "box", "path", "polygon", "circle", "record"];

/**
 * The reader of a column's values by PostgreSQL's name of its type; `_int4` is an array.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.calling.html
 * @throws AwsError UnsupportedResultException
 */
export function fieldReader(type: string, options: ResultSetOptions = {}): ReadField {
  if (unsupported.includes(type)) {
    throw unsupportedResult(`The result contains the unsupported data type ${type.toUpperCase()}.`);
  }
  const read = type.startsWith("_") ? arrayReader(type.slice(1)) : scalarReader(type, options);
  return (text) => (text === null ? { isNull: true } : read(text));
}

function scalarReader(type: string, { decimalReturnType, longReturnType }: ResultSetOptions): (text: string) => Field {
  if (type === "bool") return (text) => ({ booleanValue: text === "t" });
  if (integers.includes(type)) {
    return longReturnType === "STRING"
      ? (text) => ({ stringValue: text })
      : (text) => ({ longValue: exactInteger(text) });
  }
  if (doubles.includes(type)) return doubleField;
  if (type === "numeric" && decimalReturnType === "DOUBLE_OR_LONG") {
    return (text) => (/^-?\d+$/.test(text) ? { longValue: exactInteger(text) } : doubleField(text));
  }
  // The server writes it as `\x` and hexadecimal digits.
  if (type === "bytea") return (text) => ({ blobValue: new Uint8Array(Buffer.from(text.slice(2), "hex")) });
  // In UTC, which the session has: AWS leaves that out.
  if (type === "timestamptz") return (text) => ({ stringValue: text.replace(/\+00$/, "") });
  return (text) => ({ stringValue: text });
}

/** JSON has no number for what is not finite. */
function doubleField(text: string): Field {
  const value = Number(text);
  return Number.isFinite(value) ? { doubleValue: value } : { stringValue: text };
}

/**
 * A `bigint` where a number would be another one: the protocol writes it digit by digit, and the SDK's type of the member is
 * that of what its own client makes of it.
 */
export function exactInteger(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : (BigInt(text) as unknown as number);
}

function arrayReader(type: string): (text: string) => Field {
  return (text) => ({ arrayValue: arrayValue(type, parseArray(text)) });
}

/** The SDK's lists have no null in their types; on the wire they are sparse. */
function arrayValue(type: string, items: readonly (string | null)[]): ArrayValue {
  const each = <Item>(read: (text: string) => Item) =>
    items.map((item) => (item === null ? null : read(item))) as Item[];
  if (type === "bool") return { booleanValues: each((item) => item === "t") };
  if (integers.includes(type)) return { longValues: each(exactInteger) };
  if (doubles.includes(type)) return { doubleValues: each(Number) };
  return { stringValues: each((item) => item) };
}
