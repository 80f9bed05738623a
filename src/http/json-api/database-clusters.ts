import type { DBCluster } from "@aws-sdk/client-rds";
import { z } from "zod";
import { type Route, route } from "./route.ts";
import { dateTime, fromTags, isoTime, named, nextToken, pageQuery, tagsSchema } from "./schemas.ts";

const member = named("DatabaseClusterMember", z.strictObject({ id: z.string(), is_writer: z.boolean() }));

const cluster = named(
  "DatabaseCluster",
  z.strictObject({
    id: z.string(),
    status: z.string().describe("`creating`, `available`, `stopped`, `deleting`, …"),
    engine: z.string(),
    engine_version: z.string(),
    endpoint: z.string().nullable().describe("Of the writer."),
    reader_endpoint: z.string().nullable(),
    port: z.int().nullable(),
    username: z.string(),
    database: z.string().nullable(),
    members: z.array(member).describe("Databases, the writer first."),
    creation_date: dateTime.nullable(),
    arn: z.string(),
    tags: tagsSchema,
  }),
);

const clusterList = named(
  "DatabaseClusterList",
  z.strictObject({ db_clusters: z.array(cluster), next_token: nextToken }),
);

export const databaseClusterRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/rds/db-clusters", tag: "rds" },
      summary: "List Aurora clusters with their endpoints and members",
      query: pageQuery(20, 100),
      reply: clusterList,
      errors: [400],
    },
    async ({ query, call }) => {
      const page = { MaxRecords: query.limit, Marker: query.next_token };
      const { DBClusters = [], Marker } = await call("rds", "DescribeDBClusters", page);
      return { db_clusters: DBClusters.map(toCluster), next_token: Marker ?? null };
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/rds/db-clusters/{id}", tag: "rds" },
      summary: "Delete a cluster that has no members any more, with its data",
      reply: cluster,
      errors: [400, 404, 409],
    },
    async ({ params, call }) => {
      const which = { DBClusterIdentifier: params.id, SkipFinalSnapshot: true };
      const { DBCluster } = await call("rds", "DeleteDBCluster", which);
      return toCluster(DBCluster ?? {});
    },
  ),
];

function toCluster(found: DBCluster): z.input<typeof cluster> {
  const members = (found.DBClusterMembers ?? []).map(({ DBInstanceIdentifier: id = "", IsClusterWriter }) => ({
    id,
    is_writer: IsClusterWriter ?? false,
  }));
  return {
    id: found.DBClusterIdentifier ?? "",
    status: found.Status ?? "",
    engine: found.Engine ?? "",
    engine_version: found.EngineVersion ?? "",
    endpoint: found.Endpoint ?? null,
    reader_endpoint: found.ReaderEndpoint ?? null,
    port: found.Port ?? null,
    username: found.MasterUsername ?? "",
    database: found.DatabaseName ?? null,
    members: members.sort((one, other) => Number(other.is_writer) - Number(one.is_writer)),
    creation_date: isoTime(found.ClusterCreateTime),
    arn: found.DBClusterArn ?? "",
    tags: fromTags(found.TagList),
  };
}
