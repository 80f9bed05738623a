import type { Kysely } from "kysely";
import type { AwsError } from "../../aws/aws-error.ts";
import type { Tag } from "../../aws/tags.ts";
import type { Database } from "../../db/database.ts";
import type { RdsResourceKind } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { parseRdsArn, rdsArn } from "./arns.ts";
import { readTags, requireTags, writeTags } from "./tags.ts";

/** A family whose members have a name in lower case, and are kept as a whole: subnet groups, parameter groups, … */
export interface NamedFamily<Document> {
  /** As it is in ARNs: `subgrp`. */
  readonly kind: RdsResourceKind;
  notFound(name: string): AwsError;
  alreadyExists(name: string): AwsError;
  /** How many of them, of those that count, an account may have in a region. */
  readonly quota?: {
    readonly most: number;
    counts?(document: Document): boolean;
    exceeded(most: number): AwsError;
  };
  /** Only for its type. */
  readonly document?: Document;
}

type Place = Pick<Context, "db" | "accountId" | "region">;

export function arnOfNamed({ accountId, region }: Omit<Place, "db">, kind: RdsResourceKind, name: string): string {
  return rdsArn({ accountId, region }, kind, name);
}

/** The name that operations take as itself or in an ARN. @throws AwsError the family's NotFound for an ARN of elsewhere */
export function nameOf(
  ctx: Omit<Place, "db">,
  { kind, notFound }: Omit<NamedFamily<unknown>, "alreadyExists">,
  identifier = "",
): string {
  if (!identifier.startsWith("arn:")) return identifier;
  const resource = parseRdsArn(ctx, identifier);
  if (resource?.type !== kind) throw notFound(identifier);
  return resource.name;
}

/** @throws AwsError the family's AlreadyExists, or that of its quota */
export async function insertNamed<Document>(
  ctx: Place,
  family: NamedFamily<Document>,
  name: string,
  document: Document,
  tags: readonly Tag[] | undefined,
): Promise<void> {
  const given = requireTags(tags ?? []);
  const { accountId, region } = ctx;
  await ctx.db
    .transaction()
    .execute((trx) => insertNamedWith({ db: trx, accountId, region }, family, { name, document, tags: given }));
}

/** Within a transaction of the caller's; the tags have been checked. @throws AwsError the family's AlreadyExists, or that of its quota */
export async function insertNamedWith<Document>(
  { db, ...place }: Place,
  family: NamedFamily<Document>,
  { name, document, tags }: { name: string; document: Document; tags: readonly Tag[] },
): Promise<void> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto("rds_resources")
    .values({ ...keyOf(place, family, name), document: JSON.stringify(document) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) throw family.alreadyExists(name);
  await checkQuota({ db, ...place }, family, document);
  await writeTags(db, place, arnOfNamed(place, family.kind, name), tags);
}

/** Of what has just been inserted, which is not kept where this throws. */
async function checkQuota<Document>(place: Place, family: NamedFamily<Document>, document: Document): Promise<void> {
  const { quota } = family;
  if (quota === undefined || quota.counts?.(document) === false) return;
  const all = await listNamed(place, family);
  const counted = all.filter((other) => quota.counts?.(other.document) !== false);
  if (counted.length > quota.most) throw quota.exceeded(quota.most);
}

export async function findNamed<Document>(
  { db, ...place }: Place,
  family: Pick<NamedFamily<Document>, "kind" | "document">,
  name: string,
): Promise<Document | undefined> {
  const row = await db
    .selectFrom("rds_resources")
    .select("document")
    .where("account_id", "=", place.accountId)
    .where("region", "=", place.region)
    .where("kind", "=", family.kind)
    .where("name", "=", name.toLowerCase())
    .executeTakeFirst();
  return row && read<Document>(row);
}

