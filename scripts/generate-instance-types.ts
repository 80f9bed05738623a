import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { cardMembers, infoOf, type SizeRow, type TypePatch } from "../src/services/ec2/instance-type-data.ts";

/**
 * Writes src/services/ec2/instance-types.json from what `aws ec2 describe-instance-types --output json` has answered; a type that
 * several files have is taken from the first.
 * usage: tsx scripts/generate-instance-types.ts <file>…
 */
const target = fileURLToPath(new URL("../src/services/ec2/instance-types.json", import.meta.url));

interface TypeInfo extends TypePatch {
  readonly InstanceType: string;
  readonly VCpuInfo: { readonly DefaultVCpus: number; readonly ValidCores?: readonly number[] };
  readonly MemoryInfo: { readonly SizeInMiB: number };
  readonly NetworkInfo: TypePatch & {
    readonly NetworkPerformance: string;
    readonly MaximumNetworkInterfaces: number;
    readonly Ipv4AddressesPerInterface: number;
    readonly NetworkCards: readonly Readonly<Record<string, number | string>>[];
  };
  readonly EbsInfo: { readonly EbsOptimizedInfo?: Readonly<Record<string, number>> };
}

function rowOf(info: TypeInfo): SizeRow {
  const { NetworkPerformance, MaximumNetworkInterfaces, Ipv4AddressesPerInterface, NetworkCards } = info.NetworkInfo;
  const ebs = info.EbsInfo.EbsOptimizedInfo;
  return [
    info.VCpuInfo.DefaultVCpus,
    info.MemoryInfo.SizeInMiB,
    NetworkPerformance,
    MaximumNetworkInterfaces,
    Ipv4AddressesPerInterface,
    ebs === undefined
      ? 0
      : ["BaselineBandwidthInMbps", "BaselineIops", "MaximumBandwidthInMbps", "MaximumIops"].map(
          (key) => ebs[key] ?? 0,
        ),
    cardRowsOf(NetworkCards, info.NetworkInfo),
    coresOf(info.VCpuInfo.ValidCores),
  ];
}

function cardRowsOf(cards: TypeInfo["NetworkInfo"]["NetworkCards"], ofType: TypePatch): SizeRow[6] {
  const rows: [number, ...(number | string | null)[]][] = [];
  for (const card of cards) {
    const members = cardMembers.map((name) => (card[name] === ofType[name] ? null : (card[name] ?? null)));
    while (members.at(-1) === null) members.pop();
    const [count = 0, ...before] = rows.at(-1) ?? [];
    if (count > 0 && isDeepStrictEqual(before, members)) rows[rows.length - 1] = [count + 1, ...members];
    else rows.push([1, ...members]);
  }
  return rows;
}

function coresOf(cores: readonly number[] | undefined): SizeRow[7] {
  if (cores === undefined) return 0;
  const [first = 1, second = first + 1] = cores;
  const step = second - first;
  const regular = cores.every((core, index) => core === first + index * step);
  return regular ? `${first}-${cores.at(-1)}/${step}` : cores;
}

/** AWS shows some with the errors of binary fractions. */
function withThroughput(info: TypeInfo): TypeInfo {
  const ebs = info.EbsInfo.EbsOptimizedInfo;
  if (ebs === undefined) return info;
  const [BaselineThroughputInMBps, MaximumThroughputInMBps] = [
    (ebs.BaselineBandwidthInMbps ?? 0) / 8,
    (ebs.MaximumBandwidthInMbps ?? 0) / 8,
  ];
  const EbsOptimizedInfo = { ...ebs, BaselineThroughputInMBps, MaximumThroughputInMBps };
  return { ...info, EbsInfo: { ...info.EbsInfo, EbsOptimizedInfo } };
}

