import type { NetworkAcl, NetworkAclEntry } from "@aws-sdk/client-ec2";
import { networkAcls } from "./network-acls.ts";
import { listResources, updateResource } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** The rule that cannot be deleted: it denies what no other rule lets through. */
const lastRule = 32767;
const lastIpv6Rule = 32768;
const firstRule = 100;
const firstIpv6Rule = 101;

/** https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html; one that is made later denies everything. */
export function newNetworkAcl(
  scope: Scope,
  of: { vpcId: string; isDefault: boolean; ipv6: boolean },
): NetworkAcl & { NetworkAclId: string } {
  return {
    NetworkAclId: scope.newId("acl"),
    VpcId: of.vpcId,
    OwnerId: scope.accountId,
    IsDefault: of.isDefault,
    Associations: [],
    Entries: sortEntries([...entries(of.isDefault, false), ...(of.ipv6 ? entries(of.isDefault, true) : [])]),
  };
}

/** Outbound rules first, each direction by number: the order of AWS's answers. */
export function sortEntries(list: readonly NetworkAclEntry[]): NetworkAclEntry[] {
  return [...list].sort(
    (one, other) =>
      Number(other.Egress ?? false) - Number(one.Egress ?? false) || (one.RuleNumber ?? 0) - (other.RuleNumber ?? 0),
  );
}

/** When a VPC gets its first IPv6 block, its ACLs get rules for IPv6. */
export async function addIpv6Entries(scope: Scope, vpcId: string): Promise<void> {
  for (const acl of await listResources(scope, networkAcls, { vpc_id: vpcId })) {
    const there = acl.Entries ?? [];
    const added = entries(acl.IsDefault === true, true).filter(
      (entry) => !there.some((other) => other.RuleNumber === entry.RuleNumber && other.Egress === entry.Egress),
    );
    if (added.length === 0) continue;
    acl.Entries = sortEntries([...there, ...added]);
    await updateResource(scope, networkAcls, acl);
  }
}

function entries(isDefault: boolean, ipv6: boolean): NetworkAclEntry[] {
  const block = ipv6 ? { Ipv6CidrBlock: "::/0" } : { CidrBlock: "0.0.0.0/0" };
  return [true, false].flatMap((Egress): NetworkAclEntry[] => [
    ...(isDefault
      ? [
          {
            ...block,
            Egress,
            Protocol: "-1",
            RuleAction: "allow" as const,
            RuleNumber: ipv6 ? firstIpv6Rule : firstRule,
          },
        ]
      : []),
    { ...block, Egress, Protocol: "-1", RuleAction: "deny", RuleNumber: ipv6 ? lastIpv6Rule : lastRule },
  ]);
}
