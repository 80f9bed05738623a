import type { FormNode } from "./query-form.ts";
import { MalformedValue, scalarParser } from "./scalars.ts";
import { compileOnce, type Member, membersOf, type Schema, traitsOf } from "./schemas.ts";

type Reader = (node: FormNode, path: string) => unknown;

/** Text that is no value of its parameter's type. `parameter` is its name as it was sent. */
export class MalformedParameter extends Error {
  readonly parameter: string;
  readonly malformed: MalformedValue;
  constructor(parameter: string, malformed: MalformedValue) {
    super(malformed.message, { cause: malformed });
    this.parameter = parameter;
    this.malformed = malformed;
  }
}

type QueryDialectName = "awsQuery" | "ec2Query";

/** How a member at a path of member names, `Resources`, is sent: `ResourceId`. Items of lists are numbers in the path. */
export function parameterName(dialect: QueryDialectName, schema: Schema, path: string): string {
  let at: Schema | undefined = schema;
  const keys: string[] = [];
  for (const segment of path.split(".")) {
    const member: Member | undefined = at && membersOf(at).find(({ name }) => name === segment);
    keys.push(member === undefined ? segment : keyOf(member, dialect));
    at = member?.schema ?? (at?.isListSchema() ? at.getValueSchema() : undefined);
  }
  return keys.join(".");
}

function keyOf({ name, traits }: Pick<Member, "name" | "traits">, dialect: QueryDialectName): string {
  const wireName = traits.xmlName ?? name;
  return dialect === "ec2Query" ? (traits.ec2QueryName ?? capitalized(wireName)) : wireName;
}

/**
 * Readers of a form by schema, compiled once a schema. The two query protocols differ in how a member is named and in
 * how a list is wrapped (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, …/aws-ec2-query-protocol.html).
 */
export function formReader(dialect: QueryDialectName): (schema: Schema) => Reader {
  const ec2 = dialect === "ec2Query";
  const structure = compileOnce((schema): Reader => {
    let members: { name: string; key: string; read: Reader }[] | undefined;
    return (node, path) => {
      const value: Record<string, unknown> = {};
      if (node.children === undefined) return value;
      members ??= membersOf(schema).map(({ name, schema: member, traits }) => {
        return { name, key: keyOf({ name, traits }, dialect), read: reader(member) };
      });
      for (const { name, key, read } of members) {
        const child = node.children.get(key);
        const member = child && read(child, path === "" ? key : `${path}.${key}`);
        if (member !== undefined) value[name] = member;
      }
      return value;
    };
  });

  function list(schema: Schema): Reader {
    const item = schema.getValueSchema();
    const readItem = reader(item);
    const wrapper = ec2 || traitsOf(schema).xmlFlattened ? undefined : (traitsOf(item).xmlName ?? "member");
    return (node, path) => {
      // Every wrapper that AWS has used is taken: the modelled one, `member`, and none.
      const wrapped =
        wrapper === undefined ? node : (node.children?.get(wrapper) ?? node.children?.get("member") ?? node);
      // EC2 takes `KeyName=a` for `KeyName.1=a`, as libcloud and boto 2 send it.
      if (ec2 && wrapped.children === undefined && wrapped.value) return [readItem(wrapped, path)];
      const items = numbered(wrapped).map(([index, child]) => readItem(child, `${path}.${index}`));
      return items.filter((item) => item !== undefined);
    };
  }

  function map(schema: Schema): Reader {
    const key = traitsOf(schema.getKeySchema()).xmlName ?? "key";
    const value = schema.getValueSchema();
    const valueName = traitsOf(value).xmlName ?? "value";
    const readValue = reader(value);
    return (node, path) => {
      const entries = numbered(node.children?.get("entry") ?? node).map(([index, entry]) => {
        const valueNode = entry.children?.get(valueName) ?? { value: "" };
        return [entry.children?.get(key)?.value ?? "", readValue(valueNode, `${path}.${index}.${valueName}`)] as const;
      });
      return Object.fromEntries(entries);
    };
  }

  function scalar(schema: Schema): Reader {
    const parse = scalarParser(schema, "date-time");
    return (node, path) => {
      // `MaxResults.1=5`: a parameter of that name, but no value of its own. EC2 takes it, as boto 2 sends `InstanceId.1`.
      const value = node.value ?? (ec2 ? node.children?.get("1")?.value : undefined);
      if (value === undefined) return undefined;
      try {
        return parse(value);
      } catch (error) {
        throw error instanceof MalformedValue ? new MalformedParameter(path, error) : error;
      }
    };
  }

  function reader(schema: Schema): Reader {
    if (schema.isStructSchema() || schema.isUnitSchema()) return structure(schema);
    if (schema.isListSchema()) return list(schema);
    return schema.isMapSchema() ? map(schema) : scalar(schema);
  }
  return reader;
}

/** The children whose names are numbers, in the order of these; gaps are allowed, as AWS allows them. */
function numbered(node: FormNode): [string, FormNode][] {
  const items: [string, FormNode][] = [];
  for (const entry of node.children ?? []) if (/^\d{1,9}$/.test(entry[0])) items.push(entry);
  return items.sort(([a], [b]) => Number(a) - Number(b));
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
