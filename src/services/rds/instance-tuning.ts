import type { DatabaseParameters } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { type DbInstanceRow, refreshed } from "./db-instance-rows.ts";
import { setApplyStatus, takeGroup } from "./instance-parameters.ts";

/** `restart` starts the server with all of its group. @throws IncompatibleParameters, DatabaseLaunchError */
export async function restartWithGroup(
  ctx: ServiceContext,
  row: DbInstanceRow,
  restart: () => Promise<unknown>,
): Promise<void> {
  const id = row.dbi_resource_id;
  const parameters = await takeGroup(ctx, (await refreshed(ctx, row)) ?? row);
  await ctx.databases.configure(id, parameters);
  await restart().catch(async (error: unknown) => {
    throw (await startsWithout(ctx, id, parameters)) ? new IncompatibleParameters(error) : error;
  });
  await setApplyStatus(ctx, row, "in-sync");
}

/** Reboots a running server where that takes it to be what its class and its group say. */
export async function retune(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const id = row.dbi_resource_id;
  const parameters = await takeGroup(ctx, (await refreshed(ctx, row)) ?? row);
  const { pendingReboot } = await ctx.databases.configure(id, parameters);
  if (pendingReboot.length > 0) await restartWithGroup(ctx, row, () => ctx.databases.reboot(id));
  else await setApplyStatus(ctx, row, "in-sync");
}

/** A server that starts, but not with its parameters. */
export class IncompatibleParameters extends Error {
  constructor(cause?: unknown) {
    super("The server does not start with the parameters of its group.", { cause });
  }
}

/** Whether a server that does not start is kept from it by its parameters. It is left stopped, with them. */
async function startsWithout(ctx: ServiceContext, id: string, parameters: DatabaseParameters): Promise<boolean> {
  if (Object.keys(parameters).length === 0) return false;
  try {
    await ctx.databases.configure(id, {});
    await ctx.databases.start(id);
    await ctx.databases.stop(id);
    return true;
  } catch {
    return false;
  } finally {
    await ctx.databases.configure(id, parameters);
  }
}
