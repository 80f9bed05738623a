import { DatabaseLaunchError, type PostgresTokenLogins } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { acceptsToken } from "./auth-tokens.ts";
import { type ClusterDocument, changeCluster, engineOfCluster, findClusterById } from "./db-cluster-rows.ts";
import { engineFacts } from "./engines.ts";
import { findPort, listenAddress } from "./ports.ts";
import { atFreePort } from "./server-launch.ts";

// What token-logins.ts does for instances, for the endpoints of clusters: the ways to a cluster of PostgreSQL end encryption and take
// tokens, and so does its own endpoint where tokens are to be taken; its server listens behind that then.
// docs/decisions/0038-iam-database-authentication.md

/** What makes the logins of the endpoint at an address and a port of the cluster; none where there is nothing to log in to. */
export type LoginsAt = (address: string, port: number) => PostgresTokenLogins | undefined;

export async function loginsOf(ctx: ServiceContext, cluster: ClusterDocument): Promise<LoginsAt> {
  const { resourceId: id, accountId, region } = cluster;
  if (ctx.databases.kind === "records" || engineFacts[engineOfCluster(cluster)].runs !== "postgres")
    return () => undefined;
  const identity = await ctx.databases.identity(id).catch((error: unknown) => {
    if (!(error instanceof DatabaseLaunchError)) throw error;
  });
  if (identity === undefined) return () => undefined;
  return (address, port) => ({
    identity,
    accepts: async (username, token) => {
      const current = await findClusterById(ctx, id);
      const isOn = current?.settings.IAMDatabaseAuthenticationEnabled === true;
      return isOn && (await acceptsToken(ctx, { accountId, region, address, port }, username, token));
    },
    clientCertificate: async (username) => await (await ctx.databases.authority()).issueClient(username),
  });
}

/**
 * Has the server of a cluster listen behind the cluster's endpoint, or be that endpoint, as the cluster says by now. Its
 * connections end where it moves. Resolves with the cluster as it is then. @throws DatabaseLaunchError
 */
export async function placeServer(ctx: ServiceContext, cluster: ClusterDocument): Promise<ClusterDocument> {
  const { resourceId: id, serverPort } = cluster;
  if (ctx.databases.kind === "records") return cluster;
  const isBehind = cluster.settings.IAMDatabaseAuthenticationEnabled === true;
  if (isBehind === (serverPort !== undefined)) return cluster;
  if (isBehind) {
    const move = async (port: number) => {
      const moved = await changeCluster(ctx, id, (before) => ({ ...before, serverPort: port }));
      await ctx.databases.change(id, { port });
      return moved ?? cluster;
    };
    return await atFreePort(ctx, { port: await findPort(ctx), movedTo: async () => {} }, move);
  }
  await ctx.databases.forwards.close(endpointForwardOf(id));
  await ctx.databases.change(id, { port: cluster.port });
  const moved = await changeCluster(ctx, id, ({ serverPort: _, ...before }) => before);
  return moved ?? cluster;
}

/** Opens a cluster's own endpoint, where its server is behind it. @throws DatabaseLaunchError where nothing can listen there */
export async function openEndpoint(ctx: ServiceContext, cluster: ClusterDocument, loginsAt: LoginsAt): Promise<void> {
  const { resourceId, port, serverPort } = cluster;
  const logins = loginsAt(listenAddress, port);
  if (serverPort === undefined || logins === undefined) return;
  const open = () =>
    ctx.databases.forwards.open({
      ...{ id: endpointForwardOf(resourceId), listenAddress, port, readOnly: false, engine: "postgres", logins },
      target: { host: listenAddress, port: serverPort },
    });
  try {
    await open();
  } catch (error) {
    if (!(error instanceof DatabaseLaunchError)) throw error;
    // LocalAWS ended between the two halves of a move: the server is still where the forward is to be.
    await ctx.databases.change(resourceId, { port: serverPort });
    await open();
  }
}

export function endpointForwardOf(clusterResourceId: string): string {
  return `${clusterResourceId}-rw`;
}
