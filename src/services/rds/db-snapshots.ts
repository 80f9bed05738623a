import type * as Rds from "@aws-sdk/client-rds";
import type { DBSnapshot, DBSnapshotAttributesResult } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Tag } from "../../aws/tags.ts";
import type { Context } from "../service-context.ts";
import { parseRdsArn } from "./arns.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { transition } from "./db-instance-rows.ts";
import { requireDbInstance } from "./db-instances.ts";
import { resolveUpgrade } from "./engine-versions.ts";
import { engineOf } from "./engines.ts";
import {
  dbSnapshotAlreadyExists,
  dbSnapshotNotFound,
  invalidDbInstanceState,
  invalidDbSnapshotState,
  invalidParameterValue,
} from "./errors.ts";
import { recordSnapshotEvent } from "./event-log.ts";
import { filterValues } from "./filters.ts";
import { requireSnapshotName } from "./identifiers.ts";
import {
  arnOfNamed,
  deleteNamed,
  findNamed,
  insertNamed,
  nameOf,
  tagsOfNamed,
  updateNamed,
} from "./named-resources.ts";
import { keyArn } from "./new-db-instance.ts";
import { page } from "./pages.ts";
import { findSeen, listSeen, type SeenSnapshot } from "./seen-snapshots.ts";
import { workBeside } from "./server-work.ts";
import { requireOptionGroup } from "./stored-option-groups.ts";
import {
  begin,
  findReadable,
  finish,
  instanceIn,
  newSnapshotId,
  placeOf,
  restoreAttributeAfter,
  type SnapshotDocument,
  snapshotFamily,
  tagsForSnapshot,
  take,
} from "./stored-snapshots.ts";

