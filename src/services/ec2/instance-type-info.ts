import type { _InstanceType, InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { InstanceFamily, InstanceSize } from "./instance-family.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernating-prerequisites.html: less than 150 GiB. */
const mostHibernatedMiB = 150 * 1024;

/** How many volumes a size of at most so many vCPUs may have, where they share attachments with nothing else. */
const dedicatedLimits: readonly (readonly [mostVCpus: number, volumes: number])[] = [
  [48, 32],
  [64, 48],
  [96, 64],
  [128, 88],
  [192, 128],
];

/** What DescribeInstanceTypes shows of a size. */
export function toInstanceTypeInfo(name: string, family: InstanceFamily, size: InstanceSize): InstanceTypeInfo {
  const [vCpus, memoryInMiB, networkPerformance, maximumInterfaces, ipv4PerInterface, ebs] = size;
  const threadsPerCore = Math.min(family.threadsPerCore, vCpus);
  const nitro = family.hypervisor === "nitro";
  const hasTpm = nitro && family.manufacturer !== "AWS";
  const sizeName = name.split(".")[1] ?? "";
  return {
    InstanceType: name as _InstanceType,
    CurrentGeneration: family.currentGeneration,
    FreeTierEligible: name === "t2.micro" || name === "t3.micro",
    SupportedUsageClasses: ["on-demand", "spot"],
    SupportedRootDeviceTypes: ["ebs"],
    SupportedVirtualizationTypes: ["hvm"],
    BareMetal: false,
    Hypervisor: family.hypervisor,
    ProcessorInfo: {
      SupportedArchitectures: [...family.architectures],
      SustainedClockSpeedInGhz: family.clockSpeedInGhz,
      Manufacturer: family.manufacturer,
    },
    VCpuInfo: {
      DefaultVCpus: vCpus,
      DefaultCores: vCpus / threadsPerCore,
      DefaultThreadsPerCore: threadsPerCore,
      ...validCores(family, vCpus),
      ValidThreadsPerCore: threadsPerCore === 2 ? [1, 2] : [1],
    },
    MemoryInfo: { SizeInMiB: memoryInMiB },
    ...storageOf(family, sizeName),
    ...gpusOf(family, sizeName),
    EbsInfo: {
      EbsOptimizedSupport:
        family.ebsOptimized === "supported" && ebs === undefined ? "unsupported" : family.ebsOptimized,
      EncryptionSupport: "supported",
      NvmeSupport: nitro ? "required" : "unsupported",
      ...(nitro ? attachmentLimit(family, vCpus) : {}),
      ...(ebs === undefined
        ? {}
        : {
            EbsOptimizedInfo: {
              BaselineBandwidthInMbps: ebs[0],
              BaselineThroughputInMBps: ebs[0] / 8,
              BaselineIops: ebs[1],
              MaximumBandwidthInMbps: ebs[2],
              MaximumThroughputInMBps: ebs[2] / 8,
              MaximumIops: ebs[3],
            },
          }),
    },
    NetworkInfo: {
      NetworkPerformance: networkPerformance,
      MaximumNetworkInterfaces: maximumInterfaces,
      MaximumNetworkCards: 1,
      DefaultNetworkCardIndex: 0,
      NetworkCards: [
        {
          NetworkCardIndex: 0,
          NetworkPerformance: networkPerformance,
          MaximumNetworkInterfaces: maximumInterfaces,
        },
      ],
      Ipv4AddressesPerInterface: ipv4PerInterface,
      Ipv6AddressesPerInterface: ipv4PerInterface,
      Ipv6Supported: true,
      EnaSupport: nitro ? "required" : (family.ena ?? "unsupported"),
      EfaSupported: false,
      EncryptionInTransitSupported: family.encryptionInTransit,
    },
    PlacementGroupInfo: { SupportedStrategies: [...family.placementStrategies] },
    HibernationSupported: family.hibernates !== false && memoryInMiB < mostHibernatedMiB,
    BurstablePerformanceSupported: family.burstable,
    DedicatedHostsSupported: nitro && (!family.burstable || name.startsWith("t3.")),
    AutoRecoverySupported: true,
    NitroEnclavesSupport: hasEnclaves(family, vCpus) ? "supported" : "unsupported",
    NitroTpmSupport: hasTpm ? "supported" : "unsupported",
    ...(hasTpm ? { NitroTpmInfo: { SupportedVersions: ["2.0"] } } : {}),
    RebootMigrationSupport: nitro ? "supported" : "unsupported",
    SupportedBootModes: [...family.bootModes],
  };
}

function storageOf({ disks }: InstanceFamily, sizeName: string): Partial<InstanceTypeInfo> {
  const found = disks?.of[sizeName];
  if (disks === undefined || found === undefined) return { InstanceStorageSupported: false };
  const [Count, SizeInGB] = found;
  const support = disks.kind === "ssd" && disks.nvme !== false ? "required" : "unsupported";
  return {
    InstanceStorageSupported: true,
    InstanceStorageInfo: {
      TotalSizeInGB: Count * SizeInGB,
      Disks: [{ Count, SizeInGB, Type: disks.kind }],
      EncryptionSupport: support,
      NvmeSupport: support,
    },
  };
}

function gpusOf({ gpus }: InstanceFamily, sizeName: string): Partial<InstanceTypeInfo> {
  if (gpus === undefined) return {};
  const Count = gpus.counts[sizeName] ?? 1;
  const one = { Name: gpus.name, Manufacturer: "NVIDIA", Count, MemoryInfo: { SizeInMiB: gpus.memoryInMiB } };
  return { GpuInfo: { Gpus: [one], TotalGpuMemoryInMiB: Count * gpus.memoryInMiB } };
}

/** https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html: half of the vCPUs, and a core, stay the parent's. */
function hasEnclaves({ hypervisor, burstable, threadsPerCore }: InstanceFamily, vCpus: number): boolean {
  return hypervisor === "nitro" && !burstable && vCpus >= 2 * threadsPerCore;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cpu-options-supported-instances-values.html */
function validCores({ coreStep, threadsPerCore }: InstanceFamily, vCpus: number): { ValidCores?: number[] } {
  if (coreStep === undefined) return {};
  const cores = Math.max(1, vCpus / threadsPerCore);
  if (cores < coreStep) return { ValidCores: [cores] };
  return { ValidCores: Array.from({ length: cores / coreStep }, (_, index) => (index + 1) * coreStep) };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html: of the 28 that are shared, the primary interface takes one. */
function attachmentLimit({ dedicatedAttachments }: InstanceFamily, vCpus: number) {
  if (dedicatedAttachments !== true) {
    return { MaximumEbsAttachments: 27, AttachmentLimitType: "shared" } as const;
  }
  const [, MaximumEbsAttachments] = dedicatedLimits.find(([most]) => vCpus <= most) ?? [undefined, 128];
  return { MaximumEbsAttachments, AttachmentLimitType: "dedicated" } as const;
}
