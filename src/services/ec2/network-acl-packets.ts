import type { NetworkAclEntry } from "@aws-sdk/client-ec2";
import type { PacketBorder, PacketEntry } from "../../runtime/machine-packets.ts";
import { withMoved } from "./moved-blocks.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import type { PacketState } from "./packet-state.ts";

const icmp = 1;
const icmpv6 = 58;

/** What the ACL of an interface's subnet says of the packets that come into the subnet or leave it: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html */
export function borderOf(state: PacketState, { SubnetId = "" }: StoredNetworkInterface): PacketBorder | undefined {
  const acl = state.aclOf(SubnetId);
  const subnet = state.subnets.get(SubnetId);
  if (acl === undefined || subnet === undefined) return undefined;
  const within = [
    ...(subnet.CidrBlock === undefined ? [] : withMoved([subnet.CidrBlock], state.moved)),
    ...(subnet.Ipv6CidrBlockAssociationSet ?? []).flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
  ];
  const entries = [...(acl.Entries ?? [])].sort((one, other) => (one.RuleNumber ?? 0) - (other.RuleNumber ?? 0));
  return { within, entries: entries.map((entry) => toPacketEntry(entry, state)) };
}

function toPacketEntry(entry: NetworkAclEntry, { moved }: PacketState): PacketEntry {
  const { Protocol = "-1", PortRange, IcmpTypeCode: message, CidrBlock, Ipv6CidrBlock } = entry;
  const protocol = Protocol === "-1" ? undefined : Number(Protocol);
  const { Type = -1, Code = -1 } = message ?? {};
  const isMessage = protocol === icmp || protocol === icmpv6;
  return {
    direction: entry.Egress === true ? "out" : "in",
    passes: entry.RuleAction === "allow",
    protocol,
    peers: withMoved(
      [CidrBlock, Ipv6CidrBlock].flatMap((block) => block ?? []),
      moved,
    ),
    ...(isMessage && Type >= 0 ? { icmp: { type: Type, code: Code >= 0 ? Code : undefined } } : {}),
    ...(PortRange?.From === undefined || PortRange.To === undefined
      ? {}
      : { ports: [PortRange.From, PortRange.To] as const }),
  };
}
