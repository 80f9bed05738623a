import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { NormalizedSchema } from "@smithy/core/schema";
import type { ProtocolName } from "../../../src/protocol/protocol.ts";
import type { SchemaRef } from "../../support/schema-values.ts";

const emptyStream = Symbol("a body of no bytes, which is the same as none");

/** Plain data that can be compared and printed: a stream as its bytes, bytes and dates as text, no undefined members. */
export async function comparable(value: unknown): Promise<unknown> {
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return Promise.all(value.map(comparable));
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Readable) {
    const bytes = await buffer(value);
    return bytes.length === 0 ? emptyStream : comparable(bytes);
  }
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const plain = await comparable(member);
    if (plain !== undefined && plain !== emptyStream) members.push([name, plain]);
  }
  return Object.fromEntries(members);
}

/**
 * What is left of a value after the wire, which cannot carry everything: a form says nothing of a structure or map
 * without members (and ec2Query nothing of an empty list), XML nothing of an empty flattened list or map, and headers
 * nothing of a map without entries.
 */
export function carried(schema: SchemaRef, value: unknown, wire: ProtocolName | "xml"): unknown {
  return prune(NormalizedSchema.of(schema), value, wire) ?? {};
}

function prune(ns: NormalizedSchema, value: unknown, wire: ProtocolName | "xml"): unknown {
  const form = wire === "awsQuery" || wire === "ec2Query";
  if (typeof value !== "object" || value === null) return value;
  const { xmlFlattened, httpPrefixHeaders } = ns.getMergedTraits();
  if (ns.isListSchema() && Array.isArray(value)) {
    const items = value.map((item) => prune(ns.getValueSchema(), item, wire)).filter((item) => item !== undefined);
    const lost = items.length === 0 && (wire === "ec2Query" || (!form && xmlFlattened !== undefined));
    return lost ? undefined : items;
  }
  if (ns.isStructSchema() || ns.isMapSchema()) {
    const members: [string, unknown][] = [];
    for (const [name, member] of Object.entries(value)) {
      const schema = ns.isMapSchema() ? ns.getValueSchema() : ns.getMemberSchemas()[name];
      const left = schema === undefined ? member : prune(schema, member, wire);
      if (left !== undefined) members.push([name, left]);
    }
    const lost =
      members.length === 0 && (form || (ns.isMapSchema() && (xmlFlattened || httpPrefixHeaders) !== undefined));
    return lost ? undefined : Object.fromEntries(members);
  }
  return value;
}

/** Where two comparable values first differ, with both values; undefined when they do not. */
export function difference(actual: unknown, expected: unknown, path = ""): string | undefined {
  if (isDeepStrictEqual(actual, expected)) return undefined;
  if (isRecord(actual) && isRecord(expected) && Array.isArray(actual) === Array.isArray(expected)) {
    for (const name of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
      const found = difference(actual[name], expected[name], `${path}.${name}`);
      if (found !== undefined) return found;
    }
  }
  return `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
