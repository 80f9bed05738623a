import type { ServiceContext } from "../service-context.ts";
import { recordDeploymentEvent, recordSwitchover } from "./blue-green-events.ts";
import { backUpCluster } from "./cluster-backups.ts";
import { applyForwards, closeForwards } from "./db-cluster-forwards.ts";
import { removeCluster } from "./db-cluster-lifecycle.ts";
import {
  type ClusterDocument,
  changeCluster,
  findClusterById,
  membersOf,
  moveCluster,
  renameClusterWith,
} from "./db-cluster-rows.ts";
import { moveMembers } from "./db-cluster-turns.ts";
import { type DbInstanceRow, refreshedById, rename } from "./db-instance-rows.ts";
import { invalidDbClusterState } from "./errors.ts";
import { promoteCluster } from "./global-cluster-work.ts";
import { deleteNamed } from "./named-resources.ts";
import { takeTurn, turnsOf } from "./server-work.ts";
import { type BlueGreenDocument, blueGreenFamily, changeDeployment } from "./stored-blue-green.ts";
import type { Place } from "./stored-snapshots.ts";

/**
 * From `SWITCHOVER_IN_PROGRESS`, as `switchOver` of instances: the servers, the names and the ports of the clusters and of their
 * members change places. @throws InvalidDBClusterStateFault where one of them is not available
 */
export async function switchOverClusters(
  ctx: ServiceContext,
  place: Place,
  deployment: BlueGreenDocument,
  seconds: number,
): Promise<void> {
  const { id, source, target } = deployment;
  const modifying = (side: string) => moveCluster(ctx, side, ["available"], { status: "modifying" });
  if ((await modifying(source.id)) === undefined) throw notReady();
  if ((await modifying(target.id)) === undefined) {
    await moveCluster(ctx, source.id, ["modifying"], { status: "available" });
    throw notReady();
  }
  takeTurn(ctx, { id: source.id, name: `rds switchover ${id}` }, async () => {
    await recordSwitchover(ctx, place, deployment, "started");
    await turnsOf(ctx, target.id);
    try {
      await ctx.databases.switchOver(source.id, target.id, seconds * 1000);
      for (const side of [source, target]) await closeForwards(ctx, side.id);
      await exchange(ctx, place, deployment);
      await settleClusterPorts(ctx, deployment);
      await ctx.databases.start(source.id);
      for (const side of [target, source]) await goOn(ctx, side.id);
      await changeDeployment(ctx, place, id, ["SWITCHOVER_IN_PROGRESS"], { status: "SWITCHOVER_COMPLETED" });
      await recordSwitchover(ctx, place, deployment, "completed", (await findClusterById(ctx, source.id))?.name);
      const green = await findClusterById(ctx, target.id);
      if (green !== undefined) await backUpCluster(ctx, green);
    } catch (error) {
      ctx.log.error({ err: error, deployment: id }, "a blue/green deployment was not switched over");
      const details = error instanceof Error ? error.message : String(error);
      await changeDeployment(ctx, place, id, ["SWITCHOVER_IN_PROGRESS"], { status: "SWITCHOVER_FAILED", details });
      await recordSwitchover(ctx, place, deployment, "canceled", details);
      await ctx.databases.start(source.id).catch(() => {});
      for (const side of [target, source]) await goOn(ctx, side.id);
    }
  });
}

const notReady = () =>
  invalidDbClusterState("Both clusters of the blue/green deployment have to be available for a switchover.");

/** From `modifying`, as it is by now. */
async function goOn(ctx: ServiceContext, id: string): Promise<void> {
  const runs = (await ctx.databases.get(id))?.state === "running";
  await applyForwards(ctx, id);
  await moveCluster(ctx, id, ["modifying"], { status: runs ? "available" : "failed" });
}

/** The clusters get each other's port, and so do their members; green gets blue's names, and follows nobody. */
async function exchange(ctx: ServiceContext, place: Place, deployment: BlueGreenDocument): Promise<void> {
  const { id, source, target, members = [] } = deployment;
  await ctx.db.transaction().execute(async (db) => {
    const [blue, green] = await Promise.all([findClusterById({ db }, source.id), findClusterById({ db }, target.id)]);
    if (blue === undefined || green === undefined) throw new Error("One of the clusters is gone.");
    await retire((name) => renameClusterWith({ db }, blue, name), blue.name);
    await renameClusterWith({ db }, green, blue.name);
    const setPort = (cluster: ClusterDocument, port: number) =>
      changeCluster({ db }, cluster.resourceId, ({ follows: _, ...before }) => ({ ...before, port }));
    await setPort(green, blue.port);
    await setPort(blue, green.port);
    for (const pair of members) {
      const [old, fresh] = [await refreshedById({ db }, pair.source.id), await refreshedById({ db }, pair.target.id)];
      if (old !== undefined && fresh !== undefined) await exchangeMembers({ db }, old, fresh);
    }
    await changeDeployment({ db }, place, id, ["SWITCHOVER_IN_PROGRESS"], { exchanged: true });
  });
}

async function exchangeMembers(ctx: Pick<ServiceContext, "db">, old: DbInstanceRow, fresh: DbInstanceRow) {
  const name = old.db_instance_identifier;
  await retire((retired) => rename(ctx, old, retired), name);
  await rename(ctx, fresh, name);
  const setPort = (row: DbInstanceRow, port: number) =>
    ctx.db.updateTable("db_instances").set({ port }).where("dbi_resource_id", "=", row.dbi_resource_id).execute();
  await setPort(fresh, old.port);
  await setPort(old, fresh.port);
}

/** Gives it the first name of `orders-old1`, `orders-old2`, … that is free. */
export async function retire(renameTo: (name: string) => Promise<boolean>, name: string): Promise<void> {
  for (let number = 1; !(await renameTo(`${name.slice(0, 57)}-old${number}`)); number++);
}

/** Servers that are their clusters' endpoints move to the ports of these. Blue's does not run. */
export async function settleClusterPorts(
  ctx: ServiceContext,
  { source, target }: Pick<BlueGreenDocument, "source" | "target">,
): Promise<void> {
  for (const { id } of [target, source]) {
    const cluster = await findClusterById(ctx, id);
    if (cluster !== undefined && cluster.serverPort === undefined) {
      await ctx.databases.change(id, { port: cluster.port });
    }
  }
}

/** From `DELETING`, as `deleteDeployment` of instances. */
export async function deleteClusterDeployment(
  ctx: ServiceContext,
  place: Place,
  { id, target }: BlueGreenDocument,
  { green: fate }: { readonly green: "stays" | "deleted" | "promoted" },
): Promise<void> {
  const green = await findClusterById(ctx, target.id);
  if (green !== undefined && fate === "deleted") {
    const deleting = await moveCluster(ctx, target.id, ["creating", "available", "stopped", "failed"], {
      status: "deleting",
    });
    const states = (await membersOf(ctx, target.id)).map((row) => row.db_instance_status);
    if (deleting !== undefined) {
      await moveMembers(ctx, target.id, states as Parameters<typeof moveMembers>[2], "deleting");
      removeCluster(ctx, deleting);
    }
  } else if (green?.follows !== undefined && fate === "promoted") {
    const promoting = await moveCluster(ctx, target.id, ["available"], { status: "promoting" });
    if (promoting !== undefined) promoteCluster(ctx, promoting);
  }
  ctx.background(`rds delete blue/green deployment ${id}`, async () => {
    await turnsOf(ctx, target.id);
    await deleteNamed({ db: ctx.db, ...place }, blueGreenFamily, id);
    await recordDeploymentEvent(ctx, place, id, "RDS-EVENT-0246");
  });
}
