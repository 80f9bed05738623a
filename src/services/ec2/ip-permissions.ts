import type { IpPermission, ReferencedSecurityGroup, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { ownValue } from "../../aws/own-value.ts";
import { canonicalIpv4Cidr, canonicalIpv6Cidr } from "./cidr.ts";
import { invalidParameterValue, invalidPermissionMalformed, malformed, missingParameter } from "./errors.ts";

/** What makes a rule the rule that it is: two rules with the same of these are duplicates. */
export type RuleContent = Pick<
  SecurityGroupRule,
  | "IpProtocol"
  | "FromPort"
  | "ToPort"
  | "CidrIpv4"
  | "CidrIpv6"
  | "PrefixListId"
  | "ReferencedGroupInfo"
  | "Description"
>;

const protocolNames: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6" };

/** Finds the group that a pair refers to, by id or by name. @throws AwsError `InvalidGroup.NotFound` */
export type GroupResolver = (pair: {
  GroupId?: string | undefined;
  GroupName?: string | undefined;
  UserId?: string | undefined;
}) => Promise<ReferencedSecurityGroup>;

/** One rule for each source or destination of each permission, in AWS's own forms. @throws AwsError */
export async function rulesOfPermissions(
  permissions: readonly IpPermission[],
  resolveGroup: GroupResolver,
): Promise<RuleContent[]> {
  const rules: RuleContent[] = [];
  for (const permission of permissions) {
    const ports = checkPorts(permission);
    const before = rules.length;
    for (const range of permission.IpRanges ?? []) {
      rules.push({ ...ports, CidrIpv4: checkIpv4(range.CidrIp), ...described(range) });
    }
    for (const range of permission.Ipv6Ranges ?? []) {
      rules.push({ ...ports, CidrIpv6: checkIpv6(range.CidrIpv6), ...described(range) });
    }
    for (const list of permission.PrefixListIds ?? []) {
      rules.push({ ...ports, PrefixListId: checkPrefixList(list.PrefixListId), ...described(list) });
    }
    for (const pair of permission.UserIdGroupPairs ?? []) {
      rules.push({ ...ports, ReferencedGroupInfo: await resolveGroup(pair), ...described(pair) });
    }
    if (rules.length === before) {
      throw invalidPermissionMalformed(
        "The permission has no source or destination: give an address range or a group.",
      );
    }
  }
  return rules;
}

/** Permissions as DescribeSecurityGroups shows them: the rules of one protocol and port range together. */
export function permissionsOfRules(rules: readonly SecurityGroupRule[]): IpPermission[] {
  const permissions = new Map<string, IpPermission>();
  for (const rule of rules) {
    const key = `${rule.IpProtocol}/${rule.FromPort}/${rule.ToPort}`;
    const permission = permissions.get(key) ?? {
      IpProtocol: rule.IpProtocol,
      ...(hasPorts(rule) ? { FromPort: rule.FromPort, ToPort: rule.ToPort } : {}),
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    };
    permissions.set(key, permission);
    if (rule.CidrIpv4 !== undefined) permission.IpRanges?.push({ CidrIp: rule.CidrIpv4, ...described(rule) });
    if (rule.CidrIpv6 !== undefined) permission.Ipv6Ranges?.push({ CidrIpv6: rule.CidrIpv6, ...described(rule) });
    if (rule.PrefixListId !== undefined) {
      permission.PrefixListIds?.push({ PrefixListId: rule.PrefixListId, ...described(rule) });
    }
    if (rule.ReferencedGroupInfo !== undefined) {
      permission.UserIdGroupPairs?.push({ ...rule.ReferencedGroupInfo, ...described(rule) });
    }
  }
  return [...permissions.values()];
}

/** Protocols by number have none, whatever a request says, nor has a rule of all of them. */
function hasPorts({ IpProtocol = "" }: SecurityGroupRule): boolean {
  return Object.values(protocolNames).includes(IpProtocol);
}

export function isSameRule(one: RuleContent, other: RuleContent): boolean {
  return ruleKey(one) === ruleKey(other);
}

/** `peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW`, as AWS names a rule in its messages. */
export function ruleText(rule: RuleContent): string {
  const protocol = rule.IpProtocol === "-1" ? "ALL" : (rule.IpProtocol ?? "").toUpperCase();
  const ports = rule.IpProtocol === "-1" ? "" : ` from port: ${rule.FromPort}, to port: ${rule.ToPort},`;
  return `peer: ${peerOf(rule)}, ${protocol},${ports} ALLOW`;
}

function ruleKey(rule: RuleContent): string {
  return JSON.stringify([rule.IpProtocol, rule.FromPort, rule.ToPort, peerOf(rule)]);
}

function peerOf(rule: RuleContent): string | undefined {
  return rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.PrefixListId ?? rule.ReferencedGroupInfo?.GroupId;
}

function checkPorts(permission: IpPermission): { IpProtocol: string; FromPort: number; ToPort: number } {
  if (permission.IpProtocol === undefined || permission.IpProtocol === "") throw missingParameter("ipProtocol");
  const given = permission.IpProtocol.toLowerCase();
  const IpProtocol = ownValue(protocolNames, given) ?? given;
  const { FromPort, ToPort } = permission;
  if (IpProtocol === "-1") return { IpProtocol, FromPort: -1, ToPort: -1 };
  if (IpProtocol === "tcp" || IpProtocol === "udp") {
    if (FromPort === undefined || ToPort === undefined) {
      throw invalidParameterValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
    }
    if (FromPort < 0 || ToPort > 65535 || FromPort > ToPort) {
      throw invalidParameterValue(`Invalid value '${FromPort}-${ToPort}' for portRange. Must be between 0 and 65535.`);
    }
    return { IpProtocol, FromPort, ToPort };
  }
  if (IpProtocol === "icmp" || IpProtocol === "icmpv6") {
    for (const [what, value = -1] of [
      ["type", FromPort],
      ["code", ToPort],
    ] as const) {
      if (value < -1 || value > 255) throw invalidParameterValue(`ICMP ${what} (${value}) out of range`);
    }
    return { IpProtocol, FromPort: FromPort ?? -1, ToPort: ToPort ?? -1 };
  }
  if (!/^\d+$/.test(IpProtocol) || Number(IpProtocol) > 255) {
    throw invalidParameterValue(`Invalid value '${permission.IpProtocol}' for IP protocol. Unknown protocol.`);
  }
  return { IpProtocol, FromPort: -1, ToPort: -1 };
}

function checkIpv4(cidr: string | undefined): string {
  if (cidr === undefined) throw missingParameter("cidrIp");
  const canonical = canonicalIpv4Cidr(cidr);
  if (canonical === undefined) throw invalidParameterValue(`CIDR block ${cidr} is malformed`);
  return canonical;
}

function checkIpv6(cidr: string | undefined): string {
  if (cidr === undefined) throw missingParameter("cidrIpv6");
  const canonical = canonicalIpv6Cidr(cidr);
  if (canonical === undefined) throw invalidParameterValue(`CIDR block ${cidr} is malformed`);
  return canonical;
}

function checkPrefixList(id: string | undefined): string {
  if (id === undefined) throw missingParameter("prefixListId");
  if (!/^pl-[0-9a-f]+$/.test(id)) throw malformed("InvalidPrefixListId.Malformed", id, "pl");
  return id;
}

function described(source: { Description?: string | undefined }): { Description?: string } {
  if (source.Description === undefined) return {};
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
  if (!/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/.test(source.Description)) {
    throw invalidParameterValue(
      "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
  }
  return source.Description === "" ? {} : { Description: source.Description };
}
