import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { authorityOf } from "../certificate-authority.ts";
import type { DatabaseDriver } from "../database-driver.ts";
import { TcpForwards } from "../database-forwards.ts";
import { EngineDatabases } from "../engine-databases.ts";
import { fabricRefusal } from "../fabric-edge.ts";
import type { MachineDriver } from "../machine-driver.ts";
import { MachineNetworks } from "../machine-networks.ts";
import { NetworkFabric } from "../network-fabric.ts";
import { RecordsMachines } from "../records/records-machines.ts";
import type { Runtime, RuntimeOptions } from "../select-runtime.ts";
import { EmbeddedDatabases } from "./embedded-databases.ts";
import { EmbeddedMachines } from "./embedded-machines.ts";
import { EmbeddedMysqlDatabases } from "./embedded-mysql-databases.ts";
import { HostUplink } from "./host-uplink.ts";
import { findIsolation, type Isolation, isFullDisk } from "./machine-isolation.ts";
import { findMysqlPrograms } from "./mysql-programs.ts";
import { findPostgresClients } from "./postgres-clients.ts";
import { PostgresLaunchers } from "./postgres-launchers.ts";

/**
 * The runtime that needs nothing but the host. Where it has no namespaces to keep machines apart, machines go through
 * their states only, `limitations` says so, and `exec` rejects: there is never a shell on the host itself.
 */
export async function createEmbeddedRuntime(options: RuntimeOptions): Promise<Runtime> {
  const [machines, databases] = await Promise.all([openMachines(options), openDatabases(options)]);
  return { machines, databases };
}

async function openMachines({ dataDir, log }: RuntimeOptions): Promise<MachineDriver> {
  const root = join(dataDir, "ec2");
  mkdirSync(root, { recursive: true, mode: 0o700 });
  try {
    const isolation = await findIsolation(root);
    const refusal = isolation.addresses ? undefined : "Instances have no network: install iproute2.";
    const fabric = await openFabric(isolation, log);
    const networks = await MachineNetworks.open({ refusal, userNamespace: isolation.userNamespace, fabric, log });
    return await EmbeddedMachines.open({ root, isolation, networks, fabric, log });
  } catch (error) {
    if (isFullDisk(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ reason }, "instances will be records only");
    return new RecordsMachines({
      dataDir,
      kind: "embedded",
      limitations: [`Instances are records only: nothing runs, and no shell can be opened. ${reason}`],
    });
  }
}

/** Networks that lead to each other, to the host and out; none where a machine's own is all that this process may make. */
async function openFabric(
  { userNamespace }: Isolation,
  log: RuntimeOptions["log"],
): Promise<NetworkFabric | undefined> {
  if (userNamespace || (await fabricRefusal()) !== undefined) return undefined;
  return new NetworkFabric({ uplink: new HostUplink(), log });
}

async function openDatabases(options: RuntimeOptions): Promise<DatabaseDriver> {
  const authority = authorityOf(options.dataDir);
  const [postgres, mysql] = await Promise.all([openPostgres(options, authority), openMysql(options, authority)]);
  return new EngineDatabases({
    ...{ kind: "embedded", forwards: new TcpForwards(), postgres, mysql },
    limitations: ["A database's CPU, memory and disk are not limited."],
  });
}

type Authority = ReturnType<typeof authorityOf>;

async function openMysql({ dataDir, searchPath, log }: RuntimeOptions, authority: Authority) {
  const root = openRoot(dataDir, "rds-mysql");
  const programs = await findMysqlPrograms(root, searchPath);
  return await EmbeddedMysqlDatabases.open({ root, log, programs, authority });
}

/** The account that servers run as passes through it to their own folders. */
function openRoot(dataDir: string, name: string): string {
  const root = join(dataDir, name);
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o711);
  return root;
}

async function openPostgres(
  { dataDir, searchPath, log }: RuntimeOptions,
  authority: Authority,
): Promise<EmbeddedDatabases> {
  const root = openRoot(dataDir, "rds");
  const launchers = await PostgresLaunchers.find(root).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  if (launchers instanceof Error) log.warn({ reason: launchers.message }, "databases cannot run");
  const clients = await findPostgresClients(searchPath);
  return await EmbeddedDatabases.open({ root, log, launchers, clients, authority });
}