export const dbSnapshots = {
  async CreateDBSnapshot(ctx, input) {
    const name = requireSnapshotName("DBSnapshotIdentifier", input.DBSnapshotIdentifier ?? "");
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    if (isMember(row)) {
      throw invalidParameterValue(
        "The specified instance is a member of a cluster and a snapshot cannot be created directly. Please use the CreateDBClusterSnapshot API instead.",
      );
    }
    const inherited = await tagsForSnapshot(ctx, row);
    const given = input.Tags ?? [];
    const tags = [...inherited.filter(({ Key }) => !given.some((tag) => tag.Key === Key)), ...given];
    if ((await findNamed(ctx, snapshotFamily, name)) !== undefined) throw dbSnapshotAlreadyExists(name);
    if (!(await transition(ctx, row.dbi_resource_id, ["available"], { db_instance_status: "backing-up" }))) {
      throw invalidDbInstanceState(
        `Cannot create a snapshot because the database instance ${row.db_instance_identifier} is not currently in the available state.`,
      );
    }
    const snapshot = await begin(ctx, row, { name, tags }).catch(async (error: unknown) => {
      await transition(ctx, row.dbi_resource_id, ["backing-up"], { db_instance_status: "available" });
      throw error;
    });
    workBeside(ctx, { id: row.dbi_resource_id, name: `rds snapshot ${name}` }, async () => {
      await take(ctx, placeOf(row), snapshot);
      await transition(ctx, row.dbi_resource_id, ["backing-up"], { db_instance_status: "available" });
    });
    return { DBSnapshot: await describe(ctx, snapshot) };
  },

  async DescribeDBSnapshots(ctx, input) {
    const filters = filterValues(input.Filters, [
      ...["db-instance-id", "db-snapshot-id", "dbi-resource-id", "snapshot-type", "engine"],
    ]);
    const { DBInstanceIdentifier, DBSnapshotIdentifier, DbiResourceId } = input;
    const seen = DBSnapshotIdentifier
      ? await findSeen(ctx, snapshotFamily, DBSnapshotIdentifier, input)
      : await listSeen(ctx, snapshotFamily, input);
    if (seen === undefined) throw dbSnapshotNotFound(DBSnapshotIdentifier ?? "");
    const wanted = seen.filter(({ identifier, type, snapshot: { instance } }) => {
      const facts: Readonly<Record<string, string>> = {
        "db-instance-id": instance.identifier,
        "db-snapshot-id": identifier,
        "dbi-resource-id": instance.resourceId,
        "snapshot-type": type,
        engine: instance.engine,
      };
      return (
        (!DBInstanceIdentifier || instance.identifier === DBInstanceIdentifier.toLowerCase()) &&
        (!DbiResourceId || instance.resourceId === DbiResourceId) &&
        filters.every(({ name, values }) => values.some((value) => facts[name] === nameIn(ctx, name, value)))
      );
    });
    const { items, marker } = page(wanted, { ...input, kind: "db-snapshots" }, ({ identifier }) => identifier);
    const tags = await tagsOfNamed(
      ctx,
      "snapshot",
      items.map(({ snapshot }) => snapshot.name),
    );
    const isOwn = ({ owner }: SeenSnapshot<SnapshotDocument>) => owner.accountId === ctx.accountId;
    const described = items.map((one) => toSnapshot(one, isOwn(one) ? tags(one.snapshot.name) : []));
    return { DBSnapshots: described, Marker: marker };
  },

  async DeleteDBSnapshot(ctx, input) {
    const snapshot = await requireSnapshot(ctx, input.DBSnapshotIdentifier);
    if (snapshot.type === "automated") throw invalidDbSnapshotState("automated snapshots cannot be deleted.");
    if (snapshot.status === "creating" || snapshot.status === "copying") {
      throw invalidDbSnapshotState(
        `Cannot delete the snapshot because it is not currently in the available or failed state.`,
      );
    }
    const answer = { ...(await describe(ctx, snapshot)), Status: "deleted" };
    await deleteNamed(ctx, snapshotFamily, snapshot.name);
    await ctx.databases.removeSnapshot(snapshot.id);
    await recordSnapshotEvent(ctx, ctx, snapshot.name, "RDS-EVENT-0041");
    return { DBSnapshot: answer };
  },

  async CopyDBSnapshot(ctx, input) {
    const { SourceDBSnapshotIdentifier: identifier = "" } = input;
    const found = await findReadable(ctx, snapshotFamily, identifier);
    if (found === undefined) throw dbSnapshotNotFound(identifier);
    const { snapshot: source, ...from } = found;
    const name = requireSnapshotName("TargetDBSnapshotIdentifier", input.TargetDBSnapshotIdentifier ?? "");
    if (source.status !== "available") {
      throw invalidDbSnapshotState(`The source snapshot ${source.name} is not available.`);
    }
    const options = input.OptionGroupName && (await requireOptionGroup(ctx, input.OptionGroupName));
    const tagsOfSource = await tagsOfNamed({ db: ctx.db, ...from }, "snapshot", [source.name]);
    const copied = input.CopyTags === true ? tagsOfSource(source.name) : [];
    const instance = instanceIn(ctx, source.instance, {
      from: from.region,
      optionGroup: options ? options.name : undefined,
    });
    const isElsewhere = from.region !== ctx.region && instance.document.StorageEncrypted === true;
    const copy: SnapshotDocument = {
      ...{ ...source, name, id: newSnapshotId(ctx), status: "copying", type: "manual", restore: [] },
      ...{ created: ctx.now().toISOString(), sourceArn: arnOfNamed(from, "snapshot", source.name) },
      originallyCreated: source.originallyCreated ?? source.created,
      // A key encrypts a copy of what is not encrypted, and is of one region.
      instance: input.KmsKeyId || isElsewhere ? encrypted(ctx, instance, input.KmsKeyId) : instance,
    };
    await insertNamed(ctx, snapshotFamily, name, copy, input.Tags ?? copied);
    const place = { accountId: ctx.accountId, region: ctx.region };
    await recordSnapshotEvent(ctx, place, name, "RDS-EVENT-0196", source.name, from.region);
    workBeside(ctx, { id: copy.instance.resourceId, name: `rds snapshot copy ${name}` }, async () => {
      const copied = await finish(ctx, place, copy, () => ctx.databases.copySnapshot(source.id, copy.id));
      if (copied) await recordSnapshotEvent(ctx, place, name, "RDS-EVENT-0197", source.name, from.region);
    });
    return { DBSnapshot: await describe(ctx, copy) };
  },

  async ModifyDBSnapshot(ctx, input) {
    const snapshot = await requireSnapshot(ctx, input.DBSnapshotIdentifier);
    if (snapshot.type === "automated") throw invalidDbSnapshotState("automated snapshots cannot be modified.");
    if (snapshot.status !== "available")
      throw invalidDbSnapshotState(`The snapshot ${snapshot.name} is not available.`);
    const { instance } = snapshot;
    const options = input.OptionGroupName && (await requireOptionGroup(ctx, input.OptionGroupName));
    const changed: SnapshotDocument = {
      ...snapshot,
      instance: {
        ...instance,
        engineVersion: requireUpgrade(ctx, instance, input.EngineVersion),
        document: {
          ...instance.document,
          ...(options && { OptionGroupMemberships: [{ OptionGroupName: options.name, Status: "in-sync" }] }),
        },
      },
    };
    await updateNamed(ctx, snapshotFamily, snapshot.name, changed);
    return { DBSnapshot: await describe(ctx, changed) };
  },

  async DescribeDBSnapshotAttributes(ctx, input) {
    return { DBSnapshotAttributesResult: attributesOf(await requireSnapshot(ctx, input.DBSnapshotIdentifier)) };
  },

  async ModifyDBSnapshotAttribute(ctx, input) {
    const snapshot = await requireSnapshot(ctx, input.DBSnapshotIdentifier);
    if (snapshot.type === "automated") throw invalidDbSnapshotState("automated snapshots cannot be shared.");
    const changed = { ...snapshot, restore: restoreAttributeAfter(snapshot, input) };
    await updateNamed(ctx, snapshotFamily, snapshot.name, changed);
    return { DBSnapshotAttributesResult: attributesOf(changed) };
  },
} satisfies Operations<typeof Rds, Context>;

