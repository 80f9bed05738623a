import type { ServiceContext } from "../service-context.ts";
import { runInventories } from "./inventory-run.ts";
import { runLifecycles } from "./lifecycle-run.ts";
import { expireRestores } from "./restorations.ts";
import { createSingleRun, type SingleRun } from "./single-run.ts";

interface Schedule {
  timer: NodeJS.Timeout | undefined;
  readonly run: SingleRun;
}

const schedules = new WeakMap<ServiceContext["blobs"], Schedule>();

/** A timer cannot be set further ahead, and a machine that slept has lost its count. */
const longestWait = 60 * 60 * 1000;

/** Runs the rules, writes the inventories and removes the restored copies that are over, now and at each midnight (UTC), when days are over. */
export function scheduleLifecycles(ctx: ServiceContext): void {
  const run = createSingleRun(ctx, "s3 lifecycle", () => runLifecycles(ctx));
  const inventories = createSingleRun(ctx, "s3 inventory", () => runInventories(ctx));
  const restores = createSingleRun(ctx, "s3 restored copies", () => expireRestores(ctx));
  const schedule: Schedule = { timer: undefined, run };
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

export function endLifecycles(ctx: ServiceContext): void {
  clearTimeout(schedules.get(ctx.blobs)?.timer);
  schedules.delete(ctx.blobs);
}
