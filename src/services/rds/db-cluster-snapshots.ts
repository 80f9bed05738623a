import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterSnapshot, DBClusterSnapshotAttributesResult } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Tag } from "../../aws/tags.ts";
import type { Context } from "../service-context.ts";
import { availabilityZones } from "./availability-zones.ts";
import { describeCluster } from "./db-cluster-description.ts";
import { type ClusterDocument, type ClusterSettings, engineOfCluster, moveCluster } from "./db-cluster-rows.ts";
import { fromAvailable } from "./db-cluster-states.ts";
import { engineFacts } from "./engines.ts";
import { dbClusterSnapshotAlreadyExists, dbClusterSnapshotNotFound, invalidDbClusterSnapshotState } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { requireIdentifier } from "./identifiers.ts";
import {
  arnOfNamed,
  deleteNamed,
  findNamed,
  insertNamed,
  nameOf,
  tagsOfNamed,
  updateNamed,
} from "./named-resources.ts";
import { requireCluster } from "./new-db-cluster-member.ts";
import { keyArn } from "./new-db-instance.ts";
import { page } from "./pages.ts";
import { findSeen, listSeen, type SeenSnapshot } from "./seen-snapshots.ts";
import { workBeside } from "./server-work.ts";
import {
  beginClusterSnapshot,
  type ClusterSnapshotDocument,
  clusterSnapshotFamily,
  takeClusterSnapshot,
} from "./stored-cluster-snapshots.ts";
import { findReadable, finishSnapshot, newSnapshotId, restoreAttributeAfter } from "./stored-snapshots.ts";
import { requireTags } from "./tags.ts";

