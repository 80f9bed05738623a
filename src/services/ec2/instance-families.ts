import {
  c3Disks,
  c5dDisks,
  g4dnDisks,
  g5Disks,
  g6Disks,
  i3Disks,
  i4iDisks,
  m3Disks,
  m5dDisks,
  m6gdDisks,
  m6idDisks,
  r3Disks,
  z1dDisks,
} from "./instance-disks.ts";
import {
  burstableArm,
  burstableX86,
  type Disks,
  earlierArm,
  earlierX86,
  type InstanceFamily,
  nitroArm,
  nitroX86,
  olderX86,
  withDisks,
  withMemory,
  xenX86,
} from "./instance-family.ts";
import {
  m5aSizes,
  m5Sizes,
  m6aSizes,
  m6gSizes,
  m6iSizes,
  m7aSizes,
  m7gSizes,
  m7iFlexSizes,
  m7iSizes,
  m8gSizes,
  t3aSizes,
  t3Sizes,
} from "./instance-sizes.ts";
import {
  a1Sizes,
  c3Sizes,
  c4Sizes,
  c5aSizes,
  c5nSizes,
  c5Sizes,
  g4dnSizes,
  g5Sizes,
  g6eSizes,
  g6Sizes,
  gr6Sizes,
  i3Sizes,
  i4iSizes,
  m1Sizes,
  m3Sizes,
  m4Sizes,
  p3Sizes,
  r3Sizes,
  r4Sizes,
  t2Sizes,
  z1dSizes,
} from "./instance-sizes-special.ts";

const intel = (clockSpeedInGhz: number) => ({ manufacturer: "Intel", clockSpeedInGhz, currentGeneration: true });
const amd = (clockSpeedInGhz: number) => ({ manufacturer: "AMD", clockSpeedInGhz, currentGeneration: true });
const graviton = (clockSpeedInGhz: number) => ({ manufacturer: "AWS", clockSpeedInGhz, currentGeneration: true });
const previous = { currentGeneration: false };
/** Volumes have attachments of their own. */
const dedicated = { dedicatedAttachments: true } as const;
const flex = { ...nitroX86, ...intel(3.2), ...dedicated, placementStrategies: ["partition", "spread"] } as const;

type Common = Omit<InstanceFamily, "sizes">;

const m5: Common = { ...earlierX86, ...intel(3.1), ...previous };
const m5a: Common = { ...earlierX86, ...amd(2.5) };
const m6a: Common = { ...nitroX86, ...amd(3.6) };
const m6g: Common = { ...earlierArm, ...graviton(2.5) };
const m6i: Common = { ...nitroX86, ...intel(3.5) };
const m7a: Common = { ...nitroX86, ...amd(3.7), ...dedicated, threadsPerCore: 1 };
const m7g: Common = { ...nitroArm, ...graviton(2.6), coreStep: 1 };
const m7i: Common = { ...nitroX86, ...intel(3.2), ...dedicated };
const m8g: Common = { ...nitroArm, ...graviton(2.7), ...dedicated };
const c5: Common = { ...earlierX86, ...intel(3.6), ...previous };
/** Of the years before 2015, with local solid disks that are no NVMe devices. */
const early: Common = { ...xenX86, ...intel(2.5), ...previous, ebsOptimized: "supported" };
const earlyDisks = (of: Disks) => ({ disks: { kind: "ssd", of, nvme: false } }) as const;
const gpus = { ...nitroX86, hibernates: false } as const;

/** General families (m) by generation, with their compute (c) and memory (r) kin. */
const kin = {
  m5: { ...m5, sizes: m5Sizes },
  r5: { ...m5, sizes: withMemory(m5Sizes, 2) },
  m5a: { ...m5a, sizes: m5aSizes },
  r5a: { ...m5a, sizes: withMemory(m5aSizes, 2) },
  m6a: { ...m6a, sizes: m6aSizes },
  c6a: { ...m6a, sizes: withMemory(m6aSizes, 0.5) },
  r6a: { ...m6a, sizes: withMemory(m6aSizes, 2) },
  m6g: { ...m6g, sizes: m6gSizes },
  c6g: { ...m6g, sizes: withMemory(m6gSizes, 0.5) },
  r6g: { ...m6g, sizes: withMemory(m6gSizes, 2) },
  m6i: { ...m6i, ...previous, sizes: m6iSizes },
  c6i: { ...m6i, sizes: withMemory(m6iSizes, 0.5) },
  r6i: { ...m6i, ...previous, sizes: withMemory(m6iSizes, 2) },
  m7a: { ...m7a, sizes: m7aSizes },
  c7a: { ...m7a, sizes: withMemory(m7aSizes, 0.5) },
  r7a: { ...m7a, sizes: withMemory(m7aSizes, 2) },
  m7g: { ...m7g, sizes: m7gSizes },
  c7g: { ...m7g, sizes: withMemory(m7gSizes, 0.5) },
  r7g: { ...m7g, sizes: withMemory(m7gSizes, 2) },
  m7i: { ...m7i, sizes: m7iSizes },
  c7i: { ...m7i, sizes: withMemory(m7iSizes, 0.5) },
  r7i: { ...m7i, sizes: withMemory(m7iSizes, 2) },
  "m7i-flex": { ...flex, sizes: m7iFlexSizes },
  "c7i-flex": { ...flex, sizes: withMemory(m7iFlexSizes, 0.5) },
  m8g: { ...m8g, sizes: m8gSizes },
  c8g: { ...m8g, sizes: withMemory(m8gSizes, 0.5) },
  r8g: { ...m8g, sizes: withMemory(m8gSizes, 2) },
  c5: { ...c5, sizes: c5Sizes },
} as const satisfies Record<string, InstanceFamily>;

