import type { PendingModifiedValues } from "@aws-sdk/client-rds";
import type { ServiceContext } from "../service-context.ts";
import { restartWithClusterGroup } from "./cluster-parameters.ts";
import { applyForwards, openMember } from "./db-cluster-forwards.ts";
import { type ClusterDocument, changeCluster, findClusterById, membersOf } from "./db-cluster-rows.ts";
import { byPromotion, resizeServer } from "./db-cluster-writer.ts";
import {
  changeDocument,
  type DbInstanceRow,
  type DbInstanceStatus,
  deleteRow,
  readDocument,
  transition,
} from "./db-instance-rows.ts";
import { putInForce, withoutPending } from "./pending-changes.ts";
import { atFreePort } from "./server-launch.ts";
import { takeTurn } from "./server-work.ts";

// Members of clusters have no servers of their own: theirs is the cluster's, in whose turns they take part.

export function isMember(row: DbInstanceRow): boolean {
  return row.db_cluster_resource_id !== null;
}

/** The server of an instance: its own, or its cluster's. */
export function serverIdOf(row: DbInstanceRow): string {
  return row.db_cluster_resource_id ?? row.dbi_resource_id;
}

function inTurn(ctx: ServiceContext, name: string, row: DbInstanceRow, work: () => Promise<void>): void {
  takeTurn(ctx, { id: serverIdOf(row), name: `rds ${name} ${row.db_instance_identifier}` }, work);
}

/** From `creating`, when the cluster is there. */
export function createMember(ctx: ServiceContext, row: DbInstanceRow): void {
  inTurn(ctx, "create", row, async () => {
    try {
      await joinMember(ctx, row);
      await applyForwards(ctx, serverIdOf(row));
    } catch (error) {
      await fail(ctx, row, "creating", error);
    }
  });
}

/** In the cluster's turn: a member that is `creating` becomes available. @throws Error, DatabaseLaunchError */
export async function joinMember(ctx: ServiceContext, row: DbInstanceRow, engineVersion?: string): Promise<void> {
  const id = row.dbi_resource_id;
  const cluster = await joinCluster(ctx, row);
  const movedTo = (port: number) => transition(ctx, id, ["creating"], { db_instance_status: "creating", port });
  await atFreePort(ctx, { port: row.port, movedTo }, (port) => openMember(ctx, cluster, row, port));
  const to = { db_instance_status: "available", engine_version: engineVersion ?? cluster.engineVersion } as const;
  await transition(ctx, id, ["creating"], to);
}

/** The first member writes. @throws Error where the cluster's server does not run */
async function joinCluster(ctx: ServiceContext, row: DbInstanceRow): Promise<ClusterDocument> {
  const clusterId = serverIdOf(row);
  const writer = row.dbi_resource_id;
  const cluster = await changeCluster(ctx, clusterId, (before) => ({ ...before, writer: before.writer ?? writer }));
  if (cluster === undefined || (await ctx.databases.get(clusterId))?.state !== "running") {
    throw new Error(`The server of its cluster does not run.`);
  }
  if (cluster.writer === writer) await resizeServer(ctx, cluster, row);
  return cluster;
}

/** From `rebooting`. The server is the writer's; of a reader the connections end. */
export function rebootMember(ctx: ServiceContext, row: DbInstanceRow): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "reboot", row, async () => {
    try {
      const cluster = await findClusterById(ctx, serverIdOf(row));
      if (cluster?.writer === id) {
        await restartWithClusterGroup(ctx, cluster, () => ctx.databases.reboot(cluster.resourceId));
      }
      await ctx.databases.forwards.close(id);
      await applyForwards(ctx, serverIdOf(row));
      await transition(ctx, id, ["rebooting"], { db_instance_status: "available" });
    } catch (error) {
      await fail(ctx, row, "rebooting", error);
    }
  });
}

/** From `modifying`: puts in force those of the pending values that `due` names. */
export function modifyMember(
  ctx: ServiceContext,
  row: DbInstanceRow,
  due: readonly (keyof PendingModifiedValues)[],
): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "modify", row, async () => {
    try {
      const { PendingModifiedValues = {} } = readDocument(row);
      const values = Object.fromEntries(due.map((member) => [member, PendingModifiedValues[member]]));
      await putInForce(ctx, row, values);
      const cluster = await findClusterById(ctx, serverIdOf(row));
      const after = await findMember(ctx, row);
      if (values.DBInstanceClass !== undefined && after !== undefined && cluster?.writer === id) {
        await resizeServer(ctx, cluster, after);
      }
    } catch (error) {
      ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, "the DB instance was not modified");
      await changeDocument(ctx, id, (document) => withoutPending(document, due));
    }
    await transition(ctx, id, ["modifying"], { db_instance_status: "available" });
  });
}

/** From `deleting`. Where it was the writer, another member becomes it. */
export function removeMember(ctx: ServiceContext, row: DbInstanceRow): void {
  const id = row.dbi_resource_id;
  const clusterId = serverIdOf(row);
  inTurn(ctx, "delete", row, async () => {
    try {
      await ctx.databases.forwards.close(id);
      const members = (await membersOf(ctx, clusterId)).sort(byPromotion);
      const next = members.find((one) => one.dbi_resource_id !== id && one.db_instance_status !== "deleting");
      const after = await changeCluster(ctx, clusterId, (cluster) => {
        if (cluster.writer !== id) return undefined;
        const { writer: _, ...rest } = cluster;
        return next === undefined ? rest : { ...rest, writer: next.dbi_resource_id };
      });
      await deleteRow(ctx, (await findMember(ctx, row)) ?? row);
      if (after !== undefined && next !== undefined) await resizeServer(ctx, after, next);
      await applyForwards(ctx, clusterId);
    } catch (error) {
      await fail(ctx, row, "deleting", error);
    }
  });
}

async function findMember(ctx: ServiceContext, { dbi_resource_id: id, ...row }: DbInstanceRow) {
  const members = await membersOf(ctx, row.db_cluster_resource_id ?? "");
  return members.find((one) => one.dbi_resource_id === id);
}

async function fail(ctx: ServiceContext, row: DbInstanceRow, from: DbInstanceStatus, error: unknown): Promise<void> {
  ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, `the cluster's member failed while ${from}`);
  await transition(ctx, row.dbi_resource_id, [from], { db_instance_status: "failed" });
}
