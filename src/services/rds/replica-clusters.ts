import type { CreateDBClusterMessage } from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import { parseRdsArn, placeInArn } from "./arns.ts";
import { type ClusterDocument, engineOfCluster } from "./db-cluster-rows.ts";
import { invalidDbClusterState, notEmulated } from "./errors.ts";
import { resolveSecondary } from "./global-cluster-membership.ts";
import { globalClusterOf } from "./global-cluster-rows.ts";
import type { NewCluster } from "./new-db-cluster.ts";
import { requireCluster } from "./new-db-cluster-member.ts";

/** Checks a request for a cluster that follows one of whatever region, outside of global clusters. */
export async function resolveReplicaCluster(
  ctx: Context,
  input: CreateDBClusterMessage,
): Promise<NewCluster & { readonly follows: string }> {
  const source = await requireReplicationSource(ctx, input.ReplicationSourceIdentifier ?? "");
  // Of the source, whatever the request says.
  const { MasterUsername: _, MasterUserPassword: _password, DatabaseName: _name, ...own } = input;
  return { ...(await resolveSecondary(ctx, own, source)), follows: source.resourceId };
}

/** @throws DBClusterNotFoundFault, InvalidDBClusterStateFault; NotImplemented but for Aurora MySQL */
async function requireReplicationSource(ctx: Context, identifier: string): Promise<ClusterDocument> {
  const { region } = placeInArn(identifier) ?? ctx;
  const place = { db: ctx.db, accountId: ctx.accountId, region };
  if (parseRdsArn(place, identifier)?.type === "db") throw notEmulated("A replica cluster of a DB instance");
  const source = await requireCluster(place, identifier);
  if (engineOfCluster(source) !== "aurora-mysql") {
    throw notEmulated(`ReplicationSourceIdentifier of ${engineOfCluster(source)}`);
  }
  if (source.follows !== undefined || (await globalClusterOf(ctx, source)) !== undefined) {
    throw invalidDbClusterState(`The DB cluster ${source.name} is a replica, or a member of a global cluster.`);
  }
  if (source.status !== "available") {
    throw invalidDbClusterState(`The source cluster ${source.name} is not currently in the available state.`);
  }
  return source;
}
