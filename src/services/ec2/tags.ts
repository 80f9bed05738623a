import type * as Ec2 from "@aws-sdk/client-ec2";
import type { ResourceType, Tag, TagDescription } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters, literalValues } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import { firstPage } from "../../aws/pagination.ts";
import { maxTagsOfResource } from "../../aws/tags.ts";
import type { Context } from "../service-context.ts";
import { checkPage, readPage } from "./describe.ts";
import { dryRunOperation, missingParameter, tagLimitExceeded } from "./errors.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { readTags, writeTags } from "./stored-tags.ts";
import { checkTags } from "./tag-specifications.ts";
import { taggableType } from "./taggable.ts";

const tagFilters = pathFilters<TagDescription>()({
  key: "Key",
  "resource-id": "ResourceId",
  "resource-type": "ResourceType",
  value: "Value",
});

export const tagOperations = {
  async CreateTags(ctx, input) {
    const ids = requireIds(input.Resources);
    const tags = input.Tags ?? [];
    if (tags.length === 0) throw missingParameter("Tags");
    checkTags(tags);
    return inTransaction(ctx, async (scope) => {
      for (const id of ids) {
        const type = await taggableType(scope, id);
        await checkTagCount(scope, { id, type }, tags);
        await writeTags(scope, { id, type }, tags);
      }
      if (input.DryRun === true) throw dryRunOperation();
      return {};
    });
  },

  /** A tag without a value goes whatever its value is; one with a value only if it has that value; no tags: all go. */
  async DeleteTags(ctx, input) {
    const ids = requireIds(input.Resources);
    return inTransaction(ctx, async (scope) => {
      for (const id of ids) {
        await taggableType(scope, id);
        await removeTags(scope, id, input.Tags ?? []);
      }
      if (input.DryRun === true) throw dryRunOperation();
      return {};
    });
  },

  async DescribeTags(ctx, input) {
    const matches = compileFilters(input.Filters, tagFilters, (tag: TagDescription) => [tag]);
    const byId = input.Filters?.find((filter) => filter.Name === "resource-id");
    const ids = byId === undefined ? undefined : literalValues(byId);
    const after = checkPage(input, kind);
    if (input.DryRun === true) throw dryRunOperation();
    const limit = input.MaxResults;
    const read = (from: string | undefined, count: number | undefined) => selectTags(ctx, { ids, from, count });
    const page = firstPage(await readPage({ limit, after, keyOf, read, matches }), { kind, limit, keyOf });
    return { Tags: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** Of the tokens of DescribeTags. */
const kind = "tags";

function keyOf(tag: TagDescription): string {
  return `${tag.ResourceId}/${tag.Key}`;
}

interface TagSelection {
  readonly ids: readonly string[] | undefined;
  /** Only what comes after this key. */
  readonly from: string | undefined;
  readonly count: number | undefined;
}

async function selectTags(scope: Scope, { ids, from, count }: TagSelection): Promise<TagDescription[]> {
  let query = scope.db
    .selectFrom("ec2_tags")
    .select(["resource_id", "resource_type", "key", "value"])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region);
  if (ids !== undefined) query = query.where("resource_id", "in", [...ids]);
  if (from !== undefined) {
    // No id has a slash.
    const [id = "", ...key] = from.split("/");
    query = query
      .where("resource_id", ">=", id)
      .where((eb) => eb.or([eb("resource_id", ">", id), eb("key", ">", key.join("/"))]));
  }
  if (count !== undefined) query = query.limit(count);
  const rows = await query.orderBy("resource_id").orderBy("key").execute();
  return rows.map((row) => ({
    ResourceId: row.resource_id,
    // `writeTags` wrote it.
    ResourceType: row.resource_type as ResourceType,
    Key: row.key,
    Value: row.value,
  }));
}

async function removeTags(scope: Scope, id: string, tags: readonly Tag[]): Promise<void> {
  const all = scope.db
    .deleteFrom("ec2_tags")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("resource_id", "=", id)
    // AWS's own, such as those of the launch template, stay.
    .where("key", "not like", "aws:%");
  if (tags.length === 0) {
    await all.execute();
    return;
  }
  for (const tag of tags) {
    const byKey = all.where("key", "=", tag.Key ?? "");
    await (tag.Value === undefined ? byKey : byKey.where("value", "=", tag.Value)).execute();
  }
}

async function checkTagCount(
  scope: Scope,
  resource: { id: string; type: ResourceType },
  added: readonly Tag[],
): Promise<void> {
  const there = (await readTags(scope, resource.type, [resource.id])).get(resource.id) ?? [];
  const own = there.filter(({ Key }) => Key?.startsWith("aws:") !== true);
  const keys = new Set([...own, ...added].map((tag) => tag.Key));
  if (keys.size > maxTagsOfResource) throw tagLimitExceeded();
}

function requireIds(ids: readonly string[] | undefined): string[] {
  if (ids === undefined || ids.length === 0) throw missingParameter("ResourceId");
  return [...new Set(ids)];
}
