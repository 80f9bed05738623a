import { operationSchemas, type Schema, traitsOf } from "./schemas.ts";

type Input = Readonly<Record<string, unknown>>;

/** What an operation was asked, without what the SDK's model calls sensitive and without streams: fit to be shown later. */
export type Redactor = (operation: string, input: Input) => Input;

/** What stands for a value that is not shown. */
const hidden = "***";

/** How a member is shown, where that is not as it is: undefined drops it. */
type Show = (value: unknown) => unknown;

/**
 * It is on the way of every request: what is hidden of an operation is found out once, and an input with nothing to hide is
 * given back as it is.
 */
export function createRedactor(sdk: Readonly<Record<string, unknown>>): Redactor {
  const operations = operationSchemas(sdk);
  const compiled = new Map<string, ReadonlyMap<string, Show>>();
  return (name, input) => {
    let members = compiled.get(name);
    if (members === undefined) {
      const schema = operations.get(name)?.input;
      members = schema === undefined ? new Map() : hiddenMembers(schema);
      compiled.set(name, members);
    }
    return members.size === 0 ? input : shown(input, members);
  };
}

function shown(input: Input, members: ReadonlyMap<string, Show>): Input {
  const result: Record<string, unknown> = {};
  for (const name in input) {
    const show = members.get(name);
    const value = show === undefined ? input[name] : show(input[name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function hiddenMembers(structure: Schema, within: readonly unknown[] = []): Map<string, Show> {
  const members = new Map<string, Show>();
  if (structure.isUnitSchema() || !structure.isStructSchema()) return members;
  for (const [name, member] of structure.structIterator()) {
    const show = showOf(member, within);
    if (show !== undefined) members.set(name, show);
  }
  return members;
}

/** Undefined where there is nothing to hide. A structure within itself is hidden whole: no input of AWS's has one so far. */
function showOf(schema: Schema, within: readonly unknown[]): Show | undefined {
  if (schema.getMergedTraits().sensitive === 1) return () => hidden;
  if (traitsOf(schema).streaming === 1) return () => undefined;
  const type: unknown = schema.getSchema();
  if (typeof type === "object" && within.includes(type)) return () => hidden;
  if (schema.isListSchema()) {
    const show = showOf(schema.getValueSchema(), [...within, type]);
    return show && ((list) => (Array.isArray(list) ? list.map(show) : list));
  }
  if (schema.isMapSchema()) {
    const show = showOf(schema.getValueSchema(), [...within, type]);
    return (
      show && ((map) => Object.fromEntries(Object.entries(map as object).map(([key, value]) => [key, show(value)])))
    );
  }
  const members = hiddenMembers(schema, [...within, type]);
  return members.size === 0 ? undefined : (value) => (value === undefined ? undefined : shown(value as Input, members));
}
