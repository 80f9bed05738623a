import type * as Rds from "@aws-sdk/client-rds";
import type { GlobalCluster, GlobalClusterMember } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { arnOfCluster, type ClusterDocument, engineOfCluster, findClusterById, membersOf } from "./db-cluster-rows.ts";
import { arnOf } from "./db-instance-rows.ts";
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
import { requireGlobalCluster } from "./global-cluster-membership.ts";
import { everywhere, type GlobalClusterDocument, globalClusterFamily, globalClusterOf } from "./global-cluster-rows.ts";
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
    const cluster = await requireCluster(ctx, input.DbClusterIdentifier);
    if (found.writer !== cluster.resourceId) {
      throw invalidParameterValue(`${arnOfCluster(cluster)} is not found in global cluster ${found.name}`);
    }
    const { writer: _, ...after } = found;
    await updateNamed(everywhere(ctx), globalClusterFamily, found.name, after);
    return { GlobalCluster: await describe(ctx, after) };
  },

  async FailoverGlobalCluster(ctx, input) {
    return refuseTarget(ctx, input.GlobalClusterIdentifier, input.TargetDbClusterIdentifier);
  },

  async SwitchoverGlobalCluster(ctx, input) {
    return refuseTarget(ctx, input.GlobalClusterIdentifier, input.TargetDbClusterIdentifier);
  },
} satisfies Operations<typeof Rds, Context>;

/** A global cluster has no secondary clusters here that could take over: every target is wrong in AWS's own way. */
async function refuseTarget(ctx: Context, name: string | undefined, target = ""): Promise<never> {
  const found = await requireGlobalCluster(ctx, name);
  const writer = found.writer && (await findClusterById(ctx, found.writer));
  if (!writer || (arnOfCluster(writer) !== target && writer.name !== target.toLowerCase())) {
    throw dbClusterNotFound(target);
  }
  throw invalidGlobalClusterState(`${target} is already the primary cluster of the global cluster ${found.name}.`);
}

async function factsOfSource(ctx: Context, source: ClusterDocument, input: Rds.CreateGlobalClusterMessage) {
  const ofCluster = ["Engine", "EngineVersion", "DatabaseName", "StorageEncrypted"] as const;
  const given = ofCluster.find((member) => input[member] !== undefined);
  if (given !== undefined) {
    throw invalidParameterCombination(
      `${given} can't be specified with SourceDBClusterIdentifier: it is the cluster's.`,
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
  const writer = found.writer === undefined ? undefined : await findClusterById(ctx, found.writer);
  const place = everywhere(ctx);
  return {
    GlobalClusterIdentifier: found.name,
    GlobalClusterResourceId: found.resourceId,
    GlobalClusterArn: arnOfNamed(place, "global-cluster", found.name),
    Status: "available",
    Engine: found.engine ?? "aurora-postgresql",
    EngineVersion: writer?.engineVersion ?? found.engineVersion,
    EngineLifecycleSupport: found.lifecycleSupport,
    DatabaseName: found.databaseName,
    StorageEncrypted: found.storageEncrypted,
    DeletionProtection: found.deletionProtection,
    GlobalClusterMembers: writer === undefined ? [] : [await toMember(ctx, writer)],
    TagList: (await tagsOfNamed(place, "global-cluster", [found.name]))(found.name),
  };
}

async function toMember(ctx: Context, cluster: ClusterDocument): Promise<GlobalClusterMember> {
  const members = await membersOf(ctx, cluster.resourceId);
  return {
    DBClusterArn: arnOfCluster(cluster),
    Readers: members.filter((row) => row.dbi_resource_id !== cluster.writer).map(arnOf),
    IsWriter: true,
    GlobalWriteForwardingStatus: "disabled",
  };
}
