import { listResources, type Resource } from "./resource.ts";
import { type Scope, scopeAt } from "./scope.ts";

interface Permission {
  readonly UserId?: string | undefined;
  readonly Group?: string | undefined;
}

/** What an account shares with others, image by image or snapshot by snapshot. */
export interface Sharing<Shape> {
  readonly table: "ec2_images" | "ec2_snapshots";
  readonly resource: Resource<Shape>;
  /** The member that holds the permissions. */
  readonly member: "LaunchPermissions" | "Permissions";
  permissionsOf(shape: Shape): readonly Permission[];
}

/**
 * What other accounts share with this one, or with everybody, in the region; those with these ids. Without tags: those are their owners'.
 */
export async function sharedWith<Shape>(
  scope: Scope,
  { table, resource, member, permissionsOf }: Sharing<Shape>,
  ids?: readonly string[],
): Promise<Shape[]> {
  if (ids?.length === 0) return [];
  let query = scope.db
    .selectFrom(table)
    .select(["id", "account_id"])
    .where("region", "=", scope.region)
    .where("account_id", "!=", scope.accountId)
    .where("data", "like", `%"${member}":[{%`);
  if (ids !== undefined) query = query.where("id", "in", [...ids]);
  const byOwner = new Map<string, string[]>();
  for (const { id, account_id } of await query.orderBy("sort_key").execute()) {
    byOwner.set(account_id, [...(byOwner.get(account_id) ?? []), id]);
  }
  const found: Shape[] = [];
  for (const [accountId, id] of byOwner) {
    const theirs = await listResources(scopeAt(scope, { accountId, region: scope.region }), resource, { id });
    found.push(...theirs.filter((shape) => isSharedWith(permissionsOf(shape), scope.accountId)));
  }
  return found;
}

function isSharedWith(permissions: readonly Permission[], accountId: string): boolean {
  return permissions.some(({ UserId, Group }) => UserId === accountId || Group === "all");
}
