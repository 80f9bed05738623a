import type { InstanceRequirementsRequest, InstanceTypeInfo } from "@aws-sdk/client-ec2";
import { within } from "./ranges.ts";

interface Accelerator {
  readonly kind: "gpu" | "fpga" | "inference" | "media" | "training";
  readonly count: number;
  readonly name: string;
  readonly manufacturer: string;
  readonly memoryMiB: number;
}

interface Device {
  readonly Count?: number | undefined;
  readonly Name?: string | undefined;
  readonly Manufacturer?: string | undefined;
  readonly MemoryInfo?: { readonly SizeInMiB?: number | undefined } | undefined;
}

/** By the names that attribute-based selection has for them: `radeon-pro-v520`, `amazon-web-services`. */
function acceleratorsOf(type: InstanceTypeInfo): Accelerator[] {
  const of = (kind: Accelerator["kind"], devices: readonly Device[] | undefined) =>
    (devices ?? []).map(({ Count = 0, Name = "", Manufacturer = "AWS", MemoryInfo }) => ({
      kind,
      count: Count,
      name: Name.toLowerCase().replaceAll(" ", "-"),
      manufacturer: Manufacturer === "AWS" ? "amazon-web-services" : Manufacturer.toLowerCase(),
      memoryMiB: Count * (MemoryInfo?.SizeInMiB ?? 0),
    }));
  const inference = of("inference", type.InferenceAcceleratorInfo?.Accelerators);
  return [
    ...of("gpu", type.GpuInfo?.Gpus),
    ...of("fpga", type.FpgaInfo?.Fpgas),
    ...of("media", type.MediaAcceleratorInfo?.Accelerators),
    ...inference,
    // Those of Inferentia are named twice.
    ...(inference.length > 0 ? [] : of("training", type.NeuronInfo?.NeuronDevices)),
  ];
}

/** Whether a type has the accelerators, or as few of them, as InstanceRequirements ask for. */
export function hasAccelerators(type: InstanceTypeInfo, requirements: InstanceRequirementsRequest): boolean {
  const found = acceleratorsOf(type);
  const sum = (of: (accelerator: Accelerator) => number) => found.reduce((total, one) => total + of(one), 0);
  const anyOf = (asked: readonly string[] | undefined, of: (accelerator: Accelerator) => string) =>
    asked === undefined || asked.length === 0 || found.some((one) => asked.includes(of(one)));
  return (
    within(
      sum((one) => one.count),
      requirements.AcceleratorCount,
    ) &&
    within(
      sum((one) => one.memoryMiB),
      requirements.AcceleratorTotalMemoryMiB,
    ) &&
    anyOf(requirements.AcceleratorTypes, (one) => one.kind) &&
    anyOf(requirements.AcceleratorNames, (one) => one.name) &&
    anyOf(requirements.AcceleratorManufacturers, (one) => one.manufacturer)
  );
}