/** Instances are filtered by their names or their ARNs. */
function nameIn(ctx: Context, filter: string, value: string): string | undefined {
  return filter === "db-instance-id" && value.startsWith("arn:") ? parseRdsArn(ctx, value)?.name : value;
}

/** By name or ARN. @throws DBSnapshotNotFound */
export async function requireSnapshot(ctx: Context, identifier = ""): Promise<SnapshotDocument> {
  const name = nameOf(ctx, snapshotFamily, identifier);
  const found = await findNamed(ctx, snapshotFamily, name);
  if (found === undefined) throw dbSnapshotNotFound(identifier);
  return found;
}

/** Of data as they are: those that are files have no way from one version to another. */
function requireUpgrade(ctx: Context, instance: SnapshotDocument["instance"], asked: string | undefined): string {
  const { engineVersion: current } = instance;
  if (!asked || `${current}.`.startsWith(`${asked}.`)) return current;
  return resolveUpgrade(ctx, engineOf(instance), current, asked);
}

function attributesOf({ name, restore }: SnapshotDocument): DBSnapshotAttributesResult {
  return {
    DBSnapshotIdentifier: name,
    DBSnapshotAttributes: [{ AttributeName: "restore", AttributeValues: [...restore] }],
  };
}

async function describe(ctx: Context, snapshot: SnapshotDocument): Promise<DBSnapshot> {
  const { name: identifier, type } = snapshot;
  return toSnapshot(
    { identifier, type, owner: ctx, snapshot },
    (await tagsOfNamed(ctx, "snapshot", [identifier]))(identifier),
  );
}

function toSnapshot({ identifier, type, owner, snapshot }: SeenSnapshot<SnapshotDocument>, TagList: Tag[]): DBSnapshot {
  const { instance, sourceArn } = snapshot;
  const { document } = instance;
  return {
    DBSnapshotIdentifier: identifier,
    DBSnapshotArn: arnOfNamed(owner, "snapshot", snapshot.name),
    DBInstanceIdentifier: instance.identifier,
    DbiResourceId: instance.resourceId,
    SnapshotCreateTime: new Date(snapshot.created),
    OriginalSnapshotCreateTime: new Date(snapshot.originallyCreated ?? snapshot.created),
    InstanceCreateTime: new Date(instance.created),
    Status: snapshot.status,
    PercentProgress: snapshot.status === "available" ? 100 : 0,
    SnapshotType: type,
    Engine: instance.engine,
    EngineVersion: instance.engineVersion,
    Port: instance.port,
    AvailabilityZone: document.AvailabilityZone,
    VpcId: document.DBSubnetGroup?.VpcId,
    MasterUsername: document.MasterUsername,
    AllocatedStorage: document.AllocatedStorage,
    StorageType: document.StorageType,
    Iops: document.Iops,
    StorageThroughput: document.StorageThroughput,
    Encrypted: document.StorageEncrypted ?? false,
    KmsKeyId: document.KmsKeyId,
    LicenseModel: document.LicenseModel,
    OptionGroupName: document.OptionGroupMemberships?.[0]?.OptionGroupName,
    IAMDatabaseAuthenticationEnabled: document.IAMDatabaseAuthenticationEnabled ?? false,
    DedicatedLogVolume: document.DedicatedLogVolume ?? false,
    SnapshotTarget: "region",
    ProcessorFeatures: [],
    ...(sourceArn === undefined ? {} : { SourceDBSnapshotIdentifier: sourceArn }),
    TagList,
  };
}

function encrypted(
  ctx: Context,
  instance: SnapshotDocument["instance"],
  key: string | undefined,
): SnapshotDocument["instance"] {
  const document = { ...instance.document, StorageEncrypted: true, KmsKeyId: keyArn(ctx, key) };
  return { ...instance, document };
}
