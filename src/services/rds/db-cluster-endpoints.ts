import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterEndpoint } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { type EndpointDocument, endpointFamily, endpointsOf } from "./db-cluster-endpoint-rows.ts";
import { applyForwards } from "./db-cluster-forwards.ts";
import {
  type ClusterDocument,
  clusterAddress,
  clusterFamily,
  isMultiAz,
  membersOf,
  readerAddress,
} from "./db-cluster-rows.ts";
import { notAvailable } from "./db-clusters.ts";
import {
  dbClusterEndpointNotFound,
  dbInstanceNotFound,
  invalidParameterCombination,
  invalidParameterValue,
} from "./errors.ts";
import { filterValues } from "./filters.ts";
import { requireIdentifier } from "./identifiers.ts";
import { arnOfNamed, deleteNamed, findNamed, insertNamed, listNamed, nameOf, updateNamed } from "./named-resources.ts";
import { requireCluster } from "./new-db-cluster-member.ts";
import { newResourceId } from "./new-db-instance.ts";
import { page } from "./pages.ts";

export const dbClusterEndpoints = {
  async CreateDBClusterEndpoint(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireIdentifier("DBClusterEndpointIdentifier", input.DBClusterEndpointIdentifier ?? "");
    const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
    if (cluster.status !== "available") throw notAvailable(cluster);
    if (isMultiAz(cluster)) {
      throw invalidParameterCombination("Custom endpoints aren't supported for Multi-AZ DB clusters.");
    }
    const endpoint: EndpointDocument = {
      ...{ name, clusterResourceId: cluster.resourceId, id: newResourceId(ctx, "cluster-endpoint") },
      ...{ type: requireType(input.EndpointType ?? ""), address: await freeAddress(ctx, cluster) },
      ...(await resolveMembers(ctx, cluster, input)),
    };
    await insertNamed(ctx, endpointFamily, name, endpoint, input.Tags);
    await applyForwards(ctx, cluster.resourceId);
    return { ...describeCustom(ctx, cluster, endpoint, await idsOf(ctx, cluster)), Status: "creating" };
  },

  async DescribeDBClusterEndpoints(ctx, input) {
    const filters = filterValues(input.Filters, [
      ...(["db-cluster-endpoint-id", "db-cluster-endpoint-type", "db-cluster-endpoint-custom-type"] as const),
      "db-cluster-endpoint-status",
    ]);
    const clusters = input.DBClusterIdentifier
      ? [await requireCluster(ctx, input.DBClusterIdentifier)]
      : (await listNamed(ctx, clusterFamily)).map(({ document }) => document);
    const all = (await Promise.all(clusters.map((cluster) => describeAll(ctx, cluster)))).flat();
    const asked = input.DBClusterEndpointIdentifier?.toLowerCase();
    const wanted = all.filter(
      (one) =>
        (!asked || one.DBClusterEndpointIdentifier === nameOf(ctx, endpointFamily, asked)) &&
        filters.every(({ name, values }) => values.some((value) => facts[name](one) === value)),
    );
    const { items, marker } = page(wanted.sort(byKey), { ...input, kind: "db-cluster-endpoints" }, keyOf);
    return { DBClusterEndpoints: items, Marker: marker };
  },

  async ModifyDBClusterEndpoint(ctx, request) {
    const input = withoutBlanks(request);
    const { endpoint, cluster } = await requireEndpoint(ctx, input.DBClusterEndpointIdentifier);
    const changed = {
      ...endpoint,
      ...(input.EndpointType === undefined ? {} : { type: requireType(input.EndpointType) }),
      ...(input.StaticMembers === undefined && input.ExcludedMembers === undefined
        ? {}
        : await resolveMembers(ctx, cluster, input)),
    };
    await updateNamed(ctx, endpointFamily, endpoint.name, changed);
    await applyForwards(ctx, cluster.resourceId);
    return describeCustom(ctx, cluster, changed, await idsOf(ctx, cluster));
  },

  async DeleteDBClusterEndpoint(ctx, input) {
    const { endpoint, cluster } = await requireEndpoint(ctx, input.DBClusterEndpointIdentifier);
    const answer = describeCustom(ctx, cluster, endpoint, await idsOf(ctx, cluster));
    await deleteNamed(ctx, endpointFamily, endpoint.name);
    await ctx.databases.forwards.close(endpoint.id);
    return { ...answer, Status: "deleting" };
  },
} satisfies Operations<typeof Rds, Context>;

