import type * as Rds from "@aws-sdk/client-rds";
import type { OrderableDBInstanceOption } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { availabilityZones } from "./availability-zones.ts";
import { withoutBlanks } from "./blanks.ts";
import { auroraClasses, dbInstanceClasses, hasLocalDisk } from "./db-instance-classes.ts";
import { byVersion, versionKey } from "./engine-version-table.ts";
import { engineVersionsOf } from "./engine-versions.ts";
import { type Engine, engineFacts, isAurora, requireAnyEngine } from "./engines.ts";
import { mustBeProvided } from "./errors.ts";
import { page } from "./pages.ts";
import { storageTypes } from "./storage.ts";

export const orderableOptions = {
  DescribeOrderableDBInstanceOptions(ctx, request) {
    const input = withoutBlanks(request);
    if (!input.Engine) throw mustBeProvided("Engine");
    const engine = requireAnyEngine(input.Engine);
    const ofAurora = isAurora(engine);
    const { licenseModel } = engineFacts[engine];
    const versions = [...engineVersionsOf(ctx, engine)]
      .sort(byVersion)
      .filter((version) => input.EngineVersion === undefined || `${version}.`.startsWith(`${input.EngineVersion}.`));
    const classes = [...(ofAurora ? auroraClasses : dbInstanceClasses.keys())]
      .sort()
      .filter((name) => input.DBInstanceClass === undefined || name === input.DBInstanceClass);
    const types = (ofAurora ? auroraStorageTypes : Object.keys(storageTypes)).toSorted();
    const offered = (input.LicenseModel ?? licenseModel) === licenseModel && input.Vpc !== false;
    const offers = { engine, versions: offered ? versions : [], classes, types };
    const list = (after: string | undefined) => offersOf(offers, after);
    const { items, marker } = page(list, { ...input, kind: "orderable-options", largest: 1000 }, keyOf);
    const OrderableDBInstanceOptions = items.map((offer) => (ofAurora ? describeAurora : describe)(ctx, offer));
    return { OrderableDBInstanceOptions, Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

const auroraStorageTypes = ["aurora", "aurora-iopt1"];

/** One by one, since there are more than a hundred thousand, and none of the versions and classes that end before `after`. */
function* offersOf({ engine, versions, classes, types }: Offers, after = ""): Generator<Offer> {
  for (const version of versions) {
    const key = versionKey(version);
    if (endsBefore(key, after)) continue;
    for (const name of classes) {
      if (endsBefore(`${key} ${name}`, after)) continue;
      for (const type of types) yield { engine, version, name, type };
    }
  }
}

/** "!" is what comes next to the blank that ends a part of a key. */
function endsBefore(partOfKey: string, after: string): boolean {
  return after > `${partOfKey}!`;
}

function keyOf({ version, name, type }: Offer): string {
  return `${versionKey(version)} ${name} ${type}`;
}

function describe(ctx: Context, offer: Offer): OrderableDBInstanceOption {
  const { type } = offer;
  const storage = storageTypes[type];
  return {
    ...common(ctx, offer),
    Engine: offer.engine,
    MultiAZCapable: true,
    ReadReplicaCapable: true,
    SupportsIops: storage?.iops !== undefined,
    SupportsStorageThroughput: type === "gp3",
    MinStorageSize: storage?.smallest,
    MaxStorageSize: storage?.largest,
    ...(storage?.iops === undefined
      ? {}
      : {
          ...{ MinIopsPerDbInstance: storage.iops.least, MaxIopsPerDbInstance: storage.iops.most },
          ...{ MinIopsPerGib: 0.5, MaxIopsPerGib: storage.iops.mostPerGib },
        }),
    ...(type === "gp3" && {
      ...{ MinStorageThroughputPerDbInstance: 500, MaxStorageThroughputPerDbInstance: 4000 },
      ...{ MinStorageThroughputPerIops: 0, MaxStorageThroughputPerIops: 0.25 },
    }),
    SupportsStorageAutoscaling: type !== "standard",
    SupportsGlobalDatabases: false,
    SupportsClusters: offer.engine !== "mariadb" && hasLocalDisk(offer.name) && /^(?:io1|io2|gp3)$/.test(type),
  };
}

function describeAurora(ctx: Context, offer: Offer): OrderableDBInstanceOption {
  return {
    ...common(ctx, offer),
    Engine: offer.engine,
    MultiAZCapable: false,
    SupportsIops: false,
    SupportsStorageThroughput: false,
    SupportsStorageAutoscaling: false,
    SupportsGlobalDatabases: true,
    SupportsClusters: true,
  };
}

interface Offers {
  readonly engine: Engine;
  readonly versions: readonly string[];
  readonly classes: readonly string[];
  readonly types: readonly string[];
}

interface Offer {
  readonly engine: Engine;
  readonly version: string;
  readonly name: string;
  readonly type: string;
}

function common(ctx: Context, { engine, version, name, type }: Offer): OrderableDBInstanceOption {
  return {
    EngineVersion: version,
    DBInstanceClass: name,
    LicenseModel: engineFacts[engine].licenseModel,
    AvailabilityZones: availabilityZones(ctx.region).map((Name) => ({ Name })),
    ReadReplicaCapable: false,
    Vpc: true,
    SupportsStorageEncryption: true,
    StorageType: type,
    SupportsEnhancedMonitoring: true,
    SupportsIAMDatabaseAuthentication: true,
    SupportsPerformanceInsights: true,
    AvailableProcessorFeatures: [],
    SupportedEngineModes: ["provisioned"],
    SupportsKerberosAuthentication: false,
    OutpostCapable: false,
    SupportedActivityStreamModes: [],
    SupportedNetworkTypes: ["IPV4"],
    SupportsDedicatedLogVolume: false,
    SupportsHttpEndpoint: false,
  };
}
