import type { MasterUserSecret } from "@aws-sdk/client-rds";
import type { ServiceContext } from "../service-context.ts";
import { backUpCluster, dropClusterBackupsUnlessRetained, sealClusterArchive } from "./cluster-backups.ts";
import { restartWithClusterGroup } from "./cluster-parameters.ts";
import { endpointFamily, endpointsOf } from "./db-cluster-endpoint-rows.ts";
import { applyForwards, closeForwards } from "./db-cluster-forwards.ts";
import { joinMember } from "./db-cluster-member-lifecycle.ts";
import {
  type ClusterDocument,
  type ClusterStatus,
  changeCluster,
  clusterFamily,
  engineOfCluster,
  findClusterById,
  isMultiAz,
  membersOf,
  moveCluster,
  renameCluster,
  updateMembers,
} from "./db-cluster-rows.ts";
import { launchClusterServer } from "./db-cluster-server.ts";
import { byPromotion, resizeServer } from "./db-cluster-writer.ts";
import { changeDocument, type DbInstanceStatus, deleteRow, readDocument } from "./db-instance-rows.ts";
import { dropProxyTarget } from "./db-proxy-forwards.ts";
import { changedServerVersion } from "./engine-versions.ts";
import { majorOf, parameterGroupFamily } from "./engines.ts";
import { recordClusterEvent } from "./event-log.ts";
import { giveUpPassword, type PasswordChange, settlePassword } from "./managed-passwords.ts";
import { deleteSecret } from "./managed-secrets.ts";
import type { MemberValues } from "./multi-az-settings.ts";
import { deleteNamed } from "./named-resources.ts";
import { requireDefaultOptions } from "./new-db-cluster.ts";
import { withDefaultsOf } from "./pending-changes.ts";
import type { Origin } from "./server-launch.ts";
import { beginCreation, giveUpCreation, takeTurn } from "./server-work.ts";

// What goes on after an answer, as in db-instance-lifecycle.ts. A cluster's server and its members take their turns together.

function inTurn(ctx: ServiceContext, name: string, cluster: ClusterDocument, work: () => Promise<void>): void {
  takeTurn(ctx, { id: cluster.resourceId, name: `rds ${name} cluster ${cluster.name}` }, work);
}

/** A copy of what another server has, by a snapshot that is there for as long as it takes. */
interface CopyOrigin {
  readonly copyOf: string;
  readonly snapshotId: string;
}

/** From `creating`. */
export function createCluster(ctx: ServiceContext, cluster: ClusterDocument, origin: Origin | CopyOrigin): void {
  const id = cluster.resourceId;
  const creation = beginCreation(ctx, id);
  inTurn(ctx, "create", cluster, async () => {
    try {
      if ("copyOf" in origin) await ctx.databases.snapshot(origin.copyOf, origin.snapshotId);
      const engineVersion = await launchClusterServer(ctx, cluster, {
        ...{ origin: originOf(origin), signal: creation.signal },
        movedTo: (port) => moveCluster(ctx, id, ["creating"], { status: "creating", port }),
      });
      if (cluster.follows === undefined) await backUpCluster(ctx, { ...cluster, engineVersion });
      if (isMultiAz(cluster)) {
        for (const row of await membersOf(ctx, id)) await joinMember(ctx, row, engineVersion);
      }
      await moveCluster(ctx, id, ["creating"], { status: "available", engineVersion });
      if (isMultiAz(cluster)) await applyForwards(ctx, id);
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0170");
    } catch (error) {
      if (!creation.signal.aborted) await fail(ctx, cluster, "creating", error);
    } finally {
      creation.end();
      if ("copyOf" in origin) await ctx.databases.removeSnapshot(origin.snapshotId);
    }
  });
}

function originOf(origin: Origin | CopyOrigin): Origin {
  return "copyOf" in origin ? { snapshotId: origin.snapshotId } : origin;
}

/** From `starting`, with the members. */
export function startCluster(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "start", cluster, async () => {
    try {
      await restartWithClusterGroup(ctx, cluster, () => ctx.databases.start(cluster.resourceId));
      await arrive(ctx, cluster, "starting", "available");
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0151");
    } catch (error) {
      await fail(ctx, cluster, "starting", error);
    }
  });
}

