import { createHash } from "node:crypto";
import { AwsError } from "../../aws/aws-error.ts";
import { ipv4ToNumber, numberToIpv4, parseIpv4Block } from "./cidr.ts";
import type { Scope } from "./scope.ts";

/**
 * Public addresses come from the block for network benchmarks, which no one routes: RFC 2544. An address that is given
 * out is nobody else's, in whatever account and region.
 */
export const publicAddressBlock = "198.18.0.0/15";

const first = ipv4ToNumber("198.18.0.0");
const size = 2 ** 17;
const probed = 128;

/** Gives a free public address to `holder`, an id. Call it in a transaction. @throws AwsError when all are taken */
export async function takePublicAddress(scope: Scope, holder: string): Promise<string> {
  // Where the search begins follows from the holder: an address that was given back is not at once another's.
  const start = createHash("sha256").update(holder).digest().readUInt32BE() % size;
  for (let tried = 0; tried < size; tried += probed) {
    const candidates = Array.from({ length: probed }, (_, index) => (start + tried + index) % size)
      .filter((offset) => offset % 256 !== 0 && offset % 256 !== 255)
      .map((offset) => numberToIpv4(first + offset));
    const taken = await scope.db
      .selectFrom("ec2_public_addresses")
      .select("address")
      .where("address", "in", candidates)
      .execute();
    const address = candidates.find((candidate) => !taken.some((row) => row.address === candidate));
    if (address === undefined) continue;
    await insert(scope, address, holder);
    return address;
  }
  throw new AwsError("InsufficientAddressCapacity", "Not enough addresses available to satisfy the request.");
}

/** Gives this very address, as one that was released before is asked for again. @returns whether it was free */
export async function takeThisPublicAddress(scope: Scope, address: string, holder: string): Promise<boolean> {
  const row = await scope.db
    .selectFrom("ec2_public_addresses")
    .select("address")
    .where("address", "=", address)
    .executeTakeFirst();
  if (row !== undefined) return false;
  await insert(scope, address, holder);
  return true;
}

/** Reserves a block of public addresses of which nobody has any, for `holder`; its CIDR. Call it in a transaction. @throws AwsError */
export async function takePublicBlock(scope: Scope, length: number, holder: string): Promise<string> {
  const blockSize = 2 ** (32 - length);
  const blocks = size / blockSize;
  const start = createHash("sha256").update(holder).digest().readUInt32BE() % blocks;
  for (let tried = 0; tried < blocks; tried += 1) {
    const offset = ((start + tried) % blocks) * blockSize;
    const addresses = Array.from({ length: blockSize }, (_, index) => numberToIpv4(first + offset + index));
    const taken = await scope.db
      .selectFrom("ec2_public_addresses")
      .select("address")
      .where("address", "in", addresses)
      .executeTakeFirst();
    if (taken !== undefined) continue;
    for (const address of addresses) await insert(scope, address, holder);
    return `${addresses[0]}/${length}`;
  }
  throw new AwsError("InsufficientAddressCapacity", "Not enough addresses available to satisfy the request.");
}

/** Gives back the addresses of a block that `holder` has reserved. */
export async function releasePublicBlock(scope: Scope, cidr: string, holder: string): Promise<void> {
  const block = parseIpv4Block(cidr);
  if (block === undefined) return;
  const addresses = Array.from({ length: block.size }, (_, index) => numberToIpv4(block.first + index));
  await scope.db
    .deleteFrom("ec2_public_addresses")
    .where("holder", "=", holder)
    .where("address", "in", addresses)
    .execute();
}

/** An address of a reserved block goes to one who has it, or back to the block. */
export async function passPublicAddress(scope: Scope, address: string, holder: string): Promise<void> {
  await scope.db.updateTable("ec2_public_addresses").set({ holder }).where("address", "=", address).execute();
}

export function isPublicAddress(address: string): boolean {
  const offset = ipv4ToNumber(address) - first;
  return offset > 0 && offset < size;
}

export async function releasePublicAddress(scope: Scope, address: string): Promise<void> {
  await scope.db.deleteFrom("ec2_public_addresses").where("address", "=", address).execute();
}

/** The host name of a public address: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html#vpc-dns-hostnames */
export function publicDnsName(region: string, address: string): string {
  const domain = region === "us-east-1" ? "compute-1" : `${region}.compute`;
  return `ec2-${address.replaceAll(".", "-")}.${domain}.amazonaws.com`;
}

async function insert(scope: Scope, address: string, holder: string): Promise<void> {
  await scope.db
    .insertInto("ec2_public_addresses")
    .values({ address, account_id: scope.accountId, region: scope.region, holder })
    .execute();
}
