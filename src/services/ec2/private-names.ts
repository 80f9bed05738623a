import type { ServiceContext } from "../service-context.ts";
import { instances } from "./instances.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { peeringConnections } from "./peering-connections.ts";
import { internalDomain } from "./region-data.ts";
import { findResource, listResources } from "./resource.ts";
import { type Scope, scopeOf } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

const typeA = 1;
const typePtr = 12;

/** `elsewhere`: for other name servers to know. */
type Found = "refused" | "elsewhere" | "no such name" | { type: typeof typeA | typeof typePtr; data: string }[];

/**
 * Names as a VPC's name server knows them: private ones of the VPC and of those that peering connections join it with, and public ones, which
 * are the private address within the VPC: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
 */
export function privateNames(services: ServiceContext) {
  return async (instanceId: string, name: string, type: number): Promise<Found> => {
    const row = await services.db
      .selectFrom("instances")
      .select(["account_id", "region"])
      .where("id", "=", instanceId)
      .executeTakeFirst();
    if (row === undefined) return "refused";
    const scope = scopeOf(services, { accountId: row.account_id, region: row.region });
    const instance = await findResource(scope, instances, instanceId);
    const vpcId = instance?.VpcId ?? "";
    if ((await findResource(scope, vpcs, vpcId))?.EnableDnsSupport === false) return "refused";
    if (name.endsWith(".in-addr.arpa")) return await reverse(scope, vpcId, { name, type });
    const isPrivate = name.endsWith(`.${internalDomain(row.region)}`);
    if (!isPrivate && !name.endsWith(".amazonaws.com")) return "elsewhere";
    const found = isPrivate ? await addressOf(scope, vpcId, name) : await publicOf(scope, vpcId, name);
    if (found === undefined) return isPrivate ? "no such name" : "elsewhere";
    return type === typeA ? [{ type: typeA, data: found }] : [];
  };
}

async function addressOf(scope: Scope, vpcId: string, name: string): Promise<string | undefined> {
  const [, instanceId] = /^(i-[0-9a-f]+)\./.exec(name) ?? [];
  for (const one of await interfacesIn(scope, await joinedVpcs(scope, vpcId))) {
    const address = one.PrivateIpAddresses?.find(({ PrivateDnsName }) => PrivateDnsName === name)?.PrivateIpAddress;
    if (address !== undefined) return address;
    if (instanceId === undefined || one.Attachment?.InstanceId !== instanceId || one.Attachment.DeviceIndex !== 0)
      continue;
    const instance = await findResource(scope, instances, instanceId);
    const isNamed = instance?.PrivateDnsName === name;
    if (isNamed || instance?.PrivateDnsNameOptions?.EnableResourceNameDnsARecord === true) return one.PrivateIpAddress;
  }
  return undefined;
}

async function publicOf(scope: Scope, vpcId: string, name: string): Promise<string | undefined> {
  for (const one of await listResources(scope, networkInterfaces)) {
    for (const { Association, PrivateIpAddress } of one.PrivateIpAddresses ?? []) {
      if (Association?.PublicDnsName === name) return one.VpcId === vpcId ? PrivateIpAddress : Association.PublicIp;
    }
  }
  return undefined;
}

async function reverse(scope: Scope, vpcId: string, { name, type }: { name: string; type: number }): Promise<Found> {
  const address = name.replace(".in-addr.arpa", "").split(".").reverse().join(".");
  const all = await interfacesIn(scope, await joinedVpcs(scope, vpcId));
  const found = all.flatMap((one) => one.PrivateIpAddresses ?? []).find((one) => one.PrivateIpAddress === address);
  if (found?.PrivateDnsName === undefined) return "elsewhere";
  return type === typePtr ? [{ type: typePtr, data: found.PrivateDnsName }] : [];
}

function interfacesIn(scope: Scope, vpcIds: readonly string[]): Promise<StoredNetworkInterface[]> {
  return listResources(scope, networkInterfaces, { vpc_id: vpcIds });
}

/** The VPC, and those of the account's region that it is joined with. */
async function joinedVpcs(scope: Scope, vpcId: string): Promise<string[]> {
  const active = (await listResources(scope, peeringConnections)).filter(({ Status }) => Status?.Code === "active");
  const pairs = active.map((one) => [one.RequesterVpcInfo?.VpcId ?? "", one.AccepterVpcInfo?.VpcId ?? ""]);
  return [vpcId, ...pairs.filter((pair) => pair.includes(vpcId)).flat()];
}
