import type { DBCluster } from "@aws-sdk/client-rds";
import type { SqlDialect } from "../../sql/sql-connection.ts";
import type { Context } from "../service-context.ts";
import {
  badRequest,
  databaseNotFound,
  databaseUnavailable,
  httpEndpointNotEnabled,
  invalidResourceState,
} from "./errors.ts";

/** What RDS keeps of a cluster, as far as the Data API looks at it. */
interface StoredCluster {
  readonly resourceId: string;
  readonly status: string;
  readonly port: number;
  readonly writer?: string;
  readonly engine?: string;
  readonly settings: Pick<DBCluster, "DatabaseName" | "HttpEndpointEnabled">;
}

export interface DataApiCluster {
  readonly resourceId: string;
  /** Of the cluster's endpoint on this machine. */
  readonly port: number;
  readonly dialect: SqlDialect;
  /** MySQL's sessions may have none. */
  readonly databaseName: string | undefined;
}

const unusable = ["creating", "starting", "stopping", "stopped", "deleting", "failed"];

/** A cluster that takes SQL by its writer. @throws AwsError where it does not */
export async function requireCluster(ctx: Context, resourceArn: string): Promise<DataApiCluster> {
  const [, partition, service, region, accountId, kind, name] =
    /^arn:([^:]+):([^:]+):([^:]+):(\d{12}):([^:]+):([^:]+)$/.exec(resourceArn) ?? [];
  if (partition === undefined || service !== "rds" || kind !== "cluster" || name === undefined) {
    throw badRequest(`Invalid cluster arn: ${resourceArn}`);
  }
  const cluster =
    region === ctx.region && accountId === ctx.accountId ? await findCluster(ctx, name.toLowerCase()) : undefined;
  // AWS tells one that is not there from one without the endpoint by nothing (radkawar/stackd, testdata/aws/rds/controls.json).
  if (cluster === undefined) throw httpEndpointNotEnabled(resourceArn);
  const { settings, status, port, resourceId } = cluster;
  if (settings.HttpEndpointEnabled !== true) throw httpEndpointNotEnabled(resourceArn);
  if (unusable.includes(status)) throw invalidResourceState(`The DB cluster is ${status}.`);
  await requireWriter(ctx, cluster);
  const dialect = cluster.engine?.includes("mysql") === true ? "mysql" : "postgres";
  const usual = dialect === "postgres" ? "postgres" : undefined;
  return { resourceId, port, dialect, databaseName: settings.DatabaseName ?? usual };
}

async function findCluster({ db, accountId, region }: Context, name: string): Promise<StoredCluster | undefined> {
  const row = await db
    .selectFrom("rds_resources")
    .select("document")
    .where("account_id", "=", accountId)
    .where("region", "=", region)
    .where("kind", "=", "cluster")
    .where("name", "=", name)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const cluster: StoredCluster = JSON.parse(row.document);
  return cluster;
}

async function requireWriter({ db }: Context, { resourceId, writer }: StoredCluster): Promise<void> {
  const members = await db
    .selectFrom("db_instances")
    .select(["dbi_resource_id", "db_instance_status"])
    .where("db_cluster_resource_id", "=", resourceId)
    .execute();
  if (members.length === 0) throw databaseNotFound();
  const found = members.find((member) => member.dbi_resource_id === writer);
  if (found === undefined || /^(?:creating|starting|stopp|delet|fail)/.test(found.db_instance_status)) {
    throw databaseUnavailable();
  }
}