/** From `stopping`, with the members. */
export function stopCluster(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "stop", cluster, async () => {
    try {
      await applyForwards(ctx, cluster.resourceId);
      await sealClusterArchive(ctx, cluster);
      await ctx.databases.stop(cluster.resourceId);
      await arrive(ctx, cluster, "stopping", "stopped");
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0150");
    } catch (error) {
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0152");
      await fail(ctx, cluster, "stopping", error);
    }
  });
}

/** From `backing-up`. */
export function scheduleClusterBackup(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "back up", cluster, async () => {
    try {
      await backUpCluster(ctx, cluster);
    } finally {
      await moveCluster(ctx, cluster.resourceId, ["backing-up"], { status: "available" });
    }
  });
}

/** From `rebooting`, with the members. */
export function rebootCluster(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "reboot", cluster, async () => {
    try {
      await restartWithClusterGroup(ctx, cluster, () => ctx.databases.reboot(cluster.resourceId));
      await arrive(ctx, cluster, "rebooting", "available");
    } catch (error) {
      await fail(ctx, cluster, "rebooting", error);
    }
  });
}

/**
 * From `failing-over`: another member writes, `target` where it is said. The server starts anew, as Aurora's writers do: all
 * connections end.
 */
export function failOver(ctx: ServiceContext, cluster: ClusterDocument, target: string | undefined): void {
  const id = cluster.resourceId;
  inTurn(ctx, "failover", cluster, async () => {
    try {
      const { writer } = (await findClusterById(ctx, id)) ?? cluster;
      const members = await membersOf(ctx, id);
      const others = members.filter((row) => row.dbi_resource_id !== writer).sort(byPromotion);
      const next = others.find((row) => target === undefined || row.dbi_resource_id === target);
      if (next !== undefined) {
        const zones = [next, members.find((row) => row.dbi_resource_id === writer)].map(
          (row) => row && readDocument(row).AvailabilityZone,
        );
        const started = zones[0] === zones[1] ? "RDS-EVENT-0072" : "RDS-EVENT-0073";
        await recordClusterEvent(ctx, cluster, started, next.db_instance_identifier);
        const after = await changeCluster(ctx, id, (before) => ({ ...before, writer: next.dbi_resource_id }));
        await resizeServer(ctx, after ?? cluster, next);
        await restartWithClusterGroup(ctx, cluster, () => ctx.databases.reboot(id));
      }
      await arrive(ctx, cluster, "failing-over", "available");
      if (next !== undefined) await recordClusterEvent(ctx, cluster, "RDS-EVENT-0071", next.db_instance_identifier);
    } catch (error) {
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0069");
      await fail(ctx, cluster, "failing-over", error);
    }
  });
}

export interface ClusterChanges {
  readonly password?: PasswordChange | undefined;
  readonly port?: number | undefined;
  readonly engineVersion?: string | undefined;
  readonly name?: string | undefined;
  /** Of a Multi-AZ DB cluster. */
  readonly values?: MemberValues | undefined;
}

export function statusWhile({ password, port, engineVersion, name, values }: ClusterChanges): ClusterStatus {
  if (engineVersion !== undefined) return "upgrading";
  if (name !== undefined) return "renaming";
  if (port !== undefined || values !== undefined) return "modifying";
  return password === undefined ? "available" : "resetting-master-credentials";
}

const changing: readonly ClusterStatus[] = ["modifying", "renaming", "upgrading", "resetting-master-credentials"];

