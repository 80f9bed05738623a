import type { PendingModifiedValues } from "@aws-sdk/client-rds";
import type { ServiceContext } from "../service-context.ts";
import { dropExpiredRetained, isBackupDue } from "./automated-backups.ts";
import { restartStopped } from "./automatic-restarts.ts";
import { maintainClusters } from "./db-cluster-maintenance.ts";
import { scheduleBackup } from "./db-instance-backups.ts";
import { modify } from "./db-instance-modification.ts";
import { type DbInstanceRow, readDocument, transition } from "./db-instance-rows.ts";
import { rotatePasswords } from "./password-rotation.ts";
import { isMaintenanceTime } from "./windows.ts";

const timers = new WeakMap<ServiceContext["databases"], NodeJS.Timeout>();
const interval = 60_000;

/** Looks each minute which instances are in their maintenance windows, or are to be backed up, and does what waits for that. */
export function scheduleMaintenance(ctx: ServiceContext): void {
  endMaintenance(ctx);
  const timer = setInterval(() => ctx.background("rds maintenance", () => maintain(ctx)), interval).unref();
  timers.set(ctx.databases, timer);
  ctx.background("rds maintenance", () => maintain(ctx));
}

export function endMaintenance(ctx: ServiceContext): void {
  clearInterval(timers.get(ctx.databases));
}

async function maintain(ctx: ServiceContext): Promise<void> {
  const rows = await ctx.db
    .selectFrom("db_instances")
    .selectAll()
    .where("db_instance_status", "=", "available")
    .execute();
  for (const row of rows) {
    await maintainInstance(ctx, row);
    if (await isBackupDue(ctx, row)) await startBackup(ctx, row);
  }
  await rotatePasswords(ctx, rows);
  await dropExpiredRetained(ctx);
  await maintainClusters(ctx);
  await restartStopped(ctx);
}

async function startBackup(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const moved = await transition(ctx, row.dbi_resource_id, ["available"], { db_instance_status: "backing-up" });
  if (moved) scheduleBackup(ctx, row);
}

/** Applies the pending values of an instance that is in its maintenance window. */
export async function maintainInstance(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const { PreferredMaintenanceWindow, PendingModifiedValues = {} } = readDocument(row);
  const due = Object.keys(PendingModifiedValues) as (keyof PendingModifiedValues)[];
  if (due.length === 0 || PreferredMaintenanceWindow === undefined) return;
  if (!isMaintenanceTime(PreferredMaintenanceWindow, ctx.now())) return;
  const moved = await transition(ctx, row.dbi_resource_id, ["available"], { db_instance_status: "modifying" });
  if (moved) modify(ctx, row, { due });
}
