import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import { regionNames } from "../../aws/regions.ts";
import type { RdsResourceKind } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { listInstanceRows, readDocument } from "./db-instance-rows.ts";
import { invalidParameterValue } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { listNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import { quotas } from "./quotas.ts";
import { clusterSnapshotFamily } from "./stored-cluster-snapshots.ts";
import { isManual, snapshotFamily } from "./stored-snapshots.ts";

export const accountFacts = {
  async DescribeAccountAttributes(ctx) {
    const used = await usage(ctx);
    return {
      AccountQuotas: Object.entries(quotas).map(([AccountQuotaName, Max]) => {
        return { AccountQuotaName, Used: used[AccountQuotaName] ?? 0, Max };
      }),
    };
  },

  DescribeSourceRegions(ctx, input) {
    const { RegionName } = input;
    if (RegionName && !Object.hasOwn(regionNames, RegionName)) {
      throw invalidParameterValue(`Invalid region: ${RegionName}`);
    }
    const names = Object.keys(regionNames)
      .filter((name) => name !== ctx.region && (!RegionName || name === RegionName))
      .sort();
    const { items, marker } = page(names, { ...input, kind: "source-regions" }, (name) => name);
    return {
      SourceRegions: items.map((name) => ({
        RegionName: name,
        Endpoint: `https://rds.${name}.amazonaws.com`,
        Status: "available",
        SupportsDBInstanceAutomatedBackupsReplication: true,
      })),
      Marker: marker,
    };
  },

  /** Nobody watches these servers to recommend anything. */
  DescribeDBRecommendations(_ctx, input) {
    filterValues(input.Filters, [
      "recommendation-id",
      "status",
      "severity",
      "type-id",
      "dbi-resource-id",
      "cluster-id",
    ]);
    const { items, marker } = page([], { ...input, kind: "recommendations" }, () => "");
    return { DBRecommendations: items, Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

/** By the quotas' names; those that count what there is in a group say the largest. */
async function usage(ctx: Context): Promise<Readonly<Record<string, number>>> {
  const instances = (await listInstanceRows(ctx)).map(readDocument);
  const rows = await ctx.db
    .selectFrom("rds_resources")
    .select("kind")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .groupBy("kind")
    .execute();
  const countOf = (kind: RdsResourceKind) => Number(rows.find((row) => row.kind === kind)?.count ?? 0);
  const replicas = instances.map(
    ({ ReadReplicaDBInstanceIdentifiers = [] }) => ReadReplicaDBInstanceIdentifiers.length,
  );
  return {
    AllocatedStorage: instances.reduce((sum, { AllocatedStorage = 0 }) => sum + AllocatedStorage, 0),
    DBClusterParameterGroups: countOf("cluster-pg"),
    DBClusters: countOf("cluster"),
    DBInstances: instances.length,
    DBParameterGroups: countOf("pg"),
    DBSubnetGroups: countOf("subgrp"),
    EventSubscriptions: countOf("es"),
    ManualClusterSnapshots: (await listNamed(ctx, clusterSnapshotFamily)).filter(({ document }) => isManual(document))
      .length,
    ManualSnapshots: (await listNamed(ctx, snapshotFamily)).filter(({ document }) => isManual(document)).length,
    OptionGroups: countOf("og"),
    ReadReplicasPerMaster: Math.max(0, ...replicas),
  };
}
