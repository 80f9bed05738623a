import { isIP } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AssociateAddressRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { checkOneName } from "./address-allocation.ts";
import { elasticAddresses, getAddress, type StoredAddress } from "./addresses.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, notFound } from "./errors.ts";
import { instances } from "./instances.ts";
import { associateAddress, disassociateAddress } from "./interface-associations.ts";
import { attachedInterfaces } from "./interface-attachments.ts";
import { internetGateways } from "./internet-gateways.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { findResource, getResource, listResources } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

export const addressAssociationOperations = {
  /** An address that another interface has moves, unless the request forbids it. */
  async AssociateAddress(ctx, input) {
    // A dry run says nothing of what is associated with what: decision 0154.
    if (input.DryRun === true) throw dryRunOperation();
    checkOneName(input);
    if (!input.AllocationId && input.NetworkInterfaceId && !input.InstanceId) {
      throw invalidParameterCombination(
        "You must specify an allocation id when mapping an address to a network interface",
      );
    }
    return inTransaction(ctx, async (scope) => {
      const address = await getAddress(scope, input);
      const networkInterface = await findInterface(scope, input);
      const privateIp = input.PrivateIpAddress || networkInterface.PrivateIpAddress;
      if (!networkInterface.PrivateIpAddresses?.some((one) => one.PrivateIpAddress === privateIp)) {
        throw invalidParameterValue(
          isIP(privateIp ?? "") === 4
            ? `${privateIp} is not mapped to the interface ${networkInterface.NetworkInterfaceId}`
            : `invalid value for parameter private-address: ${privateIp}`,
        );
      }
      await checkGateway(scope, networkInterface.VpcId ?? "");
      const isThere =
        address.NetworkInterfaceId === networkInterface.NetworkInterfaceId && address.PrivateIpAddress === privateIp;
      if (!isThere && address.AssociationId !== undefined && input.AllowReassociation === false) {
        throw new AwsError(
          "Resource.AlreadyAssociated",
          `resource ${address.AllocationId} is already associated with associate-id ${address.AssociationId}`,
        );
      }
      if (isThere) return { AssociationId: address.AssociationId };
      if (address.AssociationId !== undefined) await disassociateAddress(scope, address);
      await freePrivateAddress(scope, networkInterface, privateIp);
      // What was disassociated may have been of this very interface.
      const current = await getResource(scope, networkInterfaces, networkInterfaces.idOf(networkInterface));
      await associateAddress(scope, address, current, privateIp);
      return { AssociationId: address.AssociationId };
    });
  },

  async DisassociateAddress(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    if (!input.AssociationId && !input.PublicIp) {
      throw new AwsError("MissingParameter", "Either public IP or association id must be specified");
    }
    await inTransaction(ctx, async (scope) => {
      const address = await findAssociated(scope, input);
      const owner = await getResource(scope, networkInterfaces, address.NetworkInterfaceId ?? "");
      if (owner.RequesterManaged === true) {
        throw new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
      }
      await disassociateAddress(scope, address);
    });
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

/**
 * The interface that a request names, or the primary one of its instance. The reference says that a request has one of the two;
 * Terraform's provider sends both when an instance is replaced, with the interface of the old one, and relies on the
 * instance's being taken. @throws AwsError
 */
async function findInterface(scope: Scope, input: AssociateAddressRequest): Promise<StoredNetworkInterface> {
  if (!input.InstanceId) {
    if (input.NetworkInterfaceId) return getResource(scope, networkInterfaces, input.NetworkInterfaceId);
    throw new AwsError("MissingParameter", "Either instance ID or network interface id must be specified");
  }
  await getResource(scope, instances, input.InstanceId);
  const attached = await attachedInterfaces(scope, input.InstanceId);
  const own = attached.find(({ NetworkInterfaceId }) => NetworkInterfaceId === input.NetworkInterfaceId);
  if (own !== undefined) return own;
  const [primary, ...others] = attached;
  if (primary === undefined) {
    throw new AwsError(
      "InvalidInstanceID",
      `The instance '${input.InstanceId}' is not in a valid state for this operation.`,
    );
  }
  if (others.length > 0 && !input.PrivateIpAddress) {
    throw new AwsError(
      "InvalidInstanceID",
      `There are multiple interfaces attached to instance '${input.InstanceId}'. Please specify an interface ID for the operation instead.`,
    );
  }
  const hasAddress = ({ PrivateIpAddresses }: StoredNetworkInterface) =>
    PrivateIpAddresses?.some((one) => one.PrivateIpAddress === input.PrivateIpAddress);
  const holder = [primary, ...others].find(hasAddress);
  if (holder !== undefined || !input.PrivateIpAddress || !input.NetworkInterfaceId) return holder ?? primary;
  // The provider also sends both when an interface is replaced that the instance has, whose successor is not attached yet.
  const named = await findResource(scope, networkInterfaces, input.NetworkInterfaceId);
  return named !== undefined && hasAddress(named) ? named : primary;
}

/** @throws AwsError for a VPC that the Internet has no way into: decision 0154 */
async function checkGateway(scope: Scope, vpcId: string): Promise<void> {
  const gateways = await listResources(scope, internetGateways);
  if (gateways.some(({ Attachments = [] }) => Attachments.some(({ VpcId }) => VpcId === vpcId))) return;
  throw new AwsError("Gateway.NotAttached", `Network ${vpcId} is not attached to any internet gateway`);
}

/** Takes the Elastic IP away that a private address has. */
async function freePrivateAddress(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  privateIp: string | undefined,
): Promise<void> {
  const where = { network_interface_id: networkInterfaces.idOf(networkInterface) };
  const before = await listResources(scope, elasticAddresses, where);
  const other = before.find((one) => one.PrivateIpAddress === privateIp);
  if (other !== undefined) await disassociateAddress(scope, other);
}

async function findAssociated(
  scope: Scope,
  input: { AssociationId?: string | undefined; PublicIp?: string | undefined },
): Promise<StoredAddress> {
  if (input.AssociationId) {
    const [address] = await listResources(scope, elasticAddresses, { association_id: input.AssociationId });
    if (address !== undefined) return address;
    throw notFound("InvalidAssociationID.NotFound", "association ID", [input.AssociationId]);
  }
  const address = await getAddress(scope, { PublicIp: input.PublicIp });
  if (address.AssociationId !== undefined) return address;
  throw notFound("InvalidAssociationID.NotFound", "association ID", [input.PublicIp ?? ""]);
}
