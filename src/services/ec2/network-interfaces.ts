import type * as Ec2 from "@aws-sdk/client-ec2";
import type { NetworkInterface, NetworkInterfaceAttachment } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Filter } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { malformed, notFound } from "./errors.ts";
import { otherAddressesOf } from "./interface-addresses.ts";
import type { Resource } from "./resource.ts";

export interface StoredNetworkInterface extends NetworkInterface {
  /**
   * The address that the subnet's block gave it, where the runtime could not have the block and gave another: it stays
   * taken, since the runtime derives its own from it.
   */
  AssignedIpAddress?: string | undefined;
  /** The `DbiResourceId` of the DB instance that it is the interface of. */
  DatabaseId?: string | undefined;
  /** The last that has ended, for who asks for it by its id. */
  EndedAttachment?: NetworkInterfaceAttachment | undefined;
}

export const networkInterfaces: Resource<StoredNetworkInterface> = {
  table: "ec2_network_interfaces",
  prefix: "eni",
  type: "network-interface",
  idOf: (networkInterface) => networkInterface.NetworkInterfaceId ?? "",
  columnsOf: (networkInterface) => ({
    vpc_id: networkInterface.VpcId ?? "",
    subnet_id: networkInterface.SubnetId ?? "",
    private_ip_address: networkInterface.PrivateIpAddress ?? "",
    assigned_ip_address: networkInterface.AssignedIpAddress ?? networkInterface.PrivateIpAddress ?? "",
    instance_id: networkInterface.Attachment?.InstanceId ?? networkInterface.DatabaseId ?? null,
    other_addresses: otherAddressesOf(networkInterface),
  }),
  dates: ["Attachment.AttachTime", "EndedAttachment.AttachTime"],
  tagsOf: (networkInterface) => networkInterface.TagSet,
  setTags(networkInterface, tags) {
    networkInterface.TagSet = tags;
  },
  filters: pathFilters<NetworkInterface>()({
    "addresses.association.owner-id": "PrivateIpAddresses.Association.IpOwnerId",
    "addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
    "addresses.primary": "PrivateIpAddresses.Primary",
    "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
    "association.allocation-id": "Association.AllocationId",
    "association.association-id": "Association.AssociationId",
    "association.ip-owner-id": "Association.IpOwnerId",
    "association.public-dns-name": "Association.PublicDnsName",
    "association.public-ip": "Association.PublicIp",
    "attachment.attach-time": "Attachment.AttachTime",
    "attachment.attachment-id": "Attachment.AttachmentId",
    "attachment.delete-on-termination": "Attachment.DeleteOnTermination",
    "attachment.device-index": "Attachment.DeviceIndex",
    "attachment.instance-id": "Attachment.InstanceId",
    "attachment.instance-owner-id": "Attachment.InstanceOwnerId",
    "attachment.status": "Attachment.Status",
    "availability-zone": "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId",
    description: "Description",
    "group-id": "Groups.GroupId",
    "group-name": "Groups.GroupName",
    "interface-type": "InterfaceType",
    "ipv6-addresses.ipv6-address": "Ipv6Addresses.Ipv6Address",
    "mac-address": "MacAddress",
    "network-interface-id": "NetworkInterfaceId",
    "operator.managed": "Operator.Managed",
    "operator.principal": "Operator.Principal",
    "owner-id": "OwnerId",
    "private-dns-name": "PrivateDnsName",
    "private-ip-address": "PrivateIpAddress",
    "requester-id": "RequesterId",
    "requester-managed": "RequesterManaged",
    "source-dest-check": "SourceDestCheck",
    status: "Status",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
  }),
  columnFilters: {
    "attachment.instance-id": "instance_id",
    "network-interface-id": "id",
    "private-ip-address": "private_ip_address",
    "subnet-id": "subnet_id",
    "vpc-id": "vpc_id",
  },
  malformed: (id) => malformed("InvalidNetworkInterfaceId.Malformed", id, "eni"),
  notFound: (ids) => notFound("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", ids),
};

export const networkInterfaceOperations = {
  async DescribeNetworkInterfaces(ctx, input) {
    const page = await describeResources(ctx, networkInterfaces, input, {
      ids: input.NetworkInterfaceIds,
      idsParameter: "networkInterfaceIds",
      prepare: showEndedAttachment(input.Filters),
    });
    return { NetworkInterfaces: page.items.map(described), NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** Describe tells what Create does not, a public name among it, be it an empty one: decision 0154. */
function described(shape: StoredNetworkInterface): StoredNetworkInterface {
  const Operator = { ...shape.Operator, HiddenByDefault: false };
  return { ...shape, PublicDnsName: shape.Association?.PublicDnsName ?? "", Operator };
}

/** Terraform waits for `detached`, by a filter: without a match it looks twenty times more, for minutes. */
function showEndedAttachment(filters: readonly Filter[] | undefined) {
  const asked = new Set(
    filters?.flatMap(({ Name, Values }) => (Name === "attachment.attachment-id" ? (Values ?? []) : [])),
  );
  return (shape: StoredNetworkInterface) => {
    const { EndedAttachment } = shape;
    if (asked.has(EndedAttachment?.AttachmentId ?? "")) shape.Attachment ??= EndedAttachment;
  };
}
