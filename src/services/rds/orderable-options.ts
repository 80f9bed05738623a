import type * as Rds from "@aws-sdk/client-rds";
import type { OrderableDBInstanceOption } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { dbInstanceClasses } from "./db-instance-classes.ts";
import { availabilityZones } from "./default-network.ts";
import { byVersion, requireEngine, versionKey } from "./engine-versions.ts";
import { mustBeProvided } from "./errors.ts";
import { page } from "./pages.ts";
import { licenseModel, type StorageType, storageTypes } from "./storage.ts";

export const orderableOptions = {
  DescribeOrderableDBInstanceOptions(ctx, request) {
    const input = withoutBlanks(request);
    if (!input.Engine) throw mustBeProvided("Engine");
    requireEngine(input.Engine);
    const versions = [...ctx.databases.versions("postgres")]
      .sort(byVersion)
      .filter((version) => input.EngineVersion === undefined || version === input.EngineVersion);
    const classes = [...dbInstanceClasses.keys()].filter(
      (name) => input.DBInstanceClass === undefined || name === input.DBInstanceClass,
    );
    const offered = (input.LicenseModel ?? licenseModel) === licenseModel && input.Vpc !== false;
    const options = offered
      ? versions.flatMap((version) =>
          classes.flatMap((name) =>
            Object.entries(storageTypes).map(([type, storage]) => describe(ctx, { version, name, type, storage })),
          ),
        )
      : [];
    const { items, marker } = page(options.sort(byKey), { ...input, kind: "orderable-options", largest: 1000 }, keyOf);
    return { OrderableDBInstanceOptions: items, Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

function keyOf({ EngineVersion = "", DBInstanceClass, StorageType }: OrderableDBInstanceOption): string {
  return `${versionKey(EngineVersion)} ${DBInstanceClass} ${StorageType}`;
}

function byKey(a: OrderableDBInstanceOption, b: OrderableDBInstanceOption): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function describe(
  ctx: Context,
  { version, name, type, storage }: { version: string; name: string; type: string; storage: StorageType },
): OrderableDBInstanceOption {
  return {
    Engine: "postgres",
    EngineVersion: version,
    DBInstanceClass: name,
    LicenseModel: licenseModel,
    AvailabilityZones: availabilityZones(ctx.region).map((Name) => ({ Name })),
    MultiAZCapable: true,
    ReadReplicaCapable: true,
    Vpc: true,
    SupportsStorageEncryption: true,
    StorageType: type,
    SupportsIops: storage.iops !== undefined,
    SupportsStorageThroughput: type === "gp3",
    SupportsEnhancedMonitoring: true,
    SupportsIAMDatabaseAuthentication: false,
    SupportsPerformanceInsights: true,
    MinStorageSize: storage.smallest,
    MaxStorageSize: storage.largest,
    ...(storage.iops === undefined
      ? {}
      : { MinIopsPerDbInstance: storage.iops.least, MaxIopsPerDbInstance: storage.iops.most }),
    AvailableProcessorFeatures: [],
    SupportedEngineModes: ["provisioned"],
    SupportsStorageAutoscaling: type !== "standard",
    SupportsKerberosAuthentication: false,
    OutpostCapable: false,
    SupportedActivityStreamModes: [],
    SupportsGlobalDatabases: false,
    SupportedNetworkTypes: ["IPV4"],
    SupportsClusters: false,
    SupportsDedicatedLogVolume: false,
    SupportsHttpEndpoint: false,
  };
}
