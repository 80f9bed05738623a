import { scalarFormatter } from "./scalars.ts";
import { compileOnce, membersOf, type Schema } from "./schemas.ts";

type Writer = (value: unknown) => unknown;

/** What `JSON.stringify` is to be given for a value of a schema: timestamps as seconds, blobs as base64. */
export function jsonWriter(schema: Schema): Writer {
  if (schema.isStructSchema() || schema.isUnitSchema()) return structure(schema);
  if (schema.isListSchema()) {
    const write = jsonWriter(schema.getValueSchema());
    return (value) => (Array.isArray(value) ? value.map(write) : undefined);
  }
  if (schema.isMapSchema()) {
    const write = jsonWriter(schema.getValueSchema());
    return (value) => Object.fromEntries(Object.entries(value ?? {}).map(([key, item]) => [key, write(item)]));
  }
  if (schema.isTimestampSchema()) {
    const format = scalarFormatter(schema, "epoch-seconds");
    // Seconds are a number, the other formats are text.
    return (value) => (Number.isNaN(Number(format(value))) ? format(value) : Number(format(value)));
  }
  if (schema.isBlobSchema()) return scalarFormatter(schema, "epoch-seconds");
  return (value) => value;
}

const structure = compileOnce((schema): Writer => {
  let members: { name: string; write: Writer }[] | undefined;
  return (value) => {
    members ??= membersOf(schema).map(({ name, schema: member }) => ({ name, write: jsonWriter(member) }));
    const given = (value ?? {}) as Readonly<Record<string, unknown>>;
    const result: Record<string, unknown> = {};
    for (const { name, write } of members) {
      const member = given[name];
      if (member !== undefined && member !== null) result[name] = write(member);
    }
    return result;
  };
});
