import { type Interleaved, inOrder } from "../aws/operations.ts";
import { orderedMembers } from "./element-order.ts";
import { type Member, membersOf, type Schema, traitsOf } from "./schemas.ts";
import { elementWriter, escapeXml, structureWriter } from "./xml-writer.ts";

type Members = Readonly<Record<string, unknown>>;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The name of a document's root element. */
export function rootName(schema: Schema): string {
  return traitsOf(schema).xmlName ?? schema.getName() ?? "";
}

/** Compiles the writer of a REST answer's document: `members` of a structure in its root element. */
export function documentWriter(
  schema: Schema,
  members: readonly Member[],
  xmlNamespace: string,
): (value: Members) => string {
  const root = rootName(schema);
  const open = `${DECLARATION}<${root} xmlns="${xmlNamespace}"`;
  const close = `</${root}>`;
  const [only] = members;
  // S3's "unwrapped" output, GetBucketLocation: the root element is the member itself.
  if (members.length === 1 && only?.name === root && !only.schema.isStructSchema()) {
    return (value) => `${open}>${escapeXml(String(value[only.name] ?? ""))}${close}`;
  }
  if (members.length === membersOf(schema).length) {
    const write = structureWriter(schema);
    return (value) => `${open}${write.attributes?.(value) ?? ""}>${write(value)}${close}`;
  }
  const writers = orderedMembers(schema, members).map(({ name, schema: member, traits }) => ({
    name,
    write: elementWriter(member, traits.xmlName ?? name),
  }));
  return (value) => {
    const mixed = inOrder in value ? (value[inOrder] as Interleaved) : [];
    const inMixed = new Set(mixed.map(([name]) => name));
    let mixedXml = "";
    for (const [member, item] of mixed) mixedXml += writers.find(({ name }) => name === member)?.write([item]) ?? "";
    let xml = `${open}>`;
    for (const { name, write } of writers) {
      if (inMixed.has(name)) {
        xml += mixedXml;
        mixedXml = "";
      } else if (value[name] !== undefined && value[name] !== null) xml += write(value[name]);
    }
    return xml + close;
  };
}

/** The document of an error; its members have no schema. */
export function errorDocument(members: Members): string {
  let xml = `${DECLARATION}<Error>`;
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) xml += `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  return `${xml}</Error>`;
}
