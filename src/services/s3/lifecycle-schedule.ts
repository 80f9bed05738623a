import type { ServiceContext } from "../service-context.ts";
import { runInventories } from "./inventory-run.ts";
import { runLifecycles } from "./lifecycle-run.ts";
import { expireRestores } from "./restorations.ts";
import { createSingleRun, type SingleRun } from "./single-run.ts";

interface Schedule {
  timer: NodeJS.Timeout | undefined;
  /** How often what was under way was ended. */
  ends: number;
  readonly run: SingleRun;
}

const schedules = new WeakMap<ServiceContext["blobs"], Schedule>();

/** A timer knows nothing of a clock that is set, nor of the time for which the machine slept. */
const longestWait = 60 * 1000;

/** Runs the rules, writes the inventories and removes the restored copies that are over, now and at each midnight (UTC), when days are over. */
export function scheduleLifecycles(ctx: ServiceContext): void {
  const run = createSingleRun(ctx, "s3 lifecycle", () => {
    const begun = schedule.ends;
    return runLifecycles(ctx, () => schedule.ends > begun);
  });
  const inventories = createSingleRun(ctx, "s3 inventory", () => runInventories(ctx));
  const restores = createSingleRun(ctx, "s3 restored copies", () => expireRestores(ctx));
  const schedule: Schedule = { timer: undefined, ends: 0, run };
  schedules.set(ctx.blobs, schedule);
  let lastDay = -1;
  const day = ctx.config.lifecycleDay;
  const tick = () => {
    const now = ctx.now().getTime();
    const today = Math.floor(now / day);
    if (today !== lastDay) {
      run.soon();
      inventories.soon();
      restores.soon();
    }
    lastDay = today;
    schedule.timer = setTimeout(tick, Math.min((today + 1) * day - now + 1, longestWait)).unref();
  };
  tick();
}

/** Runs the rules in the background, once more where they are running already. */
export function runSoon(ctx: ServiceContext): void {
  schedules.get(ctx.blobs)?.run.soon();
}

/** What is under way ends with its next keys: a bucket may have millions, and the next start begins anew. */
export function interruptLifecycles(ctx: ServiceContext): void {
  const schedule = schedules.get(ctx.blobs);
  if (schedule !== undefined) schedule.ends++;
}

export function endLifecycles(ctx: ServiceContext): void {
  interruptLifecycles(ctx);
  clearTimeout(schedules.get(ctx.blobs)?.timer);
  schedules.delete(ctx.blobs);
}
