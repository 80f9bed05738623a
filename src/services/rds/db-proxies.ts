import type * as Rds from "@aws-sdk/client-rds";
import type { CreateDBProxyEndpointRequest, DBProxy, UserAuthConfig, UserAuthConfigInfo } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { applyProxy, closeProxy, saveProxy } from "./db-proxy-forwards.ts";
import {
  insertListener,
  listProxies,
  listProxyEndpoints,
  type ProxyDocument,
  proxyEndpointFamily,
  proxyFamily,
  requireProxy,
} from "./db-proxy-rows.ts";
import { checkSubnets } from "./db-subnet-groups.ts";
import { resolveSecurityGroups } from "./default-network.ts";
import {
  dbProxyAlreadyExists,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
  notEmulated,
} from "./errors.ts";
import { recordProxyEvent } from "./event-log.ts";
import { requireIdentifier } from "./identifiers.ts";
import { arnOfNamed, deleteNamed } from "./named-resources.ts";
import { page } from "./pages.ts";

/** By engine family, what a client's password may be for, in their order, and what it is: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_UserAuthConfig.html */
const passwordTypes = new Map<string, { readonly all: readonly string[]; readonly usual: PasswordType }>([
  ["MYSQL", { all: ["MYSQL_CACHING_SHA2_PASSWORD", "MYSQL_NATIVE_PASSWORD"], usual: "MYSQL_CACHING_SHA2_PASSWORD" }],
  ["POSTGRESQL", { all: ["POSTGRES_MD5", "POSTGRES_SCRAM_SHA_256"], usual: "POSTGRES_SCRAM_SHA_256" }],
  ["SQLSERVER", { all: ["SQL_SERVER_AUTHENTICATION"], usual: "SQL_SERVER_AUTHENTICATION" }],
]);

type PasswordType = NonNullable<UserAuthConfigInfo["ClientPasswordAuthType"]>;

/** Seconds. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-creating.html */
const standardTimeout = 1800;
const longestTimeout = 28_800;

const standardPool = {
  MaxConnectionsPercent: 100,
  MaxIdleConnectionsPercent: 50,
  ConnectionBorrowTimeout: 120,
  SessionPinningFilters: [],
};

export const dbProxies = {
  async CreateDBProxy(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireIdentifier("DBProxyName", input.DBProxyName ?? "");
    const engineFamily = input.EngineFamily ?? "";
    if (!passwordTypes.has(engineFamily)) throw invalidParameterValue(`Invalid engine family: ${engineFamily}`);
    if (!input.RoleArn) throw mustBeProvided("RoleArn");
    const defaultAuthScheme = requireScheme(input.DefaultAuthScheme ?? "NONE");
    requireAuth(defaultAuthScheme, input.Auth);
    checkAuth(input.Auth, { engineFamily, requireTls: input.RequireTLS ?? false });
    refuseIam(ctx, input.Auth);
    const idleClientTimeout = requireTimeout(input.IdleClientTimeout ?? standardTimeout);
    const network = await resolveListener(ctx, input);
    await requireFreeName(ctx, name);
    const now = ctx.now().toISOString();
    const listener: Omit<ProxyDocument, "address"> = {
      ...{ id: ctx.newId("prx"), name, engineFamily, auth: toAuth(engineFamily, input.Auth), roleArn: input.RoleArn },
      defaultAuthScheme,
      ...{ requireTls: input.RequireTLS ?? false, idleClientTimeout, debugLogging: input.DebugLogging ?? false },
      ...{ ...network, created: now, updated: now, listens: true },
      ...{ accountId: ctx.accountId, region: ctx.region },
      targetGroup: { id: ctx.newId("prx-tg"), pool: standardPool, updated: now },
    };
    const proxy = await insertListener(ctx, proxyFamily, listener, { engineFamily, tags: input.Tags });
    await recordProxyEvent(ctx, ctx, name, "RDS-EVENT-0203", name);
    return { DBProxy: { ...toProxy(proxy), Status: "creating" } };
  },

  async DescribeDBProxies(ctx, input) {
    const all = input.DBProxyName ? [await requireProxy(ctx, input.DBProxyName)] : await listProxies(ctx);
    const { items, marker } = page(all, { ...input, kind: "db-proxies" }, ({ name }) => name);
    return { DBProxies: items.map(toProxy), Marker: marker };
  },

  async ModifyDBProxy(ctx, request) {
    const input = withoutBlanks(request);
    const before = await requireProxy(ctx, input.DBProxyName);
    const defaultAuthScheme = requireScheme(input.DefaultAuthScheme ?? before.defaultAuthScheme ?? "NONE");
    requireAuth(defaultAuthScheme, input.Auth ?? before.auth);
    const requireTls = input.RequireTLS ?? before.requireTls;
    checkAuth(input.Auth ?? before.auth, { engineFamily: before.engineFamily, requireTls });
    refuseIam(ctx, input.Auth);
    const name = input.NewDBProxyName ? requireIdentifier("NewDBProxyName", input.NewDBProxyName) : before.name;
    if (name !== before.name) await requireFreeName(ctx, name);
    const groups = input.SecurityGroups && (await resolveSecurityGroups(ctx, input.SecurityGroups, before.vpcId));
    const changed: ProxyDocument = {
      ...{ ...before, name, defaultAuthScheme, updated: ctx.now().toISOString() },
      auth: input.Auth === undefined ? before.auth : toAuth(before.engineFamily, input.Auth),
      roleArn: input.RoleArn ?? before.roleArn,
      requireTls,
      idleClientTimeout: requireTimeout(input.IdleClientTimeout ?? before.idleClientTimeout),
      debugLogging: input.DebugLogging ?? before.debugLogging,
      securityGroupIds: groups?.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId) ?? before.securityGroupIds,
    };
    await saveProxy(ctx, changed);
    await applyProxy(ctx, changed);
    await recordProxyEvent(ctx, ctx, name, "RDS-EVENT-0204", name);
    return { DBProxy: { ...toProxy(changed), Status: "modifying" } };
  },

  async DeleteDBProxy(ctx, input) {
    const proxy = await requireProxy(ctx, input.DBProxyName);
    await closeProxy(ctx, proxy);
    for (const endpoint of await listProxyEndpoints(ctx)) {
      if (endpoint.proxyId === proxy.id) await deleteNamed(ctx, proxyEndpointFamily, endpoint.id);
    }
    await deleteNamed(ctx, proxyFamily, proxy.id);
    await recordProxyEvent(ctx, ctx, proxy.name, "RDS-EVENT-0205", proxy.name);
    return { DBProxy: { ...toProxy(proxy), Status: "deleting" } };
  },
} satisfies Operations<typeof Rds, Context>;

