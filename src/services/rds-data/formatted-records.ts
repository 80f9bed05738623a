import type { ArrayValue, Field } from "@aws-sdk/client-rds-data";
import type { SqlColumn } from "../../sql/sql-connection.ts";

/**
 * The rows as one JSON text, an object each with the columns' labels for its keys.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-json.html
 */
export function formatRecords(columns: readonly SqlColumn[], records: readonly (readonly Field[])[]): string {
  const keys = columns.map(({ name }) => JSON.stringify(name));
  const objects = records.map((fields) => fields.map((field, index) => `${keys[index]}:${jsonOf(field)}`));
  return `[${objects.map((members) => `{${members.join()}}`).join()}]`;
}

function jsonOf({ isNull, blobValue, arrayValue, ...field }: Field): string {
  if (isNull === true) return "null";
  if (blobValue !== undefined) return JSON.stringify(Buffer.from(blobValue).toString("base64"));
  if (arrayValue !== undefined) return `[${itemsOf(arrayValue).map(scalar).join()}]`;
  return scalar(field.booleanValue ?? field.longValue ?? field.doubleValue ?? field.stringValue);
}

function itemsOf({ booleanValues, longValues, doubleValues, stringValues }: ArrayValue): readonly unknown[] {
  return booleanValues ?? longValues ?? doubleValues ?? stringValues ?? [];
}

/** Integers that a number does not hold are `bigint`s, which `JSON.stringify` does not take. */
function scalar(value: unknown): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}
