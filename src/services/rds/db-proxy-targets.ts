import type * as Rds from "@aws-sdk/client-rds";
import type {
  ConnectionPoolConfiguration,
  DBProxyTarget,
  DBProxyTargetGroup,
  RegisterDBProxyTargetsRequest,
} from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { arnOfCluster, engineOfCluster, findClusterById, membersOf } from "./db-cluster-rows.ts";
import { arnOf, type DbInstanceRow, refreshedById } from "./db-instance-rows.ts";
import { requireDbInstance } from "./db-instances.ts";
import { applyProxy, saveProxy } from "./db-proxy-forwards.ts";
import { type ProxyDocument, type ProxyTarget, requireProxy } from "./db-proxy-rows.ts";
import { isMysqlEngine } from "./engines.ts";
import {
  dbProxyTargetAlreadyRegistered,
  dbProxyTargetGroupNotFound,
  dbProxyTargetNotFound,
  invalidDbInstanceState,
  invalidParameterCombination,
  invalidParameterValue,
} from "./errors.ts";
import { arnOfNamed } from "./named-resources.ts";
import { requireCluster } from "./new-db-cluster-member.ts";
import { page } from "./pages.ts";
import { listenAddress } from "./ports.ts";

/** Each proxy has one group, which has one target. */
const groupName = "default";

