/** The regions of the `aws` partition; those that an account must opt in to are marked. */
const regionNames: Readonly<Record<string, { readonly longName: string; readonly optIn?: true }>> = {
  "af-south-1": { longName: "Africa (Cape Town)", optIn: true },
  "ap-east-1": { longName: "Asia Pacific (Hong Kong)", optIn: true },
  "ap-east-2": { longName: "Asia Pacific (Taipei)", optIn: true },
  "ap-northeast-1": { longName: "Asia Pacific (Tokyo)" },
  "ap-northeast-2": { longName: "Asia Pacific (Seoul)" },
  "ap-northeast-3": { longName: "Asia Pacific (Osaka)" },
  "ap-south-1": { longName: "Asia Pacific (Mumbai)" },
  "ap-south-2": { longName: "Asia Pacific (Hyderabad)", optIn: true },
  "ap-southeast-1": { longName: "Asia Pacific (Singapore)" },
  "ap-southeast-2": { longName: "Asia Pacific (Sydney)" },
  "ap-southeast-3": { longName: "Asia Pacific (Jakarta)", optIn: true },
  "ap-southeast-4": { longName: "Asia Pacific (Melbourne)", optIn: true },
  "ap-southeast-5": { longName: "Asia Pacific (Malaysia)", optIn: true },
  "ap-southeast-6": { longName: "Asia Pacific (New Zealand)", optIn: true },
  "ap-southeast-7": { longName: "Asia Pacific (Thailand)", optIn: true },
  "ca-central-1": { longName: "Canada (Central)" },
  "ca-west-1": { longName: "Canada West (Calgary)", optIn: true },
  "eu-central-1": { longName: "Europe (Frankfurt)" },
  "eu-central-2": { longName: "Europe (Zurich)", optIn: true },
  "eu-north-1": { longName: "Europe (Stockholm)" },
  "eu-south-1": { longName: "Europe (Milan)", optIn: true },
  "eu-south-2": { longName: "Europe (Spain)", optIn: true },
  "eu-west-1": { longName: "Europe (Ireland)" },
  "eu-west-2": { longName: "Europe (London)" },
  "eu-west-3": { longName: "Europe (Paris)" },
  "il-central-1": { longName: "Israel (Tel Aviv)", optIn: true },
  "me-central-1": { longName: "Middle East (UAE)", optIn: true },
  "me-south-1": { longName: "Middle East (Bahrain)", optIn: true },
  "mx-central-1": { longName: "Mexico (Central)", optIn: true },
  "sa-east-1": { longName: "South America (Sao Paulo)" },
  "us-east-1": { longName: "US East (N. Virginia)" },
  "us-east-2": { longName: "US East (Ohio)" },
  "us-west-1": { longName: "US West (N. California)" },
  "us-west-2": { longName: "US West (Oregon)" },
};

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
