import type { Field, SqlParameter } from "@aws-sdk/client-rds-data";
import { ownValue } from "../../aws/own-value.ts";
import { badRequest } from "./errors.ts";
import type { Statement } from "./sql-session.ts";

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
  const places = new Map<Bound, string>();
  const text = placeParameters(sql, token, given, (parameter) => {
    let place = places.get(parameter);
    if (place === undefined) {
      values.push(parameter.value);
      place = `$${values.length}${parameter.type === undefined ? "" : `::${parameter.type}`}`;
      places.set(parameter, place);
    }
    return place;
  });
  return { text, values };
}

/** The last group of `of` is a parameter's name; what it finds without one stays. @throws AwsError BadRequestException */
export function placeParameters<Given>(
  sql: string,
  of: RegExp,
  given: ReadonlyMap<string, Given>,
  place: (parameter: Given) => string,
): string {
  return sql.replace(of, (...found: unknown[]) => {
    const [whole, ...groups] = found.slice(
      0,
      found.findIndex((part) => typeof part === "number"),
    );
    const name = groups.at(-1);
    if (typeof name !== "string") return String(whole);
    const parameter = given.get(name);
    if (parameter === undefined) throw badRequest(`Cannot find parameter: ${name}`);
    return place(parameter);
  });
}

interface Bound {
  readonly value: string | null;
  /** None: the server finds out. */
  readonly type: string | undefined;
}

const hints = {
  DATE: { type: "date", format: /^\d{4}-\d\d-\d\d$/ },
  TIME: { type: "time", format: /^\d\d:\d\d:\d\d(?:\.\d+)?$/ },
  TIMESTAMP: { type: "timestamp", format: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/ },
  DECIMAL: { type: "numeric", format: undefined },
  JSON: { type: "json", format: undefined },
  UUID: { type: "uuid", format: undefined },
} as const;

export type TypeHint = keyof typeof hints;

/** @throws AwsError BadRequestException for one that is none, or that the value is not in the format of */
export function typeHintOf({ name, value, typeHint }: SqlParameter): TypeHint | undefined {
  if (typeHint === undefined) return undefined;
  const hint = ownValue(hints, typeHint);
  if (hint === undefined) throw badRequest(`Invalid type hint: ${typeHint}`);
  if (value?.isNull !== true && (value?.stringValue === undefined || hint.format?.test(value.stringValue) === false)) {
    throw badRequest(`The value of parameter ${name} is not in the format of its type hint ${typeHint}.`);
  }
  return typeHint;
}

function bind(parameter: SqlParameter): Bound {
  const hint = typeHintOf(parameter);
  const { value, type } = bindField(parameter.value, parameter.name);
  return { value, type: hint === undefined ? type : hints[hint].type };
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
