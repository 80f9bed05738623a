import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateVpcRequest, Tag, Tenancy } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { insertDefaultVpc } from "./default-vpc.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  unsupportedOperation,
} from "./errors.ts";
import { tagsForNew } from "./made-once.ts";
import { insertVpc } from "./new-vpc.ts";
import { required } from "./required.ts";
import { completeResources, getResource, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { allocateBlock, chooseBlock } from "./vpc-blocks.ts";
import { removeVpc } from "./vpc-removal.ts";
import { findDefaultVpc, vpcs } from "./vpcs.ts";

export const vpcLifecycleOperations = {
  async CreateVpc(ctx, input) {
    const { tenancy, tags } = checkRequest(input);
    return inTransaction(ctx, async (scope) => {
      const { block, pool } = await chooseBlock(scope, input);
      if (input.DryRun === true) throw dryRunOperation();
      const ipv6 = input.AmazonProvidedIpv6CidrBlock === true;
      const vpc = await insertVpc(scope, {
        block,
        tenancy,
        ipv6,
        tags,
        borderGroup: input.Ipv6CidrBlockNetworkBorderGroup,
      });
      if (pool !== undefined) await allocateBlock(scope, { pool, block, vpcId: vpcs.idOf(vpc) });
      await completeResources(scope, vpcs, [vpc]);
      // Create tells of no blocks on public access, Describe of no IPv6 blocks where there are none: decision 0154.
      const { BlockPublicAccessStates: _, ...made } = vpc;
      const associating = vpc.Ipv6CidrBlockAssociationSet?.map((association) => ({
        ...association,
        Ipv6CidrBlockState: { State: "associating" as const },
      }));
      return { Vpc: { ...made, State: "pending", Ipv6CidrBlockAssociationSet: associating } };
    });
  },

  async DeleteVpc(ctx, input) {
    const id = required(input.VpcId, "vpcId");
    await inTransaction(ctx, async (scope) => {
      const vpc = await getResource(scope, vpcs, id);
      await removeVpc(scope, vpc, input.DryRun === true);
    });
    return {};
  },

  async CreateDefaultVpc(ctx, input) {
    return inTransaction(ctx, async (scope) => {
      if ((await findDefaultVpc(scope)) !== undefined) {
        throw new AwsError("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.");
      }
      if (input.DryRun === true) throw dryRunOperation();
      const vpc = await insertDefaultVpc(scope);
      await completeResources(scope, vpcs, [vpc]);
      return { Vpc: { ...vpc, State: "pending" } };
    });
  },

  async ModifyVpcTenancy(ctx, input) {
    const id = required(input.VpcId, "vpcId");
    const tenancy = required(input.InstanceTenancy, "instanceTenancy");
    if (tenancy !== "default") {
      throw new AwsError("UnsupportedTenancy", `The tenancy value ${String(tenancy)} is not supported.`);
    }
    await inTransaction(ctx, async (scope) => {
      const vpc = await getResource(scope, vpcs, id);
      if (input.DryRun === true) throw dryRunOperation();
      vpc.InstanceTenancy = tenancy;
      await updateResource(scope, vpcs, vpc);
    });
    return { ReturnValue: true };
  },
} satisfies Operations<typeof Ec2, Context>;

function checkRequest(input: CreateVpcRequest): { tenancy: Tenancy; tags: Tag[] } {
  const tags = tagsForNew(input.TagSpecifications, "vpc");
  if (input.Ipv6IpamPoolId !== undefined || input.Ipv6Pool !== undefined) {
    throw unsupportedOperation("LocalAWS gives a VPC address ranges of the request's own or of Amazon's pool only.");
  }
  if (input.Ipv6CidrBlock !== undefined) {
    throw invalidParameterCombination("The parameter ipv6CidrBlock needs the parameter ipv6Pool");
  }
  if (!input.CidrBlock && !input.Ipv4IpamPoolId) throw missingParameter("CidrBlock or Ipv4IpamPoolId");
  const tenancy = input.InstanceTenancy ?? "default";
  if (tenancy !== "default" && tenancy !== "dedicated") {
    throw invalidParameterValue(
      `Value (${tenancy}) for parameter instanceTenancy is invalid. Valid values are default, dedicated.`,
    );
  }
  return { tenancy, tags };
}
