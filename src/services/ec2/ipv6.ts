import { isIPv6 } from "node:net";

/** A block of IPv6 addresses, which are 128-bit numbers here. */
export interface Ipv6Block {
  readonly first: bigint;
  readonly prefixLength: number;
}

/** `2001:db8::/56`; undefined for what is none. Bits below the prefix are dropped. */
export function parseIpv6Block(text: string): Ipv6Block | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isIPv6(address) || address.includes("%")) return undefined;
  if (!/^\d{1,3}$/.test(length) || Number(length) > 128) return undefined;
  const prefixLength = Number(length);
  return { first: firstOf(ipv6ToNumber(address), prefixLength), prefixLength };
}

export function formatIpv6Block(block: Ipv6Block): string {
  return `${numberToIpv6(block.first)}/${block.prefixLength}`;
}

/** In its shortest form; undefined for what is no address. */
export function canonicalIpv6(text: string): string | undefined {
  return isIPv6(text) && !text.includes("%") ? numberToIpv6(ipv6ToNumber(text)) : undefined;
}

export function ipv6BlocksOverlap(one: Ipv6Block, other: Ipv6Block): boolean {
  const shorter = Math.min(one.prefixLength, other.prefixLength);
  return firstOf(one.first, shorter) === firstOf(other.first, shorter);
}

/** Whether all of `inner` is in `outer`. */
export function ipv6BlockContains(outer: Ipv6Block, inner: Ipv6Block): boolean {
  return inner.prefixLength >= outer.prefixLength && firstOf(inner.first, outer.prefixLength) === outer.first;
}

export function ipv6ToNumber(address: string): bigint {
  // The URL parser writes out an embedded IPv4 address in hexadecimal digits.
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = shortest.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

export function numberToIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function firstOf(value: bigint, prefixLength: number): bigint {
  const below = BigInt(128 - prefixLength);
  return (value >> below) << below;
}
