import { AwsError } from "./aws-error.ts";

/** A `Filters` member of a Describe operation. */
export interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

type Scalar = string | number | boolean | Date | undefined;

/** How each filter reads its values out of an item; a list matches when one of its values does. */
export type FilterTable<Item> = Readonly<Record<string, (item: Item) => Scalar | readonly Scalar[]>>;

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html: at most 200 values in a request. */
const maxValues = 200;

/**
 * One predicate for all filters of a request: the values of a filter are alternatives, the filters must all match.
 * `*` stands for any text, `?` for one character, `\` takes the next character as it is. `tag:NAME` and `tag-key` work
 * wherever `tagsOf` is given.
 */
export function compileFilters<Item>(
  filters: readonly Filter[] | undefined,
  table: FilterTable<Item>,
  tagsOf?: (item: Item) => readonly Tag[] | undefined,
): (item: Item) => boolean {
  if (filters === undefined || filters.length === 0) return () => true;
  if (filters.reduce((count, filter) => count + (filter.Values?.length ?? 0), 0) > maxValues) {
    throw new AwsError(
      "FilterLimitExceeded",
      `The maximum number of filter values specified on a single call is ${maxValues}`,
    );
  }
  const tests = filters.map((filter) => {
    const read = reader(filter.Name, table, tagsOf);
    const patterns = (filter.Values ?? []).map(compilePattern);
    return (item: Item) => {
      const found = read(item);
      const values: readonly Scalar[] = isList(found) ? found : [found];
      return values.some((value) => {
        if (value === undefined) return false;
        const text = value instanceof Date ? value.toISOString() : String(value);
        return patterns.some((matches) => matches(text));
      });
    };
  });
  return (item) => tests.every((matches) => matches(item));
}

/** The values of a filter without a wildcard or an escape, for a look-up by index; undefined when it has one, or none. */
export function literalValues(filter: Filter): readonly string[] | undefined {
  const values = filter.Values ?? [];
  return values.length === 0 || values.some((value) => /[*?\\]/.test(value)) ? undefined : values;
}

function reader<Item>(
  name: string | undefined,
  table: FilterTable<Item>,
  tagsOf: ((item: Item) => readonly Tag[] | undefined) | undefined,
): (item: Item) => Scalar | readonly Scalar[] {
  if (tagsOf !== undefined && name?.startsWith("tag:")) {
    const key = name.slice("tag:".length);
    return (item) => (tagsOf(item) ?? []).filter((tag) => tag.Key === key).map((tag) => tag.Value);
  }
  if (tagsOf !== undefined && name === "tag-key") return (item) => (tagsOf(item) ?? []).map((tag) => tag.Key);
  if (tagsOf !== undefined && name === "tag-value") return (item) => (tagsOf(item) ?? []).map((tag) => tag.Value);
  if (name === undefined || !Object.hasOwn(table, name) || table[name] === undefined) {
    throw new AwsError("InvalidParameterValue", `The filter '${name ?? "null"}' is invalid`);
  }
  return table[name];
}

type PatternPart = { readonly literal: string } | "one" | "any";

function compilePattern(pattern: string): (text: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return (text) => text === pattern;
  const parts: PatternPart[] = [];
  let escaped = false;
  for (const character of pattern) {
    if (!escaped && character === "\\") {
      escaped = true;
      continue;
    }
    if (escaped || (character !== "*" && character !== "?")) parts.push({ literal: character });
    else parts.push(character === "*" ? "any" : "one");
    escaped = false;
  }
  // A backslash at the end escapes nothing and stands for itself.
  if (escaped) parts.push({ literal: "\\" });
  return (text) => matchesParts([...text], parts);
}

/** Goes back to the last star only, so that the time is that of text × pattern; a regular expression's is exponential. */
function matchesParts(text: readonly string[], parts: readonly PatternPart[]): boolean {
  let at = 0;
  let part = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const current = parts[part];
    if (current === "any") {
      star = part;
      starAt = at;
      part += 1;
    } else if (current === "one" || (current !== undefined && current.literal === text[at])) {
      at += 1;
      part += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      part = star + 1;
    } else {
      return false;
    }
  }
  return parts.slice(part).every((rest) => rest === "any");
}

function isList(value: Scalar | readonly Scalar[]): value is readonly Scalar[] {
  return Array.isArray(value);
}
