import type { ServiceContext } from "../service-context.ts";
import { takeClusterGroup } from "./cluster-parameters.ts";
import { type ClusterDocument, engineOfCluster } from "./db-cluster-rows.ts";
import { serverSizeOf } from "./db-cluster-writer.ts";
import { serverVersionOf, shownVersion } from "./engine-versions.ts";
import { engineFacts } from "./engines.ts";
import { launchServer, type Origin } from "./server-launch.ts";

/** Makes the server of a cluster. Resolves with the cluster's version. @throws DatabaseLaunchError */
export async function launchClusterServer(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  options: {
    readonly origin: Origin;
    readonly signal: AbortSignal;
    readonly movedTo: (port: number) => Promise<unknown>;
  },
): Promise<string> {
  const engine = engineOfCluster(cluster);
  const { MasterUsername: masterUsername = "", DatabaseName } = cluster.settings;
  const parameters = await takeClusterGroup(ctx, cluster);
  const server = await launchServer(ctx, {
    ...{ name: cluster.name, ...options },
    spec: {
      parameters,
      ...{
        id: cluster.resourceId,
        engine: engineFacts[engine].runs,
        port: cluster.serverPort ?? cluster.port,
        masterUsername,
      },
      engineVersion: serverVersionOf(ctx, engine, cluster.engineVersion),
      ...(DatabaseName === undefined ? {} : { databaseName: DatabaseName }),
      ...(cluster.size ?? serverSizeOf(cluster)),
      labels: { "localaws.rds.db-cluster": cluster.name, "localaws.region": cluster.region },
    },
  });
  return shownVersion({ asked: cluster.engineVersion, running: server.engineVersion });
}
