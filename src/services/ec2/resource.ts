import type { ResourceType, Tag } from "@aws-sdk/client-ec2";
import type { Kysely, SelectQueryBuilder } from "kysely";
import type { AwsError } from "../../aws/aws-error.ts";
import type { FilterTable } from "../../aws/filters.ts";
import { isResourceId } from "../../aws/resource-id.ts";
import type { Database } from "../../db/database.ts";
import type { Ec2ResourceTables } from "../../db/ec2-tables.ts";
import type { Scope } from "./scope.ts";
import { sharedShape } from "./shared-shapes.ts";
import { dropTags, readTags } from "./stored-tags.ts";

/** A resource family: how its shape is kept, found, tagged and filtered. */
export interface Resource<Shape> {
  readonly table: keyof Ec2ResourceTables;
  /** `vpc` of `vpc-0123456789abcdef0`. */
  readonly prefix: string;
  /** Of the ids that do not have the usual form. */
  readonly idPattern?: RegExp;
  readonly type: ResourceType;
  idOf(shape: Shape): string;
  /** The table's own columns, read out of the shape. */
  columnsOf?(shape: Shape): Readonly<Record<string, string | null>>;
  /** Paths of the members that are dates: JSON has none. */
  readonly dates?: readonly string[];
  tagsOf(shape: Shape): readonly Tag[] | undefined;
  setTags(shape: Shape, tags: Tag[]): void;
  readonly filters: FilterTable<Shape>;
  /** The filters that a column answers, so that rows which cannot match are not read. */
  readonly columnFilters: Readonly<Record<string, string>>;
  /** Adds what other tables know, to many shapes with few queries. */
  enrich?(scope: Scope, shapes: Shape[]): Promise<void>;
  malformed(id: string): AwsError;
  notFound(ids: readonly string[]): AwsError;
  /** The answer to a request that made what is gone by now, where AWS has another than `notFound`. */
  goneAgain?(ids: readonly string[]): AwsError;
}

/** For the shapes that have their tags in `Tags`. */
export const tagsMember = {
  tagsOf: (shape: { Tags?: Tag[] | undefined }) => shape.Tags,
  setTags(shape: { Tags?: Tag[] | undefined }, tags: Tag[]) {
    shape.Tags = tags;
  },
};

/** Column values that rows must have; a list names alternatives. */
export type Where = Readonly<Record<string, string | readonly string[]>>;

export interface Stored<Shape> {
  readonly shape: Shape;
  readonly sortKey: string;
}

/** Adds a resource. `order` places it among those made at the same time. */
export async function insertResource<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  shape: Shape,
  order = resource.idOf(shape),
): Promise<void> {
  await insertResources(scope, resource, [{ shape, order }]);
}

/** Rows a statement: building one costs more than its rows do, and a statement has 32,766 values at most. */
const rowsAtOnce = 50;

/** Adds many, with few statements. */
export async function insertResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  made: readonly { readonly shape: Shape; readonly order: string }[],
): Promise<void> {
  for (let start = 0; start < made.length; start += rowsAtOnce) {
    const values = made.slice(start, start + rowsAtOnce).map(({ shape, order }) => ({
      id: resource.idOf(shape),
      account_id: scope.accountId,
      region: scope.region,
      sort_key: `${scope.now().toISOString()}/${order}`,
      ...resource.columnsOf?.(shape),
      data: JSON.stringify(shape),
    }));
    await rows(scope).insertInto(resource.table).values(values).execute();
  }
}

/** Writes back a changed shape. */
export async function updateResource<Shape>(scope: Scope, resource: Resource<Shape>, shape: Shape): Promise<void> {
  await rows(scope)
    .updateTable(resource.table)
    .set({ ...resource.columnsOf?.(shape), data: JSON.stringify(shape) })
    .where("id", "=", resource.idOf(shape))
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .execute();
}

/** Removes resources with their tags. */
export async function deleteResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await rows(scope)
    .deleteFrom(resource.table)
    .where("id", "in", [...ids])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .execute();
  await dropTags(scope, ids);
}

/** The resource as it is stored, without tags; undefined when there is none. */
export async function findResource<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  id: string,
): Promise<Shape | undefined> {
  return (await selectResources(scope, resource, { where: { id } }))[0]?.shape;
}

/** Like `findResource`. @throws AwsError the family's Malformed or NotFound */
export async function getResource<Shape>(scope: Scope, resource: Resource<Shape>, id: string): Promise<Shape> {
  const [shape] = await getResources(scope, resource, [id]);
  if (shape === undefined) throw resource.notFound([id]);
  return shape;
}

