import { isIPv4, isIPv6 } from "node:net";

/** A block of IPv4 addresses, which are unsigned 32-bit numbers here. */
export interface Ipv4Block {
  readonly first: number;
  readonly size: number;
  readonly prefixLength: number;
}

/** `172.31.0.0/20`; undefined for what is none. Bits below the prefix are dropped, as AWS does. */
export function parseIpv4Block(text: string): Ipv4Block | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isIPv4(address) || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const prefixLength = Number(length);
  const size = 2 ** (32 - prefixLength);
  const value = ipv4ToNumber(address);
  return { first: value - (value % size), size, prefixLength };
}

/** In its shortest form, `0.0.0.0/0`; undefined for what is no CIDR block. */
export function canonicalIpv4Cidr(text: string): string | undefined {
  const block = parseIpv4Block(text);
  return block === undefined ? undefined : `${numberToIpv4(block.first)}/${block.prefixLength}`;
}

/** In its shortest form, `2001:db8::/32`; undefined for what is no CIDR block. */
export function canonicalIpv6Cidr(text: string): string | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isIPv6(address) || address.includes("%")) return undefined;
  if (!/^\d{1,3}$/.test(length) || Number(length) > 128) return undefined;
  return `${new URL(`http://[${address}]`).hostname.slice(1, -1)}/${Number(length)}`;
}

export function formatIpv4Block(block: Ipv4Block): string {
  return `${numberToIpv4(block.first)}/${block.prefixLength}`;
}

export function ipv4BlocksOverlap(one: Ipv4Block, other: Ipv4Block): boolean {
  return one.first < other.first + other.size && other.first < one.first + one.size;
}

/** Whether all of `inner` is in `outer`. */
export function ipv4BlockContains(outer: Ipv4Block, inner: Ipv4Block): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}

export function ipv4ToNumber(address: string): number {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

export function numberToIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** AWS keeps the first four addresses of a subnet and the last: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const reservedFirst = 4;
const reservedLast = 1;

export function usableAddressCount(block: Ipv4Block): number {
  return Math.max(0, block.size - reservedFirst - reservedLast);
}

export function isUsableAddress(block: Ipv4Block, address: string): boolean {
  if (!isIPv4(address)) return false;
  const offset = ipv4ToNumber(address) - block.first;
  return offset >= reservedFirst && offset < block.size - reservedLast;
}

/**
 * AWS scatters what it chooses over the subnet. Here the choice begins in its upper part, so that the low addresses (`10.0.1.10`) stay
 * free for those who ask for them after others have been chosen.
 */
const firstChoice = 0.6;

/**
 * `count` addresses that may be given out, are not taken and not in a block that is kept; fewer when there are not so many.
 */
export function freeAddresses(
  block: Ipv4Block,
  taken: ReadonlySet<string>,
  count: number,
  kept: readonly Ipv4Block[] = [],
): string[] {
  const from = block.first + reservedFirst;
  const to = block.first + block.size - reservedLast;
  const middle = from + Math.floor(usableAddressCount(block) * firstChoice);
  const free: string[] = [];
  for (const [start, end] of [
    [middle, to],
    [from, middle],
  ] as const) {
    for (let value = start; value < end && free.length < count; value += 1) {
      const within = kept.find((other) => value >= other.first && value < other.first + other.size);
      if (within !== undefined) {
        value = within.first + within.size - 1;
        continue;
      }
      const address = numberToIpv4(value);
      if (!taken.has(address)) free.push(address);
    }
  }
  return free;
}
