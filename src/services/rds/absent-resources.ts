import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireDbInstance } from "./db-instances.ts";
import { requireSnapshot } from "./db-snapshots.ts";
import { dbShardGroupNotFound, integrationNotFound } from "./errors.ts";
import { page } from "./pages.ts";

/** Lists of what nobody has made, since it cannot be made here: tenants of Oracle's, zero-ETL integrations, Aurora Limitless. */
export const absentResources = {
  async DescribeTenantDatabases(ctx, input) {
    if (input.DBInstanceIdentifier) await requireDbInstance(ctx, input.DBInstanceIdentifier);
    return { TenantDatabases: none(input, "tenant-databases") };
  },

  async DescribeDBSnapshotTenantDatabases(ctx, input) {
    if (input.DBSnapshotIdentifier) await requireSnapshot(ctx, input.DBSnapshotIdentifier);
    return { DBSnapshotTenantDatabases: none(input, "snapshot-tenant-databases") };
  },

  async DescribeIntegrations(_ctx, input) {
    if (input.IntegrationIdentifier) throw integrationNotFound(input.IntegrationIdentifier);
    return { Integrations: none(input, "integrations") };
  },

  async DescribeDBShardGroups(_ctx, input) {
    if (input.DBShardGroupIdentifier) throw dbShardGroupNotFound(input.DBShardGroupIdentifier);
    return { DBShardGroups: none(input, "shard-groups") };
  },
} satisfies Operations<typeof Rds, Context>;

/** @throws InvalidParameterValue for a page that there cannot be */
function none(input: { MaxRecords?: number | undefined; Marker?: string | undefined }, kind: string): never[] {
  return page([], { ...input, kind }, () => "").items;
}
