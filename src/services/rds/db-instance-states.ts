import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { reboot, start, stop } from "./db-instance-lifecycle.ts";
import {
  changeDocument,
  type DbInstanceRow,
  type DbInstanceStatus,
  readDocument,
  standbyZone,
  transition,
} from "./db-instance-rows.ts";
import { describe, requireDbInstance } from "./db-instances.ts";
import { dbSnapshotAlreadyExists, invalidDbInstanceState, invalidParameterCombination } from "./errors.ts";
import { requireSnapshotName } from "./identifiers.ts";
import { deleteNamed, findNamed } from "./named-resources.ts";
import { replicasOf, sourceNameOf } from "./replica-links.ts";
import { begin, placeOf, snapshotFamily, tagsForSnapshot, take } from "./stored-snapshots.ts";

export const dbInstanceStates = {
  async StartDBInstance(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    refuseMember(row);
    // A failed instance can be started when its server is there, so that its data are not lost to a passing fault.
    const recoverable = (await ctx.databases.get(row.dbi_resource_id)) !== undefined;
    const from: DbInstanceStatus[] = ["stopped", "incompatible-network", ...(recoverable ? ["failed" as const] : [])];
    const starting = await move(ctx, row, from, "starting");
    if (starting === undefined) {
      throw invalidDbInstanceState(`Instance ${row.db_instance_identifier} is not stopped, it cannot be started.`);
    }
    start(ctx, starting);
    return { DBInstance: await describe(ctx, starting) };
  },

  async StopDBInstance(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    refuseMember(row);
    if (sourceNameOf(row) !== undefined || (await replicasOf(ctx, row)).length > 0) {
      throw invalidDbInstanceState(
        `Instance ${row.db_instance_identifier} can't be stopped: it is a read replica, or has read replicas.`,
      );
    }
    const name = input.DBSnapshotIdentifier && requireSnapshotName("DBSnapshotIdentifier", input.DBSnapshotIdentifier);
    if (name && (await findNamed(ctx, snapshotFamily, name)) !== undefined) throw dbSnapshotAlreadyExists(name);
    if (row.db_instance_status !== "available") throw notAvailable(row);
    const snapshot = name ? await begin(ctx, row, { name, tags: await tagsForSnapshot(ctx, row) }) : undefined;
    const stopping = await move(ctx, row, ["available"], "stopping");
    if (stopping === undefined) {
      if (snapshot !== undefined) await deleteNamed(ctx, snapshotFamily, snapshot.name);
      throw notAvailable(row);
    }
    stop(ctx, stopping, snapshot && (() => take(ctx, placeOf(row), snapshot)));
    return { DBInstance: await describe(ctx, stopping) };
  },

  async RebootDBInstance(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    if (input.ForceFailover === true && readDocument(row).MultiAZ !== true) {
      throw invalidParameterCombination("Can't force a failover: the DB instance has no standby.");
    }
    // A member that has no way to its cluster tries again.
    const failed: DbInstanceStatus = isMember(row) ? "incompatible-network" : "incompatible-parameters";
    const rebooting = await move(ctx, row, ["available", failed], "rebooting");
    if (rebooting === undefined) throw notAvailable(row);
    const isFailover = input.ForceFailover === true;
    if (isFailover) await exchangeZones(ctx, row);
    reboot(ctx, rebooting, isFailover);
    return { DBInstance: await describe(ctx, rebooting) };
  },
} satisfies Operations<typeof Rds, Context>;

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-cluster-stop-start.html */
function refuseMember(row: DbInstanceRow): void {
  if (!isMember(row)) return;
  throw invalidParameterCombination(`${row.engine} DB instances are not eligible for stopping and starting.`);
}

/** The standby takes over: it is where the instance was before. */
async function exchangeZones(ctx: Context, row: DbInstanceRow): Promise<void> {
  const AvailabilityZone = standbyZone(row);
  await changeDocument(ctx, row.dbi_resource_id, (document) => ({
    ...{ ...document, AvailabilityZone, SecondaryAvailabilityZone: document.AvailabilityZone },
  }));
}

const notAvailable = (row: DbInstanceRow) =>
  invalidDbInstanceState(`Instance ${row.db_instance_identifier} is not in available state.`);

async function move(
  ctx: Context,
  row: DbInstanceRow,
  from: readonly DbInstanceStatus[],
  to: DbInstanceStatus,
): Promise<DbInstanceRow | undefined> {
  const moved = await transition(ctx, row.dbi_resource_id, from, { db_instance_status: to });
  return moved ? { ...row, db_instance_status: to } : undefined;
}
