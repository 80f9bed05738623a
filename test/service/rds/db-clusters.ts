import { randomBytes } from "node:crypto";
import {
  CreateDBClusterCommand,
  type CreateDBClusterCommandInput,
  type DBCluster,
  DBClusterNotFoundFault,
  DescribeDBClustersCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { eventually } from "../../support/eventually.ts";
import { createAvailable, masterPassword, quietWindows } from "./db-instances.ts";

export function uniqueCluster(): string {
  return `cl-${randomBytes(6).toString("hex")}`;
}

/** A request that is right, but for what a test changes in it. */
export function clusterRequest(changes: Partial<CreateDBClusterCommandInput> = {}): CreateDBClusterCommandInput {
  return {
    DBClusterIdentifier: uniqueCluster(),
    Engine: "aurora-postgresql",
    MasterUsername: "master",
    MasterUserPassword: masterPassword,
    ...quietWindows(changes),
    ...changes,
  };
}

/** Creates a cluster and waits until it is available. */
export async function createCluster(
  rds: RDSClient,
  changes: Partial<CreateDBClusterCommandInput> = {},
): Promise<DBCluster & { DBClusterIdentifier: string; DBClusterArn: string; DbClusterResourceId: string }> {
  const request = clusterRequest(changes);
  await rds.send(new CreateDBClusterCommand(request));
  const cluster = await untilCluster(rds, request.DBClusterIdentifier, "available");
  const { DBClusterIdentifier = "", DBClusterArn = "", DbClusterResourceId = "" } = cluster;
  return { ...cluster, DBClusterIdentifier, DBClusterArn, DbClusterResourceId };
}

/** Adds a member and waits until it is available. */
export function createMember(rds: RDSClient, DBClusterIdentifier: string, changes: object = {}) {
  return createAvailable(rds, {
    ...{ DBClusterIdentifier, Engine: "aurora-postgresql", DBInstanceClass: "db.t4g.medium" },
    ...{ AllocatedStorage: undefined, MasterUsername: undefined, MasterUserPassword: undefined },
    ...{ PreferredMaintenanceWindow: quietWindows({}).PreferredMaintenanceWindow },
    ...changes,
  });
}

export async function describeCluster(rds: RDSClient, identifier: string | undefined): Promise<DBCluster> {
  const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: identifier }));
  const [cluster] = DBClusters ?? [];
  if (cluster === undefined) throw new Error(`${identifier} was not described`);
  return cluster;
}

export function untilCluster(rds: RDSClient, identifier: string | undefined, status: string): Promise<DBCluster> {
  return eventually(
    `${identifier} becomes ${status}`,
    async () => {
      const cluster = await describeCluster(rds, identifier);
      if (cluster.Status === "failed" && status !== "failed") throw new Error(`${identifier} failed`);
      return cluster.Status === status && cluster;
    },
    120_000,
  );
}

export async function untilClusterGone(rds: RDSClient, identifier: string | undefined): Promise<void> {
  await eventually(
    `${identifier} is deleted`,
    async () => {
      try {
        await describeCluster(rds, identifier);
        return false;
      } catch (error) {
        if (error instanceof DBClusterNotFoundFault) return true;
        throw error;
      }
    },
    120_000,
  );
}
