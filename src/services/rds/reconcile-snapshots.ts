import type { Selectable } from "kysely";
import type { RdsResourcesTable } from "../../db/rds-tables.ts";
import type { ServiceContext } from "../service-context.ts";
import { deleteNamed, updateNamed } from "./named-resources.ts";
import { replicatedSnapshots } from "./replicated-backups.ts";
import { type ClusterSnapshotDocument, clusterSnapshotFamily } from "./stored-cluster-snapshots.ts";
import { type SnapshotDocument, snapshotFamily } from "./stored-snapshots.ts";

type NamedRow = Selectable<RdsResourcesTable>;
type AnySnapshot = SnapshotDocument | ClusterSnapshotDocument;

/** What reconcile.ts does for snapshots. Data that no snapshot has are of no use. */
export async function reconcileSnapshots(ctx: ServiceContext): Promise<void> {
  const taken = new Set(await ctx.databases.listSnapshots());
  for (const row of await snapshotRows(ctx)) {
    const snapshot = snapshotOf(row);
    await settleSnapshot(ctx, row, snapshot, taken);
    taken.delete(snapshot.id);
  }
  for (const id of await replicatedSnapshots(ctx)) taken.delete(id);
  for (const id of taken) await ctx.databases.removeSnapshot(id);
}

/** The same for those of one server that were begun before `since`, when nothing is under way with it. */
export async function settleSnapshotsOf(ctx: ServiceContext, serverId: string, since: Date): Promise<void> {
  const taken = new Set(await ctx.databases.listSnapshots());
  for (const row of await snapshotRows(ctx)) {
    const snapshot = snapshotOf(row);
    const { resourceId } = "instance" in snapshot ? snapshot.instance : snapshot.cluster;
    if (resourceId === serverId && snapshot.created < since.toISOString()) {
      await settleSnapshot(ctx, row, snapshot, taken);
    }
  }
}

function snapshotRows(ctx: ServiceContext): Promise<NamedRow[]> {
  const kinds = [snapshotFamily.kind, clusterSnapshotFamily.kind];
  return ctx.db.selectFrom("rds_resources").selectAll().where("kind", "in", kinds).execute();
}

function snapshotOf({ document }: NamedRow): AnySnapshot {
  return JSON.parse(document);
}

/** A snapshot whose taking was cut off has no data. */
async function settleSnapshot(
  ctx: ServiceContext,
  row: NamedRow,
  snapshot: AnySnapshot,
  taken: ReadonlySet<string>,
): Promise<void> {
  const place = { db: ctx.db, accountId: row.account_id, region: row.region };
  const isWhole = snapshot.status === "available" && taken.has(snapshot.id);
  if (isWhole || snapshot.status === "failed") return;
  if (snapshot.type === "automated" && snapshot.status === "creating") {
    await deleteNamed(place, { kind: row.kind }, snapshot.name);
  } else {
    ctx.log.error({ snapshot: snapshot.name }, "the data of a database snapshot are not there");
    await updateNamed(place, { kind: row.kind }, snapshot.name, { ...snapshot, status: "failed" });
  }
  await ctx.databases.removeSnapshot(snapshot.id);
}
