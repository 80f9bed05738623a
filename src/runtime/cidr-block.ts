import assert from "node:assert";

interface Block {
  readonly first: number;
  readonly size: number;
}

/** Whether two IPv4 CIDR blocks share an address. */
export function blocksOverlap(one: string, other: string): boolean {
  const a = parseBlock(one);
  const b = parseBlock(other);
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/**
 * The address that has the place in block `to` which `address` has in block `from`; none where `to` is too small, since
 * its last address is the broadcast's.
 */
export function moveAddress(address: string, from: string, to: string): string | undefined {
  const target = parseBlock(to);
  const offset = parseAddress(address) - parseBlock(from).first;
  if (offset < 0 || offset >= target.size - 1) return undefined;
  return formatAddress(target.first + offset);
}

/** The address at this place in a block. */
export function addressAt(block: string, place: number): string {
  return formatAddress(parseBlock(block).first + place);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function parseBlock(block: string): Block {
  const [address = "", length = ""] = block.split("/");
  const size = 2 ** (32 - Number(length));
  const inside = parseAddress(address);
  return { first: inside - (inside % size), size };
}

function parseAddress(address: string): number {
  const bytes = address.split(".").map(Number);
  assert(bytes.length === 4 && bytes.every((byte) => byte >= 0 && byte <= 255), `${address} is no IPv4 address`);
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
