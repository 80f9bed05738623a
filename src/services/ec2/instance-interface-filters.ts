import type { Instance, InstanceNetworkInterface, NetworkInterface } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { FilterTable } from "../../aws/filters.ts";

/** Associations have members that an instance's interface does not show. */
type AttachedInterface = Omit<InstanceNetworkInterface, "Association" | "PrivateIpAddresses"> &
  Pick<NetworkInterface, "Association" | "PrivateIpAddresses">;

/** What DescribeInstances finds by its interfaces. Those of instances are nobody else's to manage. */
export const instanceInterfaceFilters: FilterTable<Instance> = {
  ...pathFilters<{ NetworkInterfaces?: AttachedInterface[] | undefined }>()({
    "network-interface.addresses.association.ip-owner-id": "NetworkInterfaces.PrivateIpAddresses.Association.IpOwnerId",
    "network-interface.addresses.association.public-ip": "NetworkInterfaces.PrivateIpAddresses.Association.PublicIp",
    "network-interface.addresses.primary": "NetworkInterfaces.PrivateIpAddresses.Primary",
    "network-interface.addresses.private-ip-address": "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress",
    "network-interface.association.ip-owner-id": "NetworkInterfaces.Association.IpOwnerId",
    "network-interface.association.public-ip": "NetworkInterfaces.Association.PublicIp",
    "network-interface.attachment.attach-time": "NetworkInterfaces.Attachment.AttachTime",
    "network-interface.attachment.attachment-id": "NetworkInterfaces.Attachment.AttachmentId",
    "network-interface.attachment.delete-on-termination": "NetworkInterfaces.Attachment.DeleteOnTermination",
    "network-interface.attachment.device-index": "NetworkInterfaces.Attachment.DeviceIndex",
    "network-interface.attachment.status": "NetworkInterfaces.Attachment.Status",
    "network-interface.description": "NetworkInterfaces.Description",
    "network-interface.group-id": "NetworkInterfaces.Groups.GroupId",
    "network-interface.group-name": "NetworkInterfaces.Groups.GroupName",
    "network-interface.ipv6-addresses.ipv6-address": "NetworkInterfaces.Ipv6Addresses.Ipv6Address",
    "network-interface.mac-address": "NetworkInterfaces.MacAddress",
    "network-interface.network-interface-id": "NetworkInterfaces.NetworkInterfaceId",
    "network-interface.owner-id": "NetworkInterfaces.OwnerId",
    "network-interface.private-dns-name": "NetworkInterfaces.PrivateDnsName",
    "network-interface.private-ip-address": "NetworkInterfaces.PrivateIpAddress",
    "network-interface.source-dest-check": "NetworkInterfaces.SourceDestCheck",
    "network-interface.status": "NetworkInterfaces.Status",
    "network-interface.subnet-id": "NetworkInterfaces.SubnetId",
    "network-interface.vpc-id": "NetworkInterfaces.VpcId",
    "network-interface.addresses.association.allocation-id":
      "NetworkInterfaces.PrivateIpAddresses.Association.AllocationId",
    "network-interface.addresses.association.association-id":
      "NetworkInterfaces.PrivateIpAddresses.Association.AssociationId",
    "network-interface.addresses.association.carrier-ip": "NetworkInterfaces.PrivateIpAddresses.Association.CarrierIp",
    "network-interface.addresses.association.customer-owned-ip":
      "NetworkInterfaces.PrivateIpAddresses.Association.CustomerOwnedIp",
    "network-interface.addresses.association.public-dns-name":
      "NetworkInterfaces.PrivateIpAddresses.Association.PublicDnsName",
    "network-interface.addresses.private-dns-name": "NetworkInterfaces.PrivateIpAddresses.PrivateDnsName",
    "network-interface.association.allocation-id": "NetworkInterfaces.Association.AllocationId",
    "network-interface.association.association-id": "NetworkInterfaces.Association.AssociationId",
    "network-interface.association.carrier-ip": "NetworkInterfaces.Association.CarrierIp",
    "network-interface.association.customer-owned-ip": "NetworkInterfaces.Association.CustomerOwnedIp",
    "network-interface.association.public-dns-name": "NetworkInterfaces.Association.PublicDnsName",
    "network-interface.attachment.network-card-index": "NetworkInterfaces.Attachment.NetworkCardIndex",
    "network-interface.ipv4-prefixes.ipv4-prefix": "NetworkInterfaces.Ipv4Prefixes.Ipv4Prefix",
    "network-interface.ipv6-address": "NetworkInterfaces.Ipv6Addresses.Ipv6Address",
    "network-interface.ipv6-addresses.is-primary-ipv6": "NetworkInterfaces.Ipv6Addresses.IsPrimaryIpv6",
    "network-interface.ipv6-prefixes.ipv6-prefix": "NetworkInterfaces.Ipv6Prefixes.Ipv6Prefix",
    "network-interface.operator.principal": "NetworkInterfaces.Operator.Principal",
  }),
  "network-interface.attachment.instance-id": (instance) => instance.InstanceId,
  "network-interface.attachment.instance-owner-id": ofEach(({ OwnerId }) => OwnerId),
  "network-interface.availability-zone": (instance) => instance.Placement?.AvailabilityZone,
  "network-interface.deny-all-igw-traffic": ofEach(() => false),
  "network-interface.ipv6-native": ofEach(({ PrivateIpAddress }) => PrivateIpAddress === undefined),
  "network-interface.operator.managed": ofEach(({ Operator }) => Operator?.Managed ?? false),
  "network-interface.outpost-arn": () => undefined,
  "network-interface.public-dns-name": ofEach(({ Association }) => Association?.PublicDnsName),
  "network-interface.requester-id": () => undefined,
  "network-interface.requester-managed": ofEach(() => false),
};

function ofEach(read: (attached: InstanceNetworkInterface) => string | boolean | undefined) {
  return (instance: Instance) => (instance.NetworkInterfaces ?? []).map(read);
}
