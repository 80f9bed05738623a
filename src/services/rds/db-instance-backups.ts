import type { ServiceContext } from "../service-context.ts";
import { backUp } from "./automated-backups.ts";
import { type DbInstanceRow, transition } from "./db-instance-rows.ts";
import { inTurn } from "./db-instance-turns.ts";

/** From `backing-up`. */
export function scheduleBackup(ctx: ServiceContext, row: DbInstanceRow): void {
  inTurn(ctx, "backup", row, () => backUpFrom(ctx, row));
}

export async function backUpFrom(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  try {
    await backUp(ctx, row);
  } catch (error) {
    ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, "the DB instance was not backed up");
  } finally {
    await transition(ctx, row.dbi_resource_id, ["backing-up"], { db_instance_status: "available" });
  }
}