export const dbClusterSnapshots = {
  async CreateDBClusterSnapshot(ctx, input) {
    const name = requireIdentifier("DBClusterSnapshotIdentifier", input.DBClusterSnapshotIdentifier ?? "");
    const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
    const given = requireTags(input.Tags ?? []);
    const { CopyTagsToSnapshot, TagList = [] } = await describeCluster(ctx, cluster);
    const inherited = CopyTagsToSnapshot === true ? TagList : [];
    const tags = [...inherited.filter(({ Key }) => !given.some((tag) => tag.Key === Key)), ...given];
    if ((await findNamed(ctx, clusterSnapshotFamily, name)) !== undefined) throw dbClusterSnapshotAlreadyExists(name);
    const backingUp = await fromAvailable(ctx, cluster.name, "backing-up");
    const goOn = () => moveCluster(ctx, cluster.resourceId, ["backing-up"], { status: "available" });
    const snapshot = await beginClusterSnapshot(ctx, backingUp, { name, tags }).catch(async (error: unknown) => {
      await goOn();
      throw error;
    });
    workBeside(ctx, { id: cluster.resourceId, name: `rds cluster snapshot ${name}` }, async () => {
      await takeClusterSnapshot(ctx, snapshot);
      await goOn();
    });
    return { DBClusterSnapshot: await describe(ctx, snapshot) };
  },

  async DescribeDBClusterSnapshots(ctx, input) {
    const filters = filterValues(input.Filters, [
      ...["db-cluster-id", "db-cluster-snapshot-id", "snapshot-type", "engine"],
    ]);
    const { DBClusterSnapshotIdentifier: asked } = input;
    const seen = asked
      ? await findSeen(ctx, clusterSnapshotFamily, asked, input)
      : await listSeen(ctx, clusterSnapshotFamily, input);
    if (seen === undefined) throw dbClusterSnapshotNotFound(asked ?? "");
    const wanted = seen.filter(({ identifier, type, snapshot: { cluster } }) => {
      const facts: Readonly<Record<string, string>> = {
        ...{ "db-cluster-id": cluster.name, "db-cluster-snapshot-id": identifier },
        ...{ "snapshot-type": type, engine: engineOfCluster(cluster) },
      };
      return (
        (!input.DBClusterIdentifier || cluster.name === input.DBClusterIdentifier.toLowerCase()) &&
        (!input.DbClusterResourceId || cluster.resourceId === input.DbClusterResourceId) &&
        filters.every(({ name, values }) => values.some((value) => facts[name] === value))
      );
    });
    const request = { ...input, kind: "db-cluster-snapshots" };
    const { items, marker } = page(wanted, request, ({ identifier }) => identifier);
    return { DBClusterSnapshots: await Promise.all(items.map((one) => describeSeen(ctx, one))), Marker: marker };
  },

  async DeleteDBClusterSnapshot(ctx, input) {
    const snapshot = await requireClusterSnapshot(ctx, input.DBClusterSnapshotIdentifier);
    if (snapshot.status === "creating" || snapshot.status === "copying") {
      throw invalidDbClusterSnapshotState(
        `Cannot delete the cluster snapshot because it is not currently in the available or failed state.`,
      );
    }
    if (snapshot.type === "automated") {
      throw invalidDbClusterSnapshotState("Only manual snapshots may be deleted.");
    }
    const answer = { ...(await describe(ctx, snapshot)), Status: "deleted" };
    await deleteNamed(ctx, clusterSnapshotFamily, snapshot.name);
    await ctx.databases.removeSnapshot(snapshot.id);
    return { DBClusterSnapshot: answer };
  },

  async CopyDBClusterSnapshot(ctx, input) {
    const { SourceDBClusterSnapshotIdentifier: identifier = "" } = input;
    const found = await findReadable(ctx, clusterSnapshotFamily, identifier);
    if (found === undefined) throw dbClusterSnapshotNotFound(identifier);
    const { snapshot: source, ...from } = found;
    const name = requireIdentifier("TargetDBClusterSnapshotIdentifier", input.TargetDBClusterSnapshotIdentifier ?? "");
    requireUsable(source);
    const tags = input.CopyTags === true ? await tagsOf({ db: ctx.db, ...from }, source) : [];
    const place = { accountId: ctx.accountId, region: ctx.region };
    const copy: ClusterSnapshotDocument = {
      ...{ ...source, name, id: newSnapshotId(ctx), status: "copying", type: "manual", restore: [] },
      ...{ created: ctx.now().toISOString(), sourceArn: arnOfNamed(from, "cluster-snapshot", source.name) },
      cluster: { ...source.cluster, settings: settingsIn(ctx, source.cluster, { ...from, key: input.KmsKeyId }) },
    };
    await insertNamed(ctx, clusterSnapshotFamily, name, copy, input.Tags ?? tags);
    workBeside(ctx, { id: copy.cluster.resourceId, name: `rds cluster snapshot copy ${name}` }, async () => {
      const options = { place, family: clusterSnapshotFamily, snapshot: copy };
      await finishSnapshot(ctx, options, () => ctx.databases.copySnapshot(source.id, copy.id));
    });
    return { DBClusterSnapshot: await describe(ctx, copy) };
  },

  async DescribeDBClusterSnapshotAttributes(ctx, input) {
    const snapshot = await requireClusterSnapshot(ctx, input.DBClusterSnapshotIdentifier);
    return { DBClusterSnapshotAttributesResult: attributesOf(snapshot) };
  },

  async ModifyDBClusterSnapshotAttribute(ctx, input) {
    const snapshot = await requireClusterSnapshot(ctx, input.DBClusterSnapshotIdentifier);
    const changed = { ...snapshot, restore: restoreAttributeAfter(snapshot, input) };
    await updateNamed(ctx, clusterSnapshotFamily, snapshot.name, changed);
    return { DBClusterSnapshotAttributesResult: attributesOf(changed) };
  },
} satisfies Operations<typeof Rds, Context>;

