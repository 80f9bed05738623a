import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { reboot, start, stop } from "./db-instance-lifecycle.ts";
import { type DbInstanceRow, type DbInstanceStatus, transition } from "./db-instance-rows.ts";
import { describe, requireDbInstance } from "./db-instances.ts";
import { invalidDbInstanceState, invalidParameterCombination, notEmulated } from "./errors.ts";
import { replicasOf, sourceNameOf } from "./replica-links.ts";

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
    if (input.DBSnapshotIdentifier) throw notEmulated("DBSnapshotIdentifier of StopDBInstance");
    if (sourceNameOf(row) !== undefined || (await replicasOf(ctx, row)).length > 0) {
      throw invalidDbInstanceState(
        `Instance ${row.db_instance_identifier} can't be stopped: it is a read replica, or has read replicas.`,
      );
    }
    const stopping = await move(ctx, row, ["available"], "stopping");
    if (stopping === undefined) throw notAvailable(row);
    stop(ctx, stopping);
    return { DBInstance: await describe(ctx, stopping) };
  },

  async RebootDBInstance(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    if (input.ForceFailover === true) {
      throw invalidParameterCombination("Can't force a failover: the DB instance has no standby.");
    }
    // A member that has no way to its cluster tries again.
    const failed: DbInstanceStatus = isMember(row) ? "incompatible-network" : "incompatible-parameters";
    const rebooting = await move(ctx, row, ["available", failed], "rebooting");
    if (rebooting === undefined) throw notAvailable(row);
    reboot(ctx, rebooting);
    return { DBInstance: await describe(ctx, rebooting) };
  },
} satisfies Operations<typeof Rds, Context>;

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-cluster-stop-start.html */
function refuseMember(row: DbInstanceRow): void {
  if (!isMember(row)) return;
  throw invalidParameterCombination(`${row.engine} DB instances are not eligible for stopping and starting.`);
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
