import { XMLParser, XMLValidator } from "fast-xml-parser";
import { ownValue } from "../aws/own-value.ts";
import { plainTree } from "./plain-xml.ts";
import { MalformedValue, wholeScalarParser } from "./scalars.ts";
import { compileOnce, membersOf, type Schema, traitsOf } from "./schemas.ts";
import { escapeXml } from "./xml-writer.ts";

/** An element as fast-xml-parser gives it: its text, or its children and (`@_`) attributes by name. */
type XmlNode = string | { readonly [name: string]: XmlNode | readonly XmlNode[] };
type Reader = (node: XmlNode | readonly XmlNode[]) => unknown;

/** XML that is not well-formed, is refused (DOCTYPE, entities), or is no value of its schema. */
export class MalformedXml extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MalformedXml";
  }
}

const TEXT = "#text";
const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // References are resolved below: the parser's own resolution has limits that long, legitimate documents meet.
  processEntities: false,
  maxNestedTags: 64,
});

/**
 * Reads a document as a value of `schema`. S3 looks at its root element's name, `rootName`, for a few kinds alone:
 * https://github.com/radkawar/stackd , internal/awsapi/xml_decode.go, which was made by probes of S3.
 * @throws MalformedXml
 */
export function readXml(bytes: Uint8Array, schema: Schema, rootName: string): unknown {
  let text: string;
  try {
    text = withoutCdata(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new MalformedXml("The document is not UTF-8.", { cause: error });
  }
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new MalformedXml("A document type declaration is not accepted.");
  const root = plainTree(text) ?? parse(text);
  const node = root[rootName] ?? (isNamed.test(schema.getName() ?? "") ? undefined : Object.values(root)[0]);
  if (node === undefined) throw new MalformedXml(`The root element is not ${rootName}.`);
  try {
    return reader(schema)(node);
  } catch (error) {
    throw error instanceof MalformedValue ? new MalformedXml(error.message, { cause: error }) : error;
  }
}

/** A tag of more characters than any of S3's: what the parser does with its attributes takes the square of their number. */
const hugeTag = /<[^!<>][^<>]{8191}/;

/** Of uploads and deletions it is not known whether it does. */
const isNamed = /^(?:Delete|CompletedMultipartUpload|(?:Analytics|Inventory|Metrics)Configuration)$/;

function parse(text: string): Exclude<XmlNode, string> {
  if (hugeTag.test(text)) throw new MalformedXml("A tag is too long.");
  // The parser's stack, and the validator's, follow the document's nesting.
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new MalformedXml(valid.err.msg);
  try {
    return parser.parse(text);
  } catch (error) {
    throw new MalformedXml("The document is not well-formed.", { cause: error });
  }
}

const structure = compileOnce((schema): Reader => {
  let members: { name: string; key: string; read: Reader }[] | undefined;
  return (node) => {
    members ??= membersOf(schema).map(({ name, schema: member, traits }) => {
      const wireName = traits.xmlName ?? name;
      const local = wireName.slice(wireName.indexOf(":") + 1);
      return {
        name,
        key: traits.xmlAttribute ? `@_${local}` : local,
        read: name === "IsEnabled" ? readFlag : reader(member),
      };
    });
    const element = single(node);
    const value: Record<string, unknown> = {};
    if (typeof element === "string") {
      if (element.trim() !== "") throw new MalformedXml(`Text where the members of ${schema.getName()} were expected.`);
      return value;
    }
    for (const { name, key, read } of members) {
      const child = element[key];
      if (child !== undefined) value[name] = read(child);
    }
    if (!isOpen.test(schema.getName() ?? "")) refuseOthers(element, (name) => members?.some(({ key }) => key === name));
    return value;
  };
});

/** What S3 is not known to check for elements that it does not know; lists to delete it does: https://github.com/boto/boto3/issues/4505 */
const isOpen = /^Completed(?:MultipartUpload|Part)$/;

/** S3 refuses elements that its schema does not have: https://github.com/ceph/ceph/pull/23486 */
function refuseOthers(element: Exclude<XmlNode, string>, isKnown: (name: string) => boolean | undefined): void {
  for (const name in element) {
    if (name.startsWith("@_") || isKnown(name)) continue;
    const child = element[name];
    if (name === TEXT && typeof child === "string" && child.trim() === "") continue;
    throw new MalformedXml(`${name} is not expected here.`);
  }
}

function list(schema: Schema): Reader {
  const item = schema.getValueSchema();
  const readItem = reader(item);
  if (traitsOf(schema).xmlFlattened) return (node) => all(node).map(readItem);
  const itemName = traitsOf(item).xmlName ?? "member";
  return (node) => {
    const element = single(node);
    if (typeof element === "string") return [];
    refuseOthers(element, (name) => name === itemName);
    const items = element[itemName];
    return items === undefined ? [] : all(items).map(readItem);
  };
}

function map(schema: Schema): Reader {
  const key = traitsOf(schema.getKeySchema()).xmlName ?? "key";
  const value = schema.getValueSchema();
  const valueName = traitsOf(value).xmlName ?? "value";
  const readValue = reader(value);
  const flat = Boolean(traitsOf(schema).xmlFlattened);
  return (node) => {
    const wrapper = flat ? node : (childOf(single(node), "entry") ?? []);
    const entries = all(wrapper).map((entry) => {
      return [textOf(childOf(entry, key) ?? ""), readValue(childOf(entry, valueName) ?? "")] as const;
    });
    return Object.fromEntries(entries);
  };
}

function reader(schema: Schema): Reader {
  if (schema.isStructSchema()) return structure(schema);
  if (schema.isListSchema()) return list(schema);
  if (schema.isMapSchema()) return map(schema);
  if (schema.isBooleanSchema()) return readBoolean;
  const parseScalar = wholeScalarParser(schema, "date-time");
  return (node) => parseScalar(textOf(node));
}

/** What is not true is false to S3, whatever it is. */
function readBoolean(node: XmlNode | readonly XmlNode[]): boolean {
  const text = textOf(node).trim().toLowerCase();
  return text === "true" || text === "1";
}

/** But for an inventory's. */
function readFlag(node: XmlNode | readonly XmlNode[]): boolean {
  if (!/^(?:true|false|1|0)$/.test(textOf(node).trim())) throw new MalformedXml("A boolean was expected.");
  return readBoolean(node);
}

function all(node: XmlNode | readonly XmlNode[]): readonly XmlNode[] {
  return isList(node) ? node : [node];
}

function single(node: XmlNode | readonly XmlNode[]): XmlNode {
  if (!isList(node)) return node;
  const [first, second] = node;
  if (first === undefined || second !== undefined) throw new MalformedXml("An element stands more than once.");
  return first;
}

function isList(node: XmlNode | readonly XmlNode[]): node is readonly XmlNode[] {
  return Array.isArray(node);
}

function childOf(node: XmlNode, name: string): XmlNode | readonly XmlNode[] | undefined {
  return typeof node === "string" ? undefined : node[name];
}

/** CDATA sections as escaped text: the parser would give them together with text whose references are still to resolve. */
function withoutCdata(text: string): string {
  let xml = "";
  for (let from = 0; ; ) {
    const start = text.indexOf("<![CDATA[", from);
    const end = start === -1 ? -1 : text.indexOf("]]>", start);
    if (end === -1) return xml + text.slice(from);
    xml += text.slice(from, start) + escapeXml(text.slice(start + 9, end).replace(/\r\n?/g, "\n"));
    from = end + 3;
  }
}

function textOf(node: XmlNode | readonly XmlNode[]): string {
  const element = single(node);
  if (typeof element !== "string" && Object.keys(element).some((name) => name !== TEXT && !name.startsWith("@_"))) {
    throw new MalformedXml("Elements where text was expected.");
  }
  const text = typeof element === "string" ? element : (element[TEXT] ?? "");
  if (typeof text !== "string") throw new MalformedXml("Text stands more than once.");
  return text.includes("&") ? text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (_, name: string) => resolved(name)) : text;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function resolved(name: string): string {
  if (!name.startsWith("#")) {
    const character = ownValue(NAMED, name);
    if (character === undefined) throw new MalformedXml(`The entity ${name} is not declared.`);
    return character;
  }
  const hex = name[1] === "x" || name[1] === "X";
  const code = Number.parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw new MalformedXml("A character reference is out of range.");
  return String.fromCodePoint(code);
}
