import type * as Ec2 from "@aws-sdk/client-ec2";
import type { NatGateway, NatGatewayAddress } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { elasticAddresses } from "./addresses.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, notFound } from "./errors.ts";
import { chooseIpv4, readSubnetUse } from "./interface-addresses.ts";
import { associateAddress, disassociateAddress } from "./interface-associations.ts";
import { natGateways } from "./nat-gateways.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { privateDnsName } from "./new-interface.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";

export const natGatewayAddressOperations = {
  async AssociateNatGatewayAddress(ctx, input) {
    const allocations = required(input.AllocationIds, "allocationIds");
    const asked = input.PrivateIpAddresses ?? [];
    if (asked.length > 0 && asked.length !== allocations.length) {
      throw invalidParameterCombination("There must be as many private addresses as allocations");
    }
    return changeAddresses(ctx, input, "public", async (scope, networkInterface) => {
      const added = await addAddresses(scope, networkInterface, asked, asked.length > 0 ? 0 : allocations.length);
      await associateToGateway(scope, networkInterface, allocations, added);
    });
  },

  async DisassociateNatGatewayAddress(ctx, input) {
    const ids = required(input.AssociationIds, "associationIds");
    return changeAddresses(ctx, input, "public", async (scope, networkInterface) => {
      for (const id of ids) {
        const [address] = await listResources(scope, elasticAddresses, { association_id: id });
        if (address?.NetworkInterfaceId !== networkInterface.NetworkInterfaceId || address === undefined) {
          throw notFound("InvalidAssociationID.NotFound", "association ID", [id]);
        }
        const privateIp = address.PrivateIpAddress;
        if (privateIp === networkInterface.PrivateIpAddress) throw primaryStays();
        await disassociateAddress(scope, address);
        removeAddresses(networkInterface, [privateIp ?? ""]);
      }
    });
  },

  async AssignPrivateNatGatewayAddress(ctx, input) {
    const asked = input.PrivateIpAddresses ?? [];
    const count = input.PrivateIpAddressCount ?? 0;
    if (asked.length > 0 === count > 0) {
      throw invalidParameterCombination("Give either privateIpAddresses or privateIpAddressCount");
    }
    return changeAddresses(ctx, input, "private", async (scope, networkInterface) => {
      await addAddresses(scope, networkInterface, asked, count);
    });
  },

  async UnassignPrivateNatGatewayAddress(ctx, input) {
    const addresses = required(input.PrivateIpAddresses, "privateIpAddresses");
    return changeAddresses(ctx, input, "private", async (_scope, networkInterface) => {
      if (addresses.includes(networkInterface.PrivateIpAddress ?? "")) throw primaryStays();
      const there = networkInterface.PrivateIpAddresses ?? [];
      const unknown = addresses.find((address) => !there.some((one) => one.PrivateIpAddress === address));
      if (unknown !== undefined) throw invalidParameterValue(`The address ${unknown} is not of the NAT gateway`);
      removeAddresses(networkInterface, addresses);
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** The addresses of a gateway's interface, as the gateway shows them. */
export function toGatewayAddress(networkInterface: StoredNetworkInterface): NatGatewayAddress[] {
  return (networkInterface.PrivateIpAddresses ?? []).map((address) => ({
    ...(address.Association === undefined
      ? {}
      : {
          AllocationId: address.Association.AllocationId,
          AssociationId: address.Association.AssociationId,
          PublicIp: address.Association.PublicIp,
        }),
    NetworkInterfaceId: networkInterface.NetworkInterfaceId,
    PrivateIp: address.PrivateIpAddress,
    IsPrimary: address.Primary === true,
    Status: "succeeded",
  }));
}

/** Puts each Elastic IP before one of the private addresses, in their order. @throws AwsError when one is in use */
export async function associateToGateway(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  allocations: readonly string[],
  privateIps: readonly string[],
): Promise<void> {
  for (const [index, allocationId] of allocations.entries()) {
    const address = await getResource(scope, elasticAddresses, allocationId);
    if (address.AssociationId !== undefined) {
      throw new AwsError("Resource.AlreadyAssociated", `Elastic IP address [${allocationId}] is already associated`);
    }
    await associateAddress(scope, address, networkInterface, privateIps[index]);
  }
}

async function changeAddresses(
  ctx: Context,
  input: { NatGatewayId: string | undefined; DryRun?: boolean | undefined },
  type: "public" | "private",
  change: (scope: Scope, networkInterface: StoredNetworkInterface) => Promise<void>,
) {
  const id = required(input.NatGatewayId, "natGatewayId");
  return inTransaction(ctx, async (scope) => {
    const gateway: NatGateway = await getResource(scope, natGateways, id);
    if (gateway.State === "deleted") throw natGateways.notFound([id]);
    if (gateway.ConnectivityType !== type) {
      throw invalidParameterValue(`The NAT gateway ${id} is not a ${type} one.`);
    }
    const interfaceId = gateway.NatGatewayAddresses?.[0]?.NetworkInterfaceId ?? "";
    const networkInterface = await getResource(scope, networkInterfaces, interfaceId);
    await change(scope, networkInterface);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, networkInterfaces, networkInterface);
    gateway.NatGatewayAddresses = toGatewayAddress(networkInterface);
    await updateResource(scope, natGateways, gateway);
    return { NatGatewayId: id, NatGatewayAddresses: gateway.NatGatewayAddresses };
  });
}

async function addAddresses(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  asked: readonly string[],
  count: number,
): Promise<string[]> {
  const subnet = await getResource(scope, subnets, networkInterface.SubnetId ?? "");
  const added = chooseIpv4(subnet, await readSubnetUse(scope, subnets.idOf(subnet)), asked, count);
  networkInterface.PrivateIpAddresses?.push(
    ...added.map((PrivateIpAddress) => ({
      Primary: false,
      PrivateIpAddress,
      PrivateDnsName: privateDnsName(scope.region, PrivateIpAddress),
    })),
  );
  return added;
}

function removeAddresses(networkInterface: StoredNetworkInterface, addresses: readonly string[]): void {
  networkInterface.PrivateIpAddresses = networkInterface.PrivateIpAddresses?.filter(
    (address) => !addresses.includes(address.PrivateIpAddress ?? ""),
  );
}

function primaryStays() {
  return invalidParameterValue("The primary address of a NAT gateway cannot be removed");
}
