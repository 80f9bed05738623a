import type { CreateDBClusterMessage, ModifyDBClusterMessage } from "@aws-sdk/client-rds";
import { type ClusterDocument, type ClusterSettings, engineOfCluster } from "./db-cluster-rows.ts";
import { dbInstanceClasses, hasLocalDisk } from "./db-instance-classes.ts";
import { engineFacts } from "./engines.ts";
import { invalidParameterCombination, invalidParameterValue, mustBeProvided } from "./errors.ts";
import { requireClass } from "./new-db-instance.ts";
import { resolveStorage } from "./storage.ts";

// What is said of Multi-AZ DB clusters alone: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/multi-az-db-clusters-concepts.html

type StorageRequest = Pick<
  CreateDBClusterMessage,
  "AllocatedStorage" | "StorageType" | "Iops" | "DBClusterInstanceClass" | "PubliclyAccessible"
>;

/** What of a cluster is said of each of its members. */
export type MemberValues = Pick<
  ClusterSettings,
  "AllocatedStorage" | "StorageType" | "Iops" | "StorageThroughput" | "DBClusterInstanceClass"
>;

/** The storage and the class, of which an Aurora cluster has none. */
export function resolveMultiAzSettings(
  input: StorageRequest,
  { engine, engineVersion }: { readonly engine: ReturnType<typeof engineOfCluster>; readonly engineVersion: string },
) {
  const { DBClusterInstanceClass: dbClass, StorageType = "io1", PubliclyAccessible } = input;
  if (!dbClass) throw mustBeProvided("DBClusterInstanceClass");
  if (!/^(?:io1|io2|gp3)$/.test(StorageType)) throw invalidParameterValue(`Invalid storage type: ${StorageType}`);
  return {
    ...resolveStorage({ ...input, StorageType }, engine),
    DBClusterInstanceClass: requireLocalDisk(dbClass, { engine, engineVersion }),
    ...(PubliclyAccessible === undefined ? {} : { PubliclyAccessible }),
  };
}

/** The classes are those with disks of their own, where the readers keep what the writer has sent. */
function requireLocalDisk(
  name: string,
  { engine, engineVersion }: { readonly engine: ReturnType<typeof engineOfCluster>; readonly engineVersion: string },
): string {
  if (dbInstanceClasses.has(name) && hasLocalDisk(name)) return name;
  requireClass(name, engineVersion, engine);
  throw invalidParameterCombination(
    "RDS does not support creating a DB cluster with the following combination: " +
      `DBClusterInstanceClass=${name}, Engine=${engine}, EngineVersion=${engineVersion}, LicenseModel=${engineFacts[engine].licenseModel}. ` +
      "For supported combinations of instance class and database engine version, see the documentation.",
  );
}

/** Whether the IOPS of a storage are the same for all of its kind, and cannot be asked for. */
export function isOfFixedIops({ StorageType, AllocatedStorage = 0 }: MemberValues): boolean {
  return StorageType === "gp3" && AllocatedStorage < 400;
}

/** What a request changes of what all members have. @throws InvalidParameterCombination, also where the storage would shrink */
export function changedMemberValues(cluster: ClusterDocument, input: ModifyDBClusterMessage): MemberValues | undefined {
  const { AllocatedStorage, Iops, StorageType, DBClusterInstanceClass } = input;
  if ([AllocatedStorage, Iops, StorageType, DBClusterInstanceClass].every((value) => value === undefined)) {
    return undefined;
  }
  const { settings, engineVersion } = cluster;
  if (AllocatedStorage !== undefined && AllocatedStorage < (settings.AllocatedStorage ?? 0)) {
    throw invalidParameterCombination("The allocated storage of a DB cluster can't be reduced.");
  }
  // The IOPS of one type of storage are none of another's.
  const isSameType = StorageType === undefined || StorageType === settings.StorageType;
  const size = AllocatedStorage ?? settings.AllocatedStorage;
  const isFixed = isOfFixedIops({ AllocatedStorage: size, StorageType: StorageType ?? settings.StorageType });
  return resolveMultiAzSettings(
    {
      AllocatedStorage: size,
      Iops: Iops ?? (isSameType && !isFixed ? settings.Iops : undefined),
      StorageType: StorageType ?? settings.StorageType,
      DBClusterInstanceClass: DBClusterInstanceClass ?? settings.DBClusterInstanceClass,
    },
    { engine: engineOfCluster(cluster), engineVersion },
  );
}

/** What of these values PendingModifiedValues show, as long as they wait; the class is in none of its members. */
export function pendingOf(values: MemberValues | undefined) {
  if (values === undefined) return {};
  const { DBClusterInstanceClass: _, StorageThroughput: __, ...shown } = values;
  return shown;
}

/** What waits for the window. */
export function pendingMemberValues({ pendingClass, settings }: ClusterDocument): MemberValues | undefined {
  const { AllocatedStorage, Iops, StorageType } = settings.PendingModifiedValues ?? {};
  const given = { AllocatedStorage, Iops, StorageType, DBClusterInstanceClass: pendingClass };
  const waiting = Object.entries(given).filter(([, value]) => value !== undefined);
  return waiting.length === 0 ? undefined : Object.fromEntries(waiting);
}
