import { DatabaseLaunchError } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { endpointsOf } from "./db-cluster-endpoint-rows.ts";
import { endpointForwardOf, type LoginsAt, loginsOf, openEndpoint, placeServer } from "./db-cluster-logins.ts";
import {
  type ClusterDocument,
  type ClusterStatus,
  engineOfCluster,
  findClusterById,
  membersOf,
  readerAddress,
} from "./db-cluster-rows.ts";
import { type DbInstanceRow, type DbInstanceStatus, transition } from "./db-instance-rows.ts";
import { applyProxiesTo } from "./db-proxy-forwards.ts";
import { engineFacts } from "./engines.ts";
import { listenAddress } from "./ports.ts";

// A cluster's server listens at the cluster's port, or behind that (db-cluster-logins.ts). What leads to it from elsewhere are forwards: the port of each member,
// the reader endpoint and custom endpoints, which have the cluster's port at loopback addresses of their own.

/** A forward that is to be there, or, without `readOnly`, not. */
interface Way {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly readOnly: boolean | undefined;
}

const reachable: readonly string[] = [
  "available",
  "backing-up",
  "modifying",
  "rebooting",
] satisfies readonly DbInstanceStatus[];

const down: readonly ClusterStatus[] = ["creating", "stopping", "stopped", "deleting", "failed"];

/**
 * Opens and closes the forwards of a cluster as its members are now; connections that lead elsewhere from now on end.
 * Members in one of the states `arriving` are about to be available.
 */
export async function applyForwards(
  ctx: ServiceContext,
  clusterResourceId: string,
  arriving: readonly DbInstanceStatus[] = [],
): Promise<void> {
  const found = await findClusterById(ctx, clusterResourceId);
  if (found === undefined) return;
  const isDown = down.includes(found.status);
  if (isDown) await ctx.databases.forwards.close(endpointForwardOf(clusterResourceId));
  const { cluster, loginsAt } = isDown
    ? { cluster: found, loginsAt: () => undefined }
    : await applyEndpoint(ctx, found);
  const members = await membersOf(ctx, clusterResourceId);
  const states = isDown ? [] : [...reachable, ...arriving];
  const up = members.filter((row) => states.includes(row.db_instance_status));
  const opened: DbInstanceRow[] = [];
  for (const row of members) {
    const readOnly = up.includes(row) ? row.dbi_resource_id !== cluster.writer : undefined;
    const way = { id: row.dbi_resource_id, address: listenAddress, port: row.port, readOnly };
    if (await open(ctx, { cluster, loginsAt }, way)) opened.push(row);
    else if (readOnly !== undefined) {
      const from = [row.db_instance_status as DbInstanceStatus];
      await transition(ctx, row.dbi_resource_id, from, { db_instance_status: "incompatible-network" });
    }
  }
  const id = readerForwardOf(clusterResourceId);
  const ofReaders = { id, address: readerAddress, port: cluster.port, readOnly: amongReaders(cluster, opened) };
  await open(ctx, { cluster, loginsAt }, ofReaders);
  for (const endpoint of await endpointsOf(ctx, clusterResourceId)) {
    const chosen = opened.filter(endpoint.leadsTo);
    const readOnly = endpoint.type === "READER" ? amongReaders(cluster, chosen) : amongAll(cluster, chosen);
    const way = { id: endpoint.id, address: endpoint.address, port: cluster.port, readOnly };
    await open(ctx, { cluster, loginsAt }, way);
  }
  await applyProxiesTo(ctx, clusterResourceId);
}

/** Has the cluster's own endpoint be what the cluster says by now. @throws DatabaseLaunchError */
export async function applyEndpoint(ctx: ServiceContext, before: ClusterDocument): Promise<Led> {
  const cluster = await placeServer(ctx, before);
  const loginsAt = await loginsOf(ctx, cluster);
  await openEndpoint(ctx, cluster, loginsAt);
  return { cluster, loginsAt };
}

interface Led {
  readonly cluster: ClusterDocument;
  readonly loginsAt: LoginsAt;
}

/** Closes all that leads to a cluster. */
export async function closeForwards(ctx: ServiceContext, clusterResourceId: string): Promise<void> {
  const ids = [
    ...(await membersOf(ctx, clusterResourceId)).map((row) => row.dbi_resource_id),
    readerForwardOf(clusterResourceId),
    endpointForwardOf(clusterResourceId),
    ...(await endpointsOf(ctx, clusterResourceId)).map(({ id }) => id),
  ];
  for (const id of ids) await ctx.databases.forwards.close(id);
}

/** Of a member that has none yet. @throws DatabaseLaunchError */
export async function openMember(ctx: ServiceContext, cluster: ClusterDocument, row: DbInstanceRow, port: number) {
  const readOnly = row.dbi_resource_id !== cluster.writer;
  const led = { cluster, loginsAt: await loginsOf(ctx, cluster) };
  await ctx.databases.forwards.open(forward(led, { id: row.dbi_resource_id, address: listenAddress, port, readOnly }));
}

/** Whoever asks for a reader gets the writer where there is no other member. */
function amongReaders(cluster: ClusterDocument, members: readonly DbInstanceRow[]): boolean | undefined {
  return members.length === 0 ? undefined : members.some((row) => row.dbi_resource_id !== cluster.writer);
}

function amongAll(cluster: ClusterDocument, members: readonly DbInstanceRow[]): boolean | undefined {
  return members.length === 0 ? undefined : members.every((row) => row.dbi_resource_id !== cluster.writer);
}

/** False where it is closed, as asked for or because nothing can listen there. */
async function open(ctx: ServiceContext, led: Led, way: Way): Promise<boolean> {
  const { readOnly } = way;
  if (readOnly === undefined) {
    await ctx.databases.forwards.close(way.id);
    return false;
  }
  try {
    await ctx.databases.forwards.open(forward(led, { ...way, readOnly }));
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseLaunchError)) throw error;
    const at = { dbCluster: led.cluster.name, address: way.address, port: way.port };
    ctx.log.error({ err: error, ...at }, "no way to a cluster");
    return false;
  }
}

function forward({ cluster, loginsAt }: Led, { address, ...way }: Way & { readonly readOnly: boolean }) {
  const engine = engineFacts[engineOfCluster(cluster)].runs;
  const logins = loginsAt(address, way.port);
  const target = { host: listenAddress, port: cluster.serverPort ?? cluster.port };
  return { ...way, engine, listenAddress: address, target, ...(logins && { logins }) };
}

function readerForwardOf(clusterResourceId: string): string {
  return `${clusterResourceId}-ro`;
}