export const instanceFamilies: Readonly<Record<string, InstanceFamily>> = {
  m1: {
    ...{ ...olderX86, ...intel(2), ...previous, sizes: m1Sizes, hibernates: false },
    architectures: ["i386", "x86_64"],
    disks: { kind: "hdd", of: { small: [1, 160], medium: [1, 410] } },
  },
  t2: { ...olderX86, ...intel(2.3), burstable: true, sizes: t2Sizes },
  t3: { ...burstableX86, ...intel(2.5), coreStep: 2, sizes: t3Sizes },
  t3a: { ...burstableX86, ...amd(2.2), sizes: t3aSizes },
  t4g: { ...burstableArm, ...graviton(2.5), coreStep: 1, sizes: t3Sizes },
  ...kin,
  m5d: withDisks(kin.m5, m5dDisks),
  r5d: withDisks(kin.r5, m5dDisks),
  c5d: withDisks(kin.c5, c5dDisks),
  m6id: withDisks(kin.m6i, m6idDisks),
  c6id: withDisks(kin.c6i, m6idDisks),
  r6id: withDisks(kin.r6i, m6idDisks),
  m6gd: withDisks(kin.m6g, m6gdDisks),
  c6gd: withDisks(kin.c6g, m6gdDisks),
  r6gd: withDisks(kin.r6g, m6gdDisks),
  m7gd: withDisks(kin.m7g, m6gdDisks),
  c7gd: withDisks(kin.c7g, m6gdDisks),
  r7gd: withDisks(kin.r7g, m6gdDisks),
  m3: { ...early, ...earlyDisks(m3Disks), placementStrategies: ["partition", "spread"], sizes: m3Sizes },
  c3: { ...early, ...earlyDisks(c3Disks), clockSpeedInGhz: 2.8, sizes: c3Sizes },
  r3: { ...early, ...earlyDisks(r3Disks), sizes: r3Sizes },
  a1: { ...earlierArm, ...graviton(2.3), ...previous, sizes: a1Sizes, hibernates: false },
  m4: { ...xenX86, ...intel(2.3), ...previous, sizes: m4Sizes },
  c4: { ...xenX86, ...intel(2.9), ...previous, sizes: c4Sizes },
  r4: { ...xenX86, ...intel(2.3), ...previous, ena: "supported", sizes: r4Sizes },
  c5a: { ...nitroX86, ...amd(3.3), sizes: c5aSizes },
  c5n: { ...nitroX86, ...intel(3.4), ...previous, coreStep: 2, sizes: c5nSizes, hibernates: false },
  z1d: withDisks({ ...earlierX86, ...intel(4), ...previous, sizes: z1dSizes, hibernates: false }, z1dDisks),
  i3: withDisks({ ...xenX86, ...intel(2.3), ...previous, ena: "supported", sizes: i3Sizes }, i3Disks),
  i4i: withDisks({ ...nitroX86, ...intel(3.5), sizes: i4iSizes, hibernates: false }, i4iDisks),
  g4dn: {
    ...withDisks({ ...gpus, ...intel(2.5), sizes: g4dnSizes }, g4dnDisks),
    gpus: { name: "T4", memoryInMiB: 16_384, counts: { "12xlarge": 4 } },
  },
  g5: {
    ...withDisks({ ...gpus, ...amd(2.8), sizes: g5Sizes }, g5Disks),
    gpus: { name: "A10G", memoryInMiB: 24_576, counts: { "12xlarge": 4, "24xlarge": 4, "48xlarge": 8 } },
  },
  g6: {
    ...withDisks({ ...gpus, ...amd(3.4), sizes: g6Sizes }, g6Disks),
    gpus: { name: "L4", memoryInMiB: 22_888, counts: { "12xlarge": 4, "24xlarge": 4, "48xlarge": 8 } },
  },
  gr6: {
    ...withDisks({ ...gpus, ...amd(3.4), sizes: gr6Sizes }, g6Disks),
    gpus: { name: "L4", memoryInMiB: 22_888, counts: {} },
  },
  g6e: {
    ...withDisks(
      { ...gpus, ...amd(3.4), sizes: g6eSizes },
      { ...g6Disks, "12xlarge": [2, 1900], "16xlarge": [1, 1900] },
    ),
    gpus: { name: "L40S", memoryInMiB: 45_776, counts: { "12xlarge": 4 } },
  },
  p3: {
    ...{ ...xenX86, ...intel(2.7), ...previous, ena: "supported", sizes: p3Sizes, hibernates: false },
    gpus: { name: "V100", memoryInMiB: 16_384, counts: { "8xlarge": 4, "16xlarge": 8 } },
  },
};
