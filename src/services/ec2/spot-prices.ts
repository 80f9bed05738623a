import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";

/**
 * A price an hour in US dollars. AWS's own are of the day and the zone: these follow the size of the type alone, so that
 * they are the same at every look.
 */
function onDemandPrice(type: InstanceTypeInfo): string {
  const cpus = type.VCpuInfo?.DefaultVCpus ?? 1;
  const gibibytes = (type.MemoryInfo?.SizeInMiB ?? 1024) / 1024;
  const factor = type.BurstablePerformanceSupported === true ? 0.25 : 1;
  return (factor * (0.032 * cpus + 0.0042 * gibibytes)).toFixed(6);
}

/** https://aws.amazon.com/ec2/spot/pricing: Spot prices are commonly around a third of the on-demand ones. */
export function spotPrice(type: InstanceTypeInfo): string {
  return (Number(onDemandPrice(type)) * 0.35).toFixed(6);
}
