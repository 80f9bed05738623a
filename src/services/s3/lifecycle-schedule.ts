import type { ServiceContext } from "../service-context.ts";
import { runLifecycles } from "./lifecycle-run.ts";

interface Schedule {
  timer: NodeJS.Timeout | undefined;
  /** The run that is under way, and whether another is wanted after it. */
  running: boolean;
  again: boolean;
}

const schedules = new WeakMap<ServiceContext["blobs"], Schedule>();

/** A timer cannot be set further ahead, and a machine that slept has lost its count. */
const longestWait = 60 * 60 * 1000;

/** Runs the rules now and at each midnight (UTC), when days are over. */
export function scheduleLifecycles(ctx: ServiceContext): void {
  const schedule: Schedule = { timer: undefined, running: false, again: false };
  schedules.set(ctx.blobs, schedule);
  let lastDay = -1;
  const day = ctx.config.lifecycleDay;
  const tick = () => {
    const now = ctx.now().getTime();
    const today = Math.floor(now / day);
    if (today !== lastDay) runSoon(ctx);
    lastDay = today;
    schedule.timer = setTimeout(tick, Math.min((today + 1) * day - now + 1, longestWait)).unref();
  };
  tick();
}

/** Runs the rules in the background, once more where they are running already. */
export function runSoon(ctx: ServiceContext): void {
  const schedule = schedules.get(ctx.blobs);
  if (schedule === undefined) return;
  schedule.again = true;
  if (schedule.running) return;
  schedule.running = true;
  ctx.background("s3 lifecycle", async () => {
    try {
      while (schedule.again) {
        schedule.again = false;
        await runLifecycles(ctx);
      }
    } finally {
      schedule.running = false;
    }
  });
}

export function endLifecycles(ctx: ServiceContext): void {
  clearTimeout(schedules.get(ctx.blobs)?.timer);
  schedules.delete(ctx.blobs);
}
