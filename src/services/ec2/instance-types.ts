import type * as Ec2 from "@aws-sdk/client-ec2";
import type { _InstanceType, InstanceTypeInfo, InstanceTypeOffering } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { instanceFamilies } from "./instance-families.ts";
import type { InstanceFamily, InstanceSize } from "./instance-family.ts";
import { zonesOf } from "./region-data.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernating-prerequisites.html: less than 150 GiB. */
const mostHibernatedMiB = 150 * 1024;

const limits = { min: 5, max: 100 };

/** How many volumes a size of at most so many vCPUs may have, where they share attachments with nothing else. */
const dedicatedLimits: readonly (readonly [mostVCpus: number, volumes: number])[] = [
  [48, 32],
  [64, 48],
  [96, 64],
  [128, 88],
  [192, 128],
];

const typeFilters = pathFilters<InstanceTypeInfo>()({
  "dedicated-hosts-supported": "DedicatedHostsSupported",
  "ebs-info.attachment-limit-type": "EbsInfo.AttachmentLimitType",
  "ebs-info.maximum-ebs-attachments": "EbsInfo.MaximumEbsAttachments",
  "hibernation-supported": "HibernationSupported",
  "instance-storage-info.encryption-support": "InstanceStorageInfo.EncryptionSupport",
  "instance-storage-info.nvme-support": "InstanceStorageInfo.NvmeSupport",
  "network-info.bandwidth-weightings": "NetworkInfo.BandwidthWeightings",
  "network-info.efa-info.maximum-efa-interfaces": "NetworkInfo.EfaInfo.MaximumEfaInterfaces",
  "network-info.flexible-ena-queues-support": "NetworkInfo.FlexibleEnaQueuesSupport",
  "nitro-enclaves-support": "NitroEnclavesSupport",
  "nitro-tpm-info.supported-versions": "NitroTpmInfo.SupportedVersions",
  "nitro-tpm-support": "NitroTpmSupport",
  "processor-info.supported-features": "ProcessorInfo.SupportedFeatures",
  "reboot-migration-support": "RebootMigrationSupport",
  "vcpu-info.valid-cores": "VCpuInfo.ValidCores",
  "auto-recovery-supported": "AutoRecoverySupported",
  "bare-metal": "BareMetal",
  "burstable-performance-supported": "BurstablePerformanceSupported",
  "current-generation": "CurrentGeneration",
  "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps": "EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps",
  "ebs-info.ebs-optimized-info.baseline-iops": "EbsInfo.EbsOptimizedInfo.BaselineIops",
  "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps": "EbsInfo.EbsOptimizedInfo.BaselineThroughputInMBps",
  "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps": "EbsInfo.EbsOptimizedInfo.MaximumBandwidthInMbps",
  "ebs-info.ebs-optimized-info.maximum-iops": "EbsInfo.EbsOptimizedInfo.MaximumIops",
  "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps": "EbsInfo.EbsOptimizedInfo.MaximumThroughputInMBps",
  "ebs-info.ebs-optimized-support": "EbsInfo.EbsOptimizedSupport",
  "ebs-info.encryption-support": "EbsInfo.EncryptionSupport",
  "ebs-info.nvme-support": "EbsInfo.NvmeSupport",
  "free-tier-eligible": "FreeTierEligible",
  hypervisor: "Hypervisor",
  "instance-storage-info.disk.count": "InstanceStorageInfo.Disks.Count",
  "instance-storage-info.disk.size-in-gb": "InstanceStorageInfo.Disks.SizeInGB",
  "instance-storage-info.disk.type": "InstanceStorageInfo.Disks.Type",
  "instance-storage-info.total-size-in-gb": "InstanceStorageInfo.TotalSizeInGB",
  "instance-storage-supported": "InstanceStorageSupported",
  "instance-type": "InstanceType",
  "memory-info.size-in-mib": "MemoryInfo.SizeInMiB",
  "network-info.efa-supported": "NetworkInfo.EfaSupported",
  "network-info.ena-support": "NetworkInfo.EnaSupport",
  "network-info.encryption-in-transit-supported": "NetworkInfo.EncryptionInTransitSupported",
  "network-info.ipv4-addresses-per-interface": "NetworkInfo.Ipv4AddressesPerInterface",
  "network-info.ipv6-addresses-per-interface": "NetworkInfo.Ipv6AddressesPerInterface",
  "network-info.ipv6-supported": "NetworkInfo.Ipv6Supported",
  "network-info.maximum-network-cards": "NetworkInfo.MaximumNetworkCards",
  "network-info.maximum-network-interfaces": "NetworkInfo.MaximumNetworkInterfaces",
  "network-info.network-performance": "NetworkInfo.NetworkPerformance",
  "processor-info.supported-architecture": "ProcessorInfo.SupportedArchitectures",
  "processor-info.sustained-clock-speed-in-ghz": "ProcessorInfo.SustainedClockSpeedInGhz",
  "supported-boot-mode": "SupportedBootModes",
  "supported-root-device-type": "SupportedRootDeviceTypes",
  "supported-usage-class": "SupportedUsageClasses",
  "supported-virtualization-type": "SupportedVirtualizationTypes",
  "vcpu-info.default-cores": "VCpuInfo.DefaultCores",
  "vcpu-info.default-threads-per-core": "VCpuInfo.DefaultThreadsPerCore",
  "vcpu-info.default-vcpus": "VCpuInfo.DefaultVCpus",
  "vcpu-info.valid-threads-per-core": "VCpuInfo.ValidThreadsPerCore",
});

