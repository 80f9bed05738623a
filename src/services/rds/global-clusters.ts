import type * as Rds from "@aws-sdk/client-rds";
import type { FailoverStatus, GlobalCluster, GlobalClusterMember } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { arnOfCluster, type ClusterDocument, engineOfCluster, moveCluster } from "./db-cluster-rows.ts";
import { notAvailable } from "./db-clusters.ts";
import { resolveEngineVersion } from "./engine-versions.ts";
import { isAurora } from "./engines.ts";
import {
  dbClusterNotFound,
  globalClusterAlreadyExists,
  invalidGlobalClusterState,
  invalidParameterCombination,
  invalidParameterValue,
  notEmulated,
} from "./errors.ts";
import { filterValues } from "./filters.ts";
import { clustersOfGlobal, requireGlobalCluster } from "./global-cluster-membership.ts";
import { everywhere, type GlobalClusterDocument, globalClusterFamily, globalClusterOf } from "./global-cluster-rows.ts";
import { failOverGlobally, promoteCluster } from "./global-cluster-work.ts";
import { requireIdentifier } from "./identifiers.ts";
import {
  arnOfNamed,
  deleteNamed,
  findNamed,
  insertNamed,
  listNamed,
  tagsOfNamed,
  updateNamed,
} from "./named-resources.ts";
import { requireCluster } from "./new-db-cluster-member.ts";
import { newResourceId } from "./new-db-instance.ts";
import { page } from "./pages.ts";

export const globalClusters = {
  async CreateGlobalCluster(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireIdentifier("GlobalClusterIdentifier", input.GlobalClusterIdentifier ?? "");
    const source = input.SourceDBClusterIdentifier && (await requireCluster(ctx, input.SourceDBClusterIdentifier));
    const facts = source ? await factsOfSource(ctx, source, input) : factsOfRequest(ctx, input);
    const document: GlobalClusterDocument = {
      ...{ name, resourceId: newResourceId(ctx, "cluster"), ...facts },
      deletionProtection: input.DeletionProtection ?? false,
      lifecycleSupport: input.EngineLifecycleSupport ?? "open-source-rds-extended-support",
    };
    await insertNamed(everywhere(ctx), globalClusterFamily, name, document, input.Tags);
    return { GlobalCluster: await describe(ctx, document) };
  },

  async DescribeGlobalClusters(ctx, input) {
    const filters = filterValues(input.Filters, ["db-cluster-id", "region"]);
    const all = input.GlobalClusterIdentifier
      ? [await requireGlobalCluster(ctx, input.GlobalClusterIdentifier)]
      : (await listNamed(everywhere(ctx), globalClusterFamily)).map(({ document }) => document);
    const described = await Promise.all(all.map((one) => describe(ctx, one)));
    const wanted = described.filter(({ GlobalClusterMembers = [] }) =>
      filters.every(({ name, values }) =>
        GlobalClusterMembers.some(({ DBClusterArn = "" }) => matches(name, DBClusterArn, values)),
      ),
    );
    const keyOf = (one: GlobalCluster) => one.GlobalClusterIdentifier ?? "";
    const { items, marker } = page(wanted, { ...input, kind: "global-clusters" }, keyOf);
    return { GlobalClusters: items, Marker: marker };
  },

  async ModifyGlobalCluster(ctx, input) {
    const before = await requireGlobalCluster(ctx, input.GlobalClusterIdentifier);
    if (input.EngineVersion !== undefined && input.EngineVersion !== before.engineVersion) {
      throw notEmulated("EngineVersion of ModifyGlobalCluster");
    }
    requireSettled(before);
    const { NewGlobalClusterIdentifier: asked } = input;
    const name = asked ? requireIdentifier("NewGlobalClusterIdentifier", asked) : before.name;
    const after = { ...before, name, deletionProtection: input.DeletionProtection ?? before.deletionProtection };
    const place = everywhere(ctx);
    if (name === before.name) {
      await updateNamed(place, globalClusterFamily, name, after);
    } else {
      if ((await findNamed(place, globalClusterFamily, name)) !== undefined) throw globalClusterAlreadyExists(name);
      const tags = (await tagsOfNamed(place, "global-cluster", [before.name]))(before.name);
      await insertNamed(place, globalClusterFamily, name, after, tags);
      await deleteNamed(place, globalClusterFamily, before.name);
    }
    return { GlobalCluster: await describe(ctx, after) };
  },

  async DeleteGlobalCluster(ctx, input) {
    const found = await requireGlobalCluster(ctx, input.GlobalClusterIdentifier);
    if (found.deletionProtection) {
      throw invalidParameterCombination(
        "Cannot delete protected Global Cluster, please disable deletion protection and try again.",
      );
    }
    const answer = await describe(ctx, found);
    if (answer.GlobalClusterMembers?.length) {
      throw invalidGlobalClusterState(`Global Cluster ${answer.GlobalClusterArn} is not empty`);
    }
    await deleteNamed(everywhere(ctx), globalClusterFamily, found.name);
    return { GlobalCluster: { ...answer, Status: "deleting" } };
  },

  async RemoveFromGlobalCluster(ctx, input) {
    const found = await requireGlobalCluster(ctx, input.GlobalClusterIdentifier);
    const members = await clustersOfGlobal(ctx, found);
    const cluster = members.find((one) => isNamed(one, input.DbClusterIdentifier));
    if (cluster === undefined) {
      // So too of one that is gone: Terraform, which deletes clusters first, goes on after this error alone.
      const isArn = input.DbClusterIdentifier?.startsWith("arn:");
      const arn = isArn
        ? input.DbClusterIdentifier
        : arnOfCluster(await requireCluster(ctx, input.DbClusterIdentifier));
      throw invalidParameterValue(`${arn} is not found in global cluster ${found.name}`);
    }
    requireSettled(found);
    if (cluster.resourceId === found.writer && members.length > 1) {
      throw invalidGlobalClusterState(
        `The primary cluster ${cluster.name} can't be removed from ${found.name}, which has secondary clusters.`,
      );
    }
    const after = without(found, cluster);
    if (cluster.follows !== undefined) {
      const promoting = await moveCluster(ctx, cluster.resourceId, ["available"], { status: "promoting" });
      if (promoting === undefined) throw notAvailable(cluster);
      await updateNamed(everywhere(ctx), globalClusterFamily, found.name, after);
      promoteCluster(ctx, promoting);
    } else await updateNamed(everywhere(ctx), globalClusterFamily, found.name, after);
    return { GlobalCluster: await describe(ctx, after) };
  },

  async FailoverGlobalCluster(ctx, input) {
    const { AllowDataLoss = false, Switchover = false } = input;
    if (AllowDataLoss && Switchover) {
      throw invalidParameterCombination("AllowDataLoss and Switchover can't be specified together.");
    }
    return { GlobalCluster: await beginFailover(ctx, input, AllowDataLoss) };
  },

  async SwitchoverGlobalCluster(ctx, input) {
    return { GlobalCluster: await beginFailover(ctx, input, false) };
  },
} satisfies Operations<typeof Rds, Context>;

