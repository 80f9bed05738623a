import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseLaunchError } from "../database-driver.ts";
import { type ServerSettings, writeConfiguration } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import { endOrphan } from "./server-orphan.ts";
import { openServerLog, ServerProcess } from "./server-process.ts";
import { acceptsConnections } from "./startup-probe.ts";

/** After a crash the server first reads its log again, which may take a while. */
const startMilliseconds = 120_000;
const shutdownMilliseconds = 30_000;

/** A running server: a child of this process, whose end is seen. */
export class PostgresServer {
  readonly #process: ServerProcess;

  private constructor(process: ServerProcess) {
    this.#process = process;
  }

  /** Resolves when the server has ended. */
  get exited(): Promise<void> {
    return this.#process.exited;
  }

  /** Resolves when the server in `folder` accepts connections. @throws DatabaseLaunchError */
  static async start(launcher: PostgresLauncher, folder: string, settings: ServerSettings): Promise<PostgresServer> {
    const data = join(folder, "data");
    await endOrphan(data);
    await writeConfiguration(launcher, folder, settings);
    const log = openServerLog(join(folder, "server.log"));
    const child = launcher.spawn("postgres", ["-D", launcher.pathInside(data)], log.descriptor);
    const server = new PostgresServer(new ServerProcess(child));
    log.close();
    if (await server.#becomesReady(data, settings)) return server;
    await server.stop(0);
    throw new DatabaseLaunchError(reasonIn(log.written(), settings));
  }

  /** A clean shutdown, which ends open connections; after the patience (milliseconds; 0: at once) an immediate one. */
  async stop(patience = shutdownMilliseconds): Promise<void> {
    if (patience > 0 && (await this.#process.endsBy("SIGINT", patience))) return;
    if (await this.#process.endsBy("SIGQUIT", 5000)) return;
    await this.#process.endsBy("SIGKILL", 5000);
  }

  /** Stops all of the server's processes where they are, and lets them go on when `work` has ended. */
  async whileFrozen<T>(work: () => Promise<T>): Promise<T> {
    return await this.#process.whileFrozen(work);
  }

  async #becomesReady(data: string, { listenAddress, port }: ServerSettings): Promise<boolean> {
    const end = performance.now() + startMilliseconds;
    while (!this.#process.hasEnded && performance.now() < end) {
      // Both: the port alone may be another server's, the file alone is no answer yet.
      if (
        saysReady(join(data, "postmaster.pid"), this.#process.pid) &&
        (await acceptsConnections(listenAddress, port))
      ) {
        return true;
      }
      await Promise.race([this.#process.exited, delay(20)]);
    }
    return false;
  }
}

/** https://www.postgresql.org/docs/17/storage-file-layout.html: line 1 is the process id, line 8 the state. */
function saysReady(file: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

function reasonIn(text: string, { listenAddress, port }: ServerSettings): string {
  if (/could not bind .*: Address already in use/.test(text)) {
    return `Port ${port} of ${listenAddress} is in use by another program.`;
  }
  const problem = /(?:FATAL|PANIC): +(.*)/.exec(text)?.[1] ?? /could not .*/.exec(text)?.[0] ?? text.trim();
  return `PostgreSQL did not start at port ${port} of ${listenAddress}: ${problem}`;
}
