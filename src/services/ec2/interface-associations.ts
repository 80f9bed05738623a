import type { NetworkInterfaceAssociation } from "@aws-sdk/client-ec2";
import { elasticAddresses, type StoredAddress } from "./addresses.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { publicDnsName, releasePublicAddress, takePublicAddress } from "./public-addresses.ts";
import { findResource, listResources, updateResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

/** Who owns a public address that an interface has only while it is in use. */
const amazon = "amazon";

/**
 * Gives the primary address of an interface a public one from AWS's pool, as MapPublicIpOnLaunch and
 * AssociatePublicIpAddress ask for. Changes the interface, and does not write it.
 */
export async function assignPublicAddress(scope: Scope, networkInterface: StoredNetworkInterface): Promise<void> {
  if (networkInterface.Association !== undefined) return;
  const PublicIp = await takePublicAddress(scope, networkInterfaces.idOf(networkInterface));
  showAssociation(networkInterface, networkInterface.PrivateIpAddress, {
    IpOwnerId: amazon,
    PublicIp,
    ...(await dnsNameIn(scope, networkInterface.VpcId, PublicIp)),
  });
}

/** Takes back what `assignPublicAddress` gave, as a stop does. Changes the interface, and does not write it. */
export async function releaseAssignedAddress(scope: Scope, networkInterface: StoredNetworkInterface): Promise<void> {
  const { Association } = networkInterface;
  if (Association?.IpOwnerId !== amazon || Association.PublicIp === undefined) return;
  await releasePublicAddress(scope, Association.PublicIp);
  showAssociation(networkInterface, networkInterface.PrivateIpAddress, undefined);
}

/** Puts an Elastic IP before a private address of an interface; a public address from AWS's pool is given back. */
export async function associateAddress(
  scope: Scope,
  address: StoredAddress,
  networkInterface: StoredNetworkInterface,
  privateIpAddress: string | undefined = networkInterface.PrivateIpAddress,
): Promise<void> {
  if (privateIpAddress === networkInterface.PrivateIpAddress) await releaseAssignedAddress(scope, networkInterface);
  const { PublicIp = "", AllocationId } = address;
  const AssociationId = scope.newId("eipassoc");
  showAssociation(networkInterface, privateIpAddress, {
    AllocationId,
    AssociationId,
    IpOwnerId: scope.accountId,
    PublicIp,
    ...(await dnsNameIn(scope, networkInterface.VpcId, PublicIp)),
  });
  Object.assign(address, {
    AssociationId,
    NetworkInterfaceId: networkInterface.NetworkInterfaceId,
    NetworkInterfaceOwnerId: networkInterface.OwnerId,
    PrivateIpAddress: privateIpAddress,
    InstanceId: networkInterface.Attachment?.InstanceId,
  });
  await updateResource(scope, networkInterfaces, networkInterface);
  await updateResource(scope, elasticAddresses, address);
}

export async function disassociateAddress(scope: Scope, address: StoredAddress): Promise<void> {
  const networkInterface = await findResource(scope, networkInterfaces, address.NetworkInterfaceId ?? "");
  if (networkInterface !== undefined) {
    showAssociation(networkInterface, address.PrivateIpAddress, undefined);
    await updateResource(scope, networkInterfaces, networkInterface);
  }
  await clearAddress(scope, address);
}

/** Frees the Elastic IPs of an interface that goes, or of those of its private addresses that it loses. */
export async function disassociateInterface(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  privateIpAddresses?: readonly string[],
): Promise<void> {
  const where = { network_interface_id: networkInterfaces.idOf(networkInterface) };
  for (const address of await listResources(scope, elasticAddresses, where)) {
    if (privateIpAddresses?.includes(address.PrivateIpAddress ?? "") === false) continue;
    showAssociation(networkInterface, address.PrivateIpAddress, undefined);
    await clearAddress(scope, address);
  }
}

/** After an attachment or a detachment: the addresses of an interface show the instance that it is now of. */
export async function showInstanceOfAddresses(scope: Scope, networkInterface: StoredNetworkInterface): Promise<void> {
  const where = { network_interface_id: networkInterfaces.idOf(networkInterface) };
  for (const address of await listResources(scope, elasticAddresses, where)) {
    address.InstanceId = networkInterface.Attachment?.InstanceId;
    await updateResource(scope, elasticAddresses, address);
  }
}

async function clearAddress(scope: Scope, address: StoredAddress): Promise<void> {
  delete address.AssociationId;
  delete address.NetworkInterfaceId;
  delete address.NetworkInterfaceOwnerId;
  delete address.PrivateIpAddress;
  delete address.InstanceId;
  await updateResource(scope, elasticAddresses, address);
}

function showAssociation(
  networkInterface: StoredNetworkInterface,
  privateIpAddress: string | undefined,
  association: NetworkInterfaceAssociation | undefined,
): void {
  for (const address of networkInterface.PrivateIpAddresses ?? []) {
    if (address.PrivateIpAddress === privateIpAddress) setOrDelete(address, association);
  }
  if (privateIpAddress === networkInterface.PrivateIpAddress) setOrDelete(networkInterface, association);
}

function setOrDelete(
  shape: { Association?: NetworkInterfaceAssociation | undefined },
  association: NetworkInterfaceAssociation | undefined,
): void {
  if (association === undefined) delete shape.Association;
  else shape.Association = association;
}

async function dnsNameIn(
  scope: Scope,
  vpcId: string | undefined,
  address: string,
): Promise<{ PublicDnsName?: string }> {
  const vpc = await findResource(scope, vpcs, vpcId ?? "");
  return vpc?.EnableDnsHostnames === true ? { PublicDnsName: publicDnsName(scope.region, address) } : {};
}
