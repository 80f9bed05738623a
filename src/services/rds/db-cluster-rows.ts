import type { DBCluster, DBClusterMember } from "@aws-sdk/client-rds";
import type { Tag } from "../../aws/tags.ts";
import type { ServiceContext } from "../service-context.ts";
import { changeDocument, type DbInstanceRow, readDocument, writeDocument } from "./db-instance-rows.ts";
import { type ClusterEngine, isAurora } from "./engines.ts";
import { dbClusterAlreadyExists, dbClusterNotFound, dbClusterQuotaExceeded } from "./errors.ts";
import type { ParameterApplyStatus } from "./instance-parameters.ts";
import { shownSecret } from "./managed-passwords.ts";
import { arnOfNamed, type NamedFamily } from "./named-resources.ts";
import { quotas } from "./quotas.ts";

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html; RDS has no `failed`. */
export type ClusterStatus =
  | "creating"
  | "available"
  | "backing-up"
  | "failing-over"
  | "stopping"
  | "stopped"
  | "starting"
  | "rebooting"
  | "modifying"
  | "renaming"
  | "upgrading"
  | "resetting-master-credentials"
  | "promoting"
  | "deleting"
  | "failed";

/** What of the SDK's shape no other member says. */
export type ClusterSettings = Omit<
  DBCluster,
  | ("DBClusterIdentifier" | "DBClusterArn" | "DbClusterResourceId" | "Status" | "Engine" | "EngineVersion" | "Port")
  | ("Endpoint" | "ReaderEndpoint" | "CustomEndpoints" | "ClusterCreateTime" | "DBClusterMembers" | "TagList")
  | ("EarliestRestorableTime" | "LatestRestorableTime" | "EarliestBacktrackTime" | "AutomaticRestartTime")
  | ("IOOptimizedNextAllowedModificationTime" | "GlobalClusterIdentifier")
>;

export interface ClusterDocument {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  /** `cluster-…`, through all of its names: that of its server too. */
  readonly resourceId: string;
  readonly status: ClusterStatus;
  /** `aurora-postgresql`, where none is said. */
  readonly engine?: ClusterEngine;
  /** The version that runs, or of Aurora MySQL what it stands in for; until the server is there, the version that was asked for. */
  readonly engineVersion: string;
  /** Of the cluster's endpoint and of the reader endpoint; no instance and no other cluster has it. */
  readonly port: number;
  /** Where its server listens, if that is not the cluster's port. */
  readonly serverPort?: number;
  /** ISO 8601. */
  readonly created: string;
  /** ISO 8601: when it is started by itself, if it is stopped still. */
  readonly restartsAt?: string;
  /** The member that writes, by its `db-…`; none as long as there is no member. */
  readonly writer?: string;
  /** Of the server, where it is not as it was made. */
  readonly size?: { readonly memoryBytes: number; readonly cpus: number };
  readonly settings: ClusterSettings;
  /** Of a secondary cluster of a global cluster: the resource id of the cluster that writes. */
  readonly follows?: string;
  /** Of a Multi-AZ DB cluster: the class that it gets in its maintenance window. */
  readonly pendingClass?: string;
  /** Whether its server goes by its parameter group; where nothing is said, it does. */
  readonly parameterStatus?: ParameterApplyStatus;
}

export const clusterFamily: NamedFamily<ClusterDocument> = {
  kind: "cluster",
  notFound: dbClusterNotFound,
  alreadyExists: dbClusterAlreadyExists,
  quota: { most: quotas.DBClusters, exceeded: dbClusterQuotaExceeded },
};

/** What a caller on this machine connects to: the server itself, and what has the same port at another loopback address. */
export const clusterAddress = "localhost";
export const readerAddress = "127.0.0.2";

/** The hosted zone of Aurora's endpoints in us-east-1; nothing is looked up in it. */
const hostedZoneId = "Z2R2ITUGPM61AM";

export const defaultStorageType = "aurora";