/** From one of `changing`. What cannot be done is dropped, and the cluster goes on as it is. */
export function modifyCluster(ctx: ServiceContext, cluster: ClusterDocument, changes: ClusterChanges): void {
  const id = cluster.resourceId;
  const { password, port, engineVersion, name, values } = changes;
  inTurn(ctx, "modify", cluster, async () => {
    try {
      const { MasterUsername = "" } = cluster.settings;
      if (password !== undefined) {
        await ctx.databases.setPassword(id, MasterUsername, password.password);
        const secret = await settlePassword(ctx, password);
        await changeCluster(ctx, id, (before) => withoutPasswordChange(before, secret));
        await recordClusterEvent(ctx, cluster, "RDS-EVENT-0016");
      }
      const upgraded = { ...(engineVersion !== undefined && { engineVersion }) };
      const moved = { ...(port !== undefined && { port }) };
      const { engineVersion: before } = cluster;
      const ofServer = { ...moved, ...changedServerVersion(ctx, engineOfCluster(cluster), before, engineVersion) };
      if (Object.keys(ofServer).length > 0) await ctx.databases.change(id, ofServer);
      await changeCluster(ctx, id, (before) => ({
        ...{ ...before, ...moved, ...upgraded, ...withoutPending(before, changes) },
      }));
      if (values !== undefined) await changeMemberValues(ctx, id, values);
      if (engineVersion !== undefined) {
        await upgradeGroups(ctx, id, engineVersion);
        await restartWithClusterGroup(ctx, cluster, () => ctx.databases.reboot(id));
        const engine = engineOfCluster(cluster);
        const isMajor = majorOf(engineVersion, engine) !== majorOf(cluster.engineVersion, engine);
        await recordClusterEvent(ctx, cluster, isMajor ? "RDS-EVENT-0176" : "RDS-EVENT-0173");
      }
      if (name !== undefined) await rename(ctx, cluster, name);
      await applyForwards(ctx, id);
      await moveCluster(ctx, id, changing, { status: "available" });
    } catch (error) {
      ctx.log.error({ err: error, dbCluster: cluster.name }, "the DB cluster was not modified");
      // A password that the server has by now is settled: nothing of it is staged any more.
      const { settings } = (await findClusterById(ctx, id)) ?? cluster;
      const isPending = password !== undefined && settings.PendingModifiedValues?.MasterUserPassword !== undefined;
      const secret = isPending ? await giveUpPassword(ctx, password) : settings.MasterUserSecret;
      await changeCluster(ctx, id, (before) => withSecret({ ...before, ...withoutPending(before, changes) }, secret));
      const runs = (await ctx.databases.get(id))?.state === "running";
      await moveCluster(ctx, id, changing, { status: runs ? "available" : "failed" });
      if (!runs) await failMembers(ctx, id, []);
    }
  });
}

async function rename(ctx: ServiceContext, cluster: ClusterDocument, name: string): Promise<void> {
  if (await renameCluster(ctx, cluster, name)) {
    await recordClusterEvent(ctx, { ...cluster, name }, "RDS-EVENT-0172", cluster.name, name);
    return;
  }
  ctx.log.error({ dbCluster: cluster.name, name }, "the new name is taken by now");
}

/** Its password is not about to change any more, and `secret` holds it. */
export function withoutPasswordChange(cluster: ClusterDocument, secret: MasterUserSecret | undefined): ClusterDocument {
  return withSecret({ ...cluster, ...withoutPending(cluster, { password: { password: "" } }) }, secret);
}

function withSecret(cluster: ClusterDocument, secret: MasterUserSecret | undefined): ClusterDocument {
  const { MasterUserSecret: _, ...settings } = cluster.settings;
  return { ...cluster, settings: secret === undefined ? settings : { ...settings, MasterUserSecret: secret } };
}

/** Members go with the cluster, and default groups with the major version. */
async function upgradeGroups(ctx: ServiceContext, id: string, engineVersion: string): Promise<void> {
  const before = await findClusterById(ctx, id);
  if (before === undefined) return;
  const engine = engineOfCluster(before);
  const family = parameterGroupFamily(engineVersion, engine);
  await changeCluster(ctx, id, ({ settings, ...before }) => ({
    ...before,
    settings: {
      ...settings,
      DBClusterOptionGroupMemberships: [
        { DBClusterOptionGroupName: requireDefaultOptions(undefined, { engine, engineVersion }), Status: "in-sync" },
      ],
      ...(settings.DBClusterParameterGroup?.startsWith("default.") && { DBClusterParameterGroup: `default.${family}` }),
    },
  }));
  await ctx.db
    .updateTable("db_instances")
    .set({ engine_version: engineVersion })
    .where("db_cluster_resource_id", "=", id)
    .execute();
  for (const row of await membersOf(ctx, id)) {
    await changeDocument(ctx, row.dbi_resource_id, (document) => ({
      ...document,
      ...withDefaultsOf(document, engineVersion, engine),
    }));
  }
}

/** Gives a Multi-AZ DB cluster, its members and its server another class or storage. */
async function changeMemberValues(ctx: ServiceContext, id: string, values: MemberValues): Promise<void> {
  const after = await changeCluster(ctx, id, ({ pendingClass: _, ...before }) => ({
    ...{ ...before, settings: { ...before.settings, ...values } },
  }));
  if (after === undefined) return;
  await updateMembers(ctx, after);
  const writer = (await membersOf(ctx, id)).find((row) => row.dbi_resource_id === after.writer);
  if (writer !== undefined) await resizeServer(ctx, after, writer);
}

