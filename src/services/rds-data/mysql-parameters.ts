import type { Field, SqlParameter } from "@aws-sdk/client-rds-data";
import { badRequest } from "./errors.ts";
import { placeParameters, type TypeHint, typeHintOf } from "./named-parameters.ts";
import type { Statement } from "./sql-session.ts";

/** What `:name` may be in without being a parameter: text, quoted names and comments. The last alternative is a parameter. */
const token =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`]|``)*`|--[ \t][^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|:([A-Za-z_]\w*)/g;

/** Puts parameters as literals in the places of their names, as AWS's driver does. @throws AwsError BadRequestException */
export function bindMysqlParameters(sql: string, parameters: readonly SqlParameter[]): Statement {
  const given = new Map(parameters.map((parameter) => [parameter.name ?? "", literalOf(parameter)]));
  return { text: placeParameters(sql, token, given, (literal) => literal), values: [] };
}

const typed: Readonly<Record<TypeHint, (text: string) => string>> = {
  DATE: (text) => `DATE ${quoted(text)}`,
  TIME: (text) => `TIME ${quoted(text)}`,
  TIMESTAMP: (text) => `TIMESTAMP ${quoted(text)}`,
  DECIMAL: (text) => (/^-?\d+(?:\.\d+)?$/.test(text) ? text : quoted(text)),
  JSON: (text) => `CAST(${quoted(text)} AS JSON)`,
  UUID: quoted,
};

function literalOf(parameter: SqlParameter): string {
  const { name, value } = parameter;
  const hint = typeHintOf(parameter);
  if (hint === undefined || value?.stringValue === undefined) return literal(value, name);
  return typed[hint](value.stringValue);
}

function literal(field: Field | undefined, name: string | undefined): string {
  if (field?.isNull === true) return "NULL";
  if (field?.booleanValue !== undefined) return field.booleanValue ? "TRUE" : "FALSE";
  if (field?.longValue !== undefined) return String(field.longValue);
  if (field?.doubleValue !== undefined) return doubleLiteral(field.doubleValue);
  if (field?.stringValue !== undefined) return quoted(field.stringValue);
  if (field?.blobValue !== undefined) return `X'${Buffer.from(field.blobValue).toString("hex")}'`;
  if (field?.arrayValue !== undefined) throw badRequest("Array parameters are not supported.");
  throw badRequest(`Parameter ${name} has no value.`);
}

/** With an exponent: without one it would be a DECIMAL. */
function doubleLiteral(value: number | string): string {
  const text = String(value);
  return /e/i.test(text) ? text : `${text}e0`;
}

/** Whatever the session's sql_mode makes of a backslash. */
function quoted(text: string): string {
  if (/[\\\0]/.test(text)) return `_utf8mb4 X'${Buffer.from(text).toString("hex")}'`;
  return `'${text.replaceAll("'", "''")}'`;
}
