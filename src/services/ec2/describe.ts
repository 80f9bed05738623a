import { compileFilters, type Filter, literalValues } from "../../aws/filters.ts";
import { ownValue } from "../../aws/own-value.ts";
import { decodePageToken, firstPage, type Page } from "../../aws/pagination.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import {
  checkIds,
  completeResources,
  type Resource,
  type Selection,
  type Stored,
  selectResources,
} from "./resource.ts";
import type { Scope } from "./scope.ts";

/** What every Describe operation takes, beside the ids in a member of its own. */
export interface DescribeInput {
  readonly DryRun?: boolean | undefined;
  readonly Filters?: readonly Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** What `MaxResults` may be; 5 to 1,000 in most operations. */
export interface PageLimits {
  readonly min: number;
  readonly max: number;
}

const usualLimits: PageLimits = { min: 5, max: 1000 };

export interface DescribeOptions<Shape> {
  readonly ids?: readonly string[] | undefined;
  /** The parameter of the ids as AWS's message names it, where ids and MaxResults exclude each other. */
  readonly idsParameter?: string;
  readonly limits?: PageLimits;
  /** A further condition of the operation's own. */
  readonly only?: (shape: Shape) => boolean;
  /** Whether `prepare` and the family's `enrich` set members alone: `Selection.shared`. */
  readonly shared?: boolean;
  /** Changes what the filters are applied to, and what is shown. */
  readonly prepare?: (shape: Shape) => void;
}

/** Finds resources by ids and filters, complete with their tags, a page at a time. */
export async function describeResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  input: DescribeInput,
  options: DescribeOptions<Shape> = {},
): Promise<Page<Shape>> {
  const matches = compileFilters(input.Filters, resource.filters, (shape: Shape) => resource.tagsOf(shape));
  const ids = options.ids !== undefined && options.ids.length > 0 ? [...new Set(options.ids)] : undefined;
  if (ids !== undefined && input.MaxResults !== undefined && options.idsParameter !== undefined) {
    throw invalidParameterCombination(
      `The parameter ${options.idsParameter} cannot be used with the parameter maxResults`,
    );
  }
  if (ids !== undefined && input.NextToken !== undefined && options.idsParameter !== undefined) {
    throw invalidParameterCombination(
      `The parameter ${options.idsParameter} cannot be used with the parameter nextToken`,
    );
  }
  const after = checkPage(input, resource.table, options.limits);
  if (ids !== undefined) checkIds(resource, ids);
  if (input.DryRun === true) throw dryRunOperation();

  const selection = { ...selectionOf(resource, input.Filters, ids), shared: options.shared ?? false };
  const keyOf = (item: Stored<Shape>) => item.sortKey;
  const matching = await readPage<Stored<Shape>>({
    // Whether all ids are there is known when all have been read.
    limit: ids === undefined ? input.MaxResults : undefined,
    after,
    keyOf,
    async read(from, count) {
      const found = await selectResources(scope, resource, { ...selection, after: from, count });
      if (ids !== undefined && after === undefined) checkAllExist(resource, ids, found);
      const shapes = found.map(({ shape }) => shape);
      await completeResources(scope, resource, shapes);
      if (options.prepare !== undefined) shapes.forEach(options.prepare);
      return found;
    },
    matches: ({ shape }) => matches(shape) && (options.only?.(shape) ?? true),
  });
  const page = firstPage(matching, { kind: resource.table, limit: input.MaxResults, keyOf });
  return { items: page.items.map(({ shape }) => shape), nextToken: page.nextToken };
}

/** How many times as many are read when a page is not full yet: a filter that little passes is not worth many queries. */
const growth = 8;

interface PageReading<Item> {
  readonly limit: number | undefined;
  readonly after: string | undefined;
  keyOf(item: Item): string;
  /** The first `count` items, or all, with keys after `from`. */
  read(from: string | undefined, count: number | undefined): Promise<Item[]>;
  matches(item: Item): boolean;
}

/** What matches, as far as it takes to fill a page and to know whether there is another: a page costs what it holds. */
export async function readPage<Item>({ limit, after, keyOf, read, matches }: PageReading<Item>): Promise<Item[]> {
  if (limit === undefined) return (await read(after, undefined)).filter(matches);
  const matching: Item[] = [];
  let from = after;
  for (let count = limit + 1; ; count *= growth) {
    const found = await read(from, count);
    for (const item of found) if (matches(item)) matching.push(item);
    const last = found.at(-1);
    if (matching.length > limit || last === undefined || found.length < count) return matching;
    from = keyOf(last);
  }
}

/** A page of items that no table holds, such as instance types. */
export function describeData<Item>(
  items: readonly Item[],
  input: DescribeInput,
  options: { kind: string; keyOf: (item: Item) => string; limits?: PageLimits },
): Page<Item> {
  const after = checkPage(input, options.kind, options.limits);
  if (input.DryRun === true) throw dryRunOperation();
  const start = after === undefined ? 0 : items.findIndex((item) => options.keyOf(item) === after) + 1;
  return firstPage(items.slice(start), { kind: options.kind, limit: input.MaxResults, keyOf: options.keyOf });
}

/** The key that the page starts after. @throws AwsError for a MaxResults out of bounds or a token that is none */
export function checkPage(input: DescribeInput, kind: string, limits: PageLimits = usualLimits): string | undefined {
  const { MaxResults, NextToken } = input;
  if (MaxResults !== undefined && MaxResults < limits.min) {
    throw invalidParameterValue(
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value greater than ${limits.min}.`,
    );
  }
  if (MaxResults !== undefined && MaxResults > limits.max) {
    throw invalidParameterValue(
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value less than ${limits.max}.`,
    );
  }
  if (NextToken === undefined) return undefined;
  const after = decodePageToken(kind, NextToken);
  if (after === undefined) {
    throw invalidParameterValue(`Value ( ${NextToken} ) for parameter NextToken is invalid. The token is invalid.`);
  }
  return after;
}

/** Filters without wildcards narrow the query; all of them are applied to what it finds. */
function selectionOf<Shape>(
  resource: Resource<Shape>,
  filters: readonly Filter[] | undefined,
  ids: readonly string[] | undefined,
): Selection {
  const where: Record<string, readonly string[]> = {};
  const tags: { key: string; values?: readonly string[] }[] = [];
  for (const filter of ids === undefined ? (filters ?? []) : []) {
    const name = filter.Name ?? "";
    const values = literalValues(filter);
    const column = ownValue(resource.columnFilters, name);
    if (column !== undefined && values !== undefined) where[column] ??= values;
    if (name.startsWith("tag:")) {
      tags.push({ key: name.slice("tag:".length), ...(values === undefined ? {} : { values }) });
    }
  }
  return { where: ids === undefined ? where : { id: ids }, tags };
}

function checkAllExist<Shape>(
  resource: Resource<Shape>,
  ids: readonly string[],
  found: readonly Stored<Shape>[],
): void {
  const there = new Set(found.map(({ shape }) => resource.idOf(shape)));
  const missing = ids.filter((id) => !there.has(id));
  if (missing.length > 0) throw resource.notFound(missing);
}
