import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import { isPortFree } from "../../runtime/free-port.ts";
import type { ServiceContext } from "../service-context.ts";
import { listClusters } from "./db-cluster-rows.ts";
import { type Engine, engineFacts } from "./engines.ts";
import { invalidParameterValue } from "./errors.ts";

/** Servers listen on this machine only. */
export const listenAddress = "127.0.0.1";

export interface WantedPort {
  /** By a request. */
  readonly asked?: number | undefined;
  /** Of what it is made from, or a member of. */
  readonly like?: number | undefined;
}

/**
 * A port for something new. Where servers run, it is the port that is asked for, if that is to be honoured and is free
 * (docs/decisions/0072-ports-of-databases.md), or one from `findPort`; without servers, RDS's own. Not reserved: whoever inserts a
 * row with it looks with `isTaken` whether somebody else did first.
 */
export async function choosePort(ctx: ServiceContext, engine: Engine, { asked, like }: WantedPort): Promise<number> {
  if (ctx.databases.kind === "records") return asked ?? like ?? defaultPorts[engineFacts[engine].runs];
  if (asked !== undefined && ctx.config.honorDatabasePort && (await isUnused(ctx, asked))) return asked;
  return await findPort(ctx);
}

const defaultPorts = { mariadb: 3306, mysql: 3306, postgres: 5432 } as const;

/** The lowest port that no instance and no cluster has and that is free on this machine now; `after` a number of others, if there are. */
export async function findPort(ctx: ServiceContext, after = 0): Promise<number> {
  const taken = await portsOf(ctx.db);
  const { first, last } = ctx.config.databasePorts;
  const count = last - first + 1;
  for (let at = 0; at < count; at++) {
    const port = first + ((after + at) % count);
    if (!taken.has(port) && (await isPortFree(listenAddress, port))) return port;
  }
  throw new Error(`No port from ${first} to ${last} is free for a database.`);
}

/** A port that is asked for is one of this machine, which another program may have. @throws InvalidParameterValue */
export async function requireUnusedPort(ctx: ServiceContext, port: number): Promise<number> {
  if (await isUnused(ctx, port)) return port;
  throw invalidParameterValue(`Invalid port: ${port}. It is in use on the machine that LocalAWS runs on.`);
}

async function isUnused(ctx: ServiceContext, port: number): Promise<boolean> {
  if (ctx.databases.kind === "records") return true;
  return !(await isTaken(ctx, ctx.db, port)) && (await isPortFree(listenAddress, port));
}

/** Whether an instance or a cluster has the port, running or not. Where no server listens, all may have one. */
export async function isTaken(
  ctx: Pick<ServiceContext, "databases">,
  db: Kysely<Database>,
  port: number,
): Promise<boolean> {
  return ctx.databases.kind !== "records" && (await portsOf(db)).has(port);
}

async function portsOf(db: Kysely<Database>): Promise<Set<number>> {
  const instances = await db.selectFrom("db_instances").select(["port", "server_port"]).execute();
  const ofServers = instances.flatMap(({ server_port: port }) => (port === null ? [] : [{ port }]));
  const clusters = await listClusters({ db });
  const behind = clusters.flatMap(({ serverPort: port }) => (port === undefined ? [] : [{ port }]));
  return new Set([...instances, ...ofServers, ...clusters, ...behind].map(({ port }) => port));
}