/** Writes a document, whether there was one before or not. */
export async function putNamed<Document>(
  { db, ...place }: Place,
  family: Pick<NamedFamily<Document>, "kind">,
  name: string,
  document: Document,
): Promise<void> {
  const text = JSON.stringify(document);
  await db
    .insertInto("rds_resources")
    .values({ ...keyOf(place, family, name), document: text })
    .onConflict((conflict) =>
      conflict.columns(["account_id", "region", "kind", "name"]).doUpdateSet({ document: text }),
    )
    .execute();
}

/** In the order of their names. */
export async function listNamed<Document>(
  { db, ...place }: Place,
  family: Pick<NamedFamily<Document>, "kind" | "document">,
): Promise<{ name: string; document: Document }[]> {
  const rows = await db
    .selectFrom("rds_resources")
    .select(["name", "document"])
    .where("account_id", "=", place.accountId)
    .where("region", "=", place.region)
    .where("kind", "=", family.kind)
    .orderBy("name")
    .execute();
  return rows.map((row) => ({ name: row.name, document: read<Document>(row) }));
}

export async function updateNamed<Document>(
  ctx: Place,
  family: Pick<NamedFamily<Document>, "kind">,
  name: string,
  document: Document,
): Promise<void> {
  await ctx.db
    .updateTable("rds_resources")
    .set({ document: JSON.stringify(document) })
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .where("kind", "=", family.kind)
    .where("name", "=", name.toLowerCase())
    .execute();
}

/**
 * Changes a document, whatever else changes it meanwhile, and gives it as it is then. Undefined where it is gone, or `change`
 * gives nothing: then it stays as it is.
 */
export async function changeNamed<Document>(
  ctx: Place,
  family: Pick<NamedFamily<Document>, "kind" | "document">,
  name: string,
  change: (document: Document) => Document | undefined,
): Promise<Document | undefined> {
  for (;;) {
    const { account_id, region, kind, name: key } = keyOf(ctx, family, name);
    const row = await ctx.db
      .selectFrom("rds_resources")
      .select("document")
      .where((eb) => eb.and({ account_id, region, kind, name: key }))
      .executeTakeFirst();
    const after = row && change(read<Document>(row));
    if (row === undefined || after === undefined) return undefined;
    const { numUpdatedRows } = await ctx.db
      .updateTable("rds_resources")
      .set({ document: JSON.stringify(after) })
      .where((eb) => eb.and({ account_id, region, kind, name: key, document: row.document }))
      .executeTakeFirst();
    if (numUpdatedRows > 0n) return after;
  }
}

/** Removes it with its tags. */
export async function deleteNamed(ctx: Place, family: Pick<NamedFamily<unknown>, "kind">, name: string): Promise<void> {
  const { account_id, region, kind, name: key } = keyOf(ctx, family, name);
  await ctx.db.transaction().execute(async (trx) => {
    await trx
      .deleteFrom("rds_tags")
      .where("resource_arn", "=", arnOfNamed(ctx, kind, key))
      .execute();
    await trx
      .deleteFrom("rds_resources")
      .where("account_id", "=", account_id)
      .where("region", "=", region)
      .where("kind", "=", kind)
      .where("name", "=", key)
      .execute();
  });
}

/** The tags of many, for answers that have them. */
export async function tagsOfNamed(
  ctx: Place,
  kind: RdsResourceKind,
  names: readonly string[],
): Promise<(name: string) => Tag[]> {
  const tags = await readTags(
    ctx.db as Kysely<Database>,
    names.map((name) => arnOfNamed(ctx, kind, name)),
  );
  return (name) => tags.get(arnOfNamed(ctx, kind, name)) ?? [];
}

function keyOf({ accountId, region }: Omit<Place, "db">, { kind }: Pick<NamedFamily<unknown>, "kind">, name: string) {
  return { account_id: accountId, region, kind, name: name.toLowerCase() };
}

/** What `insertNamed` and `updateNamed` wrote under this family's kind. */
function read<Document>({ document }: { document: string }): Document {
  return JSON.parse(document) as Document;
}
