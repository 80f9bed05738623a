import { createHash } from "node:crypto";
import type { NetworkInterface, Subnet } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import {
  formatIpv4Block,
  freeAddresses,
  type Ipv4Block,
  ipv4BlocksOverlap,
  isUsableAddress,
  parseIpv4Block,
} from "./cidr.ts";
import { insufficientFreeAddresses, invalidParameterValue } from "./errors.ts";
import {
  canonicalIpv6,
  formatIpv6Block,
  ipv6BlockContains,
  ipv6ToNumber,
  numberToIpv6,
  parseIpv6Block,
} from "./ipv6.ts";
import { listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { subnetCidrReservations } from "./subnet-reservations.ts";

/** What the interfaces of a subnet have, and what it keeps for other purposes. */
export interface SubnetUse {
  readonly addresses: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  /** IPv4 blocks that no address is chosen from, but that one may be asked for from. */
  readonly reserved: readonly Ipv4Block[];
}

/** The prefix lengths that an interface is given: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html */
const ipv4PrefixLength = 28;
const ipv6PrefixLength = 80;

/** What the largest instance types have: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html */
const maxOfInterface = 50;

/** Beside the primary one, for the interfaces' column. */
export function otherAddressesOf(networkInterface: NetworkInterface): string | null {
  const all = [
    ...(networkInterface.PrivateIpAddresses ?? [])
      .filter(({ Primary }) => Primary !== true)
      .map((a) => a.PrivateIpAddress),
    ...(networkInterface.Ipv6Addresses ?? []).map((address) => address.Ipv6Address),
    ...(networkInterface.Ipv4Prefixes ?? []).map((prefix) => prefix.Ipv4Prefix),
    ...(networkInterface.Ipv6Prefixes ?? []).map((prefix) => prefix.Ipv6Prefix),
  ];
  return all.length === 0 ? null : all.join(" ");
}

export async function readSubnetUse(scope: Scope, subnetId: string): Promise<SubnetUse> {
  const rows = await scope.db
    .selectFrom("ec2_network_interfaces")
    .select(["assigned_ip_address", "private_ip_address", "other_addresses"])
    .where("subnet_id", "=", subnetId)
    .execute();
  const addresses = new Set<string>();
  const prefixes: string[] = [];
  for (const row of rows) {
    addresses.add(row.assigned_ip_address);
    addresses.add(row.private_ip_address);
    for (const other of row.other_addresses?.split(" ") ?? []) {
      if (other.includes("/")) prefixes.push(other);
      else addresses.add(other);
    }
  }
  const reservations = await listResources(scope, subnetCidrReservations, { subnet_id: subnetId });
  return { addresses, prefixes, reserved: reservations.flatMap(({ Cidr }) => parseIpv4Block(Cidr ?? "") ?? []) };
}

/** `asked` and then free ones, `count` more. @throws AwsError */
export function chooseIpv4(subnet: Subnet, use: SubnetUse, asked: readonly string[], count: number): string[] {
  checkCount(asked, count);
  const block = parseIpv4Block(subnet.CidrBlock ?? "");
  const prefixes = use.prefixes.flatMap((prefix) => parseIpv4Block(prefix) ?? []);
  for (const address of asked) {
    const single = parseIpv4Block(`${address}/32`);
    if (single === undefined) throw invalidParameterValue(`invalid value for parameter address: ${address}`);
    if (block === undefined || !ipv4BlocksOverlap(block, single)) {
      throw invalidParameterValue("Address does not fall within the subnet's address range");
    }
    if (!isUsableAddress(block, address)) {
      throw invalidParameterValue("Address is in subnet's reserved address range");
    }
    const inPrefix = prefixes.some((prefix) => ipv4BlocksOverlap(prefix, single));
    if (use.addresses.has(address) || inPrefix) {
      throw new AwsError("InvalidIPAddress.InUse", "The specified address is already in use.");
    }
  }
  if (count === 0) return [...asked];
  const taken = new Set([...use.addresses, ...asked]);
  const free = block === undefined ? [] : freeAddresses(block, taken, count, [...prefixes, ...use.reserved]);
  if (free.length < count) throw insufficientFreeAddresses();
  return [...asked, ...free];
}

/** `asked` and `count` more; those that are chosen are scattered over the subnet's block, as AWS does. @throws AwsError */
export function chooseIpv6(
  scope: Scope,
  subnet: Subnet,
  use: SubnetUse,
  { asked, count }: { asked: readonly string[]; count: number },
): string[] {
  checkCount(asked, count);
  if (asked.length === 0 && count === 0) return [];
  const block = ipv6BlockOf(subnet);
  const chosen = asked.map((text) => {
    const address = canonicalIpv6(text);
    if (address === undefined) throw invalidParameterValue(`invalid value for parameter address: [${text}]`);
    const single = parseIpv6Block(`${address}/128`);
    if (single === undefined || !ipv6BlockContains(block, single)) {
      throw invalidParameterValue(`Address ${address} does not fall within the subnet's address range`);
    }
    if (use.addresses.has(address)) throw new AwsError("InvalidIPAddress.InUse", `Address ${address} is in use.`);
    return address;
  });
  while (chosen.length < asked.length + count) {
    const suffix = createHash("sha256").update(scope.newId("ip")).digest().readBigUInt64BE();
    const address = numberToIpv6(block.first | (suffix & ((1n << BigInt(128 - block.prefixLength)) - 1n)));
    if (!use.addresses.has(address) && ipv6ToNumber(address) - block.first > 3n) chosen.push(address);
  }
  return chosen;
}

/** `asked` and `count` more free blocks of 16 addresses. @throws AwsError */
export function chooseIpv4Prefixes(subnet: Subnet, use: SubnetUse, asked: readonly string[], count: number): string[] {
  checkCount(asked, count);
  const block = parseIpv4Block(subnet.CidrBlock ?? "");
  const taken = [...use.addresses].flatMap((address) => parseIpv4Block(`${address}/32`) ?? []);
  const blocked = [...taken, ...use.prefixes.flatMap((prefix) => parseIpv4Block(prefix) ?? [])];
  const chosen: Ipv4Block[] = asked.map((text) => {
    const prefix = parseIpv4Block(text);
    if (prefix === undefined || prefix.prefixLength !== ipv4PrefixLength || block === undefined) {
      throw invalidParameterValue(`The prefix '${text}' is invalid: it must be a /${ipv4PrefixLength} of the subnet.`);
    }
    if (!ipv4BlocksOverlap(prefix, block)) {
      throw invalidParameterValue(`The prefix '${text}' does not fall within the subnet's address range`);
    }
    if (blocked.some((other) => ipv4BlocksOverlap(other, prefix))) {
      throw new AwsError("InvalidIPAddress.InUse", `The prefix ${text} is in use.`);
    }
    return prefix;
  });
  const size = 2 ** (32 - ipv4PrefixLength);
  // The first and the last block hold addresses that AWS keeps.
  for (let offset = size; block !== undefined && offset < block.size - size; offset += size) {
    if (chosen.length === asked.length + count) break;
    const candidate = { first: block.first + offset, size, prefixLength: ipv4PrefixLength };
    if (![...blocked, ...chosen].some((other) => ipv4BlocksOverlap(other, candidate))) chosen.push(candidate);
  }
  if (chosen.length < asked.length + count) {
    throw new AwsError(
      "InsufficientCidrBlocks",
      `There are not enough available CIDR blocks in the specified subnet '${subnet.SubnetId}' to satisfy the request.`,
    );
  }
  return chosen.map(formatIpv4Block);
}

/** `asked` and `count` more blocks of 2^48 addresses. @throws AwsError */
export function chooseIpv6Prefixes(subnet: Subnet, use: SubnetUse, asked: readonly string[], count: number): string[] {
  checkCount(asked, count);
  if (asked.length === 0 && count === 0) return [];
  const block = ipv6BlockOf(subnet);
  const chosen = asked.map((text) => {
    const prefix = parseIpv6Block(text);
    if (prefix?.prefixLength !== ipv6PrefixLength || !ipv6BlockContains(block, prefix)) {
      throw invalidParameterValue(`The prefix '${text}' is invalid: it must be a /${ipv6PrefixLength} of the subnet.`);
    }
    const canonical = formatIpv6Block(prefix);
    if (use.prefixes.includes(canonical)) throw new AwsError("InvalidIPAddress.InUse", `The prefix ${text} is in use.`);
    return canonical;
  });
  for (let index = 1n; chosen.length < asked.length + count; index += 1n) {
    const first = block.first + (index << BigInt(128 - ipv6PrefixLength));
    const candidate = formatIpv6Block({ first, prefixLength: ipv6PrefixLength });
    if (!use.prefixes.includes(candidate) && !chosen.includes(candidate)) chosen.push(candidate);
  }
  return chosen;
}

function checkCount(asked: readonly string[], count: number): void {
  if (count < 0) throw invalidParameterValue(`Invalid value '${count}' for the number of addresses.`);
  if (asked.length + count <= maxOfInterface) return;
  throw new AwsError("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.");
}

function ipv6BlockOf(subnet: Subnet) {
  const cidr = subnet.Ipv6CidrBlockAssociationSet?.find((one) => one.Ipv6CidrBlockState?.State === "associated");
  const block = parseIpv6Block(cidr?.Ipv6CidrBlock ?? "");
  if (block === undefined) {
    throw invalidParameterValue(`The subnet ID '${subnet.SubnetId}' does not have any associated IPv6 CIDR blocks`);
  }
  return block;
}
