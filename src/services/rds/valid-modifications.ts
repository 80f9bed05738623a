import type * as Rds from "@aws-sdk/client-rds";
import type { ValidStorageOptions } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readDocument } from "./db-instance-rows.ts";
import { requireDbInstance } from "./db-instances.ts";
import { invalidDbInstanceState } from "./errors.ts";
import { type StorageType, storageTypes } from "./storage.ts";

export const validModifications = {
  async DescribeValidDBInstanceModifications(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    if (row.db_instance_status !== "available") {
      throw invalidDbInstanceState(`Database instance is not in available state: ${row.db_instance_identifier}`);
    }
    const { AllocatedStorage = 0 } = readDocument(row);
    return {
      ValidDBInstanceModificationsMessage: {
        Storage: Object.entries(storageTypes).map(([type, limits]) => toOptions(type, limits, AllocatedStorage)),
        ValidProcessorFeatures: [],
        SupportsDedicatedLogVolume: true,
      },
    };
  },
} satisfies Operations<typeof Rds, Context>;

/** Storage can grow only. */
function toOptions(StorageType: string, { smallest, largest, iops }: StorageType, size: number): ValidStorageOptions {
  return {
    StorageType,
    StorageSize: size > largest ? [] : [{ From: Math.max(smallest, size), To: largest, Step: 1 }],
    ...(iops && {
      ProvisionedIops: [{ From: iops.least, To: iops.most, Step: 1 }],
      IopsToStorageRatio: [{ From: 0.5, To: iops.mostPerGib }],
    }),
    SupportsStorageAutoscaling: StorageType !== "standard",
  };
}