/** Where in the VPC a proxy or an endpoint is. @throws InvalidSubnet, InvalidParameterValue */
export async function resolveListener(
  ctx: Context,
  {
    VpcSubnetIds = [],
    VpcSecurityGroupIds,
  }: Pick<CreateDBProxyEndpointRequest, "VpcSubnetIds" | "VpcSecurityGroupIds">,
) {
  const subnetIds = [...new Set(VpcSubnetIds)];
  const { vpcId } = await checkSubnets(ctx, subnetIds);
  const groups = await resolveSecurityGroups(ctx, VpcSecurityGroupIds, vpcId);
  return { vpcId, subnetIds, securityGroupIds: groups.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId) };
}

/** A proxy does not log in with passwords of secrets for who comes with a token; where nothing runs, nobody comes. */
function refuseIam({ databases }: Pick<Context, "databases">, auth: readonly UserAuthConfig[] | undefined): void {
  const asksIam = auth?.some(({ IAMAuth }) => IAMAuth === "REQUIRED" || IAMAuth === "ENABLED");
  if (asksIam && databases.kind !== "records") throw notEmulated("IAM authentication of a DB proxy with secrets");
}

function requireScheme(scheme: string): "IAM_AUTH" | "NONE" {
  if (scheme === "IAM_AUTH" || scheme === "NONE") return scheme;
  throw invalidParameterValue(`Invalid default authentication scheme: ${scheme}`);
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html */
function requireAuth(scheme: "IAM_AUTH" | "NONE", auth: readonly UserAuthConfig[] = []): void {
  if (scheme === "NONE" && auth.length === 0) {
    throw invalidParameterCombination("You must specify Auth when DefaultAuthScheme is NONE.");
  }
}

/** docs/decisions/0173-recorded-refusals.md */
function checkAuth(
  auth: readonly UserAuthConfig[] = [],
  { engineFamily, requireTls }: { readonly engineFamily: string; readonly requireTls: boolean },
): void {
  const types = passwordTypes.get(engineFamily)?.all ?? [];
  const modes = ["DISABLED", "REQUIRED", ...(engineFamily === "SQLSERVER" ? ["ENABLED"] : [])];
  for (const { ClientPasswordAuthType: type, IAMAuth: mode } of auth) {
    if (type !== undefined && !types.includes(type)) {
      throw invalidParameterValue(
        `The client password auth type ${type} that you specified isn't valid. The engine family ${engineFamily} supports only the following types: [${types.join(", ")}]`,
      );
    }
    if (mode !== undefined && !modes.includes(mode)) {
      throw invalidParameterValue(`Unsupported IAM Auth mode ${mode}, need to be in [${modes.join(", ")}]`);
    }
    if (mode === "REQUIRED" && !requireTls) {
      throw invalidParameterCombination("Must enable TLS, when IAM Auth is required");
    }
  }
}

function toAuth(engineFamily: string, auth: readonly UserAuthConfig[] = []): UserAuthConfigInfo[] {
  return auth.map((one) => ({
    ...one,
    AuthScheme: one.AuthScheme ?? "SECRETS",
    IAMAuth: one.IAMAuth ?? "DISABLED",
    ClientPasswordAuthType: one.ClientPasswordAuthType ?? passwordTypes.get(engineFamily)?.usual,
  }));
}

function requireTimeout(seconds: number): number {
  if (seconds >= 1 && seconds <= longestTimeout) return seconds;
  throw invalidParameterValue(`Invalid IdleClientTimeout - valid range is 1 - ${longestTimeout}`);
}

async function requireFreeName(ctx: Context, name: string): Promise<void> {
  if ((await listProxies(ctx)).some((proxy) => proxy.name === name)) throw dbProxyAlreadyExists(name);
}

function toProxy(proxy: ProxyDocument): DBProxy {
  return {
    DBProxyName: proxy.name,
    DBProxyArn: arnOfNamed(proxy, "db-proxy", proxy.id),
    Status: proxy.listens ? "available" : "incompatible-network",
    EngineFamily: proxy.engineFamily,
    VpcId: proxy.vpcId,
    VpcSecurityGroupIds: [...proxy.securityGroupIds],
    VpcSubnetIds: [...proxy.subnetIds],
    DefaultAuthScheme: proxy.defaultAuthScheme ?? "NONE",
    Auth: [...proxy.auth],
    RoleArn: proxy.roleArn,
    Endpoint: proxy.address,
    RequireTLS: proxy.requireTls,
    IdleClientTimeout: proxy.idleClientTimeout,
    DebugLogging: proxy.debugLogging,
    CreatedDate: new Date(proxy.created),
    UpdatedDate: new Date(proxy.updated),
    EndpointNetworkType: "IPV4",
    TargetConnectionNetworkType: "IPV4",
  };
}
