import type { Subnet } from "@aws-sdk/client-ec2";
import { formatIpv4Block, type Ipv4Block, ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import { networkBlockOf } from "./machine-place.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import type { StoredVpc } from "./vpcs.ts";

/** A network whose block was in use on the host: its machines have the addresses with the same places in another. */
export interface MovedBlock {
  readonly from: Ipv4Block;
  readonly to: Ipv4Block;
}

/** Seen in the addresses that interfaces were assigned, and those that their machines were given. */
export function movedBlocks(
  interfaces: readonly StoredNetworkInterface[],
  { vpcs, subnets }: { vpcs: ReadonlyMap<string, StoredVpc>; subnets: ReadonlyMap<string, Subnet> },
): MovedBlock[] {
  const moved = new Map<string, MovedBlock>();
  for (const { AssignedIpAddress, PrivateIpAddress, VpcId = "", SubnetId = "" } of interfaces) {
    if (AssignedIpAddress === undefined || AssignedIpAddress === PrivateIpAddress) continue;
    const { id, cidrBlock } = networkBlockOf(vpcs.get(VpcId), subnets.get(SubnetId));
    const from = parseIpv4Block(cidrBlock);
    const to = parseIpv4Block(`${PrivateIpAddress}/${from?.prefixLength}`);
    if (from !== undefined && to !== undefined) moved.set(`${id} ${cidrBlock}`, { from, to });
  }
  return [...moved.values()];
}

/** The blocks, and where the runtime has put what is in them. */
export function withMoved(blocks: readonly string[], moved: readonly MovedBlock[]): string[] {
  const found = blocks.flatMap((text) => {
    const block = parseIpv4Block(text);
    return block === undefined ? [] : moved.flatMap((one) => movedPart(block, one) ?? []);
  });
  return [...new Set([...blocks, ...found.map(formatIpv4Block)])];
}

function movedPart(block: Ipv4Block, { from, to }: MovedBlock): Ipv4Block | undefined {
  if (ipv4BlockContains(from, block)) return { ...block, first: to.first + block.first - from.first };
  return ipv4BlockContains(block, from) ? to : undefined;
}
