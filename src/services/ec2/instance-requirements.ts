import type * as Ec2 from "@aws-sdk/client-ec2";
import type { InstanceRequirementsRequest, InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { hasAccelerators } from "./instance-accelerators.ts";
import { allInstanceTypes } from "./instance-types.ts";
import { type Range, within } from "./ranges.ts";

export const instanceRequirementOperations = {
  GetInstanceTypesFromInstanceRequirements(_ctx, input) {
    if (input.ArchitectureTypes === undefined) throw missingParameter("ArchitectureTypes");
    if (input.VirtualizationTypes === undefined) throw missingParameter("VirtualizationTypes");
    if (input.InstanceRequirements === undefined) throw missingParameter("InstanceRequirements");
    const architectures = new Set<string>(input.ArchitectureTypes);
    const virtualization = new Set<string>(input.VirtualizationTypes);
    const types = typesMeeting(input.InstanceRequirements).filter(
      (type) =>
        (type.ProcessorInfo?.SupportedArchitectures ?? []).some((name) => architectures.has(name)) &&
        (type.SupportedVirtualizationTypes ?? []).some((name) => virtualization.has(name)),
    );
    const page = describeData(types, input, {
      kind: "instance-requirements",
      keyOf: ({ InstanceType }) => InstanceType ?? "",
      limits: { min: 1, max: 1000 },
    });
    return { InstanceTypes: page.items.map(({ InstanceType }) => ({ InstanceType })), NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** Attribute-based selection, by name. @throws AwsError */
export function typesMeeting(requirements: InstanceRequirementsRequest): InstanceTypeInfo[] {
  const { VCpuCount, MemoryMiB, ExcludedInstanceTypes = [], AllowedInstanceTypes = [] } = requirements;
  if (VCpuCount?.Min === undefined) throw missingParameter("InstanceRequirements.VCpuCount.Min");
  if (MemoryMiB?.Min === undefined) throw missingParameter("InstanceRequirements.MemoryMiB.Min");
  checkRange("VCpuCount", VCpuCount);
  checkRange("MemoryMiB", MemoryMiB);
  if (ExcludedInstanceTypes.length > 0 && AllowedInstanceTypes.length > 0) {
    throw invalidParameterCombination("AllowedInstanceTypes and ExcludedInstanceTypes cannot be specified together.");
  }
  const burstable = requirements.BurstablePerformance ?? "excluded";
  const bareMetal = requirements.BareMetal ?? "excluded";
  const storage = requirements.LocalStorage ?? "included";
  const generations = requirements.InstanceGenerations ?? [];
  const manufacturers: readonly string[] = requirements.CpuManufacturers ?? [];
  const fits = (type: InstanceTypeInfo) => {
    const cpus = type.VCpuInfo?.DefaultVCpus ?? 0;
    const mib = type.MemoryInfo?.SizeInMiB ?? 0;
    const name = type.InstanceType ?? "";
    return (
      within(cpus, VCpuCount) &&
      within(mib, MemoryMiB) &&
      within(mib / 1024 / cpus, requirements.MemoryGiBPerVCpu) &&
      within(type.NetworkInfo?.MaximumNetworkInterfaces ?? 0, requirements.NetworkInterfaceCount) &&
      within(type.EbsInfo?.EbsOptimizedInfo?.BaselineBandwidthInMbps ?? 0, requirements.BaselineEbsBandwidthMbps) &&
      within(type.InstanceStorageInfo?.TotalSizeInGB ?? 0, requirements.TotalLocalStorageGB) &&
      hasAccelerators(type, requirements) &&
      allows(burstable, type.BurstablePerformanceSupported === true) &&
      allows(bareMetal, type.BareMetal === true) &&
      allows(storage, type.InstanceStorageSupported === true) &&
      hasDisks(type, requirements.LocalStorageTypes) &&
      !ExcludedInstanceTypes.some((pattern) => matches(pattern, name)) &&
      (AllowedInstanceTypes.length === 0 || AllowedInstanceTypes.some((pattern) => matches(pattern, name))) &&
      (generations.length === 0 || generations.includes(type.CurrentGeneration === true ? "current" : "previous")) &&
      (manufacturers.length === 0 || manufacturers.includes(manufacturerOf(type)))
    );
  };
  return allInstanceTypes()
    .filter(fits)
    .sort((one, other) => ((one.InstanceType ?? "") < (other.InstanceType ?? "") ? -1 : 1));
}

function checkRange(name: string, { Min = 0, Max }: Range): void {
  if (Max === undefined || Max >= Min) return;
  throw invalidParameterValue(`The maximum of ${name} (${Max}) must not be less than its minimum (${Min}).`);
}

function allows(choice: string, has: boolean): boolean {
  return has ? choice !== "excluded" : choice !== "required";
}

function hasDisks(type: InstanceTypeInfo, kinds: readonly string[] | undefined): boolean {
  if (kinds === undefined || kinds.length === 0 || type.InstanceStorageSupported !== true) return true;
  return (type.InstanceStorageInfo?.Disks ?? []).some(({ Type = "" }) => kinds.includes(Type));
}

function matches(pattern: string, name: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === name;
  let at = start.length;
  if (!name.startsWith(start)) return false;
  const last = rest.pop() ?? "";
  for (const part of rest) {
    const index = name.indexOf(part, at);
    if (index < 0) return false;
    at = index + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

function manufacturerOf(type: InstanceTypeInfo): string {
  switch (type.ProcessorInfo?.Manufacturer) {
    case "AMD":
      return "amd";
    case "AWS":
      return "amazon-web-services";
    case "Apple":
      return "apple";
    default:
      return "intel";
  }
}
