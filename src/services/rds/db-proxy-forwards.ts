import { type DatabaseEngine, DatabaseLaunchError } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { acceptsToken } from "./auth-tokens.ts";
import type { LoginsAt } from "./db-cluster-logins.ts";
import { findClusterById } from "./db-cluster-rows.ts";
import { readDocument } from "./db-instance-rows.ts";
import {
  everyProxy,
  listProxyEndpoints,
  type ProxyDocument,
  type ProxyTarget,
  proxyFamily,
  proxyPort,
} from "./db-proxy-rows.ts";
import { updateNamed } from "./named-resources.ts";
import { listenAddress } from "./ports.ts";
import { serverLogins } from "./token-logins.ts";

/** Has a proxy and its endpoints lead to its target, where it has one. */
export async function applyProxy(ctx: ServiceContext, proxy: ProxyDocument): Promise<void> {
  const way = await wayTo(ctx, proxy);
  const port = proxyPort(proxy.engineFamily);
  let listens = true;
  for (const { id, address, readOnly } of await listenersOf(ctx, proxy)) {
    if (way === undefined) {
      await ctx.databases.forwards.close(id);
      continue;
    }
    try {
      const target = { host: listenAddress, port: way.port };
      const logins = way.loginsAt?.(address, port);
      const engine = engineOf(proxy);
      const forward = { id, engine, listenAddress: address, port, target, readOnly, ...(logins && { logins }) };
      await ctx.databases.forwards.open(forward);
    } catch (error) {
      if (!(error instanceof DatabaseLaunchError)) throw error;
      ctx.log.error({ err: error, dbProxy: proxy.name, address }, "a DB proxy cannot listen");
      listens = false;
    }
  }
  if (listens !== proxy.listens) await saveProxy(ctx, { ...proxy, listens });
}

/** After a target has got another port. */
export async function applyProxiesTo(ctx: ServiceContext, resourceId: string): Promise<void> {
  for (const proxy of await everyProxy(ctx)) {
    if (proxy.target?.resourceId === resourceId) await applyProxy(ctx, proxy);
  }
}

/** After a target has gone. */
export async function dropProxyTarget(ctx: ServiceContext, resourceId: string): Promise<void> {
  for (const { target, ...proxy } of await everyProxy(ctx)) {
    if (target?.resourceId !== resourceId) continue;
    await saveProxy(ctx, proxy);
    await applyProxy(ctx, proxy);
  }
}

export async function reconcileProxies(ctx: ServiceContext): Promise<void> {
  for (const proxy of await everyProxy(ctx)) await applyProxy(ctx, proxy);
}

export async function closeProxy(ctx: ServiceContext, proxy: ProxyDocument): Promise<void> {
  for (const { id } of await listenersOf(ctx, proxy)) await ctx.databases.forwards.close(id);
}

export async function closeProxies(ctx: ServiceContext): Promise<void> {
  for (const proxy of await everyProxy(ctx)) await closeProxy(ctx, proxy);
}

export async function saveProxy({ db }: ServiceContext, proxy: ProxyDocument): Promise<void> {
  const { accountId, region, id } = proxy;
  await updateNamed({ db, accountId, region }, proxyFamily, id, proxy);
}

async function listenersOf({ db }: ServiceContext, proxy: ProxyDocument) {
  const { accountId, region, id, address } = proxy;
  const endpoints = await listProxyEndpoints({ db, accountId, region });
  return [
    { id, address, readOnly: false },
    ...endpoints
      .filter(({ proxyId }) => proxyId === id)
      .map((endpoint) => ({ ...endpoint, readOnly: endpoint.role === "READ_ONLY" })),
  ];
}

/** How a proxy reaches its target; none where that is gone, or does not run and is to look at tokens. */
async function wayTo(
  ctx: ServiceContext,
  proxy: ProxyDocument,
): Promise<{ readonly port: number; readonly loginsAt?: LoginsAt } | undefined> {
  const { target } = proxy;
  const place = target && (await placeOf(ctx, target));
  if (target === undefined || place === undefined) return undefined;
  if (proxy.defaultAuthScheme !== "IAM_AUTH" || ctx.databases.kind === "records") return { port: place.port };
  const logins = await serverLogins(ctx, target.resourceId, engineOf(proxy)).catch((error: unknown) => {
    if (!(error instanceof DatabaseLaunchError)) throw error;
  });
  if (logins === undefined) return undefined;
  const { accountId, region } = proxy;
  const loginsAt: LoginsAt = (address, port) => ({
    ...logins,
    accepts: async (username, token) =>
      (await placeOf(ctx, target))?.takesTokens === true &&
      (await acceptsToken(ctx, { accountId, region, address, port }, username, token)),
  });
  return { port: place.serverPort, loginsAt };
}

/** Its endpoint's port, and that of its server, which may be behind it. */
async function placeOf(ctx: ServiceContext, { type, resourceId }: ProxyTarget) {
  if (type === "TRACKED_CLUSTER") {
    const cluster = await findClusterById(ctx, resourceId);
    if (cluster === undefined) return undefined;
    const { port, serverPort = port, settings } = cluster;
    return { port, serverPort, takesTokens: settings.IAMDatabaseAuthenticationEnabled };
  }
  const row = await ctx.db
    .selectFrom("db_instances")
    .selectAll()
    .where("dbi_resource_id", "=", resourceId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const takesTokens = readDocument(row).IAMDatabaseAuthenticationEnabled;
  return { port: row.port, serverPort: row.server_port ?? row.port, takesTokens };
}

function engineOf({ engineFamily }: ProxyDocument): DatabaseEngine {
  return engineFamily === "MYSQL" ? "mysql" : "postgres";
}
