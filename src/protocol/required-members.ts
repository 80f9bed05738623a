import { compileOnce, membersOf, requiredCount, type Schema } from "./schemas.ts";

type Finder = (value: unknown, path: string, found: string[]) => void;

/**
 * The required members that a parsed input lacks, as paths of member names with a list's items numbered from 1:
 * `Tags.1.Key`. Only structures that are there are looked into.
 */
export function missingMembers(schema: Schema, input: unknown): string[] {
  const found: string[] = [];
  structure(schema)(input, "", found);
  return found;
}

const structure = compileOnce((schema): Finder => {
  let required: string[] | undefined;
  let nested: { name: string; find: Finder }[] = [];
  return (value, path, found) => {
    if (typeof value !== "object" || value === null) return;
    if (required === undefined) {
      const members = membersOf(schema);
      required = members.slice(0, requiredCount(schema)).map(({ name }) => name);
      nested = members.flatMap(({ name, schema: member }) => {
        const find = finder(member);
        return find === undefined ? [] : [{ name, find }];
      });
    }
    const members = value as Readonly<Record<string, unknown>>;
    for (const name of required) if (members[name] === undefined) found.push(path + name);
    for (const { name, find } of nested) if (members[name] !== undefined) find(members[name], `${path}${name}.`, found);
  };
});

function finder(schema: Schema): Finder | undefined {
  if (schema.isStructSchema()) return structure(schema);
  const find = schema.isListSchema() || schema.isMapSchema() ? finder(schema.getValueSchema()) : undefined;
  if (find === undefined) return undefined;
  return (value, path, found) => {
    const items = Array.isArray(value) ? value : Object.values(value as object);
    for (const [index, item] of items.entries()) find(item, `${path}${index + 1}.`, found);
  };
}

/** AWS's words for required members that are not there, by the paths of `missingMembers`. */
export function nullMembersMessage(paths: readonly string[]): string {
  const failures = paths.map(
    (path) => `Value null at '${coralPath(path)}' failed to satisfy constraint: Member must not be null`,
  );
  return `${failures.length} validation error${failures.length === 1 ? "" : "s"} detected: ${failures.join("; ")}`;
}

/** AWS's validation messages name members with a small first letter, and list items as `tags.1.member.key`. */
function coralPath(path: string): string {
  const segments = path
    .split(".")
    .map((name) => (/^\d+$/.test(name) ? `${name}.member` : name.charAt(0).toLowerCase() + name.slice(1)));
  return segments.join(".");
}