/** What `over` has to say so that `merged(under, over)` is `wanted`. */
function patchOf(under: TypePatch, wanted: TypePatch): TypePatch {
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(under), ...Object.keys(wanted)])) {
    const [below, value] = [under[name], wanted[name]];
    if (isDeepStrictEqual(below, value)) continue;
    if (value === undefined) patch[name] = null;
    else if (isPart(below) && isPart(value)) patch[name] = patchOf(below, value);
    else patch[name] = value;
  }
  return patch;
}

const isPart = (value: unknown): value is TypePatch =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Members that most of the given have alike. */
function commonOf(infos: readonly TypePatch[]): TypePatch {
  const common: Record<string, unknown> = {};
  for (const name of new Set(infos.flatMap((info) => Object.keys(info)))) {
    const values = infos.map((info) => info[name]);
    const parts = values.filter(isPart);
    if (parts.length > 0) {
      if (parts.length * 2 > infos.length) common[name] = commonOf(parts);
      continue;
    }
    const counts = new Map<string, number>();
    for (const value of values) {
      const text = JSON.stringify(value) ?? "";
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    const [[text, count] = ["", 0]] = [...counts].sort(([, one], [, other]) => other - one);
    if (text !== "" && count * 2 > infos.length) common[name] = JSON.parse(text);
  }
  return common;
}

/** Without what its row says. */
function restOf(info: TypeInfo): TypePatch {
  const { DefaultVCpus, DefaultCores, ValidCores, ...cpus } = info.VCpuInfo as TypePatch;
  const { EbsOptimizedInfo, ...ebs } = info.EbsInfo as TypePatch;
  const rowMembers = ["NetworkPerformance", "MaximumNetworkInterfaces", "MaximumNetworkCards", "NetworkCards"];
  const addresses = ["Ipv4AddressesPerInterface", "Ipv6AddressesPerInterface"];
  const network = Object.entries(info.NetworkInfo).filter(([name]) => ![...rowMembers, ...addresses].includes(name));
  const { InstanceType, MemoryInfo, ...rest } = info as TypePatch;
  return { ...rest, VCpuInfo: cpus, EbsInfo: ebs, NetworkInfo: Object.fromEntries(network) };
}

const types = new Map<string, TypeInfo>();
for (const file of process.argv.slice(2)) {
  const { InstanceTypes } = JSON.parse(await readFile(file, "utf8")) as { InstanceTypes: TypeInfo[] };
  for (const info of InstanceTypes.map(withThroughput))
    if (!types.has(info.InstanceType)) types.set(info.InstanceType, info);
}

const families = new Map<string, TypeInfo[]>();
for (const info of types.values()) {
  const family = info.InstanceType.split(".")[0] ?? "";
  families.set(family, [...(families.get(family) ?? []), info]);
}

const rankOf = (info: TypeInfo | undefined) => (info?.BurstablePerformanceSupported === true ? 0 : 1);
const common = commonOf([...types.values()].map(restOf));
const lines = [...families]
  // Burstable types first, which most people look for.
  .sort(([one, [first]], [other, [second]]) => rankOf(first) - rankOf(second) || (one < other ? -1 : 1))
  .map(([name, infos]) => {
    const shared = commonOf(infos.map(restOf));
    const sizes = infos
      .sort(
        (one, other) =>
          one.VCpuInfo.DefaultVCpus - other.VCpuInfo.DefaultVCpus ||
          one.MemoryInfo.SizeInMiB - other.MemoryInfo.SizeInMiB,
      )
      .map((info) => {
        const row = rowOf(info);
        const rest = patchOf(infoOf(info.InstanceType, shared, row), info);
        const whole = Object.keys(rest).length === 0 ? row : [...row, rest];
        return `    ${JSON.stringify(info.InstanceType.split(".")[1])}: ${JSON.stringify(whole)}`;
      });
    return `  ${JSON.stringify(name)}: {"common": ${JSON.stringify(patchOf(common, shared))}, "sizes": {\n${sizes.join(",\n")}\n  }}`;
  });
await writeFile(target, `{"common": ${JSON.stringify(common)},\n"families": {\n${lines.join(",\n")}\n}}\n`);
