import type { ServiceContext } from "../service-context.ts";
import { applyRetention } from "./automated-backups.ts";
import { retire, settleClusterPorts } from "./blue-green-cluster-work.ts";
import { recordDeploymentEvent, recordSwitchover } from "./blue-green-events.ts";
import { findClusterById } from "./db-cluster-rows.ts";
import { remove } from "./db-instance-lifecycle.ts";
import { promote } from "./db-instance-modification.ts";
import { type DbInstanceRow, refreshedById, rename, transition } from "./db-instance-rows.ts";
import { applyProxiesTo } from "./db-proxy-forwards.ts";
import { invalidDbInstanceState } from "./errors.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { deleteNamed } from "./named-resources.ts";
import { sourceNameOf, unlinkReplica } from "./replica-links.ts";
import { takeTurn, turnsOf } from "./server-work.ts";
import { type BlueGreenDocument, blueGreenFamily, changeDeployment, isCluster } from "./stored-blue-green.ts";
import type { Place } from "./stored-snapshots.ts";

/** From `PROVISIONING`: green is being made. */
export function provision(ctx: ServiceContext, place: Place, { id, target }: BlueGreenDocument): void {
  ctx.background(`rds blue/green deployment ${id}`, async () => {
    await turnsOf(ctx, target.id);
    await settleProvisioning(ctx, place, id, target.id);
  });
}

async function settleProvisioning(ctx: ServiceContext, place: Place, id: string, targetId: string) {
  const status = isCluster(targetId)
    ? (await findClusterById(ctx, targetId))?.status
    : (await refreshedById(ctx, targetId))?.db_instance_status;
  const isThere = status === "available";
  const settled = await changeDeployment(ctx, place, id, ["PROVISIONING"], {
    ...(isThere
      ? { status: "AVAILABLE" }
      : { status: "INVALID_CONFIGURATION", details: "What was to be green failed." }),
  });
  if (settled === undefined) return;
  if (isThere) await recordDeploymentEvent(ctx, place, id, "RDS-EVENT-0244");
  else await recordDeploymentEvent(ctx, place, id, "RDS-EVENT-0245", "what was to be green failed");
}

/**
 * From `SWITCHOVER_IN_PROGRESS`. Blue is stopped, so that no change of it is missed; green, which has all by then, gets its
 * name and its port; then blue starts again with another name. Where green does not keep up with it, nothing has changed.
 * @throws InvalidDBInstanceState where one of them is not available
 */
export async function switchOver(
  ctx: ServiceContext,
  place: Place,
  deployment: BlueGreenDocument,
  seconds: number,
): Promise<void> {
  const { source, target } = deployment;
  const [blue, green] = await Promise.all([refreshedById(ctx, source.id), refreshedById(ctx, target.id)]);
  const modifying = (id: string) => transition(ctx, id, ["available"], { db_instance_status: "modifying" });
  if (blue === undefined || green === undefined || !(await modifying(source.id))) throw notReady();
  if (!(await modifying(target.id))) {
    await transition(ctx, source.id, ["modifying"], { db_instance_status: "available" });
    throw notReady();
  }
  takeTurn(ctx, { id: source.id, name: `rds switchover ${deployment.id}` }, async () => {
    await recordSwitchover(ctx, place, deployment, "started");
    await turnsOf(ctx, target.id);
    const fail = async (error: unknown) => {
      ctx.log.error({ err: error, deployment: deployment.id }, "a blue/green deployment was not switched over");
      const details = error instanceof Error ? error.message : String(error);
      await changeDeployment(ctx, place, deployment.id, ["SWITCHOVER_IN_PROGRESS"], {
        ...{ status: "SWITCHOVER_FAILED", details },
      });
      await recordSwitchover(ctx, place, deployment, "canceled", details);
    };
    try {
      await ctx.databases.switchOver(source.id, target.id, seconds * 1000);
    } catch (error) {
      await fail(error);
      await goOn(ctx, [blue, green]);
      return;
    }
    try {
      await exchange(ctx, place, deployment, blue, green);
      await ctx.databases.change(target.id, { port: blue.port });
      await ctx.databases.change(source.id, { port: green.port });
      await complete(ctx, place, deployment);
    } catch (error) {
      await fail(error);
      await goOn(ctx, [blue, green]);
    }
  });
}

const notReady = () =>
  invalidDbInstanceState("Both instances of the blue/green deployment have to be available for a switchover.");

/** Both run again, whatever they are by now. */
async function goOn(ctx: ServiceContext, rows: readonly DbInstanceRow[]): Promise<void> {
  for (const { dbi_resource_id: id } of rows) {
    const runs = await ctx.databases.start(id).then(
      () => true,
      () => false,
    );
    await transition(ctx, id, ["modifying"], { db_instance_status: runs ? "available" : "failed" });
  }
}

