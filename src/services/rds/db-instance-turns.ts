import { isPortFree } from "../../runtime/free-port.ts";
import type { ServiceContext } from "../service-context.ts";
import { type DbInstanceRow, transition } from "./db-instance-rows.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { recordProblem, wordsOf } from "./instance-events.ts";
import { IncompatibleParameters } from "./instance-tuning.ts";
import { listenAddress } from "./ports.ts";
import { takeTurn } from "./server-work.ts";

// What the work on instances has in common: see db-instance-lifecycle.ts.

export function inTurn(ctx: ServiceContext, name: string, row: DbInstanceRow, work: () => Promise<void>): void {
  takeTurn(ctx, { id: row.dbi_resource_id, name: `rds ${name} ${row.db_instance_identifier}` }, work);
}

/** `incompatible-network` is what RDS says of an instance that cannot have its address; it can be started again. */
export async function fail(
  ctx: ServiceContext,
  row: DbInstanceRow,
  from: "creating" | "starting" | "stopping" | "rebooting" | "deleting",
  error: unknown,
): Promise<void> {
  const portIsTaken = from === "starting" && !(await isPortFree(listenAddress, row.port));
  const ofParameters = error instanceof IncompatibleParameters;
  const status = ofParameters ? "incompatible-parameters" : portIsTaken ? "incompatible-network" : "failed";
  ctx.log.error(
    { err: error, dbInstance: row.db_instance_identifier, port: row.port },
    `the DB instance went from ${from} to ${status}`,
  );
  await transition(ctx, row.dbi_resource_id, [from], { db_instance_status: status });
  if (from === "creating") await recordInstanceEvent(ctx, row, "RDS-EVENT-0278", wordsOf(error));
  else await recordProblem(ctx, row, status, error);
}