function isNamed(cluster: ClusterDocument, identifier = ""): boolean {
  return arnOfCluster(cluster) === identifier || cluster.name === identifier.toLowerCase();
}

function without({ writer, secondaries = [], ...rest }: GlobalClusterDocument, { resourceId }: ClusterDocument) {
  const left = secondaries.filter((id) => id !== resourceId);
  return {
    ...rest,
    ...(writer === undefined || writer === resourceId ? {} : { writer }),
    ...(left.length === 0 ? {} : { secondaries: left }),
  };
}

/** @throws InvalidGlobalClusterStateFault as long as a failover goes on */
function requireSettled({ name, failover }: GlobalClusterDocument): void {
  if (failover === undefined) return;
  throw invalidGlobalClusterState(`Global cluster ${name} is in the state ${failover.status}.`);
}

/** @throws DBClusterNotFoundFault, InvalidGlobalClusterStateFault, InvalidDBClusterStateFault */
async function beginFailover(
  ctx: Context,
  input: Rds.SwitchoverGlobalClusterMessage,
  isDataLossAllowed: boolean,
): Promise<GlobalCluster> {
  const { TargetDbClusterIdentifier: target = "" } = input;
  const found = await requireGlobalCluster(ctx, input.GlobalClusterIdentifier);
  requireSettled(found);
  const members = await clustersOfGlobal(ctx, found);
  const to = members.find((one) => isNamed(one, target));
  const from = members.find((one) => one.resourceId === found.writer);
  if (to === undefined || from === undefined) throw dbClusterNotFound(target);
  if (to === from) {
    throw invalidGlobalClusterState(`${target} is already the primary cluster of the global cluster ${found.name}.`);
  }
  const busy = members.find(({ status }) => status !== "available");
  if (busy !== undefined) throw notAvailable(busy);
  const failover = {
    status: isDataLossAllowed ? ("failing-over" as const) : ("switching-over" as const),
    ...{ from: arnOfCluster(from), to: arnOfCluster(to), isDataLossAllowed },
  };
  const after = { ...found, failover };
  await updateNamed(everywhere(ctx), globalClusterFamily, found.name, after);
  for (const { resourceId } of members) await moveCluster(ctx, resourceId, ["available"], { status: "failing-over" });
  const answer = await describe(ctx, after);
  const others = members.filter((one) => one !== from && one !== to);
  failOverGlobally(ctx, { accountId: ctx.accountId, name: found.name }, { from, to, others, isDataLossAllowed });
  return answer;
}

