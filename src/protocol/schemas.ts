import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";

/** A shape of the SDK's model, or a member of one: its type and its traits. */
export type Schema = NormalizedSchema;

export interface OperationSchema {
  readonly name: string;
  readonly input: Schema;
  readonly output: Schema;
  /** `[method, uri, status]` of a REST protocol. */
  readonly http: readonly [string, string, number] | undefined;
  /** Whether checksums in the request's headers are those of its body (https://smithy.io/2.0/aws/aws-core.html#aws-protocols-httpchecksum-trait). */
  readonly bodyChecksum: boolean;
}

/** Every operation that an SDK client's module exports (`RunInstances$`), by its AWS name. */
export function operationSchemas(sdk: Readonly<Record<string, unknown>>): Map<string, OperationSchema> {
  const operations = new Map<string, OperationSchema>();
  for (const value of Object.values(sdk)) {
    if (!isOperation(value)) continue;
    const [, , name, traits, input, output] = value;
    const http = typeof traits === "object" ? traits["http"] : undefined;
    operations.set(name, {
      name,
      // Normalizing is put off to the first use: a service has hundreds of operations and a client calls a few.
      get input() {
        return NormalizedSchema.of(input);
      },
      get output() {
        return NormalizedSchema.of(output);
      },
      http,
      bodyChecksum: typeof traits === "object" && "httpChecksum" in traits,
    });
  }
  return operations;
}

function isOperation(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === 9;
}

/** The traits that matter on the wire (https://smithy.io/2.0/spec/http-bindings.html, …/protocol-traits.html). */
export interface Traits {
  readonly xmlName?: string;
  readonly xmlFlattened?: 1;
  readonly xmlAttribute?: 1;
  readonly xmlNamespace?: readonly [prefix: string | undefined, uri: string];
  readonly ec2QueryName?: string;
  readonly httpLabel?: 1;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpQuery?: string;
  readonly httpQueryParams?: 1;
  readonly httpPayload?: 1;
  readonly streaming?: 1;
}

/** The SDK types traits as loosely as its generator may extend them; those above are of these types in every model. */
export function traitsOf(schema: Schema): Traits {
  return schema.getMergedTraits() as Traits;
}

export interface Member {
  readonly name: string;
  readonly schema: Schema;
  readonly traits: Traits;
}

/** The members of a structure or union in the model's order: the required ones come first. */
export function membersOf(schema: Schema): Member[] {
  const members: Member[] = [];
  if (schema.isUnitSchema() || !schema.isStructSchema()) return members;
  for (const [name, member] of schema.structIterator()) {
    members.push({ name, schema: member, traits: traitsOf(member) });
  }
  return members;
}

/** How many of the first members of a structure are required. */
export function requiredCount(schema: Schema): number {
  const structure: unknown = schema.getSchema();
  return Array.isArray(structure) && typeof structure[6] === "number" ? structure[6] : 0;
}

/**
 * Remembers what `compile` makes of a structure, so that the walk over a schema is done once. Structures may contain
 * themselves: `compile` looks at the members only when what it returned is first called.
 */
export function compileOnce<Compiled extends (...args: never) => unknown>(
  compile: (schema: Schema) => Compiled,
): (schema: Schema) => Compiled {
  const compiled = new WeakMap<object, Compiled>();
  return (schema) => {
    const key: unknown = schema.getSchema();
    if (typeof key !== "object" || key === null) return compile(schema);
    let result = compiled.get(key);
    if (result === undefined) {
      result = compile(schema);
      compiled.set(key, result);
    }
    return result;
  };
}
