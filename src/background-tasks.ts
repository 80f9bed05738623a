import type { Logger } from "pino";

/** What operations have started and do not wait for. */
export interface BackgroundTasks {
  run(name: string, work: () => Promise<void>): void;
  /** Resolves when all that is under way has ended, and says whether there was anything. */
  settled(): Promise<boolean>;
}

/** `ended` is called whenever a task has ended, well or not. */
export function createBackgroundTasks(log: Logger, ended: () => void = () => {}): BackgroundTasks {
  const running = new Set<Promise<void>>();
  return {
    run(name, work) {
      const task = work()
        .catch((error: unknown) => log.error({ err: error, task: name }, "background work failed"))
        .finally(() => {
          running.delete(task);
          ended();
        });
      running.add(task);
    },
    async settled() {
      let any = false;
      while (running.size > 0) {
        any = true;
        await Promise.all(running);
      }
      return any;
    },
  };
}