/** The rows get each other's port, green gets blue's name, and nobody is anybody's replica. */
async function exchange(
  ctx: ServiceContext,
  place: Place,
  { id }: BlueGreenDocument,
  blue: DbInstanceRow,
  green: DbInstanceRow,
): Promise<void> {
  await ctx.db.transaction().execute(async (db) => {
    await unlinkReplica({ db }, green);
    const name = blue.db_instance_identifier;
    await retire((retired) => rename({ db }, blue, retired), name);
    await rename({ db }, green, name);
    const setPort = (row: DbInstanceRow, port: number) =>
      db.updateTable("db_instances").set({ port }).where("dbi_resource_id", "=", row.dbi_resource_id).execute();
    await setPort(green, blue.port);
    await setPort(blue, green.port);
    await changeDeployment({ db }, place, id, ["SWITCHOVER_IN_PROGRESS"], { exchanged: true });
  });
}

/** The servers have their ports by now. */
async function complete(ctx: ServiceContext, place: Place, deployment: BlueGreenDocument): Promise<void> {
  const { id, source, target } = deployment;
  await ctx.databases.start(source.id);
  for (const side of [target, source]) {
    await transition(ctx, side.id, ["modifying"], { db_instance_status: "available" });
    await applyProxiesTo(ctx, side.id);
  }
  await changeDeployment(ctx, place, id, ["SWITCHOVER_IN_PROGRESS"], { status: "SWITCHOVER_COMPLETED" });
  const retired = (await refreshedById(ctx, source.id))?.db_instance_identifier;
  await recordSwitchover(ctx, place, deployment, "completed", retired);
  const green = await refreshedById(ctx, target.id);
  if (green === undefined) return;
  await recordInstanceEvent(ctx, green, "RDS-EVENT-0062");
  takeTurn(ctx, { id: target.id, name: `rds backups of ${green.db_instance_identifier}` }, () =>
    applyRetention(ctx, green),
  );
}

/** From `DELETING`. A green instance that is not in production is deleted too, or is one of its own from then on. */
export async function deleteDeployment(
  ctx: ServiceContext,
  place: Place,
  { id, target }: BlueGreenDocument,
  { green: fate }: { readonly green: "stays" | "deleted" | "promoted" },
): Promise<void> {
  const green = await refreshedById(ctx, target.id);
  if (green !== undefined && fate === "deleted") {
    await transition(ctx, target.id, ["creating", "available", "stopped", "failed"], {
      db_instance_status: "deleting",
    });
    remove(ctx, { ...green, db_instance_status: "deleting" });
  } else if (green !== undefined && fate === "promoted" && sourceNameOf(green) !== undefined) {
    if (await transition(ctx, target.id, ["available"], { db_instance_status: "modifying" })) promote(ctx, green, {});
  }
  ctx.background(`rds delete blue/green deployment ${id}`, async () => {
    await turnsOf(ctx, target.id);
    await deleteNamed({ db: ctx.db, ...place }, blueGreenFamily, id);
    await recordDeploymentEvent(ctx, place, id, "RDS-EVENT-0246");
  });
}

/**
 * At start, before the instances are looked at. A switchover that was cut off before the names were exchanged has failed, and
 * blue goes on; after that it is completed.
 */
export async function reconcileDeployments(ctx: ServiceContext): Promise<() => Promise<void>> {
  const { kind } = blueGreenFamily;
  const rows = await ctx.db.selectFrom("rds_resources").selectAll().where("kind", "=", kind).execute();
  const later: (() => Promise<void>)[] = [];
  for (const { account_id: accountId, region, document } of rows) {
    const deployment: BlueGreenDocument = JSON.parse(document);
    const place = { accountId, region };
    const { id, status, source, target, exchanged } = deployment;
    if (status === "DELETING") await deleteNamed({ db: ctx.db, ...place }, blueGreenFamily, id);
    if (status === "PROVISIONING") {
      later.push(() => settleProvisioning(ctx, place, id, target.id));
    }
    if (status !== "SWITCHOVER_IN_PROGRESS") continue;
    if (exchanged === true) {
      for (const side of [source, target]) await ctx.databases.stop(side.id);
      if (isCluster(source.id)) await settleClusterPorts(ctx, deployment);
      else await exchangePorts(ctx, [source.id, target.id]);
      later.push(async () => {
        await changeDeployment(ctx, place, id, ["SWITCHOVER_IN_PROGRESS"], { status: "SWITCHOVER_COMPLETED" });
      });
    } else {
      const details = "LocalAWS ended during the switchover.";
      await changeDeployment(ctx, place, id, [status], { status: "SWITCHOVER_FAILED", details });
    }
  }
  return async () => {
    for (const settle of later) await settle();
  };
}

/** Neither runs while one has the other's port. */
async function exchangePorts(ctx: ServiceContext, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const row = await refreshedById(ctx, id);
    if (row !== undefined) await ctx.databases.change(id, { port: row.port });
  }
}
