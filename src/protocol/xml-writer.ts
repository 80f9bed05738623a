import { orderedMembers } from "./element-order.ts";
import { scalarFormatter } from "./scalars.ts";
import { compileOnce, membersOf, type Schema, traitsOf } from "./schemas.ts";

/** Writes a value of one member: the whole element, or elements where the member is a flattened list. */
type ElementWriter = (value: unknown) => string;

interface StructureWriter {
  (value: Readonly<Record<string, unknown>>): string;
  /** The attributes of the structure's own element, each with a space before it. */
  attributes?: (value: Readonly<Record<string, unknown>>) => string;
}

// XML 1.0 knows no control characters but these three, and a parser turns a bare CR into LF: AWS sends them as references.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const SPECIAL = /[&<>"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\ufffe\uffff]/;
const SPECIALS = new RegExp(SPECIAL, "g");
const NAMED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(SPECIALS, (c) => NAMED[c] ?? `&#x${c.charCodeAt(0).toString(16).toUpperCase()};`);
}

const ILLEGAL_REFERENCES = /&#x(?:[0-8BCEF]|1[0-9A-F]|FFFE|FFFF);/g;

/**
 * Replaces the references that XML 1.0 does not allow. S3 sends them (its `encoding-type` is there because of that), and
 * readers such as expat, which botocore uses, then refuse the whole document.
 */
export function withoutIllegalReferences(xml: string): string {
  return xml.includes("&#x") ? xml.replace(ILLEGAL_REFERENCES, "\ufffd") : xml;
}

/** The content of a structure's element (its members' elements), compiled once a schema. */
export const structureWriter: (schema: Schema) => StructureWriter = compileOnce(compileStructure);

function compileStructure(schema: Schema): StructureWriter {
  let elements: { name: string; write: ElementWriter }[] | undefined;
  const writer: StructureWriter = (value) => {
    elements ??= orderedMembers(schema)
      .filter(({ traits }) => !traits.xmlAttribute)
      .map(({ name, schema: member, traits }) => ({ name, write: elementWriter(member, traits.xmlName ?? name) }));
    let xml = "";
    for (const { name, write } of elements) {
      const member = value[name];
      if (member !== undefined && member !== null) xml += write(member);
    }
    return xml;
  };
  const attributes = membersOf(schema)
    .filter(({ traits }) => traits.xmlAttribute)
    .map(({ name, schema: member, traits }) => {
      return { name, attribute: traits.xmlName ?? name, format: scalarFormatter(member, "date-time") };
    });
  if (attributes.length > 0) {
    writer.attributes = (value) => {
      let xml = "";
      for (const { name, attribute, format } of attributes) {
        const member = value[name];
        if (member !== undefined && member !== null) xml += ` ${attribute}="${escapeXml(format(member))}"`;
      }
      return xml;
    };
  }
  return writer;
}

/** The writer of an element (or elements) called `name` for a value of `schema`. */
export function elementWriter(schema: Schema, name: string): ElementWriter {
  const open = `<${name}${namespaceOf(schema)}`;
  const close = `</${name}>`;
  if (schema.isStructSchema()) {
    const write = structureWriter(schema);
    return (value) => {
      const structure = value as Readonly<Record<string, unknown>>;
      return `${open}${write.attributes?.(structure) ?? ""}>${write(structure)}${close}`;
    };
  }
  if (schema.isListSchema()) return listWriter(schema, name, `${open}>`, close);
  if (schema.isMapSchema()) return mapWriter(schema, name, `${open}>`, close);
  const format = scalarFormatter(schema, "date-time");
  return (value) => `${open}>${escapeXml(format(value))}${close}`;
}

function listWriter(schema: Schema, name: string, open: string, close: string): ElementWriter {
  const item = schema.getValueSchema();
  const flat = Boolean(traitsOf(schema).xmlFlattened);
  const write = elementWriter(item, flat ? name : (traitsOf(item).xmlName ?? "member"));
  return (value) => {
    const parts: string[] = [];
    for (const element of value as Iterable<unknown>)
      if (element !== undefined && element !== null) parts.push(write(element));
    // Joined, not added: long answers are then made of a few long texts, which are soon garbage but for one, and not of
    // millions of short ones that live until all is written.
    const xml = parts.join("");
    return flat ? xml : `${open}${xml}${close}`;
  };
}

function mapWriter(schema: Schema, name: string, open: string, close: string): ElementWriter {
  const flat = Boolean(traitsOf(schema).xmlFlattened);
  const entry = flat ? name : "entry";
  const key = schema.getKeySchema();
  const value = schema.getValueSchema();
  const writeKey = elementWriter(key, traitsOf(key).xmlName ?? "key");
  const writeValue = elementWriter(value, traitsOf(value).xmlName ?? "value");
  return (map) => {
    let xml = flat ? "" : open;
    for (const [k, v] of Object.entries(map as Record<string, unknown>)) {
      if (v !== undefined && v !== null) xml += `<${entry}>${writeKey(k)}${writeValue(v)}</${entry}>`;
    }
    return flat ? xml : xml + close;
  };
}

function namespaceOf(schema: Schema): string {
  const { xmlNamespace } = traitsOf(schema);
  if (xmlNamespace === undefined) return "";
  const [prefix, uri] = xmlNamespace;
  return ` xmlns${prefix ? `:${prefix}` : ""}="${uri}"`;
}
