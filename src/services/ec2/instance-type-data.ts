import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";

/** A part of what DescribeInstanceTypes shows; null takes away what the family has. */
export type TypePatch = { readonly [member: string]: unknown };

/** So many network cards alike, the members in the order of `cardMembers`; null for what they have not, or have from the type. */
type CardRow = readonly [count: number, ...members: (number | string | null)[]];

export const cardMembers = [
  ...["BaselineBandwidthInGbps", "PeakBandwidthInGbps", "DefaultEnaQueueCountPerInterface", "MaximumEnaQueueCount"],
  ...["MaximumEnaQueueCountPerInterface", "AdditionalFlexibleNetworkInterfaces"],
  ...["MaximumNetworkInterfaces", "NetworkPerformance"],
] as const;

/**
 * vCPUs, memory in MiB, network performance, most interfaces, IPv4 addresses an interface, EBS bandwidth (baseline Mbps and IOPS,
 * maximum Mbps and IOPS; 0 where there is no optimization), network cards, the cores that may be chosen ("2-48/2" or a list; 0 where
 * none may), and what else the size has that its family has not.
 */
export type SizeRow = readonly [
  vCpus: number,
  memoryInMiB: number,
  networkPerformance: string,
  maximumInterfaces: number,
  ipv4PerInterface: number,
  ebs: readonly number[] | 0,
  cards: readonly CardRow[],
  cores: string | readonly number[] | 0,
  rest?: TypePatch,
];

/** The file instance-types.json, which scripts/generate-instance-types.ts writes. */
export interface InstanceTypeData {
  readonly common: TypePatch;
  readonly families: Readonly<
    Record<string, { readonly common: TypePatch; readonly sizes: Readonly<Record<string, SizeRow>> }>
  >;
}

/** The names of all types, family by family. */
export function typeNames({ families }: InstanceTypeData): string[] {
  return Object.entries(families).flatMap(([family, { sizes }]) =>
    Object.keys(sizes).map((size) => `${family}.${size}`),
  );
}

/** A type as DescribeInstanceTypes shows it; undefined where the file has none of that name. */
export function typeNamed({ common, families }: InstanceTypeData, name: string): InstanceTypeInfo | undefined {
  const [familyName = "", sizeName = ""] = name.split(".");
  const family = Object.hasOwn(families, familyName) ? families[familyName] : undefined;
  const row = family !== undefined && Object.hasOwn(family.sizes, sizeName) ? family.sizes[sizeName] : undefined;
  if (family === undefined || row === undefined || name !== `${familyName}.${sizeName}`) return undefined;
  // What the file holds was taken from the SDK's own shape.
  return infoOf(name, merged(common, family.common), row) as InstanceTypeInfo;
}

/** What a size shows: what its row says, over what all of its family have. */
export function infoOf(name: string, shared: TypePatch, row: SizeRow): TypePatch {
  return merged(merged({ InstanceType: name, ...factsOf(shared, row) }, shared), row[8] ?? {});
}

function factsOf(shared: TypePatch, row: SizeRow): TypePatch {
  const [vCpus, memoryInMiB, NetworkPerformance, MaximumNetworkInterfaces, ipv4, ebs, cards, cores] = row;
  const threads = (shared.VCpuInfo as TypePatch | undefined)?.DefaultThreadsPerCore;
  const ofType = { NetworkPerformance, MaximumNetworkInterfaces };
  const NetworkCards = cards.flatMap((card) => cardsOf(card, ofType));
  return {
    VCpuInfo: {
      DefaultVCpus: vCpus,
      DefaultCores: Math.max(1, vCpus / (typeof threads === "number" ? threads : 1)),
      ...(cores === 0 ? {} : { ValidCores: typeof cores === "string" ? coresOf(cores) : cores }),
    },
    MemoryInfo: { SizeInMiB: memoryInMiB },
    NetworkInfo: {
      ...ofType,
      MaximumNetworkCards: NetworkCards.length,
      NetworkCards: NetworkCards.map((card, NetworkCardIndex) => ({ NetworkCardIndex, ...card })),
      Ipv4AddressesPerInterface: ipv4,
      Ipv6AddressesPerInterface: ipv4,
    },
    ...(ebs === 0 ? {} : { EbsInfo: { EbsOptimizedInfo: ebsOf(ebs) } }),
  };
}

function cardsOf([count, ...members]: CardRow, ofType: TypePatch): TypePatch[] {
  const given = cardMembers.map((name, index) => [name, members[index] ?? ofType[name]] as const);
  const card = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return Array.from({ length: count }, () => card);
}

function ebsOf([baselineMbps = 0, BaselineIops, maximumMbps = 0, MaximumIops]: readonly number[]): TypePatch {
  return {
    ...{ BaselineBandwidthInMbps: baselineMbps, BaselineThroughputInMBps: baselineMbps / 8, BaselineIops },
    ...{ MaximumBandwidthInMbps: maximumMbps, MaximumThroughputInMBps: maximumMbps / 8, MaximumIops },
  };
}

/** "2-8/2": 2, 4, 6 and 8. */
function coresOf(range: string): number[] {
  const [first = 1, last = 1, step = 1] = range.split(/[-/]/).map(Number);
  return Array.from({ length: (last - first) / step + 1 }, (_, index) => first + index * step);
}

function isObject(value: unknown): value is TypePatch {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The second laid over the first, member by member; arrays are replaced. */
function merged(under: TypePatch, over: TypePatch): TypePatch {
  const all: Record<string, unknown> = { ...under };
  for (const [member, value] of Object.entries(over)) {
    const below = all[member];
    if (value === null) delete all[member];
    else all[member] = isObject(value) && isObject(below) ? merged(below, value) : value;
  }
  return all;
}
