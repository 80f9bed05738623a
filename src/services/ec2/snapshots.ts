import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateVolumePermission, LockState, Snapshot } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { catalogue } from "./image-catalogue.ts";
import { checkIds, completeResources, findResource, listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { type Sharing, sharedWith } from "./shared-resources.ts";

/** A lock as DescribeLockedSnapshots shows it: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html */
export interface SnapshotLock {
  LockState: LockState;
  LockDuration: number;
  CoolOffPeriod?: number | undefined;
  CoolOffPeriodExpiresOn?: Date | undefined;
  LockCreatedOn: Date;
  LockDurationStartTime: Date;
  LockExpiresOn: Date;
}

export interface StoredSnapshot extends Snapshot {
  SnapshotId: string;
  VolumeId: string;
  VolumeSize: number;
  OwnerId: string;
  /** Who may make volumes of it, beside its owner. */
  Permissions?: CreateVolumePermission[] | undefined;
  Lock?: SnapshotLock | undefined;
  TieringStartTime?: Date | undefined;
  /** Of a root volume: the image that has its bytes. */
  SavedImage?: string | undefined;
}

export const snapshots: Resource<StoredSnapshot> = {
  table: "ec2_snapshots",
  prefix: "snap",
  type: "snapshot",
  idOf: (snapshot) => snapshot.SnapshotId,
  columnsOf: (snapshot) => ({ volume_id: snapshot.VolumeId }),
  dates: [
    "StartTime",
    "CompletionTime",
    "RestoreExpiryTime",
    "TieringStartTime",
    "Lock.CoolOffPeriodExpiresOn",
    "Lock.LockCreatedOn",
    "Lock.LockDurationStartTime",
    "Lock.LockExpiresOn",
  ],
  ...tagsMember,
  filters: pathFilters<Snapshot>()({
    description: "Description",
    encrypted: "Encrypted",
    "owner-alias": "OwnerAlias",
    "owner-id": "OwnerId",
    progress: "Progress",
    "snapshot-id": "SnapshotId",
    "start-time": "StartTime",
    status: "State",
    "storage-tier": "StorageTier",
    "transfer-type": "TransferType",
    "volume-id": "VolumeId",
    "volume-size": "VolumeSize",
  }),
  columnFilters: { "snapshot-id": "id", "volume-id": "volume_id" },
  malformed: (id) => invalidParameterValue(`Value (${id}) for parameter snapshotId is invalid. Expected: 'snap-...'.`),
  notFound: (ids) =>
    new AwsError(
      "InvalidSnapshot.NotFound",
      ids.length === 1 ? `The snapshot '${ids[0]}' does not exist.` : `The snapshots '${ids.join(", ")}' do not exist.`,
    ),
};

export const snapshotOperations = {
  async DescribeSnapshots(ctx, input) {
    const matches = compileFilters(input.Filters, snapshots.filters, (snapshot: StoredSnapshot) => snapshot.Tags);
    const ids = [...new Set(input.SnapshotIds ?? [])];
    for (const owner of [...(input.OwnerIds ?? []), ...(input.RestorableByUserIds ?? [])]) checkUser(owner);
    if (ids.length > 0 && input.MaxResults !== undefined) {
      throw invalidParameterCombination("The parameter snapshotIds cannot be used with the parameter maxResults");
    }
    const found = ids.length > 0 ? await getNamed(ctx, ids) : await listSeen(ctx);
    const listed = found.filter(
      (snapshot) =>
        isOwnedBy(ctx, snapshot, input.OwnerIds) &&
        isFor(ctx, snapshot, input.RestorableByUserIds) &&
        matches(snapshot),
    );
    const page = describeData(listed, input, { kind: "snapshots", keyOf: snapshots.idOf });
    return { Snapshots: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

const sharedSnapshots: Sharing<StoredSnapshot> = {
  ...{ table: "ec2_snapshots", resource: snapshots, member: "Permissions" },
  permissionsOf: (snapshot) => snapshot.Permissions ?? [],
};

/** A snapshot of the account's, one that is shared with it, or one that an image of the catalogue is shown with. @throws AwsError */
export async function getSnapshot(scope: Scope, id: string): Promise<StoredSnapshot> {
  const ofImage = imageSnapshot(id);
  if (ofImage !== undefined) return ofImage;
  checkIds(snapshots, [id]);
  const found = (await findResource(scope, snapshots, id)) ?? (await sharedWith(scope, sharedSnapshots, [id]))[0];
  if (found === undefined) throw snapshots.notFound([id]);
  return found;
}

/** In the order of `ids`. @throws AwsError for those that are not there */
async function getNamed(scope: Scope, ids: readonly string[]): Promise<StoredSnapshot[]> {
  const ofImages = ids.flatMap((id) => imageSnapshot(id) ?? []);
  const named = ids.filter((id) => !ofImages.some((snapshot) => snapshot.SnapshotId === id));
  checkIds(snapshots, named);
  const own = await listResources(scope, snapshots, { id: named });
  await completeResources(scope, snapshots, own);
  const rest = named.filter((id) => !own.some((snapshot) => snapshot.SnapshotId === id));
  const found = new Map(
    [...ofImages, ...own, ...(await sharedWith(scope, sharedSnapshots, rest))].map((one) => [one.SnapshotId, one]),
  );
  const missing = ids.filter((id) => !found.has(id));
  if (missing.length > 0) throw snapshots.notFound(missing);
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** The account's own, then those that are shared with it. */
async function listSeen(scope: Scope): Promise<StoredSnapshot[]> {
  const own = await listResources(scope, snapshots);
  await completeResources(scope, snapshots, own);
  return [...own, ...(await sharedWith(scope, sharedSnapshots))];
}

function imageSnapshot(id: string): StoredSnapshot | undefined {
  const image = catalogue.find(
    ({ image: { BlockDeviceMappings: [root] = [] } }) => root?.Ebs?.SnapshotId === id,
  )?.image;
  const { VolumeSize = 8, Encrypted = false } = image?.BlockDeviceMappings?.[0]?.Ebs ?? {};
  return (
    image && {
      SnapshotId: id,
      VolumeId: "vol-ffffffff",
      VolumeSize,
      Encrypted,
      OwnerId: image.OwnerId ?? "",
      OwnerAlias: image.ImageOwnerAlias,
      Description: `Created for ${image.ImageId}`,
      State: "completed",
      Progress: "100%",
      StorageTier: "standard",
      StartTime: new Date(image.CreationDate ?? 0),
    }
  );
}

function checkUser(user: string): void {
  if (user === "self" || user === "amazon" || user === "all" || /^\d{12}$/.test(user)) return;
  throw invalidParameterValue(`Invalid value '${user}' for user id.`);
}

function isOwnedBy(scope: Scope, snapshot: StoredSnapshot, owners: readonly string[] | undefined): boolean {
  if (owners === undefined || owners.length === 0) return true;
  return owners.some((owner) => (owner === "self" ? scope.accountId : owner) === snapshot.OwnerId);
}

function isFor(scope: Scope, snapshot: StoredSnapshot, users: readonly string[] | undefined): boolean {
  if (users === undefined || users.length === 0) return true;
  return users.some((user) => {
    if (user === "all") return snapshot.Permissions?.some(({ Group }) => Group === "all") === true;
    const id = user === "self" ? scope.accountId : user;
    return id === snapshot.OwnerId || snapshot.Permissions?.some(({ UserId }) => UserId === id) === true;
  });
}
