import type { Logger } from "pino";
import { authorityOf } from "../certificate-authority.ts";
import type { DatabaseDriver } from "../database-driver.ts";
import { TcpForwards } from "../database-forwards.ts";
import { EngineDatabases } from "../engine-databases.ts";
import { fabricRefusal } from "../fabric-edge.ts";
import type { MachineDriver } from "../machine-driver.ts";
import { MachineNetworks } from "../machine-networks.ts";
import { NetworkFabric } from "../network-fabric.ts";
import { DockerDatabases } from "./docker-databases.ts";
import { DockerMachines } from "./docker-machines.ts";
import { DockerMysqlDatabases } from "./docker-mysql-databases.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { folderId } from "./folder-id.ts";
import { resumePausedDatabases } from "./paused-databases.ts";
import { UplinkNetwork } from "./uplink-network.ts";

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
  const { dataDir, log } = options;
  const folder = folderId(dataDir);
  await resumePausedDatabases(engine.docker, folder);
  const authority = authorityOf(dataDir);
  const fabric = new NetworkFabric({ uplink: new UplinkNetwork(engine.docker, folder), log });
  const refusal = refusalOf(engine) ?? (await fabricRefusal());
  const networks = await MachineNetworks.open({ refusal, userNamespace: false, fabric, log });
  return {
    machines: new DockerMachines(engine, { folder, dataDir, networks, fabric, log }),
    databases: new EngineDatabases({
      ...{ kind: "docker", forwards: new TcpForwards(), limitations: engine.limitations },
      postgres: new DockerDatabases(engine, { folder, authority }),
      mysql: new DockerMysqlDatabases(engine, { folder, dataDir, authority }),
    }),
  };
}

/** What keeps LocalAWS out of the containers' networks. */
function refusalOf({ isLocal }: Engine): string | undefined {
  if (process.platform !== "linux" || !isLocal) return "LocalAWS does not run on the Docker engine's own Linux host.";
  if (process.getuid?.() !== 0) return "LocalAWS does not run as root.";
  return undefined;
}
