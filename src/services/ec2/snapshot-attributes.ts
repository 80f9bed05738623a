import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateVolumePermission } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readSetting, writeSetting } from "./account-settings.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  operationNotPermitted,
} from "./errors.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { getResource, type Resource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { type StoredSnapshot, snapshots } from "./snapshots.ts";

const tieredSnapshots: Resource<StoredSnapshot> = {
  ...snapshots,
  filters: {
    ...pathFilters<StoredSnapshot>()({ "snapshot-id": "SnapshotId", "volume-id": "VolumeId" }),
    "last-tiering-operation": ({ TieringStartTime }) =>
      TieringStartTime === undefined ? undefined : "archival-completed",
  },
};

const lockedSnapshots: Resource<StoredSnapshot> = {
  ...snapshots,
  filters: pathFilters<StoredSnapshot>()({ "lock-state": "Lock.LockState" }),
};

export const snapshotAttributeOperations = {
  async DescribeSnapshotAttribute(ctx, input) {
    const SnapshotId = required(input.SnapshotId, "snapshotId");
    const attribute = required(input.Attribute, "attribute");
    if (attribute !== "createVolumePermission" && attribute !== "productCodes") {
      throw invalidParameterValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    }
    const snapshot = await getResource(ctx, snapshots, SnapshotId);
    if (input.DryRun === true) throw dryRunOperation();
    if (attribute === "productCodes") return { SnapshotId, ProductCodes: [] };
    return { SnapshotId, CreateVolumePermissions: snapshot.Permissions ?? [] };
  },

  async ModifySnapshotAttribute(ctx, input) {
    checkOneOf("operationType", input.OperationType, ["add", "remove"]);
    const { Add = [], Remove = [] } = input.CreateVolumePermission ?? {};
    const named: CreateVolumePermission[] = [
      ...(input.UserIds ?? []).map((UserId) => ({ UserId })),
      ...(input.GroupNames ?? []).map((Group) => ({ Group: Group as "all" })),
    ];
    const add = input.OperationType === "remove" ? Add : [...Add, ...named];
    const remove = input.OperationType === "remove" ? [...Remove, ...named] : Remove;
    if (add.length + remove.length === 0) throw missingParameter("createVolumePermission");
    for (const permission of [...add, ...remove]) checkPermission(permission);
    await change(ctx, input, async (scope, snapshot) => {
      if (add.some(({ Group }) => Group === "all")) await checkMayBePublic(scope, snapshot);
      const kept = (snapshot.Permissions ?? []).filter((one) => ![...remove, ...add].some((two) => isSame(one, two)));
      snapshot.Permissions = [...kept, ...add];
    });
    return {};
  },

  async ResetSnapshotAttribute(ctx, input) {
    if (required(input.Attribute, "attribute") !== "createVolumePermission") {
      throw invalidParameterValue(`Value (${input.Attribute}) for parameter attribute is invalid.`);
    }
    await change(ctx, input, async (_, snapshot) => {
      snapshot.Permissions = [];
    });
    return {};
  },

  async LockSnapshot(ctx, input) {
    const mode = required(input.LockMode, "lockMode");
    const { LockDuration: days, ExpirationDate: until, CoolOffPeriod: hours } = input;
    if ((days === undefined) === (until === undefined)) {
      throw invalidParameterCombination("Either LockDuration or ExpirationDate must be given, and not both.");
    }
    if (days !== undefined && (days < 1 || days > 36_500)) {
      throw invalidParameterValue(`Value (${days}) for parameter LockDuration is invalid: 1 to 36500.`);
    }
    if (hours !== undefined && (mode !== "compliance" || hours < 1 || hours > 72)) {
      throw invalidParameterValue(
        `Value (${hours}) for parameter CoolOffPeriod is invalid: 1 to 72, in compliance mode.`,
      );
    }
    const { SnapshotId, Lock } = await change(ctx, input, async (scope, snapshot) => {
      const now = scope.now();
      if (until !== undefined && until <= now) {
        throw invalidParameterValue("The parameter ExpirationDate must be in the future.");
      }
      if (snapshot.Lock?.LockState === "compliance") {
        throw operationNotPermitted(`The snapshot ${snapshot.SnapshotId} is locked in compliance mode.`);
      }
      const LockExpiresOn = until ?? new Date(now.getTime() + (days ?? 0) * 86_400_000);
      snapshot.Lock = {
        LockState: mode === "governance" ? "governance" : hours === undefined ? "compliance" : "compliance-cooloff",
        LockDuration: days ?? Math.ceil((LockExpiresOn.getTime() - now.getTime()) / 86_400_000),
        ...(hours === undefined
          ? {}
          : { CoolOffPeriod: hours, CoolOffPeriodExpiresOn: new Date(now.getTime() + hours * 3_600_000) }),
        ...{ LockCreatedOn: now, LockDurationStartTime: now, LockExpiresOn },
      };
    });
    return { SnapshotId, ...Lock };
  },

  async UnlockSnapshot(ctx, input) {
    const { SnapshotId } = await change(ctx, input, async (_, snapshot) => {
      if (snapshot.Lock?.LockState === "compliance") {
        throw operationNotPermitted(`The snapshot ${snapshot.SnapshotId} is locked in compliance mode.`);
      }
      delete snapshot.Lock;
    });
    return { SnapshotId };
  },

  async DescribeLockedSnapshots(ctx, input) {
    const page = await describeResources(ctx, lockedSnapshots, input, {
      ids: input.SnapshotIds,
      only: (snapshot) => snapshot.Lock !== undefined,
    });
    const found = page.items.map(({ SnapshotId, OwnerId, Lock }) => ({ SnapshotId, OwnerId, ...Lock }));
    return { Snapshots: found, NextToken: page.nextToken };
  },

  async ModifySnapshotTier(ctx, input) {
    if (input.StorageTier !== undefined && input.StorageTier !== "archive") {
      throw invalidParameterValue(`Value (${input.StorageTier}) for parameter StorageTier is invalid.`);
    }
    const { SnapshotId, TieringStartTime } = await change(ctx, input, async (scope, snapshot) => {
      snapshot.StorageTier = "archive";
      snapshot.TieringStartTime = scope.now();
    });
    return { SnapshotId, TieringStartTime };
  },

  async RestoreSnapshotTier(ctx, input) {
    const days = input.TemporaryRestoreDays;
    const { SnapshotId, RestoreExpiryTime } = await change(ctx, input, async (scope, snapshot) => {
      if (snapshot.StorageTier !== "archive") {
        throw new AwsError("IncorrectState", `The snapshot ${snapshot.SnapshotId} is not archived.`);
      }
      snapshot.StorageTier = "standard";
      if (days !== undefined) snapshot.RestoreExpiryTime = new Date(scope.now().getTime() + days * 86_400_000);
    });
    return {
      SnapshotId,
      ...(days === undefined ? { IsPermanentRestore: true } : { RestoreDuration: days, IsPermanentRestore: false }),
      ...(RestoreExpiryTime === undefined ? {} : { RestoreStartTime: ctx.now() }),
    };
  },

  async DescribeSnapshotTierStatus(ctx, input) {
    const page = await describeResources(ctx, tieredSnapshots, input);
    const SnapshotTierStatuses = page.items.map(
      ({ SnapshotId, VolumeId, OwnerId, Tags, StorageTier, ...snapshot }) => ({
        ...{ SnapshotId, VolumeId, OwnerId, Tags, StorageTier, Status: snapshot.State },
        ...(snapshot.TieringStartTime === undefined
          ? {}
          : {
              LastTieringStartTime: snapshot.TieringStartTime,
              LastTieringProgress: 100,
              LastTieringOperationStatus: "archival-completed" as const,
            }),
      }),
    );
    return { SnapshotTierStatuses, NextToken: page.nextToken };
  },

  async EnableSnapshotBlockPublicAccess(ctx, input) {
    const State = required(input.State, "state");
    if (State !== "block-all-sharing" && State !== "block-new-sharing") {
      throw invalidParameterValue(`Value (${State}) for parameter State is invalid.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "snapshot-public-access", State);
    return { State };
  },

  async DisableSnapshotBlockPublicAccess(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "snapshot-public-access", "unblocked");
    return { State: "unblocked" };
  },

  async GetSnapshotBlockPublicAccessState(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const state = await readSetting(ctx, "snapshot-public-access");
    const State = state === "block-all-sharing" || state === "block-new-sharing" ? state : "unblocked";
    return { State, ManagedBy: "account" };
  },
} satisfies Operations<typeof Ec2, Context>;

async function change(
  ctx: Context,
  input: { SnapshotId?: string | undefined; DryRun?: boolean | undefined },
  work: (scope: Scope, snapshot: StoredSnapshot) => Promise<void>,
): Promise<StoredSnapshot> {
  const id = required(input.SnapshotId, "snapshotId");
  return inTransaction(ctx, async (scope) => {
    const snapshot = await getResource(scope, snapshots, id);
    await work(scope, snapshot);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, snapshots, snapshot);
    return snapshot;
  });
}

async function checkMayBePublic(scope: Scope, snapshot: StoredSnapshot): Promise<void> {
  if (snapshot.Encrypted === true) {
    throw operationNotPermitted("Encrypted snapshots with EBS default key cannot be shared");
  }
  const state = await readSetting(scope, "snapshot-public-access");
  if (state === undefined || state === "unblocked") return;
  throw operationNotPermitted("Public sharing of snapshots is blocked for this account in this Region.");
}

function checkPermission({ Group, UserId }: CreateVolumePermission): void {
  if (Group === undefined && UserId === undefined) throw missingParameter("userId or group");
  if (Group !== undefined && Group !== "all")
    throw invalidParameterValue(`Invalid value '${String(Group)}' for group.`);
  if (UserId !== undefined && !/^\d{12}$/.test(UserId)) {
    throw new AwsError("InvalidUserID.Malformed", `Invalid user id: "${UserId}"`);
  }
}

function isSame(one: CreateVolumePermission, other: CreateVolumePermission): boolean {
  return one.Group === other.Group && one.UserId === other.UserId;
}
