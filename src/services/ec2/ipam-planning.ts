import type { IpamPoolSourceResource, IpamPoolSourceResourceRequest } from "@aws-sdk/client-ec2";
import { invalidParameterValue } from "./errors.ts";
import { checkPoolCidr } from "./ipam-blocks.ts";
import type { StoredIpamPool } from "./ipams.ts";
import { required } from "./required.ts";
import { getResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

/** The VPC whose addresses a pool plans for subnets. @throws AwsError for what is no VPC of the account in the region */
export async function plannedResource(
  scope: Scope,
  request: IpamPoolSourceResourceRequest | undefined,
): Promise<IpamPoolSourceResource | undefined> {
  if (request === undefined) return undefined;
  const ResourceId = required(request.ResourceId, "sourceResource.resourceId");
  const { ResourceType = "vpc", ResourceRegion = scope.region, ResourceOwner = scope.accountId } = request;
  if (ResourceType !== "vpc" || ResourceRegion !== scope.region || ResourceOwner !== scope.accountId) {
    throw invalidParameterValue("LocalAWS plans the addresses of VPCs of the account, in the home region of the IPAM.");
  }
  await getResource(scope, vpcs, ResourceId);
  return { ResourceId, ResourceType, ResourceRegion, ResourceOwner };
}

/** A block of the VPC that a pool plans. @throws AwsError for any other */
export async function plannedBlock(scope: Scope, pool: StoredIpamPool, cidr: string): Promise<string> {
  const wanted = checkPoolCidr(pool, cidr);
  const vpc = await getResource(scope, vpcs, pool.SourceResource?.ResourceId ?? "");
  if (vpc.CidrBlockAssociationSet?.some(({ CidrBlock }) => CidrBlock === wanted) === true) return wanted;
  throw invalidParameterValue(`The CIDR '${wanted}' is no CIDR block of the VPC '${vpc.VpcId}'.`);
}
