import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterAutomatedBackup } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dropClusterBackups } from "./cluster-backups.ts";
import { arnOfCluster, clusterFamily, engineOfCluster, listClusters } from "./db-cluster-rows.ts";
import { engineFacts } from "./engines.ts";
import { dbClusterAutomatedBackupNotFound, invalidDbClusterAutomatedBackupState, mustBeProvided } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { arnOfNamed, listNamed, nameOf } from "./named-resources.ts";
import { page } from "./pages.ts";
import { backupNameOf } from "./stored-automated-backups.ts";
import { type ClusterBackup, clusterBackupFamily, findClusterBackup, restoreWindow } from "./stored-cluster-backups.ts";

export const dbClusterAutomatedBackups = {
  async DescribeDBClusterAutomatedBackups(ctx, input) {
    const filters = filterValues(input.Filters, ["status", "db-cluster-id", "db-cluster-resource-id"]);
    const wanted = (await listNamed(ctx, clusterBackupFamily))
      .map(({ document }) => document)
      .filter(({ status, cluster: { name, resourceId } }) => {
        const facts: Readonly<Record<string, string>> = { status, "db-cluster-resource-id": resourceId };
        return (
          (!input.DbClusterResourceId || resourceId === input.DbClusterResourceId) &&
          (!input.DBClusterIdentifier || name === input.DBClusterIdentifier.toLowerCase()) &&
          filters.every((filter) =>
            filter.values.some((value) =>
              filter.name === "db-cluster-id"
                ? name === nameOf(ctx, clusterFamily, value).toLowerCase()
                : facts[filter.name] === value,
            ),
          )
        );
      });
    const { items, marker } = page(
      wanted,
      { ...input, kind: "db-cluster-automated-backups" },
      ({ cluster }) => cluster.resourceId,
    );
    return {
      DBClusterAutomatedBackups: await Promise.all(items.map((backup) => describe(ctx, backup))),
      Marker: marker,
    };
  },

  async DeleteDBClusterAutomatedBackup(ctx, input) {
    const id = input.DbClusterResourceId;
    if (!id) throw mustBeProvided("DbClusterResourceId");
    const backup = await findClusterBackup(ctx, id);
    if (backup === undefined) throw dbClusterAutomatedBackupNotFound(id);
    if (backup.status !== "retained") {
      throw invalidDbClusterAutomatedBackupState(
        `The automated backup of ${backup.cluster.name} can't be deleted: only retained automated backups can be.`,
      );
    }
    const deleted = await describe(ctx, backup);
    await dropClusterBackups(ctx, id);
    return { DBClusterAutomatedBackup: { ...deleted, Status: "deleting" } };
  },
} satisfies Operations<typeof Rds, Context>;

/** As its cluster is by now, where there still is one. */
async function describe(ctx: Context, backup: ClusterBackup): Promise<DBClusterAutomatedBackup> {
  const { status, vpcId } = backup;
  const now = (await listClusters(ctx)).find(({ resourceId }) => resourceId === backup.cluster.resourceId);
  const cluster = now ?? backup.cluster;
  const { earliest, latest } = restoreWindow(ctx, backup, now?.status);
  const { settings } = cluster;
  return {
    DBClusterArn: arnOfCluster(cluster),
    DBClusterAutomatedBackupsArn: arnOfNamed(ctx, "cluster-auto-backup", backupNameOf(cluster.resourceId)),
    DbClusterResourceId: cluster.resourceId,
    DBClusterIdentifier: cluster.name,
    Region: ctx.region,
    Status: status,
    RestoreWindow: { EarliestTime: earliest, LatestTime: latest },
    ClusterCreateTime: new Date(cluster.created),
    Engine: engineOfCluster(cluster),
    EngineMode: settings.EngineMode,
    EngineVersion: cluster.engineVersion,
    LicenseModel: engineFacts[engineOfCluster(cluster)].licenseModel,
    Port: cluster.port,
    VpcId: vpcId,
    MasterUsername: settings.MasterUsername,
    AvailabilityZones: settings.AvailabilityZones,
    AllocatedStorage: settings.AllocatedStorage,
    StorageType: settings.StorageType,
    StorageEncrypted: settings.StorageEncrypted ?? false,
    KmsKeyId: settings.KmsKeyId,
    BackupRetentionPeriod: settings.BackupRetentionPeriod,
    PreferredBackupWindow: settings.PreferredBackupWindow,
    IAMDatabaseAuthenticationEnabled: settings.IAMDatabaseAuthenticationEnabled ?? false,
    TagList: [],
  };
}
