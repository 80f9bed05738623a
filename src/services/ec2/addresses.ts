import type { Address } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { notFound } from "./errors.ts";
import { getResource, listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** With what other operations than DescribeAddresses show. */
export interface StoredAddress extends Address {
  /** The domain name that its reverse record gives, where the owner set one. */
  PtrRecord?: string | undefined;
  /** A transfer to another account that is offered. */
  Transfer?: { AccountId: string; OfferedAt: Date; ExpiresAt: Date } | undefined;
}

export const elasticAddresses: Resource<StoredAddress> = {
  table: "ec2_addresses",
  prefix: "eipalloc",
  type: "elastic-ip",
  idOf: (address) => address.AllocationId ?? "",
  columnsOf: (address) => ({
    public_ip: address.PublicIp ?? "",
    network_interface_id: address.NetworkInterfaceId ?? null,
    association_id: address.AssociationId ?? null,
  }),
  dates: ["Transfer.OfferedAt", "Transfer.ExpiresAt"],
  ...tagsMember,
  filters: pathFilters<Address>()({
    "allocation-id": "AllocationId",
    "association-id": "AssociationId",
    domain: "Domain",
    "instance-id": "InstanceId",
    "network-border-group": "NetworkBorderGroup",
    "network-interface-id": "NetworkInterfaceId",
    "network-interface-owner-id": "NetworkInterfaceOwnerId",
    "private-ip-address": "PrivateIpAddress",
    "public-ip": "PublicIp",
  }),
  columnFilters: {
    "allocation-id": "id",
    "association-id": "association_id",
    "network-interface-id": "network_interface_id",
    "public-ip": "public_ip",
  },
  // AWS has no code of its own for what has no id's form.
  malformed: (id) => notFound("InvalidAllocationID.NotFound", "allocation ID", [id]),
  notFound: (ids) => notFound("InvalidAllocationID.NotFound", "allocation ID", ids),
};

/** The Elastic IP that a request names by allocation or by address. @throws AwsError */
export async function getAddress(
  scope: Scope,
  input: { AllocationId?: string | undefined; PublicIp?: string | undefined },
): Promise<StoredAddress> {
  if (input.AllocationId !== undefined) return getResource(scope, elasticAddresses, input.AllocationId);
  const [address] = await listResources(scope, elasticAddresses, { public_ip: input.PublicIp ?? "" });
  if (address === undefined) throw new AwsError("InvalidAddress.NotFound", `Address '${input.PublicIp}' not found.`);
  return address;
}
