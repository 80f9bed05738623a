import type { ServiceContext } from "../service-context.ts";
import type { DbInstanceRow } from "./db-instance-rows.ts";
import { dbClusterEndpointAlreadyExists, dbClusterEndpointNotFound } from "./errors.ts";
import type { NamedFamily } from "./named-resources.ts";

/** A custom endpoint. */
export interface EndpointDocument {
  readonly name: string;
  readonly clusterResourceId: string;
  /** `cluster-endpoint-…`; it names the forward too. */
  readonly id: string;
  readonly type: "READER" | "ANY";
  /** A loopback address of its own among those of the cluster. */
  readonly address: string;
  /** Members by their `db-…`: none but these, where there are any; else all but the excluded ones. */
  readonly staticMembers: readonly string[];
  readonly excludedMembers: readonly string[];
}

export const endpointFamily: NamedFamily<EndpointDocument> = {
  kind: "cluster-endpoint",
  notFound: dbClusterEndpointNotFound,
  alreadyExists: dbClusterEndpointAlreadyExists,
};

export async function endpointsOf(
  { db }: Pick<ServiceContext, "db">,
  clusterResourceId: string,
): Promise<(EndpointDocument & { leadsTo(row: DbInstanceRow): boolean })[]> {
  const rows = await db
    .selectFrom("rds_resources")
    .select("document")
    .where("kind", "=", "cluster-endpoint")
    .orderBy("name")
    .execute();
  return rows
    .map(({ document }) => JSON.parse(document) as EndpointDocument)
    .filter((endpoint) => endpoint.clusterResourceId === clusterResourceId)
    .map((endpoint) => ({
      ...endpoint,
      leadsTo: ({ dbi_resource_id: id }) =>
        endpoint.staticMembers.length > 0
          ? endpoint.staticMembers.includes(id)
          : !endpoint.excludedMembers.includes(id),
    }));
}
