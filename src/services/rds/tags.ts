import type * as Rds from "@aws-sdk/client-rds";
import type { Kysely } from "kysely";
import type { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import { findTagProblem, maxTagsOfResource, type Tag } from "../../aws/tags.ts";
import type { Database } from "../../db/database.ts";
import type { RdsResourceKind } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { dbInstanceArn, parseRdsArn, rdsArn } from "./arns.ts";
import { findRow } from "./db-instance-rows.ts";
import {
  blueGreenDeploymentNotFound,
  dbClusterEndpointNotFound,
  dbClusterNotFound,
  dbClusterParameterGroupNotFound,
  dbClusterSnapshotNotFound,
  dbInstanceAutomatedBackupNotFound,
  dbInstanceNotFound,
  dbParameterGroupNotFound,
  dbProxyEndpointNotFound,
  dbProxyNotFound,
  dbSecurityGroupNotFound,
  dbSnapshotNotFound,
  dbSubnetGroupNotFound,
  globalClusterNotFound,
  invalidParameterValue,
  mustBeProvided,
  optionGroupNotFound,
  subscriptionNotFound,
} from "./errors.ts";

export const tags = {
  async AddTagsToResource(ctx, input) {
    const arn = await requireResource(ctx, input.ResourceName);
    const added = requireTags(input.Tags ?? []);
    await ctx.db.transaction().execute(async (trx) => {
      await writeTags(trx, ctx, arn, added);
      const count = (await readTags(trx, [arn])).get(arn)?.length ?? 0;
      if (count > maxTagsOfResource) throw tooManyTags();
    });
    return {};
  },

  async ListTagsForResource(ctx, input) {
    const arn = await requireResource(ctx, input.ResourceName);
    return { TagList: (await readTags(ctx.db, [arn])).get(arn) ?? [] };
  },

  async RemoveTagsFromResource(ctx, input) {
    const arn = await requireResource(ctx, input.ResourceName);
    const keys = input.TagKeys ?? [];
    if (keys.length > 0) {
      await ctx.db.deleteFrom("rds_tags").where("resource_arn", "=", arn).where("tag_key", "in", keys).execute();
    }
    return {};
  },
} satisfies Operations<typeof Rds, Context>;

/** Tags as RDS takes them: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Tag.html */
export function requireTags(list: readonly Tag[]): Tag[] {
  const problem = findTagProblem(list);
  if (problem?.kind === "empty-key") throw mustBeProvided("Tags.Tag.Key");
  if (problem?.kind === "duplicate-key") throw invalidParameterValue(`Duplicate tag key: ${problem.key}`);
  if (problem?.kind === "key-too-long" || problem?.kind === "value-too-long") {
    throw invalidParameterValue(`The tag key or value is too long: ${problem.key}`);
  }
  if (problem?.kind === "reserved-key" || list.some(({ Key = "" }) => Key.toLowerCase().startsWith("rds:"))) {
    throw invalidParameterValue("Tag keys cannot be prefixed with aws: or rds:.");
  }
  const wrong = list.find(({ Key = "", Value = "" }) => !allowed.test(Key) || !allowed.test(Value));
  if (wrong !== undefined) throw invalidParameterValue(`The tag key or value has invalid characters: ${wrong.Key}`);
  if (list.length > maxTagsOfResource) throw tooManyTags();
  return list.map(({ Key = "", Value = "" }) => ({ Key, Value }));
}

const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const tooManyTags = () => invalidParameterValue(`A resource can have at most ${maxTagsOfResource} tags.`);

/** The tags of each resource that has any, in the order of their keys. */
export async function readTags(db: Kysely<Database>, arns: readonly string[]): Promise<Map<string, Tag[]>> {
  const found = new Map<string, Tag[]>();
  if (arns.length === 0) return found;
  const rows = await db
    .selectFrom("rds_tags")
    .selectAll()
    .where("resource_arn", "in", [...arns])
    .orderBy("tag_key")
    .execute();
  for (const row of rows) {
    const list = found.get(row.resource_arn) ?? [];
    list.push({ Key: row.tag_key, Value: row.tag_value });
    found.set(row.resource_arn, list);
  }
  return found;
}

/** Tags that are there with the same key get the new value. */
export async function writeTags(
  db: Kysely<Database>,
  { accountId, region }: Pick<Context, "accountId" | "region">,
  arn: string,
  list: readonly Tag[],
): Promise<void> {
  if (list.length === 0) return;
  const rows = list.map(({ Key = "", Value = "" }) => ({
    account_id: accountId,
    region,
    resource_arn: arn,
    tag_key: Key,
    tag_value: Value,
  }));
  await db
    .insertInto("rds_tags")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["resource_arn", "tag_key"]).doUpdateSet((eb) => ({ tag_value: eb.ref("excluded.tag_value") })),
    )
    .execute();
}

/** What is kept by its name alone. */
const namedFamilies: readonly { kind: RdsResourceKind; notFound: (name: string) => AwsError }[] = [
  { kind: "subgrp", notFound: dbSubnetGroupNotFound },
  { kind: "pg", notFound: dbParameterGroupNotFound },
  { kind: "cluster-pg", notFound: dbClusterParameterGroupNotFound },
  { kind: "og", notFound: optionGroupNotFound },
  { kind: "snapshot", notFound: dbSnapshotNotFound },
  { kind: "es", notFound: subscriptionNotFound },
  { kind: "db-proxy", notFound: dbProxyNotFound },
  { kind: "db-proxy-endpoint", notFound: dbProxyEndpointNotFound },
  { kind: "cluster", notFound: dbClusterNotFound },
  { kind: "cluster-snapshot", notFound: dbClusterSnapshotNotFound },
  { kind: "cluster-endpoint", notFound: dbClusterEndpointNotFound },
  { kind: "global-cluster", notFound: globalClusterNotFound },
  { kind: "secgrp", notFound: dbSecurityGroupNotFound },
  { kind: "deployment", notFound: blueGreenDeploymentNotFound },
  { kind: "auto-backup", notFound: dbInstanceAutomatedBackupNotFound },
];

/** The ARN as it is stored. Each kind of resource that can have tags is looked up in its own family. */
async function requireResource(ctx: Context, arn: string | undefined): Promise<string> {
  // Global clusters are of no region.
  const region = arn?.startsWith("arn:aws:rds::") ? "" : ctx.region;
  const resource = parseRdsArn({ accountId: ctx.accountId, region }, arn ?? "");
  const family = namedFamilies.find(({ kind }) => kind === resource?.type);
  if (resource !== undefined && family !== undefined) {
    const { kind } = family;
    const row = await ctx.db
      .selectFrom("rds_resources")
      .select("name")
      .where("account_id", "=", ctx.accountId)
      .where("region", "=", region)
      .where("kind", "=", kind)
      .where("name", "=", resource.name)
      .executeTakeFirst();
    if (row === undefined) throw family.notFound(resource.name);
    return rdsArn({ accountId: ctx.accountId, region }, kind, resource.name);
  }
  if (resource?.type !== "db") throw invalidParameterValue(`Invalid resource name: ${arn ?? ""}`);
  if ((await findRow(ctx, resource.name)) === undefined) throw dbInstanceNotFound(resource.name);
  return dbInstanceArn(ctx, resource.name);
}
