import { createHash } from "node:crypto";
import type { ManagedPrefixList, PrefixListEntry } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed } from "./errors.ts";
import { checkIds, completeResources, findResource, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

export interface StoredPrefixList extends ManagedPrefixList {
  Entries: PrefixListEntry[];
  /** The entries of each version, by its number. */
  Versions: Record<string, PrefixListEntry[]>;
}

export const prefixLists: Resource<StoredPrefixList> = {
  table: "ec2_managed_prefix_lists",
  prefix: "pl",
  type: "prefix-list",
  idOf: (list) => list.PrefixListId ?? "",
  ...tagsMember,
  filters: pathFilters<StoredPrefixList>()({
    "owner-id": "OwnerId",
    "prefix-list-id": "PrefixListId",
    "prefix-list-name": "PrefixListName",
  }),
  columnFilters: { "prefix-list-id": "id" },
  malformed: (id) => malformed("InvalidPrefixListId.Malformed", id, "pl"),
  notFound: (ids) =>
    new AwsError("InvalidPrefixListID.NotFound", `The prefix list ID '${ids.join(", ")}' does not exist`),
};

/** The lists of AWS's own services, with some of their ranges: https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html */
const awsLists: readonly { service: string; family: "IPv4" | "IPv6"; cidrs: readonly string[]; global?: true }[] = [
  { service: "dynamodb", family: "IPv4", cidrs: ["3.218.180.0/22", "52.94.0.0/22", "52.119.224.0/20"] },
  { service: "s3", family: "IPv4", cidrs: ["3.5.0.0/19", "16.182.0.0/16", "52.216.0.0/15", "54.231.0.0/16"] },
  { service: "ec2-instance-connect", family: "IPv4", cidrs: ["18.206.107.24/29"] },
  { service: "vpc-lattice", family: "IPv4", cidrs: ["169.254.171.0/24"] },
  { service: "ipv6.s3", family: "IPv6", cidrs: ["2600:1fa0::/40", "2600:1ff0::/40"] },
  { service: "cloudfront.origin-facing", family: "IPv4", cidrs: ["13.124.199.0/24", "130.176.0.0/18"], global: true },
];

/** The ids that AWS's lists are known by. */
const knownIds: Readonly<Record<string, string>> = {
  "com.amazonaws.us-east-1.s3": "pl-63a5400a",
  "com.amazonaws.us-east-1.dynamodb": "pl-02cd2c6b",
  "com.amazonaws.us-west-2.s3": "pl-68a54001",
  "com.amazonaws.us-west-2.dynamodb": "pl-00a54069",
  "com.amazonaws.eu-west-1.s3": "pl-6da54004",
  "com.amazonaws.eu-west-1.dynamodb": "pl-6fa54006",
};

export function prefixListsOfAws(region: string): StoredPrefixList[] {
  return awsLists.map(({ service, family, cidrs, global }) => {
    const PrefixListName = `com.amazonaws.${global === true ? "global" : region}.${service}`;
    const digits = createHash("sha256").update(`${region}/${PrefixListName}`).digest("hex").slice(0, 8);
    const PrefixListId = knownIds[PrefixListName] ?? `pl-${digits}`;
    return {
      PrefixListId,
      PrefixListName,
      PrefixListArn: `arn:aws:ec2:${region}:aws:prefix-list/${PrefixListId}`,
      AddressFamily: family,
      State: "create-complete",
      OwnerId: "AWS",
      Tags: [],
      Entries: cidrs.map((Cidr) => ({ Cidr })),
      Versions: {},
    };
  });
}

/** A list of the account or of AWS, with its tags. @throws AwsError */
export async function getPrefixList(scope: Scope, id: string): Promise<StoredPrefixList> {
  const own = prefixListsOfAws(scope.region).find((list) => list.PrefixListId === id);
  if (own !== undefined) return own;
  checkIds(prefixLists, [id]);
  const list = await findResource(scope, prefixLists, id);
  if (list === undefined) throw prefixLists.notFound([id]);
  await completeResources(scope, prefixLists, [list]);
  return list;
}
