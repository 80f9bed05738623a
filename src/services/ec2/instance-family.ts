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
  /** `supported`: of the sizes that have figures for EBS, where it is asked for. */
  readonly ebsOptimized: "default" | "supported" | "unsupported";
  readonly placementStrategies: readonly ("cluster" | "partition" | "spread")[];
  readonly sizes: InstanceSizes;
  /** Between the numbers of cores that may be chosen, where AWS's documentation is known. */
  readonly coreStep?: 1 | 2;
  /** Whether volumes have attachments of their own, or share 28 with the interfaces. */
  readonly dedicatedAttachments?: true;
  /** Local disks; solid ones are reached as encrypted NVMe devices, but for those of the first generations. */
  readonly disks?: { readonly kind: "hdd" | "ssd"; readonly of: Disks; readonly nvme?: false };
  /** Of NVIDIA; one where `counts` does not say. */
  readonly gpus?: {
    readonly name: string;
    /** Of each. */
    readonly memoryInMiB: number;
    readonly counts: Readonly<Record<string, number>>;
  };
  /** Of types on Xen, some of which have elastic network adapters. */
  readonly ena?: "supported";
  readonly hibernates?: false;
}

/** By size: how many, and how large each is in GB. */
export type Disks = Readonly<Record<string, readonly [count: number, sizeInGB: number]>>;

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

/** The same with local solid disks: m5d beside m5. */
export function withDisks(family: InstanceFamily, of: Disks): InstanceFamily {
  return { ...family, disks: { kind: "ssd", of } };
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

/** Of the generations before packets between instances were encrypted. */
export const earlierX86: FamilyProfile & Pick<InstanceFamily, "coreStep"> = {
  ...nitroX86,
  encryptionInTransit: false,
  coreStep: 2,
};

export const earlierArm: FamilyProfile & Pick<InstanceFamily, "coreStep"> = {
  ...nitroArm,
  encryptionInTransit: false,
  coreStep: 1,
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
