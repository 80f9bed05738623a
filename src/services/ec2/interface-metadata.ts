import type { InstanceNetworkInterface } from "@aws-sdk/client-ec2";
import type { MetadataFolder } from "../../aws/metadata-tree.ts";
import { findResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";

/** What is below `network/interfaces/macs/<mac>/`: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html */
export async function interfaceMetadata(scope: Scope, shown: InstanceNetworkInterface): Promise<MetadataFolder> {
  const subnet = await findResource(scope, subnets, shown.SubnetId ?? "");
  const vpc = await findResource(scope, vpcs, shown.VpcId ?? "");
  const addresses = shown.PrivateIpAddresses ?? [];
  const publicAddresses = addresses.flatMap(({ Association, PrivateIpAddress }) =>
    Association?.PublicIp === undefined ? [] : [{ publicIp: Association.PublicIp, privateIp: PrivateIpAddress ?? "" }],
  );
  const vpcBlocks = lines(vpc?.CidrBlockAssociationSet?.map(({ CidrBlock }) => CidrBlock));
  return {
    "device-number": String(shown.Attachment?.DeviceIndex ?? 0),
    "interface-id": shown.NetworkInterfaceId,
    "ipv4-associations":
      publicAddresses.length === 0
        ? undefined
        : Object.fromEntries(publicAddresses.map(({ publicIp, privateIp }) => [publicIp, privateIp])),
    "ipv4-prefix": lines(shown.Ipv4Prefixes?.map(({ Ipv4Prefix }) => Ipv4Prefix)),
    ipv6s: lines(shown.Ipv6Addresses?.map(({ Ipv6Address }) => Ipv6Address)),
    "local-hostname": shown.PrivateDnsName,
    "local-ipv4s": lines(addresses.map(({ PrivateIpAddress }) => PrivateIpAddress)),
    mac: shown.MacAddress,
    "network-card": String(shown.Attachment?.NetworkCardIndex ?? 0),
    "owner-id": shown.OwnerId,
    "public-hostname": shown.Association?.PublicDnsName || undefined,
    "public-ipv4s": lines(publicAddresses.map(({ publicIp }) => publicIp)),
    "security-group-ids": lines(shown.Groups?.map(({ GroupId }) => GroupId)),
    "security-groups": lines(shown.Groups?.map(({ GroupName }) => GroupName)),
    "subnet-id": shown.SubnetId,
    "subnet-ipv4-cidr-block": subnet?.CidrBlock,
    "subnet-ipv6-cidr-blocks": lines(subnet?.Ipv6CidrBlockAssociationSet?.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)),
    "vpc-id": shown.VpcId,
    "vpc-ipv4-cidr-block": vpc?.CidrBlock,
    "vpc-ipv4-cidr-blocks": vpcBlocks,
    "vpc-ipv6-cidr-blocks": lines(vpc?.Ipv6CidrBlockAssociationSet?.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)),
  };
}

/** One a line; undefined for none. */
function lines(values: readonly (string | undefined)[] | undefined): string | undefined {
  const given = (values ?? []).filter((value) => value !== undefined && value !== "");
  return given.length === 0 ? undefined : given.join("\n");
}
