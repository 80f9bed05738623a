import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateNatGatewayRequest, NatGateway } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  unsupportedOperation,
} from "./errors.ts";
import { chooseIpv4, readSubnetUse } from "./interface-addresses.ts";
import { removeInterface } from "./interface-attachments.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { associateToGateway, toGatewayAddress } from "./nat-gateway-addresses.ts";
import { forgetDeletedGateways, natGateways } from "./nat-gateways.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newNetworkInterface } from "./new-interface.ts";
import { required } from "./required.ts";
import { findResource, getResource, insertResource, updateResource } from "./resource.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";

export const natGatewayOperations = {
  async CreateNatGateway(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "natgateway");
    checkRequest(input);
    const gateway = await makeOnce(ctx, natGateways, input, async (scope) => {
      const made = await insertGateway(scope, input);
      return insertTagged(scope, natGateways, made, tags);
    });
    return { NatGateway: { ...gateway, State: "pending" }, ClientToken: input.ClientToken };
  },

  async DeleteNatGateway(ctx, input) {
    const id = required(input.NatGatewayId, "natGatewayId");
    await inTransaction(ctx, async (scope) => {
      const gateway = await getResource(scope, natGateways, id);
      if (gateway.State === "deleted") throw natGateways.notFound([id]);
      if (input.DryRun === true) throw dryRunOperation();
      const interfaceId = gateway.NatGatewayAddresses?.[0]?.NetworkInterfaceId ?? "";
      const networkInterface = await findResource(scope, networkInterfaces, interfaceId);
      if (networkInterface !== undefined) await removeInterface(scope, networkInterface);
      await setStateOfRoutesTo(scope, id, "blackhole", gateway.VpcId);
      gateway.State = "deleted";
      gateway.DeleteTime = scope.now();
      await updateResource(scope, natGateways, gateway);
    });
    return { NatGatewayId: id };
  },

  async DescribeNatGateways(ctx, input) {
    await forgetDeletedGateways(ctx);
    const page = await describeResources(
      ctx,
      natGateways,
      { ...input, Filters: input.Filter },
      { ids: input.NatGatewayIds },
    );
    return { NatGateways: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

function checkRequest(input: CreateNatGatewayRequest): void {
  if (input.AvailabilityMode === "regional" || input.AvailabilityZoneAddresses?.length) {
    throw unsupportedOperation("LocalAWS emulates NAT gateways of a zone, not regional ones.");
  }
  if (!input.SubnetId) throw missingParameter("subnetId");
  const type = input.ConnectivityType ?? "public";
  if (type !== "public" && type !== "private") {
    throw invalidParameterValue(`Value (${String(type)}) for parameter connectivityType is invalid.`);
  }
  if (type === "public" && !input.AllocationId) throw missingParameter("AllocationId");
  if (type === "private" && (input.AllocationId || input.SecondaryAllocationIds?.length)) {
    throw invalidParameterCombination("The parameter allocationId cannot be used with a private NAT gateway");
  }
  if (input.SecondaryPrivateIpAddresses?.length && input.SecondaryPrivateIpAddressCount) {
    throw invalidParameterCombination(
      "The parameters secondaryPrivateIpAddresses and secondaryPrivateIpAddressCount cannot be used together",
    );
  }
}

/** Its interface is made with it; a public gateway's addresses have each an Elastic IP before them. */
async function insertGateway(scope: Scope, input: CreateNatGatewayRequest): Promise<NatGateway> {
  const subnet = await getResource(scope, subnets, input.SubnetId ?? "");
  const allocations = [input.AllocationId, ...(input.SecondaryAllocationIds ?? [])].flatMap((id) => id || []);
  const asked = [input.PrivateIpAddress, ...(input.SecondaryPrivateIpAddresses ?? [])].flatMap((one) => one || []);
  const secondary = input.SecondaryPrivateIpAddresses?.length
    ? input.SecondaryPrivateIpAddresses.length
    : Math.max(input.SecondaryPrivateIpAddressCount ?? 0, allocations.length - 1);
  const use = await readSubnetUse(scope, subnets.idOf(subnet));
  const first = chooseIpv4(
    subnet,
    use,
    input.PrivateIpAddress ? [input.PrivateIpAddress] : [],
    input.PrivateIpAddress ? 0 : 1,
  );
  const inUse = { ...use, addresses: new Set([...use.addresses, ...first]) };
  const others = chooseIpv4(
    subnet,
    inUse,
    asked.filter((address) => address !== input.PrivateIpAddress),
    input.SecondaryPrivateIpAddresses?.length ? 0 : Math.max(0, secondary),
  );
  if (input.DryRun === true) throw dryRunOperation();
  const NatGatewayId = scope.newId("nat");
  const networkInterface = newNetworkInterface(scope, {
    subnet,
    groups: [],
    addresses: [...first, ...others],
    description: `Interface for NAT Gateway ${NatGatewayId}`,
    type: "nat_gateway",
    requesterId: scope.accountId,
  });
  networkInterface.Status = "in-use";
  networkInterface.Attachment = {
    AttachmentId: scope.newId("ela-attach"),
    DeleteOnTermination: false,
    DeviceIndex: 1,
    NetworkCardIndex: 0,
    InstanceOwnerId: "amazon-aws",
    Status: "attached",
  };
  await insertResource(scope, networkInterfaces, networkInterface);
  await associateToGateway(scope, networkInterface, allocations, [...first, ...others]);
  return {
    NatGatewayId,
    VpcId: subnet.VpcId,
    SubnetId: subnet.SubnetId,
    State: "available",
    CreateTime: scope.now(),
    ConnectivityType: input.ConnectivityType ?? "public",
    AvailabilityMode: "zonal",
    NatGatewayAddresses: toGatewayAddress(networkInterface),
  };
}
