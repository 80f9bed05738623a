import type * as Ec2 from "@aws-sdk/client-ec2";
import type { _InstanceType, InstanceTypeInfo, InstanceTypeOffering } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { type InstanceTypeData, typeNamed, typeNames } from "./instance-type-data.ts";
import data from "./instance-types.json" with { type: "json" };
import { zonesOf } from "./region-data.ts";

const limits = { min: 5, max: 100 };

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

// TypeScript sees tuples of a JSON file as arrays.
const known = data as unknown as InstanceTypeData;

/** Made when they are first asked for: all of them take a tenth of a second. */
const instanceTypes = new Map<string, InstanceTypeInfo>();

function findInstanceType(name: string): InstanceTypeInfo | undefined {
  const found = instanceTypes.get(name) ?? typeNamed(known, name);
  if (found !== undefined) instanceTypes.set(name, found);
  return found;
}

export const instanceTypeOperations = {
  DescribeInstanceTypes(_ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const names = input.InstanceTypes ?? [];
    if (names.length > 0 && input.MaxResults !== undefined) {
      throw invalidParameterCombination("The parameter instanceTypes cannot be used with the parameter maxResults");
    }
    const unknown = names.filter((name) => findInstanceType(name) === undefined);
    if (unknown.length > 0) {
      throw new AwsError(
        "InvalidInstanceType",
        `The following supplied instance types do not exist: [${unknown.join(", ")}]`,
      );
    }
    const matches = compileFilters(input.Filters, typeFilters);
    const asked = names.length > 0 ? names.flatMap((name) => findInstanceType(name) ?? []) : allInstanceTypes();
    // AWS has no more on a page, whether or not that is asked for.
    const paged = names.length > 0 ? input : { MaxResults: limits.max, ...input };
    const page = describeData(asked.filter(matches), paged, {
      kind: "instance-types",
      keyOf: (type) => type.InstanceType ?? "",
      limits,
    });
    return {
      InstanceTypes: page.items.map((type) => ({ ...type, SupportedInRegion: true })),
      NextToken: page.nextToken,
    };
  },

  DescribeInstanceTypeOfferings(ctx, input) {
    const matches = compileFilters(input.Filters, offeringFilters);
    const locationType = input.LocationType ?? "region";
    const offerings = locationsOf(ctx.region, locationType).flatMap((Location) =>
      typeNames(known).map(
        (name): InstanceTypeOffering => ({
          InstanceType: name as _InstanceType,
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
  return typeNames(known).flatMap((name) => findInstanceType(name) ?? []);
}

/** The type by its name. @throws AwsError `InvalidParameterValue`, as RunInstances and ModifyInstanceAttribute answer */
export function getInstanceType(name: string): InstanceTypeInfo & { InstanceType: _InstanceType } {
  const found = findInstanceType(name);
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
