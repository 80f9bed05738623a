import type * as Rds from "@aws-sdk/client-rds";
import type { DBProxyEndpoint } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { resolveListener } from "./db-proxies.ts";
import { applyProxy } from "./db-proxy-forwards.ts";
import {
  insertListener,
  listProxies,
  listProxyEndpoints,
  type ProxyEndpointDocument,
  proxyEndpointFamily,
  requireProxy,
} from "./db-proxy-rows.ts";
import { resolveSecurityGroups } from "./default-network.ts";
import { dbProxyEndpointAlreadyExists, dbProxyEndpointNotFound, invalidParameterValue } from "./errors.ts";
import { recordProxyEvent } from "./event-log.ts";
import { requireIdentifier } from "./identifiers.ts";
import { arnOfNamed, deleteNamed, updateNamed } from "./named-resources.ts";
import { page } from "./pages.ts";

export const dbProxyEndpoints = {
  async CreateDBProxyEndpoint(ctx, request) {
    const input = withoutBlanks(request);
    const proxy = await requireProxy(ctx, input.DBProxyName);
    const name = requireIdentifier("DBProxyEndpointName", input.DBProxyEndpointName ?? "");
    const role = input.TargetRole ?? "READ_WRITE";
    if (role !== "READ_WRITE" && role !== "READ_ONLY") throw invalidParameterValue(`Invalid target role: ${role}`);
    const network = await resolveListener(ctx, input);
    await requireFreeName(ctx, name);
    const listener: Omit<ProxyEndpointDocument, "address"> = {
      ...{ id: ctx.newId("prx-endpoint"), name, proxyId: proxy.id, role, ...network },
      ...{ created: ctx.now().toISOString(), accountId: ctx.accountId, region: ctx.region },
    };
    const endpoint = await insertListener(ctx, proxyEndpointFamily, listener, {
      ...{ engineFamily: proxy.engineFamily, tags: input.Tags },
    });
    await applyProxy(ctx, proxy);
    await recordProxyEvent(ctx, ctx, proxy.name, "RDS-EVENT-0206", name, proxy.name);
    return { DBProxyEndpoint: toEndpoint(endpoint, proxy.name, "creating") };
  },

  async DescribeDBProxyEndpoints(ctx, input) {
    const { DBProxyName, DBProxyEndpointName } = input;
    const proxy = DBProxyName ? await requireProxy(ctx, DBProxyName) : undefined;
    const all = DBProxyEndpointName ? [await requireEndpoint(ctx, DBProxyEndpointName)] : await listProxyEndpoints(ctx);
    const found = all.filter(({ proxyId }) => proxy === undefined || proxyId === proxy.id);
    if (DBProxyEndpointName && found.length === 0) throw dbProxyEndpointNotFound(DBProxyEndpointName);
    const { items, marker } = page(found, { ...input, kind: "db-proxy-endpoints" }, ({ name }) => name);
    const names = new Map((await listProxies(ctx)).map(({ id, name }) => [id, name]));
    return {
      DBProxyEndpoints: items.map((one) => toEndpoint(one, names.get(one.proxyId), "available")),
      Marker: marker,
    };
  },

  async ModifyDBProxyEndpoint(ctx, request) {
    const input = withoutBlanks(request);
    const before = await requireEndpoint(ctx, input.DBProxyEndpointName);
    const given = input.NewDBProxyEndpointName;
    const name = given === undefined ? before.name : requireIdentifier("NewDBProxyEndpointName", given);
    if (name !== before.name) await requireFreeName(ctx, name);
    const groups = input.VpcSecurityGroupIds?.length
      ? await resolveSecurityGroups(ctx, input.VpcSecurityGroupIds, before.vpcId)
      : undefined;
    const securityGroupIds =
      groups?.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId) ?? before.securityGroupIds;
    const changed = { ...before, name, securityGroupIds };
    await updateNamed(ctx, proxyEndpointFamily, before.id, changed);
    return { DBProxyEndpoint: toEndpoint(changed, await proxyNameOf(ctx, changed), "modifying") };
  },

  async DeleteDBProxyEndpoint(ctx, input) {
    const endpoint = await requireEndpoint(ctx, input.DBProxyEndpointName);
    const proxyName = await proxyNameOf(ctx, endpoint);
    await deleteNamed(ctx, proxyEndpointFamily, endpoint.id);
    await ctx.databases.forwards.close(endpoint.id);
    await recordProxyEvent(ctx, ctx, proxyName ?? "", "RDS-EVENT-0208", endpoint.name, proxyName ?? "");
    return { DBProxyEndpoint: toEndpoint(endpoint, proxyName, "deleting") };
  },
} satisfies Operations<typeof Rds, Context>;

async function requireEndpoint(ctx: Context, name = ""): Promise<ProxyEndpointDocument> {
  const found = (await listProxyEndpoints(ctx)).find((endpoint) => endpoint.name === name.toLowerCase());
  if (found === undefined) throw dbProxyEndpointNotFound(name);
  return found;
}

async function requireFreeName(ctx: Context, name: string): Promise<void> {
  if ((await listProxyEndpoints(ctx)).some((endpoint) => endpoint.name === name)) {
    throw dbProxyEndpointAlreadyExists(name);
  }
}

async function proxyNameOf(ctx: Context, { proxyId }: ProxyEndpointDocument): Promise<string | undefined> {
  return (await listProxies(ctx)).find(({ id }) => id === proxyId)?.name;
}

function toEndpoint(
  endpoint: ProxyEndpointDocument,
  proxyName: string | undefined,
  status: "available" | "creating" | "modifying" | "deleting",
): DBProxyEndpoint {
  return {
    DBProxyEndpointName: endpoint.name,
    DBProxyEndpointArn: arnOfNamed(endpoint, "db-proxy-endpoint", endpoint.id),
    DBProxyName: proxyName,
    Status: status,
    VpcId: endpoint.vpcId,
    VpcSecurityGroupIds: [...endpoint.securityGroupIds],
    VpcSubnetIds: [...endpoint.subnetIds],
    Endpoint: endpoint.address,
    CreatedDate: new Date(endpoint.created),
    TargetRole: endpoint.role,
    IsDefault: false,
    EndpointNetworkType: "IPV4",
  };
}
