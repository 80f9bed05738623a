/** What the sizes of a family have in common. */
export interface InstanceFamily {
  readonly hypervisor: "nitro" | "xen";
  readonly architectures: readonly ("i386" | "x86_64" | "arm64")[];
  readonly manufacturer: string;
  readonly clockSpeedInGhz: number;
  readonly currentGeneration: boolean;
  readonly burstable: boolean;
  readonly threadsPerCore: number;
  readonly bootModes: readonly ("legacy-bios" | "uefi")[];
  readonly encryptionInTransit: boolean;
  readonly ebsOptimized: "default" | "unsupported";
  readonly placementStrategies: readonly ("cluster" | "partition" | "spread")[];
  readonly sizes: InstanceSizes;
  /** Between the numbers of cores that may be chosen, where AWS's documentation is known. */
  readonly coreStep?: 1 | 2;
  /** Whether volumes have attachments of their own, or share 28 with the interfaces. */
  readonly dedicatedAttachments?: true;
  /** The one local hard disk of each size, in GB. */
  readonly hardDisks?: Readonly<Record<string, number>>;
}

/** vCPUs, memory in MiB, network performance, most interfaces, IPv4 addresses an interface, and EBS bandwidth. */
export type InstanceSize = readonly [
  vCpus: number,
  memoryInMiB: number,
  networkPerformance: string,
  maximumInterfaces: number,
  ipv4PerInterface: number,
  ebs?: readonly [baselineMbps: number, baselineIops: number, maximumMbps: number, maximumIops: number],
];

export type InstanceSizes = Readonly<Record<string, InstanceSize>>;

/** The same sizes with more or less memory: compute (c) families have half of the general ones (m), memory (r) ones twice. */
export function withMemory(sizes: InstanceSizes, factor: number): InstanceSizes {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, [vCpus, memoryInMiB, ...network]]) => [
      name,
      [vCpus, memoryInMiB * factor, ...network] satisfies InstanceSize,
    ]),
  );
}

type FamilyProfile = Omit<InstanceFamily, "manufacturer" | "clockSpeedInGhz" | "currentGeneration" | "sizes">;

export const nitroX86: FamilyProfile = {
  hypervisor: "nitro",
  architectures: ["x86_64"],
  burstable: false,
  threadsPerCore: 2,
  bootModes: ["legacy-bios", "uefi"],
  encryptionInTransit: true,
  ebsOptimized: "default",
  placementStrategies: ["cluster", "partition", "spread"],
};

export const nitroArm: FamilyProfile = {
  ...nitroX86,
  architectures: ["arm64"],
  threadsPerCore: 1,
  bootModes: ["uefi"],
};

export const burstableX86: FamilyProfile = {
  ...nitroX86,
  burstable: true,
  encryptionInTransit: false,
  placementStrategies: ["partition", "spread"],
};

export const burstableArm: FamilyProfile = {
  ...burstableX86,
  architectures: ["arm64"],
  threadsPerCore: 1,
  bootModes: ["uefi"],
};

export const xenX86: FamilyProfile = {
  ...nitroX86,
  hypervisor: "xen",
  bootModes: ["legacy-bios"],
  encryptionInTransit: false,
};

/** Without EBS optimization and hyper-threading. */
export const olderX86: FamilyProfile = {
  ...xenX86,
  threadsPerCore: 1,
  ebsOptimized: "unsupported",
  placementStrategies: ["partition", "spread"],
};
