import { DatabaseLaunchError } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { findClusterById } from "./db-cluster-rows.ts";
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

/** Has a proxy and its endpoints lead to its target, where it has one. */
export async function applyProxy(ctx: ServiceContext, proxy: ProxyDocument): Promise<void> {
  const targetPort = await portOf(ctx, proxy.target);
  const port = proxyPort(proxy.engineFamily);
  let listens = true;
  for (const { id, address, readOnly } of await listenersOf(ctx, proxy)) {
    if (targetPort === undefined) {
      await ctx.databases.forwards.close(id);
      continue;
    }
    try {
      const target = { host: listenAddress, port: targetPort };
      const engine = proxy.engineFamily === "MYSQL" ? "mysql" : "postgres";
      await ctx.databases.forwards.open({ id, engine, listenAddress: address, port, target, readOnly });
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

async function portOf(ctx: ServiceContext, target: ProxyTarget | undefined): Promise<number | undefined> {
  if (target === undefined) return undefined;
  if (target.type === "TRACKED_CLUSTER") return (await findClusterById(ctx, target.resourceId))?.port;
  const row = await ctx.db
    .selectFrom("db_instances")
    .select("port")
    .where("dbi_resource_id", "=", target.resourceId)
    .executeTakeFirst();
  return row?.port;
}
