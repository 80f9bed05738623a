import type { Logger } from "pino";

/** What operations have started and do not wait for. */
export interface BackgroundTasks {
  run(name: string, work: () => Promise<void>): void;
  /** Resolves when all that is under way has ended, and says whether there was anything. */
  settled(): Promise<boolean>;
}

/** Milliseconds between two lines of the log on what is waited for. */
const reportEvery = 5000;

/** `ended` is called whenever a task has ended, well or not. */
export function createBackgroundTasks(log: Logger, ended: () => void = () => {}): BackgroundTasks {
  const running = new Map<Promise<void>, string>();
  return {
    run(name, work) {
      const task = work()
        .catch((error: unknown) => log.error({ err: error, task: name }, "background work failed"))
        .finally(() => {
          running.delete(task);
          ended();
        });
      running.set(task, name);
    },
    async settled() {
      if (running.size === 0) return false;
      const report = () => log.info({ tasks: [...running.values()] }, "waits for work under way");
      report();
      const reports = setInterval(report, reportEvery);
      while (running.size > 0) await Promise.all(running.keys());
      clearInterval(reports);
      return true;
    },
  };
}
