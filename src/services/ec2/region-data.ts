import { regionNames } from "../../aws/regions.ts";

/** Zone letters with the numbers of their zone ids, where these are not a-1, b-2, c-3. */
const unusualZones: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "ap-northeast-1": { a: 4, c: 1, d: 2 },
  "ap-northeast-2": { a: 1, b: 2, c: 3, d: 4 },
  "ap-south-1": { a: 1, b: 3, c: 2 },
  "ap-southeast-2": { a: 1, b: 3, c: 2 },
  "ca-central-1": { a: 1, b: 2, d: 4 },
  "eu-west-1": { a: 3, b: 1, c: 2 },
  "eu-west-2": { a: 2, b: 3, c: 1 },
  "us-east-1": { a: 6, b: 1, c: 2, d: 4, e: 3, f: 5 },
  "us-west-1": { a: 3, b: 1 },
  "us-west-2": { a: 2, b: 1, c: 3, d: 4 },
};

export interface RegionData {
  readonly name: string;
  readonly longName: string;
  readonly optIn: boolean;
}

export interface ZoneData {
  /** `us-east-1a` */
  readonly name: string;
  /** `use1-az6` */
  readonly id: string;
}

export const regions: readonly RegionData[] = Object.entries(regionNames).map(([name, { longName, optIn }]) => ({
  name,
  longName,
  optIn: optIn ?? false,
}));

export function zonesOf(region: string): ZoneData[] {
  return Object.entries(unusualZones[region] ?? { a: 1, b: 2, c: 3 }).map(([letter, number]) => ({
    name: `${region}${letter}`,
    id: `${shortName(region)}-az${number}`,
  }));
}

/** `apse1` of `ap-southeast-1`: the beginning of its zone ids. */
function shortName(region: string): string {
  const [area = "", direction = "", number = ""] = region.split("-");
  const initials = direction.replace(/north|south|east|west|central/g, (word) => word.charAt(0));
  return `${area}${initials}${number}`;
}

/** The domain of private host names: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html#vpc-dns-hostnames */
export function internalDomain(region: string): string {
  return region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
}
