import { NormalizedSchema } from "@smithy/core/schema";

export type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

/**
 * `all`: every member, lists and maps of two. `required`: the required members only. `empty`: every member, but with
 * nothing in it: `""`, 0, false, no items.
 */
type Members = "all" | "required" | "empty";

export interface ValueOptions {
  readonly members: Members;
  /** Where in the pools of values to begin: two seeds give both booleans, and other strings to the same member. */
  readonly seed: number;
  /** Whole numbers only: the SDK's schemas do not tell integers from fractions, and other clients refuse these. */
  readonly integers?: boolean;
  /** Values of the outermost structure's members that somebody reads a meaning into: `ChecksumAlgorithm`. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

/** Every one of these has made some parser or serializer lose something. All are characters that XML 1.0 has. */
const texts = [
  "plain",
  `<&>"' é 😀`,
  "a\r\nb\rc\td\n.",
  "  spaces around  ",
  "007",
  "1e3",
  "true",
  "null",
  "]]> &amp; &#65; <![CDATA[x]]>",
  "%41%2F%zz+a b",
  "\u0085\u2028\ufffd",
  "__proto__",
  "constructor",
  "a=b&c=d;e",
  "",
];
/** A header's value cannot have line breaks, or spaces at its ends, and it is read as Latin-1: ASCII here. */
const headerTexts = ["plain", `a, "b"; c=d`, "007", "true", "<&>'", "%41+b", "a  b", "text/plain; charset=utf-8"];
const labelTexts = [
  "key",
  "a//b",
  "/leading",
  "trailing/",
  "100% of+a b",
  `é😀<&>"'`,
  "a/../b",
  "%2F",
  "?acl",
  "..",
  "a\nb",
  "./a",
];
const numbers = [1, 0, -7, 2147483647, 9007199254740991, 0.25, 1.5e-7, 1e21];
const blobs = [
  Uint8Array.of(0, 255, 10, 13, 128),
  Uint8Array.from(Buffer.from(`<&>"' é 😀`)),
  Uint8Array.of(1),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
];

/** What carries a member. A payload is the body itself, where nothing and an empty text are the same. */
type Place = "document" | "payload" | "header" | "label";

/** A deterministic value of the schema. */
export function schemaValue(schema: SchemaRef, options: ValueOptions): unknown {
  let counter = options.seed;
  const open: unknown[] = [];
  const documentNumbers = numbers.filter((number) => !options.integers || Number.isSafeInteger(number));

  const pick = <T>(pool: readonly T[]): T => pool[counter++ % pool.length] as T;

  /** A required structure or list has something in it: a form says nothing of one that has not. */
  function structure(ns: NormalizedSchema, required: boolean): Record<string, unknown> {
    const struct: Record<string, unknown> = {};
    let members = [...ns.structIterator()];
    const needed = Math.max(requiredCount(ns), required ? 1 : 0);
    if (ns.isUnionSchema()) members = [pick(members)];
    else if (options.members === "required") members = members.slice(0, needed);
    open.push(ns.getSchema());
    for (const [index, [name, member]] of members.entries()) {
      const given = open.length === 1 ? options.fixed?.[name] : undefined;
      const value = given ?? valueAt(member, placeOf(member), index < needed);
      if (value !== undefined) struct[name] = value;
    }
    open.pop();
    return struct;
  }

  function valueAt(ns: NormalizedSchema, place: Place, required: boolean): unknown {
    if (ns.isStructSchema()) {
      const again = open.filter((schema) => schema === ns.getSchema()).length;
      return again > 1 ? undefined : structure(ns, required);
    }
    const count = options.members === "empty" ? Number(required) : 2;
    if (ns.isListSchema()) {
      const items = Array.from({ length: count }, () => valueAt(ns.getValueSchema(), place, required));
      return items.filter((item) => item !== undefined);
    }
    if (ns.isMapSchema()) {
      const keys = place === "header" ? ["first", "x-second"] : [`<&>"' é 😀`, "second key"];
      return Object.fromEntries(
        keys.slice(0, count).map((key) => [key, valueAt(ns.getValueSchema(), place, required)]),
      );
    }
    return simple(ns, place);
  }

  function simple(ns: NormalizedSchema, place: Place): unknown {
    const empty = options.members === "empty" && place === "document";
    if (ns.isTimestampSchema()) return timestamp(ns, place);
    if (ns.isBooleanSchema()) return empty ? false : pick([true, false]);
    if (ns.isNumericSchema()) return empty ? 0 : pick(place === "document" ? documentNumbers : [1, 0, 2147483647]);
    if (ns.isBlobSchema()) return empty ? new Uint8Array() : pick(blobs);
    if (ns.isStringSchema()) {
      if (empty) return "";
      const pools = { document: texts, payload: texts.filter(Boolean), header: headerTexts, label: labelTexts };
      return pick(pools[place]);
    }
    throw new Error(`There is no value for ${ns.getName(true)}, schema ${String(ns.getSchema())}.`);
  }

  /** An HTTP date has seconds, the other formats have milliseconds. */
  function timestamp(ns: NormalizedSchema, place: Place): Date {
    const httpDate = ns.getSchema() === 6 || (place === "header" && ns.getSchema() === 4);
    return new Date(Date.UTC(2024, 1, 29, 23, 59, 58, httpDate ? 0 : pick([0, 123, 70])));
  }

  const ns = NormalizedSchema.of(schema);
  return ns.isUnitSchema() ? {} : structure(ns, false);
}

/** The required members of a structure come first; the schema has their number. */
function requiredCount(ns: NormalizedSchema): number {
  const schema = ns.getSchema();
  return Array.isArray(schema) && typeof schema[6] === "number" ? schema[6] : 0;
}

function placeOf(member: NormalizedSchema): Place {
  const { httpHeader, httpPrefixHeaders, httpLabel, httpPayload, xmlAttribute } = member.getMergedTraits();
  // The SDK's writer leaves line breaks in attributes as they are, and no reader gives those back.
  if (httpHeader !== undefined || httpPrefixHeaders !== undefined || xmlAttribute) return "header";
  if (httpPayload) return "payload";
  return httpLabel === undefined ? "document" : "label";
}
