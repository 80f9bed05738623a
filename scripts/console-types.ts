/** What is read of an OpenAPI document's schemas (JSON Schema, as zod writes it). */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

export interface OpenApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const head = "// Made by `npm run docs` from the JSON API's schemas: change those, not this.\n";

/** The types of the JSON API's bodies, as a module. */
export function consoleTypes({ components: { schemas } }: OpenApiDocument): string {
  const types = Object.entries(schemas).map(([name, schema]) => {
    const isInterface = schema.type === "object" && schema.properties !== undefined;
    return isInterface
      ? `export interface ${typeName(name)} ${typeOf(schema)}\n`
      : `export type ${typeName(name)} = ${typeOf(schema)};\n`;
  });
  return [head, ...types].join("\n");
}

/** `Object` is JavaScript's own. */
function typeName(name: string): string {
  return name === "Object" ? "StoredObject" : name;
}

function typeOf(schema: Schema, indent = ""): string {
  if (schema.$ref !== undefined) return typeName(schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1));
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, indent)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const { type } = schema;
  if (typeof type === "object") return type.map((one) => typeOf({ ...schema, type: one }, indent)).join(" | ");
  if (type === "array") return arrayOf(schema.items ?? {}, indent);
  if (type === "object") return objectOf(schema, indent);
  if (type === "integer") return "number";
  return type ?? "unknown";
}

function arrayOf(items: Schema, indent: string): string {
  const item = typeOf(items, indent);
  const { anyOf, enum: values, type } = items;
  const bindsLooser = anyOf !== undefined || values !== undefined || typeof type === "object" || type === "array";
  return bindsLooser ? `readonly (${item})[]` : `readonly ${item}[]`;
}

function objectOf({ properties, required = [], additionalProperties }: Schema, indent: string): string {
  if (properties === undefined) {
    const value = typeof additionalProperties === "object" ? typeOf(additionalProperties, indent) : "unknown";
    return `Readonly<Record<string, ${value}>>`;
  }
  const members = Object.entries(properties).map(([name, member]) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    return `${indent}  readonly ${key}${required.includes(name) ? "" : "?"}: ${typeOf(member, `${indent}  `)};\n`;
  });
  return `{\n${members.join("")}${indent}}`;
}
