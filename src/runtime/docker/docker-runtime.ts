import type { Logger } from "pino";
import type { DatabaseDriver } from "../database-driver.ts";
import type { MachineDriver } from "../machine-driver.ts";
import { DockerDatabases } from "./docker-databases.ts";
import { DockerMachines } from "./docker-machines.ts";
import { connectEngine } from "./engine.ts";
import { folderId } from "./folder-id.ts";

/**
 * Machines and databases as containers of a Docker engine. `timeout` in milliseconds is what the engine has to answer in.
 * @throws Error with a sentence for people when there is no engine
 */
export async function createDockerRuntime(options: {
  readonly dataDir: string;
  readonly log: Logger;
  readonly timeout: number;
}): Promise<{ machines: MachineDriver; databases: DatabaseDriver }> {
  const engine = await connectEngine(options.timeout);
  const folder = await folderId(options.dataDir);
  return {
    machines: new DockerMachines(engine, { folder, dataDir: options.dataDir, log: options.log }),
    databases: new DockerDatabases(engine, { folder }),
  };
}
