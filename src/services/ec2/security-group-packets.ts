import type { SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { PacketRule } from "../../runtime/packet-rules.ts";
import { ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { prefixLists, prefixListsOfAws } from "./prefix-lists.ts";
import { listResources } from "./resource.ts";
import { type Scope, scopeAt } from "./scope.ts";
import { rulesOfGroups } from "./stored-rules.ts";

const protocols: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 };

/**
 * What the groups of instances' primary interfaces let through, by instance id: a machine has that interface alone. The
 * rules of several groups add up: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export async function packetRulesOf(scope: Scope, instanceIds: readonly string[]): Promise<Map<string, PacketRule[]>> {
  const all = await listResources(scope, networkInterfaces);
  const wanted = new Set(instanceIds);
  const primaries = all.filter(
    ({ Attachment }) => wanted.has(Attachment?.InstanceId ?? "") && (Attachment?.DeviceIndex ?? 0) === 0,
  );
  const rules = await rulesOfGroups(scope, [...new Set(primaries.flatMap(groupIdsOf))]);
  const peersOf = await peerResolver(scope, all, rules);
  const byGroup = new Map<string, PacketRule[]>();
  for (const rule of rules) {
    const list = byGroup.get(rule.GroupId ?? "") ?? [];
    list.push(toPacketRule(rule, peersOf(rule)));
    byGroup.set(rule.GroupId ?? "", list);
  }
  return new Map(
    primaries.map((primary) => [
      primary.Attachment?.InstanceId ?? "",
      groupIdsOf(primary).flatMap((group) => byGroup.get(group) ?? []),
    ]),
  );
}

function toPacketRule(rule: SecurityGroupRule, peers: readonly string[]): PacketRule {
  const { IpProtocol = "-1", FromPort = -1, ToPort = -1 } = rule;
  const protocol = IpProtocol === "-1" ? undefined : (protocols[IpProtocol] ?? Number(IpProtocol));
  const isMessage = IpProtocol === "icmp" || IpProtocol === "icmpv6";
  return {
    direction: rule.IsEgress === true ? "out" : "in",
    protocol,
    peers,
    // Of ICMP, the members are its type and code.
    ...(isMessage && FromPort >= 0 ? { icmp: { type: FromPort, code: ToPort >= 0 ? ToPort : undefined } } : {}),
    ...(!isMessage && protocol !== undefined && FromPort >= 0 ? { ports: [FromPort, ToPort] as const } : {}),
  };
}

/**
 * Reads all that rules refer to, once. A group stands for the private addresses of the interfaces that have it; a block, for
 * the interfaces too whose address it has, and whose machine the runtime had to give another one.
 */
async function peerResolver(scope: Scope, own: readonly StoredNetworkInterface[], rules: readonly SecurityGroupRule[]) {
  const addressesIn = new Map<string, string[]>();
  const owners = new Set(rules.flatMap(({ ReferencedGroupInfo }) => ReferencedGroupInfo?.UserId ?? []));
  const others = [...owners].filter((accountId) => accountId !== scope.accountId);
  const foreign = others.map((accountId) =>
    listResources(scopeAt(scope, { accountId, region: scope.region }), networkInterfaces),
  );
  for (const one of [...own, ...(await Promise.all(foreign)).flat()]) {
    for (const group of groupIdsOf(one)) {
      addressesIn.set(group, [...(addressesIn.get(group) ?? []), ...addressesOf(one)]);
    }
  }
  const moved = own.filter(
    ({ AssignedIpAddress, PrivateIpAddress }) =>
      AssignedIpAddress !== undefined && AssignedIpAddress !== PrivateIpAddress,
  );
  const listed = new Map(
    [...prefixListsOfAws(scope.region), ...(await listResources(scope, prefixLists))].map((list) => [
      prefixLists.idOf(list),
      list.Entries.flatMap(({ Cidr }) => Cidr ?? []),
    ]),
  );
  return ({ CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo }: SecurityGroupRule): readonly string[] => {
    const block = CidrIpv4 ?? CidrIpv6;
    const blocks = block === undefined ? listed.get(PrefixListId ?? "") : [block];
    if (blocks === undefined) return addressesIn.get(ReferencedGroupInfo?.GroupId ?? "") ?? [];
    return [...blocks, ...moved.flatMap((one) => (isIn(one.AssignedIpAddress, blocks) ? addressesOf(one) : []))];
  };
}

function isIn(text: string | undefined, blocks: readonly string[]): boolean {
  const address = parseIpv4Block(`${text}/32`);
  return blocks.some((one) => {
    const block = parseIpv4Block(one);
    return block !== undefined && address !== undefined && ipv4BlockContains(block, address);
  });
}

function groupIdsOf({ Groups }: StoredNetworkInterface): string[] {
  return (Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
}

function addressesOf({ PrivateIpAddress, PrivateIpAddresses, Ipv6Addresses }: StoredNetworkInterface): string[] {
  return [
    ...new Set([
      ...(PrivateIpAddress === undefined ? [] : [PrivateIpAddress]),
      ...(PrivateIpAddresses ?? []).flatMap((address) => address.PrivateIpAddress ?? []),
      ...(Ipv6Addresses ?? []).flatMap((address) => address.Ipv6Address ?? []),
    ]),
  ];
}
