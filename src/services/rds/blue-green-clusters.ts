import type { CreateBlueGreenDeploymentRequest } from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import { type Green, greenName, requireGreenVersion } from "./blue-green-instances.ts";
import { createCluster } from "./db-cluster-creation.ts";
import { createMember } from "./db-cluster-member-lifecycle.ts";
import {
  arnOfCluster,
  type ClusterDocument,
  type ClusterSettings,
  clusterFamily,
  engineOfCluster,
  isMultiAz,
  membersOf,
} from "./db-cluster-rows.ts";
import { notAvailable } from "./db-clusters.ts";
import { arnOf, type DbInstanceRow, deleteRow, readDocument } from "./db-instance-rows.ts";
import { insertRow } from "./db-instances.ts";
import { majorOf } from "./engines.ts";
import { sourceClusterNotSupported } from "./errors.ts";
import { globalClusterOf } from "./global-cluster-rows.ts";
import { deleteNamed } from "./named-resources.ts";
import { insertCluster, requireDefaultOptions } from "./new-db-cluster.ts";
import { requireCluster, requireMemberClass } from "./new-db-cluster-member.ts";
import { requireGroupOfFamily } from "./new-db-instance.ts";
import { withDefaultsOf } from "./pending-changes.ts";
import { requireClusterGroup } from "./stored-cluster-parameter-groups.ts";
import { readTags } from "./tags.ts";

/** Checks a request for a blue/green deployment of a cluster: its server is followed by another, with as many members. */
export async function prepareGreenCluster(
  ctx: Context,
  input: CreateBlueGreenDeploymentRequest,
): Promise<() => Promise<Green>> {
  const blue = await requireBlueCluster(ctx, input.Source ?? "");
  const engine = engineOfCluster(blue);
  const of = { engine, current: blue.engineVersion };
  const engineVersion = requireGreenVersion(ctx, of, input.TargetEngineVersion);
  const settings = await greenSettings(ctx, { ...blue, engineVersion, before: blue.engineVersion }, input);
  // The first that joins is the one that writes.
  const isWriter = (row: DbInstanceRow) => Number(row.dbi_resource_id === blue.writer);
  const members = (await membersOf(ctx, blue.resourceId)).sort((one, other) => isWriter(other) - isWriter(one));
  const documents = new Map<DbInstanceRow, Awaited<ReturnType<typeof greenMember>>>();
  for (const row of members) documents.set(row, await greenMember(ctx, { blue, row, engineVersion }, input));
  const tags = await readTags(ctx.db, [arnOfCluster(blue), ...members.map(arnOf)]);
  return async () => {
    const name = greenName(ctx, blue.name);
    const port = { like: blue.port };
    const green = await insertCluster(
      ctx,
      { name, engine, engineVersion, settings, follows: blue.resourceId, port },
      tags.get(arnOfCluster(blue)) ?? [],
    );
    const rows: { blue: DbInstanceRow; green: DbInstanceRow }[] = [];
    const undo = async () => {
      for (const row of rows) await deleteRow(ctx, row.green);
      await deleteNamed(ctx, clusterFamily, name);
    };
    try {
      for (const [row, document] of documents) {
        const own = { identifier: greenName(ctx, row.db_instance_identifier), port: { like: row.port } };
        const member = { ...own, engine, engineVersion, clusterResourceId: green.resourceId };
        const of = { ...member, document: { ...document, DBClusterIdentifier: name } };
        rows.push({ blue: row, green: await insertRow(ctx, of, tags.get(arnOf(row)) ?? []) });
      }
    } catch (error) {
      await undo();
      throw error;
    }
    const sideOf = (row: DbInstanceRow) => ({ id: row.dbi_resource_id, arn: arnOf(row) });
    return {
      sides: {
        source: { id: blue.resourceId, arn: arnOfCluster(blue) },
        target: { id: green.resourceId, arn: arnOfCluster(green) },
        members: rows.map((pair) => ({ source: sideOf(pair.blue), target: sideOf(pair.green) })),
        isUpgrade: engineVersion !== blue.engineVersion,
      },
      undo,
      begin: async () => {
        createCluster(ctx, green, { replicaOf: blue.resourceId });
        for (const row of rows) createMember(ctx, row.green);
      },
    };
  };
}

/** @throws DBClusterNotFoundFault, SourceClusterNotSupportedFault, InvalidDBClusterStateFault */
async function requireBlueCluster(ctx: Context, arn: string): Promise<ClusterDocument> {
  const cluster = await requireCluster(ctx, arn);
  const { name } = cluster;
  if (isMultiAz(cluster)) throw sourceClusterNotSupported(`${name} is a Multi-AZ DB cluster.`);
  if (cluster.follows !== undefined || (await globalClusterOf(ctx, cluster)) !== undefined) {
    throw sourceClusterNotSupported(`${name} is a replica of another cluster, or a member of a global cluster.`);
  }
  if (cluster.settings.MasterUserSecret !== undefined) {
    throw sourceClusterNotSupported(`ManageMasterUserPassword is enabled for ${name}.`);
  }
  if (cluster.status !== "available") throw notAvailable(cluster);
  return cluster;
}

/** As blue's, but for its groups. */
async function greenSettings(
  ctx: Context,
  cluster: Pick<ClusterDocument, "engine" | "engineVersion" | "settings"> & { readonly before: string },
  { TargetDBClusterParameterGroupName: asked }: CreateBlueGreenDeploymentRequest,
): Promise<ClusterSettings> {
  const { engineVersion, before, settings } = cluster;
  const engine = engineOfCluster(cluster);
  const isMajor = majorOf(engineVersion, engine) !== majorOf(before, engine);
  const own = settings.DBClusterParameterGroup;
  const kept = isMajor && own?.startsWith("default.") ? undefined : own;
  const group = await requireClusterGroup(ctx, asked ?? kept, { engine, engineVersion });
  return {
    ...settings,
    DBClusterParameterGroup: group.name,
    DBClusterOptionGroupMemberships: [
      { DBClusterOptionGroupName: requireDefaultOptions(undefined, { engine, engineVersion }), Status: "in-sync" },
    ],
    PendingModifiedValues: {},
    DeletionProtection: false,
  };
}

/** As blue's, but for its class and its group. */
async function greenMember(
  ctx: Context,
  {
    blue,
    row,
    engineVersion,
  }: { readonly blue: ClusterDocument; readonly row: DbInstanceRow; readonly engineVersion: string },
  input: CreateBlueGreenDeploymentRequest,
) {
  const before = readDocument(row);
  const isMajor = majorOf(engineVersion, row.engine) !== majorOf(row.engine_version, row.engine);
  const document = isMajor ? { ...before, ...withDefaultsOf(before, engineVersion, row.engine) } : before;
  const name = input.TargetDBParameterGroupName ?? document.DBParameterGroups?.[0]?.DBParameterGroupName;
  const group = await requireGroupOfFamily(ctx, name, engineVersion, engineOfCluster(blue));
  return {
    ...document,
    ...(input.TargetDBInstanceClass && { DBInstanceClass: requireMemberClass(blue, input.TargetDBInstanceClass) }),
    DBParameterGroups: [{ DBParameterGroupName: group.name, ParameterApplyStatus: "in-sync" }],
    PendingModifiedValues: {},
  };
}