async function factsOfSource(ctx: Context, source: ClusterDocument, input: Rds.CreateGlobalClusterMessage) {
  const ofCluster = ["Engine", "EngineVersion", "DatabaseName", "StorageEncrypted"] as const;
  const given = ofCluster.find((member) => input[member] !== undefined);
  if (given !== undefined) {
    const name = given === "Engine" ? "engineName" : `${given.charAt(0).toLowerCase()}${given.slice(1)}`;
    throw invalidParameterCombination(
      `When creating global cluster from existing db cluster, value for ${name} should not be specified since it will be inherited from source cluster`,
    );
  }
  if ((await globalClusterOf(ctx, source)) !== undefined) {
    throw invalidParameterValue(`The DB cluster ${source.name} is already a member of a global cluster.`);
  }
  const { DatabaseName, StorageEncrypted = false } = source.settings;
  const engine = engineOfCluster(source);
  if (!isAurora(engine)) {
    throw invalidParameterValue(`The DB cluster ${source.name} of the engine ${engine} can't be in a global cluster.`);
  }
  return {
    ...{ engine, engineVersion: source.engineVersion, storageEncrypted: StorageEncrypted, writer: source.resourceId },
    ...(DatabaseName === undefined ? {} : { databaseName: DatabaseName }),
  };
}

function factsOfRequest(ctx: Context, input: Rds.CreateGlobalClusterMessage) {
  const { Engine = "", DatabaseName, StorageEncrypted = false } = input;
  if (Engine === "") {
    throw invalidParameterValue("When creating standalone global cluster, value for engineName should be specified");
  }
  if (!isAurora(Engine)) throw invalidParameterValue(`Engine name must be one of Aurora's, and not: ${Engine}`);
  return {
    engine: Engine,
    engineVersion: resolveEngineVersion(ctx, input.EngineVersion, Engine),
    storageEncrypted: StorageEncrypted,
    ...(DatabaseName === undefined ? {} : { databaseName: DatabaseName }),
  };
}

function matches(filter: "db-cluster-id" | "region", arn: string, values: readonly string[]): boolean {
  const [, , , region = "", , , name = ""] = arn.split(":");
  return filter === "region" ? values.includes(region) : values.includes(arn) || values.includes(name);
}

async function describe(ctx: Context, found: GlobalClusterDocument): Promise<GlobalCluster> {
  const [first, ...rest] = await clustersOfGlobal(ctx, found);
  const { failover } = found;
  const place = everywhere(ctx);
  return {
    GlobalClusterIdentifier: found.name,
    GlobalClusterResourceId: found.resourceId,
    GlobalClusterArn: arnOfNamed(place, "global-cluster", found.name),
    Status: failover?.status ?? "available",
    Engine: found.engine ?? "aurora-postgresql",
    EngineVersion: first?.engineVersion ?? found.engineVersion,
    EngineLifecycleSupport: found.lifecycleSupport,
    DatabaseName: found.databaseName,
    StorageEncrypted: found.storageEncrypted,
    DeletionProtection: found.deletionProtection,
    GlobalClusterMembers: first === undefined ? [] : [toWriter(first, rest), ...rest.map(toSecondary)],
    ...(failover && {
      FailoverState: {
        // What the SDK knows of states is less than what RDS answers.
        ...{ Status: failover.status as FailoverStatus, FromDbClusterArn: failover.from, ToDbClusterArn: failover.to },
        IsDataLossAllowed: failover.isDataLossAllowed,
      },
    }),
    TagList: (await tagsOfNamed(place, "global-cluster", [found.name]))(found.name),
  };
}

function toWriter(cluster: ClusterDocument, secondaries: readonly ClusterDocument[]): GlobalClusterMember {
  return {
    DBClusterArn: arnOfCluster(cluster),
    Readers: secondaries.map(arnOfCluster),
    IsWriter: true,
    GlobalWriteForwardingStatus: "disabled",
  };
}

function toSecondary(cluster: ClusterDocument): GlobalClusterMember {
  return {
    DBClusterArn: arnOfCluster(cluster),
    Readers: [],
    IsWriter: false,
    GlobalWriteForwardingStatus: "disabled",
    SynchronizationStatus: cluster.status === "creating" ? "pending-resync" : "connected",
  };
}
