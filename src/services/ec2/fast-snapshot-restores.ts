import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  DescribeFastSnapshotRestoreSuccessItem,
  DisableFastSnapshotRestoreErrorItem,
  DisableFastSnapshotRestoreSuccessItem,
  EnableFastSnapshotRestoreSuccessItem,
} from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidId,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
} from "./errors.ts";
import { zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import {
  deleteResources,
  findResource,
  getResources,
  insertResource,
  listResources,
  type Resource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { snapshots } from "./snapshots.ts";

/** One for each snapshot and zone; no ids that a request could name, and no tags. */
const fastSnapshotRestores: Resource<DescribeFastSnapshotRestoreSuccessItem> = {
  table: "ec2_fast_snapshot_restores",
  prefix: "snap",
  type: "snapshot",
  idOf: ({ SnapshotId, AvailabilityZone }) => `${SnapshotId}/${AvailabilityZone}`,
  columnsOf: ({ SnapshotId }) => ({ snapshot_id: SnapshotId ?? "" }),
  dates: ["EnablingTime", "OptimizingTime", "EnabledTime"],
  tagsOf: () => undefined,
  setTags: () => undefined,
  filters: pathFilters<DescribeFastSnapshotRestoreSuccessItem>()({
    "availability-zone": "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId",
    "owner-id": "OwnerId",
    "snapshot-id": "SnapshotId",
    state: "State",
  }),
  columnFilters: { "snapshot-id": "snapshot_id" },
  malformed: invalidId,
  notFound: ([id = ""]) => invalidId(id),
};

/** Answers say `enabling` and `disabling`; the next description has the end of it, which takes AWS an hour a TiB. */
export const fastSnapshotRestoreOperations = {
  async EnableFastSnapshotRestores(ctx, input) {
    const ids = idsOf(input.SourceSnapshotIds);
    const zones = chosenZones(ctx.region, input);
    return inTransaction(ctx, async (scope) => {
      await getResources(scope, snapshots, ids);
      if (input.DryRun === true) throw dryRunOperation();
      const Successful: EnableFastSnapshotRestoreSuccessItem[] = [];
      for (const { SnapshotId, zone } of pairsOf(ids, zones)) {
        const now = scope.now();
        const made: DescribeFastSnapshotRestoreSuccessItem = {
          SnapshotId,
          AvailabilityZone: zone.name,
          AvailabilityZoneId: zone.id,
          State: "enabled",
          StateTransitionReason: "Client.UserInitiated - Lifecycle state transition",
          OwnerId: scope.accountId,
          EnablingTime: now,
          OptimizingTime: now,
          EnabledTime: now,
        };
        const there = await findResource(scope, fastSnapshotRestores, fastSnapshotRestores.idOf(made));
        if (there === undefined) await insertResource(scope, fastSnapshotRestores, made);
        const { OptimizingTime: _, EnabledTime: __, ...enabling } = made;
        Successful.push(there ?? { ...enabling, State: "enabling", StateTransitionReason: "Client.UserInitiated" });
      }
      return { Successful, Unsuccessful: [] };
    });
  },

  async DisableFastSnapshotRestores(ctx, input) {
    const ids = idsOf(input.SourceSnapshotIds);
    const zones = chosenZones(ctx.region, input);
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const Successful: DisableFastSnapshotRestoreSuccessItem[] = [];
      const Unsuccessful: DisableFastSnapshotRestoreErrorItem[] = [];
      for (const { SnapshotId, zone } of pairsOf(ids, zones)) {
        const AvailabilityZone = zone.name;
        const id = fastSnapshotRestores.idOf({ SnapshotId, AvailabilityZone });
        const there = await findResource(scope, fastSnapshotRestores, id);
        if (there === undefined) {
          const Message = `Fast snapshot restores are not enabled for ${SnapshotId} in ${AvailabilityZone}.`;
          const error = { Code: "InvalidParameterValue", Message };
          const failed = { AvailabilityZone, AvailabilityZoneId: zone.id, Error: error };
          Unsuccessful.push({ SnapshotId, FastSnapshotRestoreStateErrors: [failed] });
          continue;
        }
        await deleteResources(scope, fastSnapshotRestores, [id]);
        Successful.push({
          ...there,
          State: "disabling",
          StateTransitionReason: "Client.UserInitiated",
          DisablingTime: scope.now(),
        });
      }
      return { Successful, Unsuccessful };
    });
  },

  async DescribeFastSnapshotRestores(ctx, input) {
    const page = await describeResources(ctx, fastSnapshotRestores, input, { limits: { min: 1, max: 200 } });
    return { FastSnapshotRestores: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** They end with their snapshot. */
export async function dropFastRestoresOf(scope: Scope, snapshotId: string): Promise<void> {
  const there = await listResources(scope, fastSnapshotRestores, { snapshot_id: snapshotId });
  await deleteResources(scope, fastSnapshotRestores, there.map(fastSnapshotRestores.idOf));
}

function idsOf(ids: readonly string[] | undefined): string[] {
  const unique = [...new Set(required(ids, "SourceSnapshotId"))];
  if (unique.length === 0) throw missingParameter("SourceSnapshotId");
  return unique;
}

type Zone = ReturnType<typeof zonesOf>[number];

function chosenZones(
  region: string,
  input: { AvailabilityZones?: readonly string[] | undefined; AvailabilityZoneIds?: readonly string[] | undefined },
): Zone[] {
  const { AvailabilityZones: names = [], AvailabilityZoneIds: ids = [] } = input;
  if (names.length > 0 && ids.length > 0) {
    throw invalidParameterCombination("AvailabilityZone and AvailabilityZoneId cannot be specified together.");
  }
  const asked = [...new Set(names.length > 0 ? names : ids)];
  if (asked.length === 0) throw missingParameter("AvailabilityZone");
  const zones = zonesOf(region);
  return asked.map((text) => {
    const zone = zones.find(({ name, id }) => (names.length > 0 ? name : id) === text);
    if (zone === undefined) throw invalidParameterValue(`Invalid availability zone: [${text}]`);
    return zone;
  });
}

function pairsOf(ids: readonly string[], zones: readonly Zone[]) {
  return ids.flatMap((SnapshotId) => zones.map((zone) => ({ SnapshotId, zone })));
}