/** The only bridge from a cluster to the SDK's shape. */
export function toDBCluster(
  cluster: ClusterDocument,
  more: {
    restorable: { earliest: Date; latest: Date } | undefined;
    members: readonly DbInstanceRow[];
    customEndpoints: string[];
    tags: Tag[];
    globalCluster?: string | undefined;
    /** The ARNs of the clusters that follow it. */
    replicas: string[];
    /** The ARN of the cluster that it follows. */
    source?: string | undefined;
  },
): DBCluster {
  const { StorageType, ...settings } = cluster.settings;
  const zones = new Set(more.members.map((row) => readDocument(row).AvailabilityZone));
  return {
    ...settings,
    UpgradeRolloutOrder: "second",
    ...(isAurora(engineOfCluster(cluster)) && { LocalWriteForwardingStatus: "disabled" as const }),
    ...shownSecret(settings.MasterUserSecret, cluster),
    // RDS shows it only where it is another than Aurora's first.
    ...(StorageType === defaultStorageType ? {} : { StorageType }),
    MultiAZ: isMultiAz(cluster) || zones.size > 1,
    DBClusterIdentifier: cluster.name,
    DBClusterArn: arnOfCluster(cluster),
    DbClusterResourceId: cluster.resourceId,
    Status: cluster.status,
    Engine: engineOfCluster(cluster),
    EngineVersion: cluster.engineVersion,
    Port: cluster.port,
    Endpoint: clusterAddress,
    ReaderEndpoint: readerAddress,
    CustomEndpoints: more.customEndpoints,
    ReadReplicaIdentifiers: more.replicas,
    HostedZoneId: hostedZoneId,
    ClusterCreateTime: new Date(cluster.created),
    EarliestRestorableTime: more.restorable?.earliest,
    LatestRestorableTime: more.restorable?.latest,
    ...(cluster.status === "stopped" &&
      cluster.restartsAt !== undefined && { AutomaticRestartTime: new Date(cluster.restartsAt) }),
    DBClusterMembers: more.members.map((row) => toMember(cluster, row)),
    TagList: more.tags,
    ...(more.globalCluster === undefined ? {} : { GlobalClusterIdentifier: more.globalCluster }),
    ...(more.source === undefined ? {} : { ReplicationSourceIdentifier: more.source }),
  };
}

function toMember(cluster: ClusterDocument, row: DbInstanceRow): DBClusterMember {
  const { writer, follows, parameterStatus = "in-sync" } = cluster;
  return {
    DBInstanceIdentifier: row.db_instance_identifier,
    IsClusterWriter: row.dbi_resource_id === writer && follows === undefined,
    DBClusterParameterGroupStatus: parameterStatus,
    PromotionTier: readDocument(row).PromotionTier,
  };
}

export function engineOfCluster({ engine = "aurora-postgresql" }: Pick<ClusterDocument, "engine">): ClusterEngine {
  return engine;
}

/** Whether RDS makes its members itself, and none else can be. */
export function isMultiAz(cluster: Pick<ClusterDocument, "engine">): boolean {
  return !isAurora(engineOfCluster(cluster));
}

export function arnOfCluster({ name, ...place }: Pick<ClusterDocument, "name" | "accountId" | "region">): string {
  return arnOfNamed(place, "cluster", name);
}

type Db = Pick<ServiceContext, "db">;

/** Of all accounts and regions. */
export async function listClusters({ db }: Db): Promise<ClusterDocument[]> {
  const rows = await db.selectFrom("rds_resources").select("document").where("kind", "=", "cluster").execute();
  return rows.map(read);
}

export async function findClusterById(ctx: Db, resourceId: string): Promise<ClusterDocument | undefined> {
  return (await listClusters(ctx)).find((cluster) => cluster.resourceId === resourceId);
}

/**
 * Changes a cluster, whatever else changes it meanwhile, and gives it as it is then. Undefined where it is gone, or
 * `change` gives nothing: then it stays as it is.
 */
