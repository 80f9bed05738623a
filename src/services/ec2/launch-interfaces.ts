import { freeAddresses, parseIpv4Block } from "./cidr.ts";
import { insufficientFreeAddresses, invalidParameterCombination } from "./errors.ts";
import {
  chooseIpv4,
  chooseIpv4Prefixes,
  chooseIpv6,
  chooseIpv6Prefixes,
  readSubnetUse,
  type SubnetUse,
} from "./interface-addresses.ts";
import { assignPublicAddress } from "./interface-associations.ts";
import { attachInterface, markAttached } from "./interface-attachments.ts";
import type { LaunchNetwork, PlannedInterface } from "./launch-network.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import { type InterfacePlan, newNetworkInterface } from "./new-interface.ts";
import type { Scope } from "./scope.ts";

/** What one interface of one instance is made from: an interface that is there, or a plan with its addresses. */
type Placed = StoredNetworkInterface | InterfacePlan;

type OpenUse = SubnetUse & { readonly addresses: Set<string> };

/**
 * The interfaces of each instance of a launch, as many instances as there are addresses for, at most `maxCount`.
 * @throws AwsError when there are fewer than `minCount`
 */
export async function placeInterfaces(
  scope: Scope,
  network: LaunchNetwork,
  { minCount, maxCount }: { minCount: number; maxCount: number },
): Promise<Placed[][]> {
  const uses = new Map<string, OpenUse>();
  const columns: Placed[][] = [];
  for (const planned of network.interfaces) {
    if (planned.existing !== undefined) {
      columns.push([planned.existing]);
      continue;
    }
    const { SubnetId } = planned.subnet;
    const use = uses.get(SubnetId) ?? openUse(await readSubnetUse(scope, SubnetId));
    uses.set(SubnetId, use);
    columns.push(placeNew(scope, planned, use, maxCount));
  }
  const count = Math.min(...columns.map((column) => column.length));
  if (count < minCount) throw insufficientFreeAddresses(network.subnet.SubnetId);
  return Array.from({ length: count }, (_, index) => columns.flatMap((column) => column[index] ?? []));
}

/**
 * Makes or attaches the interfaces of an instance, and gives them back in the order of their device indexes. Those that are
 * made are to be inserted: they are among `added`.
 */
export async function makeInterfaces(
  scope: Scope,
  network: LaunchNetwork,
  placed: readonly Placed[],
  { instanceId, added }: { instanceId: string; added: StoredNetworkInterface[] },
): Promise<StoredNetworkInterface[]> {
  const made: StoredNetworkInterface[] = [];
  for (const [index, { deviceIndex, specification, existing }] of network.interfaces.entries()) {
    const attachment = {
      instanceId,
      deviceIndex,
      networkCardIndex: specification.NetworkCardIndex,
      deleteOnTermination: specification.DeleteOnTermination ?? existing === undefined,
    };
    const plan = placed[index];
    if (plan === undefined) continue;
    if (isStored(plan)) {
      await attachInterface(scope, plan, attachment);
      made.push(plan);
      continue;
    }
    const networkInterface = newNetworkInterface(scope, plan);
    markAttached(scope, networkInterface, attachment);
    if (network.publicAddress && deviceIndex === 0) await assignPublicAddress(scope, networkInterface);
    added.push(networkInterface);
    made.push(networkInterface);
  }
  return made;
}

function isStored(placed: Placed): placed is StoredNetworkInterface {
  return "NetworkInterfaceId" in placed;
}

function openUse(use: SubnetUse): OpenUse {
  return { ...use, addresses: new Set(use.addresses) };
}

function placeNew(scope: Scope, planned: PlannedInterface, use: OpenUse, maxCount: number): InterfacePlan[] {
  const { subnet, groups, specification } = planned;
  const asked = askedAddresses(planned);
  const others = specification.SecondaryPrivateIpAddressCount ?? 0;
  const sets =
    asked.length > 0
      ? [chooseIpv4(subnet, use, asked, others)]
      : freeSets(planned, use, { each: 1 + others, maxCount });
  for (const address of sets.flat()) use.addresses.add(address);
  const askedIpv6 = (specification.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address || []);
  const ipv6Count =
    specification.Ipv6AddressCount || (subnet.AssignIpv6AddressOnCreation === true && askedIpv6.length === 0 ? 1 : 0);
  return sets.map((addresses) => {
    const ipv6Addresses = chooseIpv6(scope, subnet, use, { asked: askedIpv6, count: ipv6Count });
    for (const address of ipv6Addresses) use.addresses.add(address);
    return {
      subnet,
      groups,
      addresses,
      ipv6Addresses,
      primaryIpv6: specification.PrimaryIpv6,
      connectionTracking: specification.ConnectionTrackingSpecification,
      ...choosePrefixes(planned, use),
      description: specification.Description,
    };
  });
}

function choosePrefixes({ subnet, specification }: PlannedInterface, use: OpenUse) {
  const ipv4 = (specification.Ipv4Prefixes ?? []).flatMap(({ Ipv4Prefix }) => Ipv4Prefix || []);
  const ipv6 = (specification.Ipv6Prefixes ?? []).flatMap(({ Ipv6Prefix }) => Ipv6Prefix || []);
  const { Ipv4PrefixCount = 0, Ipv6PrefixCount = 0 } = specification;
  // Looking for a prefix goes through all of the subnet's addresses: not for each of many instances that want none.
  return {
    ...(ipv4.length + Ipv4PrefixCount === 0
      ? {}
      : { ipv4Prefixes: chooseIpv4Prefixes(subnet, use, ipv4, Ipv4PrefixCount) }),
    ...(ipv6.length + Ipv6PrefixCount === 0
      ? {}
      : { ipv6Prefixes: chooseIpv6Prefixes(subnet, use, ipv6, Ipv6PrefixCount) }),
  };
}

/** The primary address first. */
function askedAddresses({ specification }: PlannedInterface): string[] {
  const listed = specification.PrivateIpAddresses ?? [];
  const primaries = listed.filter(({ Primary }) => Primary === true);
  if (primaries.length > 1 || (primaries.length > 0 && specification.PrivateIpAddress)) {
    throw invalidParameterCombination("Only one primary private IP address can be specified.");
  }
  const ordered = [...primaries, ...listed.filter(({ Primary }) => Primary !== true)];
  const addresses = [specification.PrivateIpAddress, ...ordered.map(({ PrivateIpAddress }) => PrivateIpAddress)];
  return [...new Set(addresses.flatMap((address) => address || []))];
}

function freeSets(
  { subnet }: PlannedInterface,
  use: OpenUse,
  { each, maxCount }: { each: number; maxCount: number },
): string[][] {
  const block = parseIpv4Block(subnet.CidrBlock);
  if (block === undefined) return [];
  const kept = [...use.prefixes.flatMap((prefix) => parseIpv4Block(prefix) ?? []), ...use.reserved];
  const free = freeAddresses(block, use.addresses, each * maxCount, kept);
  return Array.from({ length: Math.floor(free.length / each) }, (_, index) =>
    free.slice(index * each, (index + 1) * each),
  );
}
