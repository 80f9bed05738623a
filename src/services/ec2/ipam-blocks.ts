import { AwsError } from "../../aws/aws-error.ts";
import { numberToIpv4, parseIpv4Block } from "./cidr.ts";
import { invalidParameterValue } from "./errors.ts";
import type { StoredIpamPool } from "./ipams.ts";
import { formatIpv6Block, parseIpv6Block } from "./ipv6.ts";

/** A block of either family: both are handled as large numbers. */
interface Block {
  readonly first: bigint;
  readonly length: number;
  readonly width: 32 | 128;
}

/** In its shortest form. @throws AwsError unless it is a block of the pool's family */
export function checkPoolCidr(pool: StoredIpamPool, cidr: string): string {
  const block = parse(cidr);
  if (block === undefined || (block.width === 32) !== (pool.AddressFamily === "ipv4")) {
    throw invalidParameterValue(`Value (${cidr}) for parameter cidr is invalid. This is not a valid CIDR block.`);
  }
  return format(block);
}

export function overlaps(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)];
  return a !== undefined && b !== undefined && a.first <= lastOf(b) && b.first <= lastOf(a);
}

export function isWithin(outer: string, inner: string): boolean {
  const [a, b] = [parse(outer), parse(inner)];
  return a !== undefined && b !== undefined && a.first <= b.first && lastOf(b) <= lastOf(a);
}

export function lengthOf(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

/** The lowest block of this length that is provisioned and not allocated. @throws AwsError when there is none */
export function nextFree(pool: StoredIpamPool, length: number): string {
  const taken = pool.Allocations.flatMap(({ Cidr }) => parse(Cidr ?? "") ?? []);
  for (const { Cidr = "" } of pool.Cidrs) {
    const outer = parse(Cidr);
    if (outer === undefined || outer.length > length) continue;
    const size = 1n << BigInt(outer.width - length);
    let first = outer.first;
    while (first <= lastOf(outer)) {
      const candidate = { first, length, width: outer.width };
      const blocked = taken.find((other) => other.first <= lastOf(candidate) && first <= lastOf(other));
      if (blocked === undefined) return format(candidate);
      // Behind what is in the way, at the next place where such a block may begin.
      const behind = lastOf(blocked) + 1n;
      first = ((behind + size - 1n) / size) * size;
    }
  }
  throw new AwsError(
    "InsufficientCidrBlocks",
    `There is no free CIDR block with the netmask length ${length} in the pool '${pool.IpamPoolId}'.`,
  );
}

function parse(cidr: string): Block | undefined {
  const ipv4 = parseIpv4Block(cidr);
  if (ipv4 !== undefined) return { first: BigInt(ipv4.first), length: ipv4.prefixLength, width: 32 };
  const ipv6 = parseIpv6Block(cidr);
  return ipv6 === undefined ? undefined : { first: ipv6.first, length: ipv6.prefixLength, width: 128 };
}

function format({ first, length, width }: Block): string {
  return width === 32 ? `${numberToIpv4(Number(first))}/${length}` : formatIpv6Block({ first, prefixLength: length });
}

function lastOf({ first, length, width }: Block): bigint {
  return first + (1n << BigInt(width - length)) - 1n;
}