export const dbProxyTargets = {
  async DescribeDBProxyTargetGroups(ctx, input) {
    const proxy = await requireProxy(ctx, input.DBProxyName);
    if (input.TargetGroupName) requireGroup(input.TargetGroupName);
    const { items, marker } = page([proxy], { ...input, kind: "db-proxy-target-groups" }, ({ name }) => name);
    return { TargetGroups: items.map(toGroup), Marker: marker };
  },

  async ModifyDBProxyTargetGroup(ctx, input) {
    const proxy = await requireProxy(ctx, input.DBProxyName);
    requireGroup(input.TargetGroupName ?? "");
    if (input.NewName && input.NewName !== groupName) {
      throw invalidParameterValue("The default target group can't be renamed.");
    }
    const pool = { ...proxy.targetGroup.pool, ...checkPool(input.ConnectionPoolConfig ?? {}) };
    const targetGroup = { ...proxy.targetGroup, pool, updated: ctx.now().toISOString() };
    const changed = { ...proxy, targetGroup };
    await saveProxy(ctx, changed);
    return { DBProxyTargetGroup: toGroup(changed) };
  },

  async RegisterDBProxyTargets(ctx, input) {
    const proxy = await requireProxy(ctx, input.DBProxyName);
    requireGroup(input.TargetGroupName || groupName);
    const { engineFamily, ...target } = await requireTarget(ctx, input);
    if (proxy.engineFamily !== engineFamily) {
      throw invalidParameterValue(`The engine family of the proxy ${proxy.name} is ${proxy.engineFamily}.`);
    }
    if (proxy.target !== undefined) throw dbProxyTargetAlreadyRegistered(proxy.name);
    const changed = { ...proxy, target };
    await saveProxy(ctx, changed);
    await applyProxy(ctx, changed);
    return { DBProxyTargets: await describeTargets(ctx, target) };
  },

  async DeregisterDBProxyTargets(ctx, input) {
    const { target: before, ...proxy } = await requireProxy(ctx, input.DBProxyName);
    requireGroup(input.TargetGroupName || groupName);
    const target = await requireTarget(ctx, input);
    if (before?.resourceId !== target.resourceId) throw dbProxyTargetNotFound(proxy.name);
    await saveProxy(ctx, proxy);
    await applyProxy(ctx, proxy);
    return {};
  },

  async DescribeDBProxyTargets(ctx, input) {
    const { target } = await requireProxy(ctx, input.DBProxyName);
    if (input.TargetGroupName) requireGroup(input.TargetGroupName);
    const all = target === undefined ? [] : await describeTargets(ctx, target);
    const { items, marker } = page(all, { ...input, kind: "db-proxy-targets" }, ({ TargetArn = "" }) => TargetArn);
    return { Targets: items, Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

function requireGroup(name: string): void {
  if (name !== groupName) throw dbProxyTargetGroupNotFound(name);
}

/** @throws DBInstanceNotFound, DBClusterNotFoundFault, InvalidDBInstanceState */
async function requireTarget(
  ctx: Context,
  input: Pick<RegisterDBProxyTargetsRequest, "DBInstanceIdentifiers" | "DBClusterIdentifiers">,
): Promise<ProxyTarget & { readonly engineFamily: string }> {
  const instances = input.DBInstanceIdentifiers ?? [];
  const clusters = input.DBClusterIdentifiers ?? [];
  if (instances.length + clusters.length !== 1) {
    throw invalidParameterCombination("Exactly one DB instance or DB cluster must be specified.");
  }
  if (clusters.length > 0) {
    const cluster = await requireCluster(ctx, clusters[0]);
    const engineFamily = engineFamilyOf(engineOfCluster(cluster));
    return { type: "TRACKED_CLUSTER", resourceId: cluster.resourceId, engineFamily };
  }
  const row = await requireDbInstance(ctx, instances[0]);
  if (row.db_instance_status === "creating" || row.db_instance_status === "deleting") {
    throw invalidDbInstanceState(`DB instance ${row.db_instance_identifier} is ${row.db_instance_status}.`);
  }
  return { type: "RDS_INSTANCE", resourceId: row.dbi_resource_id, engineFamily: engineFamilyOf(row.engine) };
}

function engineFamilyOf(engine: string): string {
  return isMysqlEngine(engine) ? "MYSQL" : "POSTGRESQL";
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html */
function checkPool(config: ConnectionPoolConfiguration) {
  const { MaxConnectionsPercent: most, MaxIdleConnectionsPercent: idle, ConnectionBorrowTimeout: patience } = config;
  if (most !== undefined && (most < 1 || most > 100)) {
    throw invalidParameterValue(`MaxConnectionsPercent ${most} is beyond supported range 1-100`);
  }
  if (idle !== undefined && most === undefined) {
    throw invalidParameterCombination("MaxConnectionsPercent is required when you specify MaxIdleConnectionsPercent.");
  }
  if (idle !== undefined && (idle < 0 || idle > (most ?? 0))) {
    throw invalidParameterValue(`MaxIdleConnectionsPercent must be between 0 and MaxConnectionsPercent: ${idle}`);
  }
  if (patience !== undefined && (patience < 0 || patience > 300)) {
    throw invalidParameterValue(`ConnectionBorrowTimeout must be between 0 and 300 seconds: ${patience}`);
  }
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  return most === undefined ? given : { MaxIdleConnectionsPercent: Math.floor(most / 2), ...given };
}

/** In the order of their ARNs: of a cluster its members too. */
async function describeTargets(ctx: Context, { type, resourceId }: ProxyTarget): Promise<DBProxyTarget[]> {
  if (type === "RDS_INSTANCE") {
    const row = await refreshedById(ctx, resourceId);
    return row === undefined ? [] : [ofInstance(row)];
  }
  const cluster = await findClusterById(ctx, resourceId);
  if (cluster === undefined) return [];
  const members = (await membersOf(ctx, resourceId)).map((row) => ({
    ...ofInstance(row),
    Role: row.dbi_resource_id === cluster.writer ? ("READ_WRITE" as const) : ("READ_ONLY" as const),
    TrackedClusterId: cluster.name,
  }));
  const tracked = { TargetArn: arnOfCluster(cluster), RdsResourceId: cluster.name, Port: cluster.port };
  return [{ ...tracked, Type: "TRACKED_CLUSTER" as const, Endpoint: listenAddress }, ...members];
}

function ofInstance(row: DbInstanceRow): DBProxyTarget {
  const isUp = row.db_instance_status === "available";
  return {
    TargetArn: arnOf(row),
    RdsResourceId: row.db_instance_identifier,
    Endpoint: listenAddress,
    Port: row.port,
    Type: "RDS_INSTANCE",
    Role: "READ_WRITE",
    TargetHealth: isUp
      ? { State: "AVAILABLE" }
      : {
          State: "UNAVAILABLE",
          Reason: "UNREACHABLE",
          Description: `DB instance ${row.db_instance_identifier} is ${row.db_instance_status}.`,
        },
  };
}

function toGroup(proxy: ProxyDocument): DBProxyTargetGroup {
  const { id, pool, updated } = proxy.targetGroup;
  return {
    DBProxyName: proxy.name,
    TargetGroupName: groupName,
    TargetGroupArn: arnOfNamed(proxy, "target-group", id),
    IsDefault: true,
    Status: "available",
    ConnectionPoolConfig: pool,
    CreatedDate: new Date(proxy.created),
    UpdatedDate: new Date(updated),
  };
}
