import { isPortFree } from "../../runtime/free-port.ts";
import type { ServiceContext } from "../service-context.ts";

/** Servers listen on this machine only. */
export const listenAddress = "127.0.0.1";

/** Where people look for databases first, and what a compose file publishes. */
const firstPort = 4510;
const lastPort = 32767;

/**
 * The lowest port that no instance has and that is free on this machine now. Not reserved: the table's unique column
 * decides between two that found the same.
 */
export async function findPort(ctx: ServiceContext): Promise<number> {
  const rows = await ctx.db.selectFrom("db_instances").select("port").execute();
  const taken = new Set(rows.map((row) => row.port));
  for (let port = firstPort; port <= lastPort; port++) {
    if (!taken.has(port) && (await isPortFree(listenAddress, port))) return port;
  }
  throw new Error(`No port from ${firstPort} to ${lastPort} is free for a database.`);
}