const facts = {
  "db-cluster-endpoint-id": (one: DBClusterEndpoint) => one.DBClusterEndpointIdentifier,
  "db-cluster-endpoint-type": (one: DBClusterEndpoint) => one.EndpointType?.toLowerCase(),
  "db-cluster-endpoint-custom-type": (one: DBClusterEndpoint) => one.CustomEndpointType?.toLowerCase(),
  "db-cluster-endpoint-status": (one: DBClusterEndpoint) => one.Status,
} as const;

function keyOf(one: DBClusterEndpoint): string {
  return `${one.DBClusterIdentifier} ${one.EndpointType} ${one.DBClusterEndpointIdentifier ?? ""}`;
}

function byKey(a: DBClusterEndpoint, b: DBClusterEndpoint): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function requireType(type: string): EndpointDocument["type"] {
  if (type === "READER" || type === "ANY") return type;
  throw invalidParameterValue(`Invalid endpoint type: ${type}. It must be READER or ANY.`);
}

/** By name or ARN. @throws DBClusterEndpointNotFoundFault */
async function requireEndpoint(ctx: Context, identifier = "") {
  const endpoint = await findNamed(ctx, endpointFamily, nameOf(ctx, endpointFamily, identifier));
  const clusters = await listNamed(ctx, clusterFamily);
  const cluster = clusters.find(({ document }) => document.resourceId === endpoint?.clusterResourceId)?.document;
  if (endpoint === undefined || cluster === undefined) throw dbClusterEndpointNotFound(identifier);
  return { endpoint, cluster };
}

/** Members by their resource ids, through all of their names. */
async function resolveMembers(
  ctx: Context,
  cluster: ClusterDocument,
  {
    StaticMembers = [],
    ExcludedMembers = [],
  }: { StaticMembers?: string[] | undefined; ExcludedMembers?: string[] | undefined },
): Promise<Pick<EndpointDocument, "staticMembers" | "excludedMembers">> {
  if (StaticMembers.length > 0 && ExcludedMembers.length > 0) {
    throw invalidParameterCombination("StaticMembers and ExcludedMembers can't be specified together.");
  }
  const members = await membersOf(ctx, cluster.resourceId);
  const idOf = (name: string) => {
    const found = members.find((row) => row.db_instance_identifier === name.toLowerCase());
    if (found === undefined) throw dbInstanceNotFound(name);
    return found.dbi_resource_id;
  };
  return { staticMembers: StaticMembers.map(idOf), excludedMembers: ExcludedMembers.map(idOf) };
}

/** After that of the reader endpoint, which no custom endpoint of the cluster has. */
async function freeAddress(ctx: Context, cluster: ClusterDocument): Promise<string> {
  const taken = (await endpointsOf(ctx, cluster.resourceId)).map(({ address }) => address);
  const addresses = Array.from({ length: 252 }, (_, index) => `127.0.0.${index + 3}`);
  const free = addresses.find((address) => !taken.includes(address));
  if (free === undefined) throw invalidParameterValue(`The DB cluster ${cluster.name} has too many custom endpoints.`);
  return free;
}

/** The names of the members by their resource ids. */
async function idsOf(ctx: Context, cluster: ClusterDocument): Promise<ReadonlyMap<string, string>> {
  const members = await membersOf(ctx, cluster.resourceId);
  return new Map(members.map((row) => [row.dbi_resource_id, row.db_instance_identifier]));
}

async function describeAll(ctx: Context, cluster: ClusterDocument): Promise<DBClusterEndpoint[]> {
  const names = await idsOf(ctx, cluster);
  const Status = cluster.status === "creating" ? "creating" : "available";
  const common = { DBClusterIdentifier: cluster.name, Status };
  return [
    { ...common, Endpoint: clusterAddress, EndpointType: "WRITER" },
    { ...common, Endpoint: readerAddress, EndpointType: "READER" },
    ...(await endpointsOf(ctx, cluster.resourceId)).map((one) => describeCustom(ctx, cluster, one, names)),
  ];
}

function describeCustom(
  ctx: Context,
  cluster: ClusterDocument,
  endpoint: EndpointDocument,
  names: ReadonlyMap<string, string>,
): DBClusterEndpoint {
  const named = (ids: readonly string[]) => ids.flatMap((id) => names.get(id) ?? []);
  return {
    DBClusterEndpointIdentifier: endpoint.name,
    DBClusterIdentifier: cluster.name,
    DBClusterEndpointResourceIdentifier: endpoint.id,
    Endpoint: endpoint.address,
    Status: "available",
    EndpointType: "CUSTOM",
    CustomEndpointType: endpoint.type,
    StaticMembers: named(endpoint.staticMembers),
    ExcludedMembers: named(endpoint.excludedMembers),
    DBClusterEndpointArn: arnOfNamed(ctx, "cluster-endpoint", endpoint.name),
  };
}
