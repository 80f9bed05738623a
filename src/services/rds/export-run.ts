import type { DatabaseDriver } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { exportData } from "./export-data.ts";
import { changeTask, type ExportTaskDocument, exportTaskFamily, underWay } from "./stored-export-tasks.ts";
import { newSnapshotId, type Place } from "./stored-snapshots.ts";

export interface ExportSource {
  readonly type: "SNAPSHOT" | "CLUSTER";
  /** ISO 8601: of its data. */
  readonly time: string;
  /** Either a snapshot's data, or what a server has when the export begins. */
  readonly snapshotId?: string;
  readonly runningServer?: string;
  readonly server: { readonly engine: string; readonly engineVersion: string; readonly masterUsername: string };
}

/** Why an export is given up: `aborted` controllers say one of these. */
type End = "canceled" | "LocalAWS ended while the data were exported.";

const running = new WeakMap<DatabaseDriver, Map<string, AbortController>>();

function runningExports(ctx: ServiceContext): Map<string, AbortController> {
  const known = running.get(ctx.databases) ?? new Map<string, AbortController>();
  running.set(ctx.databases, known);
  return known;
}

const keyOf = ({ accountId, region }: Place, { ExportTaskIdentifier }: ExportTaskDocument) =>
  [accountId, region, ExportTaskIdentifier.toLowerCase()].join(" ");

/** From `STARTING`. */
export function startExport(ctx: ServiceContext, place: Place, task: ExportTaskDocument, source: ExportSource): void {
  const controller = new AbortController();
  const { signal } = controller;
  const { ExportTaskIdentifier: name } = task;
  const store = { db: ctx.db, ...place };
  runningExports(ctx).set(keyOf(place, task), controller);
  ctx.background(`rds export ${name}`, async () => {
    const end = (change: Partial<ExportTaskDocument>) =>
      changeTask(store, name, underWay, { ...change, TaskEndTime: ctx.now().toISOString() });
    try {
      const begun = { Status: "IN_PROGRESS", TaskStartTime: ctx.now().toISOString() } as const;
      const started = await changeTask(store, name, ["STARTING"], begun);
      if (started !== undefined)
        await withSnapshot(ctx, source, (snapshotId) =>
          exportData(ctx, { ...place, task: started, server: source.server, snapshotId, signal }),
        );
      signal.throwIfAborted();
      await end({ Status: "COMPLETE", PercentProgress: 100 });
    } catch (error) {
      const reason: End | undefined = signal.aborted ? signal.reason : undefined;
      if (reason === "canceled") {
        await end({ Status: "CANCELED" });
      } else {
        if (reason === undefined) ctx.log.warn({ err: error, exportTask: name }, "an export task failed");
        const FailureCause = reason ?? (error instanceof Error ? error.message : String(error));
        await end({ Status: "FAILED", FailureCause });
      }
    } finally {
      runningExports(ctx).delete(keyOf(place, task));
    }
  });
}

/** From `CANCELING`. */
export function cancelExport(ctx: ServiceContext, place: Place, task: ExportTaskDocument): void {
  runningExports(ctx)
    .get(keyOf(place, task))
    ?.abort("canceled" satisfies End);
}

/** At a stop: what is under way fails. */
export function endExports(ctx: ServiceContext): void {
  for (const controller of runningExports(ctx).values()) controller.abort(ended);
}

const ended: End = "LocalAWS ended while the data were exported.";

/** At start: nothing goes on. */
export async function reconcileExports(ctx: ServiceContext): Promise<void> {
  const { kind } = exportTaskFamily;
  const rows = await ctx.db.selectFrom("rds_resources").selectAll().where("kind", "=", kind).execute();
  for (const { account_id: accountId, region, name, document } of rows) {
    const { Status }: ExportTaskDocument = JSON.parse(document);
    const change =
      Status === "CANCELING" ? ({ Status: "CANCELED" } as const) : ({ Status: "FAILED", FailureCause: ended } as const);
    const TaskEndTime = ctx.now().toISOString();
    await changeTask({ db: ctx.db, accountId, region }, name, underWay, { ...change, TaskEndTime });
  }
}

async function withSnapshot(
  ctx: ServiceContext,
  { snapshotId, runningServer }: ExportSource,
  work: (snapshotId: string) => Promise<void>,
): Promise<void> {
  if (snapshotId !== undefined) return await work(snapshotId);
  const taken = newSnapshotId(ctx);
  try {
    await ctx.databases.snapshot(runningServer ?? "", taken);
    await work(taken);
  } finally {
    await ctx.databases.removeSnapshot(taken);
  }
}
