import type { ResourceType, Tag } from "@aws-sdk/client-ec2";
import type { Scope } from "./scope.ts";

/** Above this many resources, all tags of the type are read at once. */
const manyResources = 200;

/** The tags of many resources of one type, by resource id, in one query; without `ids`, those of all. */
export async function readTags(
  scope: Scope,
  resourceType: ResourceType,
  ids?: readonly string[],
): Promise<Map<string, Tag[]>> {
  const tags = new Map<string, Tag[]>();
  if (ids?.length === 0) return tags;
  let query = scope.db
    .selectFrom("ec2_tags")
    .select(["resource_id", "key", "value"])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .orderBy("key");
  query =
    ids === undefined || ids.length > manyResources
      ? query.where("resource_type", "=", resourceType)
      : query.where("resource_id", "in", [...ids]);
  for (const row of await query.execute()) {
    const list = tags.get(row.resource_id) ?? [];
    list.push({ Key: row.key, Value: row.value });
    tags.set(row.resource_id, list);
  }
  return tags;
}

/** Sets tags; those that are there with the same key get the new value. */
export async function writeTags(
  scope: Scope,
  resource: { id: string; type: ResourceType },
  tags: readonly Tag[],
): Promise<void> {
  if (tags.length === 0) return;
  const rows = tags.map((tag) => ({
    account_id: scope.accountId,
    region: scope.region,
    resource_id: resource.id,
    resource_type: resource.type,
    key: tag.Key ?? "",
    value: tag.Value ?? "",
  }));
  await scope.db
    .insertInto("ec2_tags")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["account_id", "region", "resource_id", "key"])
        .doUpdateSet((eb) => ({ value: eb.ref("excluded.value") })),
    )
    .execute();
}

/** Drops every tag of resources that are gone. */
export async function dropTags(scope: Scope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await scope.db
    .deleteFrom("ec2_tags")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("resource_id", "in", [...ids])
    .execute();
}
