import type { Field, SqlParameter } from "@aws-sdk/client-rds-data";
import { ownValue } from "../../aws/own-value.ts";
import { badRequest } from "./errors.ts";

/** A statement as PostgreSQL takes it, with `$1` and so on. */
export interface Statement {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

/**
 * What `:name` may be in without being a parameter: text, quoted names, comments, dollar-quoted text, casts. Alternatives in this
 * order; the last one is a parameter.
 */
const token =
  /\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1|::|:([A-Za-z_]\w*)/g;

/**
 * Puts parameters in the places of their names. Each has its type said, as AWS's driver does: text is `varchar` unless a hint says
 * otherwise. @throws AwsError BadRequestException
 */
export function bindParameters(sql: string, parameters: readonly SqlParameter[]): Statement {
  const given = new Map(parameters.map((parameter) => [parameter.name ?? "", bind(parameter)]));
  const values: (string | null)[] = [];
  const places = new Map<string, string>();
  const text = sql.replace(token, (whole, _quote, name: string | undefined) => {
    if (name === undefined) return whole;
    const parameter = given.get(name);
    if (parameter === undefined) throw badRequest(`Cannot find parameter: ${name}`);
    let place = places.get(name);
    if (place === undefined) {
      values.push(parameter.value);
      place = `$${values.length}${parameter.type === undefined ? "" : `::${parameter.type}`}`;
      places.set(name, place);
    }
    return place;
  });
  return { text, values };
}

interface Bound {
  readonly value: string | null;
  /** None: the server finds out. */
  readonly type: string | undefined;
}

const hinted: Readonly<Record<string, { readonly type: string; readonly format?: RegExp }>> = {
  DATE: { type: "date", format: /^\d{4}-\d\d-\d\d$/ },
  TIME: { type: "time", format: /^\d\d:\d\d:\d\d(?:\.\d+)?$/ },
  TIMESTAMP: { type: "timestamp", format: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/ },
  DECIMAL: { type: "numeric" },
  JSON: { type: "json" },
  UUID: { type: "uuid" },
};

function bind({ name, value, typeHint }: SqlParameter): Bound {
  const hint = typeHint === undefined ? undefined : ownValue(hinted, typeHint);
  if (typeHint !== undefined && hint === undefined) throw badRequest(`Invalid type hint: ${typeHint}`);
  const bound = bindField(value, name);
  if (hint === undefined || bound.value === null) return { ...bound, type: hint?.type ?? bound.type };
  if (value?.stringValue === undefined || hint.format?.test(value.stringValue) === false) {
    throw badRequest(`The value of parameter ${name} is not in the format of its type hint ${typeHint}.`);
  }
  return { value: bound.value, type: hint.type };
}

function bindField(field: Field | undefined, name: string | undefined): Bound {
  if (field?.isNull === true) return { value: null, type: undefined };
  if (field?.booleanValue !== undefined) return { value: String(field.booleanValue), type: "bool" };
  if (field?.longValue !== undefined) return { value: String(field.longValue), type: "int8" };
  if (field?.doubleValue !== undefined) return { value: String(field.doubleValue), type: "float8" };
  if (field?.stringValue !== undefined) return { value: field.stringValue, type: "varchar" };
  if (field?.blobValue !== undefined) {
    return { value: `\\x${Buffer.from(field.blobValue).toString("hex")}`, type: "bytea" };
  }
  if (field?.arrayValue !== undefined) throw badRequest("Array parameters are not supported.");
  throw badRequest(`Parameter ${name} has no value.`);
}
