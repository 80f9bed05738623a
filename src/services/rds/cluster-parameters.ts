import type { DatabaseParameters } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { type ClusterDocument, changeCluster, engineOfCluster, findClusterById } from "./db-cluster-rows.ts";
import { serverSizeOf } from "./db-cluster-writer.ts";
import {
  type ParameterApplyStatus,
  readApplied,
  valuesOf,
  withParameterChanges,
  writeApplied,
} from "./instance-parameters.ts";
import type { ParameterChange } from "./parameter-groups.ts";
import { parametersOfServer } from "./server-parameters.ts";
import { takeTurn } from "./server-work.ts";
import { parameterGroupOfCluster } from "./stored-cluster-parameter-groups.ts";

// What instance-parameters.ts and instance-tuning.ts do for instances, for the servers of clusters.

/** The cluster goes by all of its group from now on. Resolves with what its server is to be told. */
export async function takeClusterGroup(ctx: ServiceContext, cluster: ClusterDocument): Promise<DatabaseParameters> {
  return apply(ctx, cluster, valuesOf(await parameterGroupOfCluster(ctx, cluster)));
}

async function apply(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  values: Readonly<Record<string, string>>,
): Promise<DatabaseParameters> {
  await writeApplied(ctx, cluster.resourceId, values);
  const { memoryBytes, cpus } = cluster.size ?? serverSizeOf(cluster);
  const { AllocatedStorage = 0 } = cluster.settings;
  return parametersOfServer(engineOfCluster(cluster), values, {
    ...{ AllocatedStorage: AllocatedStorage * 1024 ** 3, DBInstanceClassMemory: memoryBytes, DBInstanceVCPU: cpus },
    ...{ EndPointPort: cluster.port, TrueIfReplica: 0 },
  });
}

/** `restart` starts the server with all of its group. @throws DatabaseLaunchError */
export async function restartWithClusterGroup(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  restart: () => Promise<unknown>,
): Promise<void> {
  const id = cluster.resourceId;
  const current = (await findClusterById(ctx, id)) ?? cluster;
  await ctx.databases.configure(id, await takeClusterGroup(ctx, current));
  await restart();
  await setClusterApplyStatus(ctx, id, "in-sync");
}

/** What is said of each member. `unlessPending`: a cluster that waits for its reboot goes on waiting. */
async function setClusterApplyStatus(
  ctx: ServiceContext,
  id: string,
  parameterStatus: ParameterApplyStatus,
  { unlessPending = false } = {},
): Promise<void> {
  await changeCluster(ctx, id, (cluster) =>
    unlessPending && cluster.parameterStatus === "pending-reboot" ? undefined : { ...cluster, parameterStatus },
  );
}

/** Tells a server of changes in its cluster's group: those that are immediate now, the others at its next reboot. */
export async function reconfigureCluster(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  changes: readonly ParameterChange[],
): Promise<void> {
  const id = cluster.resourceId;
  const immediate = changes.filter(({ isImmediate }) => isImmediate);
  if (immediate.length < changes.length) await setClusterApplyStatus(ctx, id, "pending-reboot");
  if (immediate.length === 0) return;
  await setClusterApplyStatus(ctx, id, "applying", { unlessPending: true });
  takeTurn(ctx, { id, name: `rds configure cluster ${cluster.name}` }, async () => {
    try {
      const current = await findClusterById(ctx, id);
      if (current === undefined) return;
      const values = withParameterChanges(await readApplied(ctx, id), immediate);
      const { pendingReboot } = await ctx.databases.configure(id, await apply(ctx, current, values));
      const status = pendingReboot.length > 0 ? "pending-reboot" : "in-sync";
      await setClusterApplyStatus(ctx, id, status, { unlessPending: true });
    } catch (error) {
      ctx.log.error({ err: error, dbCluster: cluster.name }, "parameters were not applied");
      await setClusterApplyStatus(ctx, id, "failed-to-apply");
    }
  });
}
