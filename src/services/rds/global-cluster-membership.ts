import type { CreateDBClusterMessage } from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { type ClusterDocument, engineOfCluster, findClusterById, listClusters } from "./db-cluster-rows.ts";
import {
  globalClusterNotFound,
  invalidDbClusterState,
  invalidGlobalClusterState,
  invalidParameterCombination,
  notEmulated,
} from "./errors.ts";
import { everywhere, type GlobalClusterDocument, globalClusterFamily, globalClusterOf } from "./global-cluster-rows.ts";
import { requireIdentifier } from "./identifiers.ts";
import { findNamed, nameOf, updateNamed } from "./named-resources.ts";
import { type NewCluster, resolveClusterSettings } from "./new-db-cluster.ts";
import { requirePort } from "./new-db-instance.ts";
import { refuseNotEmulated } from "./unsupported-settings.ts";
import { resolveWindows } from "./windows.ts";

/** By name or ARN. @throws GlobalClusterNotFoundFault */
export async function requireGlobalCluster(ctx: Context, identifier = ""): Promise<GlobalClusterDocument> {
  const place = everywhere(ctx);
  const found = await findNamed(place, globalClusterFamily, nameOf(place, globalClusterFamily, identifier));
  if (found === undefined) throw globalClusterNotFound(identifier);
  return found;
}

/** The clusters of a global cluster, that which writes first. */
export async function clustersOfGlobal(
  ctx: Pick<Context, "db">,
  { writer, secondaries = [] }: GlobalClusterDocument,
): Promise<ClusterDocument[]> {
  const ids = writer === undefined ? [...secondaries] : [writer, ...secondaries];
  const found = await Promise.all(ids.map((id) => findClusterById(ctx, id)));
  return found.filter((cluster) => cluster !== undefined);
}

/** The cluster that a new member of a global cluster follows; undefined where the new one is to write. */
export async function requirePrimary(
  ctx: Context,
  global: GlobalClusterDocument,
): Promise<ClusterDocument | undefined> {
  const members = await clustersOfGlobal(ctx, global);
  const [primary] = members;
  if (primary === undefined) return undefined;
  if (members.some(({ region }) => region === ctx.region)) {
    throw invalidGlobalClusterState(`Global cluster ${global.name} already has a cluster in the region ${ctx.region}.`);
  }
  if (primary.status !== "available") {
    throw invalidDbClusterState(`The primary cluster ${primary.name} is not currently in the available state.`);
  }
  const engine = engineOfCluster(primary);
  if (engine !== "aurora-postgresql" && ctx.databases.kind !== "records") {
    throw notEmulated(`A secondary cluster of ${engine}`);
  }
  return primary;
}

/** What the primary cluster says, in RDS's words. */
const ofPrimary = {
  MasterUsername: "user name",
  MasterUserPassword: "user password",
  ManageMasterUserPassword: "user password",
  DatabaseName: "database name",
} as const;

/** Checks a CreateDBCluster request for a cluster that follows another one. */
export async function resolveSecondary(
  ctx: Context,
  request: CreateDBClusterMessage,
  primary: ClusterDocument,
): Promise<NewCluster> {
  const input = withoutBlanks(request);
  refuseNotEmulated(ctx, input, input.Engine);
  const name = requireIdentifier("DBClusterIdentifier", input.DBClusterIdentifier ?? "");
  const { engineVersion, settings } = primary;
  const engine = engineOfCluster(primary);
  if (input.Engine !== engine) {
    throw invalidParameterCombination(`The engine of the primary cluster is ${engine}, and not ${input.Engine ?? ""}.`);
  }
  if (input.EngineVersion !== undefined && !`${engineVersion}.`.startsWith(`${input.EngineVersion}.`)) {
    throw invalidParameterCombination(
      `The engine version of the primary cluster is ${engineVersion}, and not ${input.EngineVersion}.`,
    );
  }
  for (const [member, words] of Object.entries(ofPrimary) as [keyof typeof ofPrimary, string][]) {
    if (!input[member]) continue;
    throw invalidParameterCombination(`Cannot specify ${words} for cross region replication cluster`);
  }
  requirePort(input.Port);
  const own = await resolveClusterSettings(
    ctx,
    { ...input, StorageEncrypted: input.StorageEncrypted ?? settings.StorageEncrypted },
    { engine, engineVersion },
  );
  return {
    ...{ name, engine, engineVersion, follows: primary.resourceId },
    port: { asked: input.Port, like: primary.port },
    settings: {
      ...own,
      ...resolveWindows(input, ctx.randomBytes(3)),
      MasterUsername: settings.MasterUsername,
      ...(settings.DatabaseName === undefined ? {} : { DatabaseName: settings.DatabaseName }),
    },
  };
}

/** As the one that writes, or as one that follows it. */
export async function joinGlobalCluster(
  ctx: Context,
  { name }: GlobalClusterDocument,
  { resourceId, follows }: ClusterDocument,
): Promise<void> {
  const before = await requireGlobalCluster(ctx, name);
  const secondaries = [...(before.secondaries ?? []), resourceId];
  const joined = follows === undefined ? { writer: resourceId } : { secondaries };
  await updateNamed(everywhere(ctx), globalClusterFamily, name, { ...before, ...joined });
}

/** @throws InvalidDBClusterStateFault for members of global clusters, replicas and what these follow, which can't be `done` */
export async function refuseMembers(ctx: Context, cluster: ClusterDocument, done: string): Promise<void> {
  const { name, resourceId, follows } = cluster;
  const isGlobal = (await globalClusterOf(ctx, cluster)) !== undefined;
  const isFollowed = (await listClusters(ctx)).some((other) => other.follows === resourceId);
  if (!isGlobal && !isFollowed && follows === undefined) return;
  const what = isGlobal ? "a member of a global cluster" : "a replica, or has one";
  throw invalidDbClusterState(`The DB cluster ${name} is ${what}, and can't be ${done}.`);
}
