import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import { isPortFree } from "../../runtime/free-port.ts";
import type { ServiceContext } from "../service-context.ts";
import { listClusters } from "./db-cluster-rows.ts";
import { invalidParameterValue } from "./errors.ts";

/** Servers listen on this machine only. */
export const listenAddress = "127.0.0.1";

/** Where people look for databases first, and what a compose file publishes. */
const firstPort = 4510;
const lastPort = 32767;

/**
 * `asked`, or the lowest port, that no instance and no cluster has and that is free on this machine now. Not reserved: whoever
 * inserts a row with it looks with `isTaken` whether somebody else did first.
 */
export async function findPort(ctx: ServiceContext, asked?: number): Promise<number> {
  const taken = await portsOf(ctx.db);
  const isServed = asked !== undefined && !showsAskedPorts(ctx);
  if (isServed && !taken.has(asked) && (await isPortFree(listenAddress, asked))) return asked;
  for (let port = firstPort; port <= lastPort; port++) {
    if (!taken.has(port) && (await isPortFree(listenAddress, port))) return port;
  }
  throw new Error(`No port from ${firstPort} to ${lastPort} is free for a database.`);
}

/** Where nothing listens, an endpoint shows the port that was asked for, as others may too. */
export function showsAskedPorts(ctx: ServiceContext): boolean {
  return ctx.databases.kind === "records";
}

/** A port that is asked for is one of this machine, which another program may have. @throws InvalidParameterValue */
export async function requireUnusedPort(ctx: ServiceContext, port: number): Promise<number> {
  if (showsAskedPorts(ctx)) return port;
  if (!(await isTaken(ctx.db, port)) && (await isPortFree(listenAddress, port))) return port;
  throw invalidParameterValue(`Invalid port: ${port}. It is in use on the machine that LocalAWS runs on.`);
}

/** Whether an instance or a cluster has the port, running or not. */
export async function isTaken(db: Kysely<Database>, port: number): Promise<boolean> {
  return (await portsOf(db)).has(port);
}

async function portsOf(db: Kysely<Database>): Promise<Set<number>> {
  const instances = await db.selectFrom("db_instances").select(["port", "server_port"]).execute();
  const ofServers = instances.flatMap(({ server_port: port }) => (port === null ? [] : [{ port }]));
  const clusters = await listClusters({ db });
  return new Set([...instances, ...ofServers, ...clusters].map(({ port }) => port));
}
