import type {
  Instance,
  InstanceBlockDeviceMapping,
  InstanceNetworkInterface,
  NetworkInterface,
  Volume,
} from "@aws-sdk/client-ec2";
import { networkInterfaces } from "./network-interfaces.ts";
import { listSharedResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { volumes } from "./volumes.ts";
import { wholeSecond } from "./whole-second.ts";

/** Above this many instances, the attachments of all instances are read at once. */
const manyInstances = 200;

/** Adds interfaces, groups and block devices to instances; two queries, however many instances there are. */
export async function addAttachments(scope: Scope, found: Instance[]): Promise<void> {
  const ids = found.flatMap(({ InstanceId }) => InstanceId ?? []);
  const where = ids.length > manyInstances ? {} : { instance_id: ids };
  const interfacesOf = groupByInstance(
    await listSharedResources(scope, networkInterfaces, where),
    (networkInterface) => networkInterface.Attachment?.InstanceId,
  );
  const volumesOf = groupByInstance(
    await listSharedResources(scope, volumes, where),
    (volume) => volume.Attachments?.[0]?.InstanceId,
  );
  for (const instance of found) {
    const attached = (interfacesOf.get(instance.InstanceId ?? "") ?? []).sort(
      (one, other) => index(one) - index(other),
    );
    instance.NetworkInterfaces = attached.map(toInstanceNetworkInterface);
    instance.SecurityGroups = attached[0]?.Groups ?? [];
    showPublicAddress(instance, attached[0]);
    const mappings = (volumesOf.get(instance.InstanceId ?? "") ?? []).map(toBlockDeviceMapping);
    const isRoot = ({ DeviceName }: InstanceBlockDeviceMapping) => DeviceName === instance.RootDeviceName;
    instance.BlockDeviceMappings = mappings.sort((one, other) => Number(isRoot(other)) - Number(isRoot(one)));
  }
}

function groupByInstance<Item>(items: readonly Item[], idOf: (item: Item) => string | undefined): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const id = idOf(item);
    if (id === undefined) continue;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [item]);
    else group.push(item);
  }
  return groups;
}

function index(networkInterface: NetworkInterface): number {
  return networkInterface.Attachment?.DeviceIndex ?? 0;
}

function showPublicAddress(instance: Instance, primary: NetworkInterface | undefined): void {
  instance.PublicDnsName = primary?.Association?.PublicDnsName ?? "";
  const PublicIpAddress = primary?.Association?.PublicIp;
  if (PublicIpAddress !== undefined) instance.PublicIpAddress = PublicIpAddress;
  const Ipv6Address = primary?.Ipv6Addresses?.[0]?.Ipv6Address;
  if (Ipv6Address !== undefined) instance.Ipv6Address = Ipv6Address;
}

function toInstanceNetworkInterface(networkInterface: NetworkInterface): InstanceNetworkInterface {
  const { Attachment, ...shared } = networkInterface;
  return {
    NetworkInterfaceId: shared.NetworkInterfaceId,
    Description: shared.Description,
    OwnerId: shared.OwnerId,
    VpcId: shared.VpcId,
    SubnetId: shared.SubnetId,
    MacAddress: shared.MacAddress,
    PrivateIpAddress: shared.PrivateIpAddress,
    PrivateDnsName: shared.PrivateDnsName,
    PrivateIpAddresses: shared.PrivateIpAddresses,
    Ipv6Addresses: shared.Ipv6Addresses,
    Ipv4Prefixes: shared.Ipv4Prefixes,
    Ipv6Prefixes: shared.Ipv6Prefixes,
    ...(shared.Association === undefined ? {} : { Association: shared.Association }),
    Groups: shared.Groups,
    SourceDestCheck: shared.SourceDestCheck,
    Status: shared.Status,
    InterfaceType: shared.InterfaceType,
    Operator: shared.Operator,
    Attachment: {
      AttachmentId: Attachment?.AttachmentId,
      AttachTime: Attachment?.AttachTime && wholeSecond(Attachment.AttachTime),
      DeleteOnTermination: Attachment?.DeleteOnTermination,
      DeviceIndex: Attachment?.DeviceIndex,
      NetworkCardIndex: Attachment?.NetworkCardIndex,
      Status: Attachment?.Status,
    },
  };
}

function toBlockDeviceMapping(volume: Volume): InstanceBlockDeviceMapping {
  const attachment = volume.Attachments?.[0];
  return {
    DeviceName: attachment?.Device,
    Ebs: {
      VolumeId: volume.VolumeId,
      AttachTime: attachment?.AttachTime && wholeSecond(attachment.AttachTime),
      DeleteOnTermination: attachment?.DeleteOnTermination,
      EbsCardIndex: 0,
      ...(attachment?.State === undefined || attachment.State === "busy" ? {} : { Status: attachment.State }),
    },
  };
}
