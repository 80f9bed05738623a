import { hash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Database } from "../db/database.ts";

type ResourceType =
  | "instance"
  | "key_pair"
  | "security_group"
  | "vpc"
  | "subnet"
  | "volume"
  | "bucket"
  | "database"
  | "db_snapshot"
  | "db_cluster";

interface Resource {
  readonly type: ResourceType;
  /** As the JSON API names it: an instance's id, a bucket's name. */
  readonly id: string;
  readonly region: string;
  /** Of what has one: `running`, `available`. */
  readonly state?: string;
}

export interface ResourceChange extends Resource {
  readonly change: "created" | "updated" | "deleted";
}

/** What there is, by a name of its own, and a digest of all that is known of each. */
export type Snapshot = ReadonlyMap<string, { readonly resource: Resource; readonly digest: string }>;

export type ResourceReader = () => Promise<Snapshot>;

export function changesBetween(before: Snapshot, after: Snapshot): ResourceChange[] {
  const changes: ResourceChange[] = [];
  for (const [key, { resource, digest }] of after) {
    const earlier = before.get(key);
    if (earlier === undefined) changes.push({ ...resource, change: "created" });
    else if (earlier.digest !== digest) changes.push({ ...resource, change: "updated" });
  }
  for (const [key, { resource }] of before) {
    if (!after.has(key)) changes.push({ ...resource, change: "deleted" });
  }
  return changes;
}

/** Reads what the account has, in all regions. */
export function createResourceReader(db: Kysely<Database>, accountId: string): ResourceReader {
  return async () => {
    const rows = await Promise.all([
      instances(db, accountId),
      keyPairs(db, accountId),
      securityGroups(db, accountId),
      buckets(db, accountId),
      databases(db, accountId),
      databaseResources(db, accountId),
      tagged(db, accountId, "vpc"),
      tagged(db, accountId, "subnet"),
      tagged(db, accountId, "volume"),
    ]);
    const snapshot = new Map<string, { resource: Resource; digest: string }>();
    for (const [resource, ...details] of rows.flat()) {
      const key = `${resource.type} ${resource.region} ${resource.id}`;
      snapshot.set(key, { resource, digest: hash("md5", JSON.stringify([resource, details]), "base64") });
    }
    return snapshot;
  };
}

type Described = [resource: Resource, ...details: unknown[]];

async function instances(db: Kysely<Database>, accountId: string): Promise<Described[]> {
  const [rows, tags] = await Promise.all([
    db.selectFrom("instances").select(["id", "region", "state", "data"]).where("account_id", "=", accountId).execute(),
    tagsOfType(db, accountId, "instance"),
  ]);
  return rows.map(({ id, region, state, data }) => [{ type: "instance", id, region, state }, data, tags.get(id)]);
}

async function keyPairs(db: Kysely<Database>, accountId: string): Promise<Described[]> {
  const rows = await db
    .selectFrom("ec2_key_pairs")
    .select(["key_name", "region", "data"])
    .where("account_id", "=", accountId)
    .execute();
  return rows.map(({ key_name, region, data }) => [{ type: "key_pair", id: key_name, region }, data]);
}

async function securityGroups(db: Kysely<Database>, accountId: string): Promise<Described[]> {
  const [rows, rules] = await Promise.all([
    db.selectFrom("ec2_security_groups").select(["id", "region", "data"]).where("account_id", "=", accountId).execute(),
    db
      .selectFrom("ec2_security_group_rules")
      .select(["group_id", "data"])
      .where("account_id", "=", accountId)
      .orderBy("sort_key")
      .execute(),
  ]);
  const rulesOf = grouped(rules, (rule) => rule.group_id);
  return rows.map(({ id, region, data }) => [{ type: "security_group", id, region }, data, rulesOf.get(id)]);
}

async function buckets(db: Kysely<Database>, accountId: string): Promise<Described[]> {
  const rows = await db.selectFrom("buckets").selectAll().where("account_id", "=", accountId).execute();
  return rows.map(({ name, region, ...details }) => [{ type: "bucket", id: name, region }, details]);
}

async function databases(db: Kysely<Database>, accountId: string): Promise<Described[]> {
  const [rows, tags] = await Promise.all([
    db.selectFrom("db_instances").selectAll().where("account_id", "=", accountId).execute(),
    db
      .selectFrom("rds_tags")
      .select(["resource_arn", "tag_key", "tag_value"])
      .where("account_id", "=", accountId)
      .orderBy("tag_key")
      .execute(),
  ]);
  // Whatever the partition: `arn:aws:rds:`.
  const tagsOf = grouped(tags, ({ resource_arn }) => resource_arn.split(":").slice(3).join(":"));
  return rows.map(({ db_instance_identifier: id, region, db_instance_status: state, ...details }) => [
    { type: "database", id, region, state },
    details,
    tagsOf.get(`${region}:${accountId}:db:${id}`),
  ]);
}

const databaseKinds = { snapshot: "db_snapshot", cluster: "db_cluster" } as const;

async function databaseResources(db: Kysely<Database>, accountId: string): Promise<Described[]> {
  const rows = await db
    .selectFrom("rds_resources")
    .select(["name", "region", "kind", "document"])
    .where("account_id", "=", accountId)
    .where("kind", "in", ["snapshot", "cluster"])
    .execute();
  return rows.flatMap(({ name: id, region, kind, document }): Described[] =>
    kind === "snapshot" || kind === "cluster" ? [[{ type: databaseKinds[kind], id, region }, document]] : [],
  );
}

/** What of EC2 is known by its id alone, with its tags. */
async function tagged(db: Kysely<Database>, accountId: string, type: keyof typeof tables): Promise<Described[]> {
  const [rows, tags] = await Promise.all([
    db.selectFrom(tables[type]).select(["id", "region", "data"]).where("account_id", "=", accountId).execute(),
    tagsOfType(db, accountId, type),
  ]);
  return rows.map(({ id, region, data }) => [{ type, id, region }, data, tags.get(id)]);
}

const tables = { vpc: "ec2_vpcs", subnet: "ec2_subnets", volume: "ec2_volumes" } as const;

async function tagsOfType(db: Kysely<Database>, accountId: string, type: string) {
  const tags = await db
    .selectFrom("ec2_tags")
    .select(["resource_id", "key", "value"])
    .where("account_id", "=", accountId)
    .where("resource_type", "=", type)
    .orderBy("key")
    .execute();
  return grouped(tags, (tag) => tag.resource_id);
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