const offeringFilters = pathFilters<InstanceTypeOffering>()({ "instance-type": "InstanceType", location: "Location" });

const instanceTypes: ReadonlyMap<string, InstanceTypeInfo> = new Map(
  Object.entries(instanceFamilies).flatMap(([familyName, family]) =>
    Object.entries(family.sizes).map(([sizeName, size]) => {
      const name = `${familyName}.${sizeName}`;
      return [name, toInstanceTypeInfo(name, family, size)];
    }),
  ),
);

export const instanceTypeOperations = {
  DescribeInstanceTypes(_ctx, input) {
    const names = input.InstanceTypes ?? [];
    if (names.length > 0 && input.MaxResults !== undefined) {
      throw invalidParameterCombination("The parameter instanceTypes cannot be used with the parameter maxResults");
    }
    const unknown = names.filter((name) => !instanceTypes.has(name));
    if (unknown.length > 0) {
      throw new AwsError(
        "InvalidInstanceType",
        `The following supplied instance types do not exist: [${unknown.join(", ")}]`,
      );
    }
    const matches = compileFilters(input.Filters, typeFilters);
    const asked = names.length > 0 ? names.flatMap((name) => instanceTypes.get(name) ?? []) : instanceTypes.values();
    const page = describeData([...asked].filter(matches), input, {
      kind: "instance-types",
      keyOf: (type) => type.InstanceType ?? "",
      limits,
    });
    return { InstanceTypes: page.items, NextToken: page.nextToken };
  },

  DescribeInstanceTypeOfferings(ctx, input) {
    const matches = compileFilters(input.Filters, offeringFilters);
    const locationType = input.LocationType ?? "region";
    const offerings = locationsOf(ctx.region, locationType).flatMap((Location) =>
      [...instanceTypes.values()].map(
        (type): InstanceTypeOffering => ({
          InstanceType: type.InstanceType,
          LocationType: locationType,
          Location,
        }),
      ),
    );
    const page = describeData(offerings.filter(matches), input, {
      kind: "instance-type-offerings",
      keyOf: (offering) => `${offering.Location}/${offering.InstanceType}`,
      limits: { min: 5, max: 1000 },
    });
    return { InstanceTypeOfferings: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

export function allInstanceTypes(): InstanceTypeInfo[] {
  return [...instanceTypes.values()];
}

/** The type by its name. @throws AwsError `InvalidParameterValue`, as RunInstances and ModifyInstanceAttribute answer */
export function getInstanceType(name: string): InstanceTypeInfo & { InstanceType: _InstanceType } {
  const found = instanceTypes.get(name);
  if (found?.InstanceType === undefined) throw invalidParameterValue(`Invalid value '${name}' for InstanceType.`);
  return { ...found, InstanceType: found.InstanceType };
}

function locationsOf(region: string, locationType: string): string[] {
  switch (locationType) {
    case "region":
      return [region];
    case "availability-zone":
      return zonesOf(region).map(({ name }) => name);
    case "availability-zone-id":
      return zonesOf(region).map(({ id }) => id);
    case "outpost":
      return [];
    default:
      throw invalidParameterValue(`Invalid value '${locationType}' for LocationType.`);
  }
}

function toInstanceTypeInfo(name: string, family: InstanceFamily, size: InstanceSize): InstanceTypeInfo {
  const [vCpus, memoryInMiB, networkPerformance, maximumInterfaces, ipv4PerInterface, ebs] = size;
  const nitro = family.hypervisor === "nitro";
  const hasTpm = nitro && family.manufacturer !== "AWS";
  const hardDisk = family.hardDisks?.[name.split(".")[1] ?? ""];
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
      DefaultCores: Math.max(1, vCpus / family.threadsPerCore),
      DefaultThreadsPerCore: family.threadsPerCore,
      ...validCores(family, vCpus),
      ValidThreadsPerCore: family.threadsPerCore === 2 ? [1, 2] : [1],
    },
    MemoryInfo: { SizeInMiB: memoryInMiB },
    InstanceStorageSupported: hardDisk !== undefined,
    ...(hardDisk === undefined
      ? {}
      : {
          InstanceStorageInfo: {
            TotalSizeInGB: hardDisk,
            Disks: [{ Count: 1, SizeInGB: hardDisk, Type: "hdd" }],
            EncryptionSupport: "unsupported",
            NvmeSupport: "unsupported",
          },
        }),
    EbsInfo: {
      EbsOptimizedSupport: family.ebsOptimized,
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
      EnaSupport: nitro ? "required" : "unsupported",
      EfaSupported: false,
      EncryptionInTransitSupported: family.encryptionInTransit,
    },
    PlacementGroupInfo: { SupportedStrategies: [...family.placementStrategies] },
    HibernationSupported: family.currentGeneration && memoryInMiB < mostHibernatedMiB,
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
