import type { Context } from "../service-context.ts";
import { type ClusterDocument, engineOfCluster, isMultiAz } from "./db-cluster-rows.ts";
import { findRow } from "./db-instance-rows.ts";
import { insertRow } from "./db-instances.ts";
import { memberDocument } from "./new-db-cluster-member.ts";

/** RDS makes a writer and two readers, each in a zone of its own. Nothing of an Aurora cluster. */
export async function insertMultiAzMembers(ctx: Context, cluster: ClusterDocument): Promise<void> {
  if (!isMultiAz(cluster)) return;
  const { settings, engineVersion, resourceId } = cluster;
  const dbClass = settings.DBClusterInstanceClass ?? "";
  const { PubliclyAccessible } = settings;
  for (let made = 0, number = 1; made < 3; number++) {
    const suffix = `-instance-${number}`;
    const identifier = `${cluster.name.slice(0, 63 - suffix.length).replace(/-+$/, "")}${suffix}`;
    if ((await findRow(ctx, identifier)) !== undefined) continue;
    const document = {
      ...(await memberDocument(ctx, cluster, { DBInstanceClass: dbClass, PubliclyAccessible })),
      ...(settings.Iops === undefined ? {} : { Iops: settings.Iops }),
      ...(settings.StorageThroughput === undefined ? {} : { StorageThroughput: settings.StorageThroughput }),
    };
    const engine = engineOfCluster(cluster);
    const port = { like: cluster.port };
    await insertRow(ctx, { identifier, engine, clusterResourceId: resourceId, engineVersion, document, port }, []);
    made++;
  }
}
