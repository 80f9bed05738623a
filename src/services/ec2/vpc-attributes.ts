import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { invalidParameterCombination, missingParameter } from "./errors.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { publicDnsName } from "./public-addresses.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

export const vpcAttributeOperations = {
  async ModifyVpcAttribute(ctx, input) {
    const id = required(input.VpcId, "vpcId");
    const { EnableDnsSupport, EnableDnsHostnames, EnableNetworkAddressUsageMetrics } = input;
    const given = [EnableDnsSupport, EnableDnsHostnames, EnableNetworkAddressUsageMetrics].filter(
      (attribute) => attribute?.Value !== undefined,
    );
    if (given.length === 0) throw missingParameter("enableDnsSupport or enableDnsHostnames");
    if (given.length > 1) throw invalidParameterCombination("Fields for multiple attribute types specified");
    await inTransaction(ctx, async (scope) => {
      const vpc = await getResource(scope, vpcs, id);
      const namesBefore = vpc.EnableDnsHostnames;
      vpc.EnableDnsSupport = EnableDnsSupport?.Value ?? vpc.EnableDnsSupport;
      vpc.EnableDnsHostnames = EnableDnsHostnames?.Value ?? vpc.EnableDnsHostnames;
      vpc.EnableNetworkAddressUsageMetrics =
        EnableNetworkAddressUsageMetrics?.Value ?? vpc.EnableNetworkAddressUsageMetrics;
      await updateResource(scope, vpcs, vpc);
      if (vpc.EnableDnsHostnames !== namesBefore) await changePublicNames(scope, vpc);
    });
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

/** Public addresses in a VPC have names as long as it gives names. */
async function changePublicNames(scope: Scope, vpc: StoredVpc): Promise<void> {
  for (const networkInterface of await listResources(scope, networkInterfaces, { vpc_id: vpcs.idOf(vpc) })) {
    const associations = [networkInterface, ...(networkInterface.PrivateIpAddresses ?? [])].flatMap(
      ({ Association }) => Association ?? [],
    );
    if (associations.length === 0) continue;
    for (const association of associations) {
      if (vpc.EnableDnsHostnames) association.PublicDnsName = publicDnsName(scope.region, association.PublicIp ?? "");
      else delete association.PublicDnsName;
    }
    await updateResource(scope, networkInterfaces, networkInterface);
  }
}