/** What has been changed, or has failed to, waits no more; the rest waits on. */
function withoutPending(
  { settings }: ClusterDocument,
  { password, engineVersion, name, values }: ClusterChanges,
): Pick<ClusterDocument, "settings"> {
  const { PendingModifiedValues: pending = {}, ...rest } = settings;
  const done = { MasterUserPassword: password, EngineVersion: engineVersion, DBClusterIdentifier: name, ...values };
  const ended = Object.entries(done).flatMap(([member, value]) => (value === undefined ? [] : [member]));
  const left = Object.fromEntries(Object.entries(pending).filter(([member]) => !ended.includes(member)));
  return { settings: Object.keys(left).length === 0 ? rest : { ...rest, PendingModifiedValues: left } };
}

/**
 * From `deleting`: gives up on a creation that is under way, and ends with no server and no row. Where a final snapshot is not
 * taken the cluster stays, so that no data are lost by a delete that promised one.
 */
export function removeCluster(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  finalSnapshot?: () => Promise<boolean>,
): void {
  const id = cluster.resourceId;
  giveUpCreation(ctx, id);
  inTurn(ctx, "delete", cluster, async () => {
    try {
      if (finalSnapshot !== undefined && !(await finalSnapshot())) {
        const runs = (await ctx.databases.get(id))?.state === "running";
        await moveMembers(ctx, id, isMultiAz(cluster) ? ["deleting"] : [], runs ? "available" : "stopped");
        await moveCluster(ctx, id, ["deleting"], { status: runs ? "available" : "stopped" });
        await applyForwards(ctx, id);
        return;
      }
      await closeForwards(ctx, id);
      await dropProxyTarget(ctx, id);
      await sealClusterArchive(ctx, cluster);
      await ctx.databases.remove(id);
      for (const row of await membersOf(ctx, id)) await deleteRow(ctx, row);
      await dropClusterBackupsUnlessRetained(ctx, cluster);
      const place = { db: ctx.db, accountId: cluster.accountId, region: cluster.region };
      for (const endpoint of await endpointsOf(ctx, id)) await deleteNamed(place, endpointFamily, endpoint.name);
      const { MasterUserSecret: secret } = ((await findClusterById(ctx, id)) ?? cluster).settings;
      await deleteNamed(place, clusterFamily, cluster.name);
      await ctx.db.deleteFrom("rds_applied_parameters").where("dbi_resource_id", "=", id).execute();
      if (secret !== undefined) await deleteSecret(ctx, secret);
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0171");
    } catch (error) {
      await fail(ctx, cluster, "deleting", error);
    }
  });
}

const membersMove: Readonly<Partial<Record<ClusterStatus, readonly DbInstanceStatus[]>>> = {
  creating: ["creating"],
  starting: ["starting"],
  stopping: ["stopping"],
  rebooting: ["rebooting"],
};

/** Moves the members of a cluster along with it. */
export async function moveMembers(
  ctx: ServiceContext,
  clusterResourceId: string,
  from: readonly DbInstanceStatus[],
  to: DbInstanceStatus,
): Promise<void> {
  await ctx.db
    .updateTable("db_instances")
    .set({ db_instance_status: to })
    .where("db_cluster_resource_id", "=", clusterResourceId)
    .where("db_instance_status", "in", [...from])
    .execute();
}

async function arrive(
  ctx: ServiceContext,
  { resourceId }: ClusterDocument,
  from: ClusterStatus,
  to: "available" | "stopped",
): Promise<void> {
  const moving = membersMove[from] ?? [];
  // Before anyone is told that they are available.
  if (to === "available") await applyForwards(ctx, resourceId, moving);
  await moveMembers(ctx, resourceId, moving, to);
  await moveCluster(ctx, resourceId, [from], { status: to });
}

async function fail(ctx: ServiceContext, cluster: ClusterDocument, from: ClusterStatus, error: unknown): Promise<void> {
  ctx.log.error({ err: error, dbCluster: cluster.name, port: cluster.port }, `the DB cluster failed while ${from}`);
  await moveCluster(ctx, cluster.resourceId, [from], { status: "failed" });
  await failMembers(ctx, cluster.resourceId, membersMove[from] ?? []);
}

async function failMembers(ctx: ServiceContext, id: string, moving: readonly DbInstanceStatus[]): Promise<void> {
  await moveMembers(ctx, id, [...moving, "available"], "failed");
  await applyForwards(ctx, id);
}