export async function changeCluster(
  ctx: Db,
  resourceId: string,
  change: (cluster: ClusterDocument) => ClusterDocument | undefined,
): Promise<ClusterDocument | undefined> {
  for (;;) {
    const before = await findClusterById(ctx, resourceId);
    const after = before && change(before);
    if (before === undefined || after === undefined) return undefined;
    const { numUpdatedRows } = await ctx.db
      .updateTable("rds_resources")
      .set({ document: JSON.stringify(after) })
      .where("account_id", "=", before.accountId)
      .where("region", "=", before.region)
      .where("kind", "=", "cluster")
      .where("name", "=", before.name)
      .where("document", "=", JSON.stringify(before))
      .executeTakeFirst();
    if (numUpdatedRows > 0n) return after;
  }
}

/**
 * Moves a cluster from one of the states `from`. Undefined when it was in none of them (any more): somebody else's change
 * came first and stands.
 */
export function moveCluster(
  ctx: Db,
  resourceId: string,
  from: readonly ClusterStatus[],
  to: Partial<ClusterDocument> & Pick<ClusterDocument, "status">,
): Promise<ClusterDocument | undefined> {
  return changeCluster(ctx, resourceId, (cluster) =>
    from.includes(cluster.status) ? { ...cluster, ...to } : undefined,
  );
}

/** Gives a cluster another name, with its tags and members; false where the name is taken. */
export function renameCluster(ctx: Db, cluster: ClusterDocument, name: string): Promise<boolean> {
  return ctx.db.transaction().execute((db) => renameClusterWith({ db }, cluster, name));
}

/** `renameCluster` within a transaction of the caller's. */
export async function renameClusterWith({ db }: Db, cluster: ClusterDocument, name: string): Promise<boolean> {
  const ofKey = { account_id: cluster.accountId, region: cluster.region, kind: "cluster" as const };
  const found = await db
    .selectFrom("rds_resources")
    .select("document")
    .where((eb) => eb.and({ ...ofKey, name }))
    .executeTakeFirst();
  const before = (await listClusters({ db })).find(({ resourceId }) => resourceId === cluster.resourceId);
  if (found !== undefined || before === undefined) return false;
  await db
    .updateTable("rds_resources")
    .set({ name, document: JSON.stringify({ ...before, name }) })
    .where((eb) => eb.and({ ...ofKey, name: before.name }))
    .execute();
  await db
    .updateTable("rds_tags")
    .set({ resource_arn: arnOfCluster({ ...before, name }) })
    .where("resource_arn", "=", arnOfCluster(before))
    .execute();
  for (const row of await membersOf({ db }, cluster.resourceId)) {
    const document = writeDocument({ ...readDocument(row), DBClusterIdentifier: name });
    await db.updateTable("db_instances").set({ document }).where("dbi_resource_id", "=", row.dbi_resource_id).execute();
  }
  return true;
}

/** Gives the members what of their cluster's settings they show as their own. */
export async function updateMembers(ctx: ServiceContext, cluster: ClusterDocument): Promise<void> {
  const { resourceId, settings } = cluster;
  const { BackupRetentionPeriod, PreferredBackupWindow, StorageType, VpcSecurityGroups } = settings;
  const { AllocatedStorage, Iops, StorageThroughput, DBClusterInstanceClass: DBInstanceClass } = settings;
  const ofMultiAz = isMultiAz(cluster) ? { AllocatedStorage, Iops, StorageThroughput, DBInstanceClass } : {};
  for (const row of await membersOf(ctx, resourceId)) {
    await changeDocument(ctx, row.dbi_resource_id, (document) => ({
      ...{ ...document, BackupRetentionPeriod, PreferredBackupWindow, StorageType, VpcSecurityGroups },
      ...ofMultiAz,
    }));
  }
}

/** In the order of their identifiers. */
export async function membersOf({ db }: Db, clusterResourceId: string): Promise<DbInstanceRow[]> {
  return await db
    .selectFrom("db_instances")
    .selectAll()
    .where("db_cluster_resource_id", "=", clusterResourceId)
    .orderBy("db_instance_identifier")
    .execute();
}

/** What `changeCluster`, `insertCluster` and `renameCluster` wrote under the family's kind. */
function read({ document }: { document: string }): ClusterDocument {
  return JSON.parse(document) as ClusterDocument;
}
