import type { SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { PacketRule } from "../../runtime/machine-packets.ts";
import { withMoved } from "./moved-blocks.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import type { PacketState } from "./packet-state.ts";
import { listResources } from "./resource.ts";
import { type Scope, scopeAt } from "./scope.ts";
import { rulesOfGroups } from "./stored-rules.ts";

const protocols: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 };

/**
 * What the groups of interfaces let through. The rules of several groups add up:
 * https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export async function groupRulesOf(
  scope: Scope,
  state: PacketState,
  interfaces: readonly StoredNetworkInterface[],
): Promise<(networkInterface: StoredNetworkInterface) => PacketRule[]> {
  const rules = await rulesOfGroups(scope, [...new Set(interfaces.flatMap(groupIdsOf))]);
  const peersOf = await peerResolver(scope, state, rules);
  const byGroup = new Map<string, PacketRule[]>();
  for (const rule of rules) {
    const list = byGroup.get(rule.GroupId ?? "") ?? [];
    list.push(toPacketRule(rule, peersOf(rule)));
    byGroup.set(rule.GroupId ?? "", list);
  }
  return (networkInterface) => groupIdsOf(networkInterface).flatMap((group) => byGroup.get(group) ?? []);
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

/** A group stands for the private addresses of the interfaces that have it. */
async function peerResolver(scope: Scope, state: PacketState, rules: readonly SecurityGroupRule[]) {
  const addressesIn = new Map<string, string[]>();
  const owners = new Set(rules.flatMap(({ ReferencedGroupInfo }) => ReferencedGroupInfo?.UserId ?? []));
  const others = [...owners].filter((accountId) => accountId !== scope.accountId);
  const foreign = others.map((accountId) =>
    listResources(scopeAt(scope, { accountId, region: scope.region }), networkInterfaces),
  );
  for (const one of [...state.interfaces, ...(await Promise.all(foreign)).flat()]) {
    for (const group of groupIdsOf(one)) {
      addressesIn.set(group, [...(addressesIn.get(group) ?? []), ...addressesOf(one)]);
    }
  }
  return ({ CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo }: SecurityGroupRule): readonly string[] => {
    const block = CidrIpv4 ?? CidrIpv6;
    const blocks = block === undefined ? state.listed.get(PrefixListId ?? "") : [block];
    if (blocks === undefined) return addressesIn.get(ReferencedGroupInfo?.GroupId ?? "") ?? [];
    return withMoved(blocks, state.moved);
  };
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
