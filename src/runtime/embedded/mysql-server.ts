import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SqlError } from "../../sql/sql-connection.ts";
import { DatabaseLaunchError } from "../database-driver.ts";
import { MysqlRefusal, type MysqlSql } from "../mysql-users.ts";
import { superuser } from "../superuser-sql.ts";
import {
  forgetFirstStatements,
  type MysqlServerSettings,
  pidFileName,
  socketName,
  superuserPassword,
  writeMysqlOptions,
} from "./mysql-data.ts";
import type { MysqlProgram } from "./mysql-programs.ts";
import { endOrphan } from "./server-orphan.ts";
import { openServerLog, ServerProcess } from "./server-process.ts";
import { withShortName } from "./short-socket.ts";

/** After a crash the server first reads its log again, which may take a while. */
const startMilliseconds = 120_000;
const shutdownMilliseconds = 30_000;
const statementMilliseconds = 60_000;

/** Ends the server that a killed LocalAWS left running in `data`. @throws Error when it does not end */
export async function endMysqlOrphan(data: string): Promise<void> {
  await endOrphan(data, {
    pidFile: pidFileName,
    programs: ["mariadbd", "mysqld"],
    steps: [
      ["SIGTERM", shutdownMilliseconds],
      ["SIGKILL", 5_000],
    ],
  });
}

/** A running server: a child of this process, whose end is seen. */
export class MysqlServer {
  /** What it was started with. */
  readonly settings: MysqlServerSettings;
  readonly #process: ServerProcess;

  private constructor(process: ServerProcess, settings: MysqlServerSettings) {
    this.#process = process;
    this.settings = settings;
  }

  /** Resolves when the server has ended. */
  get exited(): Promise<void> {
    return this.#process.exited;
  }

  /** Resolves when the server in `folder` accepts connections. @throws DatabaseLaunchError */
  static async start(program: MysqlProgram, folder: string, settings: MysqlServerSettings): Promise<MysqlServer> {
    await endMysqlOrphan(join(folder, "data"));
    const options = await writeMysqlOptions(program, folder, settings);
    const log = openServerLog(join(folder, "server.log"));
    const child = program.spawn([`--defaults-file=${program.pathInside(options)}`], log.descriptor);
    const server = new MysqlServer(new ServerProcess(child), settings);
    log.close();
    if (await server.#becomesReady(folder)) {
      await forgetFirstStatements(folder);
      return server;
    }
    await server.stop(0);
    throw new DatabaseLaunchError(reasonIn(log.written(), settings));
  }

  /** A clean shutdown, which ends open connections; after the patience (milliseconds; 0: at once) none. */
  async stop(patience = shutdownMilliseconds): Promise<void> {
    if (patience > 0 && (await this.#process.endsBy("SIGTERM", patience))) return;
    await this.#process.endsBy("SIGKILL", 5000);
  }

  /** Stops the server where it is, and lets it go on when `work` has ended. */
  async whileFrozen<T>(work: () => Promise<T>): Promise<T> {
    return await this.#process.whileFrozen(work);
  }

  async #becomesReady(folder: string): Promise<boolean> {
    const end = performance.now() + startMilliseconds;
    while (!this.#process.hasEnded && performance.now() < end) {
      // The socket is the server's own, which ends where it cannot have its port.
      const answers = await mysqlSuperuser(folder)("SELECT 1").catch(() => undefined);
      if (answers !== undefined && !this.#process.hasEnded) return true;
      await Promise.race([this.#process.exited, delay(50)]);
    }
    return false;
  }
}

/** SQL as the superuser of the server in `folder`, by the Unix socket in its data folder. */
export function mysqlSuperuser(folder: string): MysqlSql {
  return async (sql) => {
    const { connectMysql } = await import("../../sql/mysql-connection.ts");
    const password = await superuserPassword(folder);
    return await withShortName(join(folder, "data"), socketName, async (place) => {
      const server = {
        dialect: "mysql" as const,
        host: join(place, socketName),
        port: 0,
        username: superuser,
        password,
      };
      try {
        const connection = await connectMysql(server, { timeoutMs: statementMilliseconds });
        try {
          await connection.query("SET SESSION sql_mode = ''", { maxRows: 0 });
          const results = await connection.query(sql, { maxRows: Number.POSITIVE_INFINITY });
          return results.flatMap(({ rows }) => rows.map((row) => row.map((value) => value ?? "")));
        } finally {
          await connection.close();
        }
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new MysqlRefusal(message, error instanceof SqlError ? error.number : undefined, { cause: error });
      }
    });
  };
}

function reasonIn(text: string, { listenAddress, port }: MysqlServerSettings): string {
  if (/Bind on TCP\/IP port|Address already in use/i.test(text)) {
    return `Port ${port} of ${listenAddress} is in use by another program.`;
  }
  const problem = /\[ERROR\] (?:\[[^\]]*\] )*(.*)/.exec(text)?.[1] ?? text.trim();
  return `The server did not start at port ${port} of ${listenAddress}: ${problem}`;
}
