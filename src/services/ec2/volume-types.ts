import type { VolumeType } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { ownValue } from "../../aws/own-value.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";

/**
 * Sizes in GiB and IOPS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html; what is refused, with
 * which words and in which order: decision 0165.
 */
const volumeTypes: Readonly<Record<VolumeType, TypeRules>> = {
  gp2: { min: 1, max: 16_384 },
  gp3: { min: 1, max: 65_536, iops: { min: 100, usual: 3000, max: 80_000, each: 500 } },
  io1: { min: 4, max: 16_384, iops: { min: 100, max: 64_000, each: 50 } },
  io2: { min: 4, max: 65_536, iops: { min: 100, max: 256_000, each: 1000 } },
  st1: { min: 125, max: 16_384 },
  sc1: { min: 125, max: 16_384 },
  standard: { min: 1, max: 1024 },
};

interface TypeRules {
  readonly min: number;
  readonly max: number;
  readonly iops?: IopsRules;
}

/** `usual`: what a volume has where fewer or none are asked for. `each`: IOPS a GiB at most. */
interface IopsRules {
  readonly min: number;
  readonly usual?: number;
  readonly max: number;
  readonly each: number;
}

/** MiB/s: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-performance */
const gp3Throughput = { usual: 125, max: 2000, eachIops: 0.25 };

interface Performance {
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

interface Asked {
  readonly type: string | undefined;
  readonly size: number;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

/** What a volume of this type and size performs, with the type's own figures where none are asked for. @throws AwsError */
export function checkVolumeType(asked: Asked): Performance {
  const { size } = asked;
  for (const name of ["size", "iops", "throughput"] as const) {
    const value = asked[name];
    if (value !== undefined && value < 0) {
      throw invalidParameterValue(
        `Value (${value}) for parameter ${name} is invalid. Value must be a positive integer.`,
      );
    }
  }
  const type = volumeTypeOf(asked.type);
  const rules = volumeTypes[type];
  const iops = checkIopsGiven(type, rules.iops, asked.iops);
  if (asked.throughput !== undefined && type !== "gp3") {
    throw invalidParameterCombination(`The throughput parameter is not supported for ${type} volumes.`);
  }
  if (size < rules.min) {
    throw invalidParameterValue(
      `The volume size is invalid for ${type} volumes: ${size} GiB. ${type} volumes must be at least ${rules.min} GiB in size. Please specify a volume size above the minimum limit.`,
    );
  }
  if (size > rules.max) {
    throw invalidParameterValue(
      `Volume of ${size}GiB is too large for volume type ${type}; maximum is ${rules.max}GiB`,
    );
  }
  const has = type === "gp2" ? gp2Iops(size) : checkIops(rules.iops, iops, size);
  return { type, iops: has, throughput: type === "gp3" ? checkThroughput(asked.throughput, has ?? 0) : undefined };
}

/** @throws AwsError `UnknownVolumeType` */
function volumeTypeOf(asked: string | undefined): VolumeType {
  const name = (asked || "gp2").toLowerCase();
  // The keys of an object's own type.
  const type = ownValue(volumeTypes, name) === undefined ? undefined : (name as VolumeType);
  if (type !== undefined) return type;
  throw new AwsError("UnknownVolumeType", `Unsupported volume type '${asked}' for volume creation. `);
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp2-performance: 3 a GiB, at least 100. */
function gp2Iops(size: number): number {
  return Math.min(16_000, Math.max(100, 3 * size));
}

function checkIopsGiven(type: VolumeType, rules: IopsRules | undefined, iops: number | undefined): number | undefined {
  if (rules === undefined && iops !== undefined) {
    throw invalidParameterCombination(`The parameter iops is not supported for ${type} volumes.`);
  }
  if (rules !== undefined && iops === undefined && rules.usual === undefined) {
    throw invalidParameterCombination(`The parameter iops must be specified for ${type} volumes.`);
  }
  return iops;
}

function checkIops(rules: IopsRules | undefined, iops: number | undefined, size: number): number | undefined {
  if (rules === undefined) return undefined;
  const { min, usual = 0, max, each } = rules;
  if (iops === undefined || iops === usual) return usual;
  if (iops < min) throw invalidParameterValue(`Volume iops of ${iops} is too low; minimum is ${min}.`);
  if (iops > max) throw invalidParameterValue(`Volume iops of ${iops} is too high; maximum is ${max}.`);
  if (iops > each * size) {
    throw invalidParameterValue(
      `Iops to volume size ratio of ${(iops / size).toFixed(6)} is too high; maximum is ${each}`,
    );
  }
  return Math.max(iops, usual);
}

function checkThroughput(throughput: number | undefined, iops: number): number {
  const { usual, max, eachIops } = gp3Throughput;
  if (throughput === undefined || throughput < usual) return usual;
  if (throughput > max) {
    throw invalidParameterValue(`Volume throughput of ${throughput} is too high; maximum is ${max}.`);
  }
  if (throughput > iops * eachIops) {
    const ratio = (throughput / iops).toFixed(6);
    throw invalidParameterValue(
      `Throughput (MiBps) to iops ratio of ${ratio} is too high; maximum is ${eachIops.toFixed(6)} MiBps per iops`,
    );
  }
  return throughput;
}
