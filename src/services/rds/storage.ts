import type { CreateDBInstanceMessage } from "@aws-sdk/client-rds";
import { ownValue } from "../../aws/own-value.ts";
import { invalidParameterCombination, invalidParameterValue, mustBeProvided } from "./errors.ts";

export interface StorageType {
  /** GiB. */
  readonly smallest: number;
  /** GiB. */
  readonly largest: number;
  /** What may be asked for; none: the type has no such setting. */
  readonly iops?: { readonly least: number; readonly most: number; readonly mostPerGib: number };
}

/** GiB. */
const gp2Smallest = 5;
const gp3Smallest = 20;

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html: the same for PostgreSQL, MySQL and MariaDB.
 * Of gp2 RDS takes 5 GiB, as DescribeOrderableDBInstanceOptions says, and Terraform's own examples rely on it.
 */
export const storageTypes: Readonly<Record<string, StorageType>> = {
  gp2: { smallest: gp2Smallest, largest: 65_536 },
  gp3: { smallest: gp3Smallest, largest: 65_536, iops: { least: 12_000, most: 64_000, mostPerGib: 500 } },
  io1: { smallest: 100, largest: 65_536, iops: { least: 1_000, most: 256_000, mostPerGib: 50 } },
  io2: { smallest: 100, largest: 65_536, iops: { least: 1_000, most: 256_000, mostPerGib: 1_000 } },
  standard: { smallest: 5, largest: 3_072 },
};

/** From this size on, gp3 is striped over four volumes, and its IOPS and throughput can be set. */
const gp3Striped = 400;

type StorageRequest = Pick<
  CreateDBInstanceMessage,
  "AllocatedStorage" | "StorageType" | "Iops" | "StorageThroughput" | "MaxAllocatedStorage"
>;

/** The storage members as DescribeDBInstances shows them. */
export function resolveStorage(request: StorageRequest, engine: string) {
  const { AllocatedStorage: size, MaxAllocatedStorage } = request;
  // Terraform's provider sends 0 for none with each change of the size.
  const Iops = request.Iops || undefined;
  const StorageThroughput = request.StorageThroughput || undefined;
  if (size === undefined) throw mustBeProvided("AllocatedStorage", "null");
  const type = request.StorageType ?? usualType(size, Iops);
  const limits = ownValue(storageTypes, type);
  if (limits === undefined) throw invalidParameterValue(`Invalid storage type: ${type}`);
  if (size < limits.smallest || size > limits.largest) {
    throw invalidParameterCombination(
      `Invalid storage size for engine name ${engine} and storage type ${type}: ${size}`,
    );
  }
  if (MaxAllocatedStorage !== undefined && MaxAllocatedStorage < size) {
    throw invalidParameterCombination("Max storage size must be greater than storage size");
  }
  return {
    AllocatedStorage: size,
    StorageType: type,
    ...performance({ engine, type, size }, { Iops, StorageThroughput }),
    ...(MaxAllocatedStorage === undefined ? {} : { MaxAllocatedStorage }),
  };
}

/** What is too small for gp3 is of the default before it. */
function usualType(size: number, iops: number | undefined): string {
  if (iops !== undefined) return "io1";
  return size >= gp3Smallest || size < gp2Smallest ? "gp3" : "gp2";
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html */
function performance(
  { engine, type, size }: { readonly engine: string; readonly type: string; readonly size: number },
  { Iops, StorageThroughput }: { Iops: number | undefined; StorageThroughput: number | undefined },
): { Iops?: number; StorageThroughput: number } {
  if (type === "gp3" && size < gp3Striped) {
    if (Iops !== undefined || StorageThroughput !== undefined) {
      throw invalidParameterCombination(
        `You can't specify IOPS or storage throughput for engine ${engine} and a storage size less than ${gp3Striped}.`,
      );
    }
    return { Iops: 3000, StorageThroughput: 125 };
  }
  if (type === "gp3") {
    const iops = iopsOf({ engine, type, size }, Iops ?? 12_000);
    return { Iops: iops, StorageThroughput: throughputOf({ engine, iops }, StorageThroughput ?? 500) };
  }
  if (StorageThroughput !== undefined) {
    throw invalidParameterCombination(`You can't specify storage throughput for storage type ${type}.`);
  }
  if (storageTypes[type]?.iops === undefined) {
    if (Iops !== undefined) throw invalidParameterCombination(`You can't specify IOPS for storage type ${type}.`);
    return { StorageThroughput: 0 };
  }
  if (Iops === undefined) {
    throw invalidParameterCombination(`The storage type ${type} requires iops to be specified.`);
  }
  return { Iops: iopsOf({ engine, type, size }, Iops), StorageThroughput: 0 };
}

function iopsOf(
  { engine, type, size }: { readonly engine: string; readonly type: string; readonly size: number },
  iops: number,
): number {
  const limits = storageTypes[type]?.iops;
  if (limits !== undefined && (iops < limits.least || iops > limits.most)) {
    throw invalidParameterCombination(`Invalid iops value for engine name ${engine} and storage type ${type}: ${iops}`);
  }
  if (limits !== undefined && (iops > limits.mostPerGib * size || iops * 2 < size)) {
    throw invalidParameterCombination(
      `Invalid iops to storage (GiB) ratio for engine name ${engine} and storage type ${type}: ${(iops / size).toFixed(4)}`,
    );
  }
  return iops;
}

/** MiB a second: at most a quarter of the IOPS. */
function throughputOf(
  { engine, iops }: { readonly engine: string; readonly iops: number },
  throughput: number,
): number {
  if (throughput < 500 || throughput > 4_000 || throughput * 4 > iops) {
    throw invalidParameterCombination(
      `Invalid storage throughput value for engine name ${engine} and storage type gp3: ${throughput}`,
    );
  }
  return throughput;
}
