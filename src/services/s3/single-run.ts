import type { ServiceContext } from "../service-context.ts";

/** Work of which at most one run goes on at a time. */
export interface SingleRun {
  /** Runs it in the background, once more where it is running already. */
  soon(): void;
}

export function createSingleRun(ctx: ServiceContext, name: string, work: () => Promise<void>): SingleRun {
  let running = false;
  let again = false;

  async function run(): Promise<void> {
    try {
      while (again) {
        again = false;
        await work();
      }
    } finally {
      running = false;
    }
  }

  return {
    soon() {
      again = true;
      if (running) return;
      running = true;
      ctx.background(name, run);
    },
  };
}
