import type { Context } from "../service-context.ts";
import type { ClusterDocument } from "./db-cluster-rows.ts";
import { globalClusterNotFound, notEmulated } from "./errors.ts";
import { everywhere, type GlobalClusterDocument, globalClusterFamily } from "./global-cluster-rows.ts";
import { findNamed, nameOf, updateNamed } from "./named-resources.ts";

/** By name or ARN. @throws GlobalClusterNotFoundFault */
export async function requireGlobalCluster(ctx: Context, identifier = ""): Promise<GlobalClusterDocument> {
  const place = everywhere(ctx);
  const found = await findNamed(place, globalClusterFamily, nameOf(place, globalClusterFamily, identifier));
  if (found === undefined) throw globalClusterNotFound(identifier);
  return found;
}

/** One that has no writer yet: what writes elsewhere is not replicated. */
export async function requireJoinable(ctx: Context, identifier: string): Promise<GlobalClusterDocument> {
  const found = await requireGlobalCluster(ctx, identifier);
  if (found.writer !== undefined) throw notEmulated("A secondary cluster of a global cluster");
  return found;
}

export async function joinGlobalCluster(
  ctx: Context,
  { name }: GlobalClusterDocument,
  cluster: ClusterDocument,
): Promise<void> {
  const before = await requireGlobalCluster(ctx, name);
  await updateNamed(everywhere(ctx), globalClusterFamily, name, { ...before, writer: cluster.resourceId });
}
