import type { DatabaseServer } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { reconcileDeployments } from "./blue-green-work.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { create } from "./db-instance-creation.ts";
import { remove, resumeTokenLogins, start, startReplication, stop } from "./db-instance-lifecycle.ts";
import { modify, promote } from "./db-instance-modification.ts";
import {
  changeDocument,
  type DbInstanceRow,
  type DbInstanceStatus,
  readDocument,
  refreshedById,
  transition,
} from "./db-instance-rows.ts";
import { reconcileProxies } from "./db-proxy-forwards.ts";
import { reconcileExports } from "./export-run.ts";
import { takeUpPassword } from "./managed-passwords.ts";
import { listNamed } from "./named-resources.ts";
import { withoutPending } from "./pending-changes.ts";
import { reconcileClusters, resumeCluster } from "./reconcile-clusters.ts";
import { reconcileSnapshots, settleSnapshotsOf } from "./reconcile-snapshots.ts";
import { isTerminated, sourceNameOf, sourceOf } from "./replica-links.ts";
import { awaitsReplication } from "./replicated-backups.ts";
import { whenWorkFails } from "./server-work.ts";
import { automatedBackupFamily, backupNameOf } from "./stored-automated-backups.ts";
import { clusterBackupFamily } from "./stored-cluster-backups.ts";
import { snapshotFamily } from "./stored-snapshots.ts";

/**
 * Makes rows and servers agree after a stop or a crash. What takes time goes on in the background: a database that is
 * coming up is `starting`, as after StartDBInstance.
 */
export async function reconcile(ctx: ServiceContext): Promise<void> {
  await ctx.databases.mend().catch((err: unknown) => {
    ctx.log.error({ err }, "a database whose upgrade was cut off is not what it was before");
  });
  const settleDeployments = await reconcileDeployments(ctx);
  const servers = new Map((await ctx.databases.list()).map((server) => [server.id, server]));
  await reconcileClusters(ctx, servers);
  const alone = ctx.db.selectFrom("db_instances").selectAll().where("db_cluster_resource_id", "is", null);
  const rows = await alone.execute();
  for (const row of rows) {
    await agree(ctx, row, servers.get(row.dbi_resource_id));
    servers.delete(row.dbi_resource_id);
  }
  for (const row of rows) {
    const source = await sourceOf(ctx, row);
    const isOrphan = source === undefined || source.db_instance_status === "deleting";
    if (sourceNameOf(row) !== undefined && isOrphan && !isTerminated(row)) promote(ctx, row, {});
  }
  await settleDeployments();
  await reconcileProxies(ctx);
  await reconcileSnapshots(ctx);
  await reconcileArchives(ctx);
  for (const row of rows) if (await awaitsReplication(ctx, row)) startReplication(ctx, row);
  await reconcileExports(ctx);
  for (const { id } of servers.values()) {
    ctx.log.warn({ dbiResourceId: id }, "removing a database server that no DB instance knows");
    await ctx.databases.remove(id);
  }
  whenWorkFails(ctx, (id, since) => resume(ctx, id, since));
}

/** States that work is to end, and that nobody else takes an instance out of. */
const between: readonly DbInstanceStatus[] = [
  ...(["creating", "starting", "stopping", "rebooting", "modifying", "resetting-master-credentials"] as const),
  ...(["deleting", "backing-up"] as const),
];

/** What a start would do with one server, when nothing is under way with it. */
async function resume(ctx: ServiceContext, id: string, since: Date): Promise<void> {
  const row = await refreshedById(ctx, id);
  const server = await ctx.databases.get(id);
  if (row !== undefined && !isMember(row) && between.includes(statusOf(row))) await agree(ctx, row, server);
  await resumeCluster(ctx, id, server);
  await settleSnapshotsOf(ctx, id, since);
}

/** An archive of no automated backup is of no use. */
async function reconcileArchives(ctx: ServiceContext): Promise<void> {
  const kinds = [automatedBackupFamily.kind, clusterBackupFamily.kind];
  const rows = await ctx.db.selectFrom("rds_resources").select("name").where("kind", "in", kinds).execute();
  const known = new Set(rows.map(({ name }) => name));
  for (const id of await ctx.databases.archives.list()) {
    if (!known.has(backupNameOf(id))) await ctx.databases.archives.remove(id);
  }
}

async function agree(ctx: ServiceContext, row: DbInstanceRow, server: DatabaseServer | undefined): Promise<void> {
  const move = (to: DbInstanceStatus, reason?: string) => {
    const dbInstance = row.db_instance_identifier;
    if (reason !== undefined) ctx.log.error({ dbInstance }, `the DB instance is ${to}: ${reason}`);
    return transition(ctx, row.dbi_resource_id, [statusOf(row)], { db_instance_status: to });
  };
  switch (statusOf(row)) {
    case "deleting":
      // A delete that promised a final snapshot deletes nothing before that is taken.
      if (server !== undefined && (await awaitsSnapshot(ctx, row))) break;
      return remove(ctx, row);
    case "creating":
      await ctx.databases.remove(row.dbi_resource_id);
      // Nobody logs in to what is a record only.
      if (ctx.databases.kind === "records") return create(ctx, row, { masterPassword: "" });
      // The password was with the process that has ended, so the half-made server cannot be finished.
      await move("failed", "LocalAWS ended while it was being created");
      return;
    case "stopping":
    case "stopped":
      if (server?.state !== "running") {
        await move(
          server === undefined ? "failed" : "stopped",
          server === undefined ? "its server is gone" : undefined,
        );
        return;
      }
      await move("stopping");
      return stop(ctx, row);
    case "failed":
      // Its server came back, as it does when LocalAWS is started with the runtime that it had before.
      if (server === undefined) return;
      break;
    default:
      if (server !== undefined) break;
      await move("failed", `the ${ctx.databases.kind} runtime has no server for it`);
      return;
  }
  if (server.state === "running") {
    await move("available");
    resumeTokenLogins(ctx, row);
  } else {
    await move("starting");
    start(ctx, row);
  }
  await takeUpPassword(ctx, readDocument(row).MasterUserSecret, {
    resume: (password) => modify(ctx, row, { due: [], password }),
    settle: (secret) =>
      changeDocument(ctx, row.dbi_resource_id, (document) => ({
        ...withoutPending(document, ["MasterUserPassword"]),
        MasterUserSecret: secret,
      })),
  });
}

async function awaitsSnapshot(ctx: ServiceContext, row: DbInstanceRow): Promise<boolean> {
  const place = { db: ctx.db, accountId: row.account_id, region: row.region };
  return (await listNamed(place, snapshotFamily)).some(
    ({ document: { status, instance } }) => status === "creating" && instance.resourceId === row.dbi_resource_id,
  );
}

/** Only this service writes the column. */
function statusOf(row: DbInstanceRow): DbInstanceStatus {
  return row.db_instance_status as DbInstanceStatus;
}
