import type { S3Address } from "./s3-addressing.ts";
import { scalarFormatter, wholeScalarParser } from "./scalars.ts";
import { type Member, membersOf, type Schema } from "./schemas.ts";

/** The parts of a request that members are bound to, decoded. */
export interface RequestParts {
  readonly address: S3Address;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Text of a header or a query parameter that is no value of its type. `name` is the header's or the parameter's. */
export class MalformedBinding extends Error {
  readonly bindingName: string;
  readonly text: string;
  constructor(name: string, text: string, options?: ErrorOptions) {
    super(`The value of ${name} is not valid.`, options);
    this.bindingName = name;
    this.text = text;
  }
}

export interface Bindings {
  /** Reads every member but the payload. @throws MalformedBinding */
  readRequest(parts: RequestParts): Record<string, unknown>;
  /** The headers for a value's members. */
  writeHeaders(value: Readonly<Record<string, unknown>>, headers: Record<string, string>): void;
  /** The member that is the body. */
  readonly payload: Member | undefined;
  /** The members without a binding: they make a document of their own. */
  readonly bodyMembers: readonly Member[];
}

type ReadMember = (parts: RequestParts) => unknown;
type WriteMember = (value: unknown, headers: Record<string, string>) => void;

/** Compiles the `http*` traits of a structure. https://smithy.io/2.0/spec/http-bindings.html */
export function compileBindings(schema: Schema): Bindings {
  const members = membersOf(schema);
  const readers = members.flatMap((member) => {
    const read = requestReader(member);
    return read === undefined ? [] : [{ name: member.name, read }];
  });
  const writers = new Map<string, WriteMember>();
  for (const member of members) {
    const write = headerWriter(member);
    if (write !== undefined) writers.set(member.name, write);
  }
  return {
    payload: members.find(({ traits }) => traits.httpPayload || traits.streaming),
    bodyMembers: members.filter(({ traits }) => !isBound(traits)),
    readRequest(parts) {
      const input: Record<string, unknown> = {};
      for (const { name, read } of readers) {
        const value = read(parts);
        if (value !== undefined) input[name] = value;
      }
      return input;
    },
    writeHeaders(value, headers) {
      // An answer has few of the members that its schema has.
      for (const name in value) {
        const member = value[name];
        if (member !== undefined && member !== null) writers.get(name)?.(member, headers);
      }
    },
  };
}

function isBound(traits: Member["traits"]): boolean {
  return Boolean(
    traits.httpLabel ||
      traits.httpHeader ||
      traits.httpPrefixHeaders !== undefined ||
      traits.httpQuery ||
      traits.httpQueryParams ||
      traits.httpPayload ||
      traits.streaming,
  );
}

function requestReader({ name, schema, traits }: Member): ReadMember | undefined {
  if (traits.httpLabel) return name === "Bucket" ? ({ address }) => address.bucket : ({ address }) => address.key;
  if (traits.httpQuery !== undefined) {
    const parameter = traits.httpQuery;
    const parse = valueParser(schema, parameter, "date-time");
    // A limit without a value is none.
    if (parameter.startsWith("max-")) return ({ query }) => parse(query.get(parameter) || undefined);
    return ({ query }) => parse(query.get(parameter));
  }
  if (traits.httpHeader !== undefined) {
    const header = traits.httpHeader.toLowerCase();
    const parse = valueParser(schema, header, "http-date");
    if (isLenient.test(header)) return ({ headers }) => parsedOrNone(parse, headers[header]);
    return ({ headers }) => parse(headers[header]);
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase();
    return ({ headers }) => prefixed(headers, prefix);
  }
  return undefined;
}

/** Headers that count as absent where their value is none: conditions, as RFC 9110 has it, and one limit. */
const isLenient = /if-(?:un)?modified-since$|^x-amz-max-parts$/;

function parsedOrNone(parse: (text: string | undefined) => unknown, text: string | undefined): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof MalformedBinding) return undefined;
    throw error;
  }
}

function prefixed(headers: Readonly<Record<string, string>>, prefix: string): Record<string, string> | undefined {
  let found: [string, string][] | undefined;
  for (const name in headers) {
    if (!name.startsWith(prefix)) continue;
    found ??= [];
    found.push([name.slice(prefix.length), headers[name] ?? ""]);
  }
  return found === undefined ? undefined : Object.fromEntries(found);
}

function valueParser(
  schema: Schema,
  name: string,
  timestamps: "date-time" | "http-date",
): (text: string | undefined) => unknown {
  const parse = schema.isListSchema() ? listParser(schema, timestamps) : wholeScalarParser(schema, timestamps);
  return (text) => {
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      throw new MalformedBinding(name, text, { cause: error });
    }
  };
}

function listParser(schema: Schema, timestamps: "date-time" | "http-date"): (text: string) => unknown {
  const parse = wholeScalarParser(schema.getValueSchema(), timestamps);
  return (text) => headerItems(text).map(parse);
}

/** The items of a header's list; one with a comma or a quote in it is a quoted string (RFC 9110, 5.6.4). */
function headerItems(text: string): string[] {
  if (!text.includes('"')) return text.trim() === "" ? [] : text.split(",").map((item) => item.trim());
  const items = text.match(/"(?:[^"\\]|\\.)*"|[^\s,](?:[^,]*[^\s,])?/g) ?? [];
  return items.map((item) => (/^".*"$/s.test(item) ? item.slice(1, -1).replace(/\\(.)/gs, "$1") : item));
}

function headerWriter({ schema, traits }: Member): WriteMember | undefined {
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase();
    return (value, headers) => {
      for (const [name, text] of Object.entries(value as Record<string, string>))
        headers[prefix + name.toLowerCase()] = headerSafe(text);
    };
  }
  if (traits.httpHeader === undefined) return undefined;
  const header = traits.httpHeader.toLowerCase();
  if (schema.isListSchema()) {
    const format = scalarFormatter(schema.getValueSchema(), "http-date");
    return (value, headers) => {
      headers[header] = Array.from(value as Iterable<unknown>, format).join(", ");
    };
  }
  const format = scalarFormatter(schema, "http-date");
  return (value, headers) => {
    headers[header] = headerSafe(format(value));
  };
}

/** Text that no header can carry goes as RFC 2047 has it, as S3 does with user metadata. */
function headerSafe(text: string): string {
  return /[^\t\x20-\x7e]/.test(text) ? `=?UTF-8?B?${Buffer.from(text, "utf8").toString("base64")}?=` : text;
}
