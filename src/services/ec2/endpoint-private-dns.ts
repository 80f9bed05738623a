import { AwsError } from "../../aws/aws-error.ts";
import { listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { type StoredVpcEndpoint, vpcEndpoints } from "./vpc-endpoints.ts";

/** Whether another endpoint of the VPC has the private names of a service already. */
export async function hasPrivateNames(
  scope: Scope,
  { VpcId = "", ServiceName, VpcEndpointId }: Pick<StoredVpcEndpoint, "VpcId" | "ServiceName" | "VpcEndpointId">,
): Promise<boolean> {
  const others = await listResources(scope, vpcEndpoints, { vpc_id: VpcId });
  return others.some(
    (other) =>
      other.EndedAt === undefined &&
      other.PrivateDnsEnabled === true &&
      other.ServiceName === ServiceName &&
      other.VpcEndpointId !== VpcEndpointId,
  );
}

export function conflictingNames(name: string | undefined, vpcId: string | undefined): AwsError {
  return new AwsError(
    "InvalidParameter",
    `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${name} in the VPC ${vpcId}`,
  );
}
