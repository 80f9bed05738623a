import type { VolumeType } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { ownValue } from "../../aws/own-value.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";

/** Sizes in GiB and IOPS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html */
const volumeTypes: Readonly<Record<string, { min: number; max: number; iops?: readonly [min: number, max: number] }>> =
  {
    gp2: { min: 1, max: 16_384 },
    gp3: { min: 1, max: 65_536, iops: [3000, 80_000] },
    io1: { min: 4, max: 16_384, iops: [100, 64_000] },
    io2: { min: 4, max: 65_536, iops: [100, 256_000] },
    st1: { min: 125, max: 16_384 },
    sc1: { min: 125, max: 16_384 },
    standard: { min: 1, max: 1024 },
  };

interface Performance {
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

/** What a volume of this type and size performs, with the type's own figures where none are asked for. @throws AwsError */
export function checkVolumeType(asked: Performance & { readonly size: number }): Performance {
  const { type, size } = asked;
  const rules = ownValue(volumeTypes, type);
  if (rules === undefined) throw invalidParameterValue(`Invalid value '${type}' for VolumeType.`);
  if (size < rules.min || size > rules.max) {
    throw invalidParameterValue(
      `Volume of ${size}GiB is ${size < rules.min ? "too small" : "too big"} for volume type ${type}; ${
        size < rules.min ? `minimum is ${rules.min}` : `maximum is ${rules.max}`
      }GiB.`,
    );
  }
  return {
    type,
    iops: checkIops(type, rules.iops, asked.iops, size),
    throughput: checkThroughput(type, asked.throughput),
  };
}

function checkIops(
  type: VolumeType,
  bounds: readonly [min: number, max: number] | undefined,
  iops: number | undefined,
  size: number,
): number | undefined {
  // https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp2-performance: 3 a GiB, at least 100.
  if (type === "gp2" && iops === undefined) return Math.min(16_000, Math.max(100, 3 * size));
  if (bounds === undefined) {
    if (iops === undefined) return undefined;
    throw invalidParameterCombination(`The parameter iops is not supported for ${type} volumes.`);
  }
  if (iops === undefined) {
    if (type === "gp3") return bounds[0];
    throw new AwsError("MissingParameter", `The parameter iops must be specified for ${type} volumes.`);
  }
  if (iops < bounds[0]) throw invalidParameterValue(`Volume iops of ${iops} is too low; minimum is ${bounds[0]}.`);
  if (iops > bounds[1]) throw invalidParameterValue(`Volume iops of ${iops} is too high; maximum is ${bounds[1]}.`);
  return iops;
}

function checkThroughput(type: VolumeType, throughput: number | undefined): number | undefined {
  if (type !== "gp3") {
    if (throughput === undefined) return undefined;
    throw invalidParameterCombination(`The parameter throughput is not supported for ${type} volumes.`);
  }
  if (throughput !== undefined && (throughput < 125 || throughput > 2000)) {
    throw invalidParameterValue(`Volume throughput of ${throughput} is out of range for gp3: 125 to 2000 MiB/s.`);
  }
  return throughput ?? 125;
}