/** In the order of `ids`. @throws AwsError for the first id that is malformed, then for all that are not there */
export async function getResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  ids: readonly string[],
): Promise<Shape[]> {
  checkIds(resource, ids);
  const found = await selectResources(scope, resource, { where: { id: ids } });
  const shapes = new Map(found.map(({ shape }) => [resource.idOf(shape), shape]));
  const missing = ids.filter((id) => !shapes.has(id));
  if (missing.length > 0) throw resource.notFound(missing);
  return ids.flatMap((id) => shapes.get(id) ?? []);
}

export function checkIds<Shape>(resource: Resource<Shape>, ids: readonly string[]): void {
  const bad = ids.find((id) => !(resource.idPattern?.test(id) ?? isResourceId(resource.prefix, id)));
  if (bad !== undefined) throw resource.malformed(bad);
}

/** All resources with these column values, as stored, in order. */
export async function listResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  where: Where = {},
): Promise<Shape[]> {
  return (await selectResources(scope, resource, { where })).map(({ shape }) => shape);
}

/** Like `listResources`, for reading alone: `Selection.shared`. */
export async function listSharedResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  where: Where,
): Promise<Shape[]> {
  return (await selectResources(scope, resource, { where, shared: true })).map(({ shape }) => shape);
}

/** Those that may refer to a resource: its id is somewhere in them. */
export async function listMentions<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  id: string,
  where: Where = {},
): Promise<Shape[]> {
  return (await selectResources(scope, resource, { where, mentions: id })).map(({ shape }) => shape);
}

/** Adds what a reader sees and the row does not have: tags, and what the family enriches. */
export async function completeResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  shapes: Shape[],
): Promise<void> {
  const tags = await readTags(scope, resource.type, shapes.map(resource.idOf));
  for (const shape of shapes) resource.setTags(shape, tags.get(resource.idOf(shape)) ?? []);
  await resource.enrich?.(scope, shapes);
}

export interface Selection {
  readonly where?: Where;
  /** Only what has a tag with this key and, where given, one of these values. */
  readonly tags?: readonly { key: string; values?: readonly string[] }[];
  /** Only what has this id somewhere in it, which the caller looks for: the others need not be parsed. */
  readonly mentions?: string;
  /** Only what comes after this key. */
  readonly after?: string | undefined;
  /** As many at most; all where it is not given. */
  readonly count?: number | undefined;
  /** For shapes that are read alone: they are parsed once, and what their members hold must not be changed. */
  readonly shared?: boolean;
}

export async function selectResources<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  selection: Selection,
): Promise<Stored<Shape>[]> {
  if (Object.values(selection.where ?? {}).some((value) => value.length === 0)) return [];
  let query = rows(scope)
    .selectFrom(resource.table)
    .select(["id", "data", "sort_key"])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region);
  for (const [column, value] of Object.entries(selection.where ?? {})) {
    query = typeof value === "string" ? query.where(column, "=", value) : query.where(column, "in", [...value]);
  }
  for (const tag of selection.tags ?? []) query = query.where("id", "in", taggedWith(scope, resource, tag));
  if (selection.mentions !== undefined) query = query.where("data", "like", `%${selection.mentions}%`);
  if (selection.after !== undefined) query = query.where("sort_key", ">", selection.after);
  if (selection.count !== undefined) query = query.limit(selection.count);
  const found = await query.orderBy("sort_key").execute();
  const parse = (data: string) => parseShape(resource, data);
  return found.map((row) => {
    const data = String(row.data);
    const shape = selection.shared ? sharedShape(resource, { id: String(row.id), data }, parse) : parse(data);
    return { shape, sortKey: String(row.sort_key) };
  });
}

function taggedWith<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  tag: { key: string; values?: readonly string[] },
): SelectQueryBuilder<Rows, string, { resource_id: string | null }> {
  const query = rows(scope)
    .selectFrom("ec2_tags")
    .select("resource_id")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("resource_type", "=", resource.type)
    .where("key", "=", tag.key);
  return tag.values === undefined ? query : query.where("value", "in", [...tag.values]);
}

type Rows = Record<string, Record<string, string | null>>;

/** The families' tables as one type: Kysely cannot follow a table name that is only known at run time. */
function rows(scope: Scope): Kysely<Rows> {
  return scope.db as unknown as Kysely<Rows> & Kysely<Database>;
}

/** What `insertResource` wrote is a `Shape`, but for its dates. */
function parseShape<Shape>(resource: Resource<Shape>, data: string): Shape {
  const shape = JSON.parse(data) as Shape;
  for (const path of resource.dates ?? []) reviveDate(shape, path.split("."));
  return shape;
}

function reviveDate(value: unknown, path: readonly string[]): void {
  if (Array.isArray(value)) {
    for (const element of value) reviveDate(element, path);
    return;
  }
  const [member, ...rest] = path;
  if (typeof value !== "object" || value === null || member === undefined) return;
  const found: unknown = Reflect.get(value, member);
  if (rest.length > 0) reviveDate(found, rest);
  else if (typeof found === "string") Reflect.set(value, member, new Date(found));
}
