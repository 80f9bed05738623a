import { MalformedValue, scalarParser } from "./scalars.ts";
import { compileOnce, membersOf, type Schema } from "./schemas.ts";

type Reader = (value: unknown) => unknown;

/**
 * The reader of a JSON value by its schema (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#shape-serialization).
 * Members that the schema does not have are passed over. The reader throws MalformedValue.
 */
export function jsonReader(schema: Schema): Reader {
  const read = readerOf(schema);
  return (value) => (value === null || value === undefined ? undefined : read(value));
}

function readerOf(schema: Schema): Reader {
  if (schema.isStructSchema() || schema.isUnitSchema()) return structure(schema);
  if (schema.isDocumentSchema()) return (value) => value;
  if (schema.isListSchema()) {
    const readItem = jsonReader(schema.getValueSchema());
    // As query forms have it, an item that is none is passed over.
    return (value) =>
      expected(Array.isArray(value) ? value : undefined, value, "list")
        .map(readItem)
        .filter((item) => item !== undefined);
  }
  if (schema.isMapSchema()) {
    const readValue = jsonReader(schema.getValueSchema());
    return (value) => {
      const entries = Object.entries(object(value)).map(([key, item]) => [key, readValue(item)] as const);
      return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
    };
  }
  if (schema.isNumericSchema() || schema.isTimestampSchema()) {
    const parse = scalarParser(schema, "epoch-seconds");
    return (value) => parse(String(expected(typeof value === "number" ? value : undefined, value, "number")));
  }
  if (schema.isBooleanSchema()) {
    return (value) => expected(typeof value === "boolean" ? value : undefined, value, "boolean");
  }
  const parse = scalarParser(schema, "epoch-seconds");
  return (value) => parse(expected(typeof value === "string" ? value : undefined, value, "string"));
}

const structure = compileOnce((schema): Reader => {
  let members: { name: string; read: Reader }[] | undefined;
  return (value) => {
    members ??= membersOf(schema).map(({ name, schema: member }) => ({ name, read: jsonReader(member) }));
    const given = object(value);
    const result: Record<string, unknown> = {};
    for (const { name, read } of members) {
      const member = Object.hasOwn(given, name) ? read(given[name]) : undefined;
      if (member !== undefined) result[name] = member;
    }
    return result;
  };
});

function object(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return expected(isObject ? (value as Readonly<Record<string, unknown>>) : undefined, value, "structure");
}

function expected<Type>(typed: Type | undefined, value: unknown, type: string): Type {
  if (typed === undefined) throw new MalformedValue(JSON.stringify(value), type);
  return typed;
}