/** What a copy says of the cluster: zones and keys are of a region, and a key that is asked for encrypts it. */
function settingsIn(
  ctx: Context,
  { settings }: ClusterDocument,
  { region, key }: { readonly region: string; readonly key: string | undefined },
): ClusterSettings {
  const isEncrypted = settings.StorageEncrypted === true || Boolean(key);
  const own = key || (region === ctx.region ? settings.KmsKeyId : undefined);
  return {
    ...settings,
    ...(region !== ctx.region && { AvailabilityZones: availabilityZones(ctx.region) }),
    ...(isEncrypted && { StorageEncrypted: true, KmsKeyId: keyArn(ctx, own) }),
  };
}

/** By name or ARN. @throws DBClusterSnapshotNotFoundFault */
export async function requireClusterSnapshot(ctx: Context, identifier = ""): Promise<ClusterSnapshotDocument> {
  const found = await findNamed(ctx, clusterSnapshotFamily, nameOf(ctx, clusterSnapshotFamily, identifier));
  if (found === undefined) throw dbClusterSnapshotNotFound(identifier);
  return found;
}

/** @throws InvalidDBClusterSnapshotStateFault for one whose data are not there */
export function requireUsable({ name, status }: ClusterSnapshotDocument): void {
  if (status !== "available") throw invalidDbClusterSnapshotState(`The source snapshot ${name} is not available.`);
}

function attributesOf({ name, restore }: ClusterSnapshotDocument): DBClusterSnapshotAttributesResult {
  return {
    DBClusterSnapshotIdentifier: name,
    DBClusterSnapshotAttributes: [{ AttributeName: "restore", AttributeValues: [...restore] }],
  };
}

async function tagsOf(
  ctx: Pick<Context, "db" | "accountId" | "region">,
  { name }: ClusterSnapshotDocument,
): Promise<Tag[]> {
  return (await tagsOfNamed(ctx, "cluster-snapshot", [name]))(name);
}

function describe(ctx: Context, snapshot: ClusterSnapshotDocument): Promise<DBClusterSnapshot> {
  return describeSeen(ctx, { identifier: snapshot.name, type: snapshot.type, owner: ctx, snapshot });
}

async function describeSeen(
  ctx: Context,
  { identifier, type, owner, snapshot }: SeenSnapshot<ClusterSnapshotDocument>,
): Promise<DBClusterSnapshot> {
  const { cluster, sourceArn } = snapshot;
  const { settings } = cluster;
  return {
    DBClusterSnapshotIdentifier: identifier,
    DBClusterSnapshotArn: arnOfNamed(owner, "cluster-snapshot", snapshot.name),
    DBClusterIdentifier: cluster.name,
    DbClusterResourceId: cluster.resourceId,
    SnapshotCreateTime: new Date(snapshot.created),
    ClusterCreateTime: new Date(cluster.created),
    Status: snapshot.status,
    PercentProgress: snapshot.status === "available" ? 100 : 0,
    SnapshotType: type,
    Engine: engineOfCluster(cluster),
    EngineMode: settings.EngineMode,
    EngineVersion: cluster.engineVersion,
    LicenseModel: engineFacts[engineOfCluster(cluster)].licenseModel,
    Port: cluster.port,
    VpcId: snapshot.vpcId,
    AvailabilityZones: settings.AvailabilityZones,
    MasterUsername: settings.MasterUsername,
    AllocatedStorage: settings.AllocatedStorage,
    StorageType: settings.StorageType,
    StorageEncrypted: settings.StorageEncrypted ?? false,
    KmsKeyId: settings.KmsKeyId,
    BackupRetentionPeriod: settings.BackupRetentionPeriod,
    PreferredBackupWindow: settings.PreferredBackupWindow,
    IAMDatabaseAuthenticationEnabled: settings.IAMDatabaseAuthenticationEnabled ?? false,
    ...(sourceArn === undefined ? {} : { SourceDBClusterSnapshotArn: sourceArn }),
    TagList: owner.accountId === ctx.accountId ? await tagsOf(ctx, snapshot) : [],
  };
}
