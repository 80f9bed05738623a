import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CreateNetworkInterfaceRequest,
  GroupIdentifier,
  NetworkInterfaceStatus,
  Subnet,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import {
  dryRunOperation,
  incorrectInstanceState,
  invalidParameterCombination,
  invalidParameterValue,
  malformed,
  notFound,
  operationNotPermitted,
} from "./errors.ts";
import { groupVpcAssociations } from "./group-vpc-associations.ts";
import { getInstanceType } from "./instance-types.ts";
import { instances, type StoredInstance } from "./instances.ts";
import {
  chooseIpv4,
  chooseIpv4Prefixes,
  chooseIpv6,
  chooseIpv6Prefixes,
  readSubnetUse,
} from "./interface-addresses.ts";
import {
  attachedInterfaces,
  attachInterface,
  detachInterface,
  interfaceInUse,
  removeInterface,
} from "./interface-attachments.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { type InterfacePlan, newNetworkInterface } from "./new-interface.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { findResource, getResource, listResources } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { findGroupByName, securityGroups } from "./security-groups.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";

/** What EC2 answers for a new interface is not in its model. */
const pending = "pending" as NetworkInterfaceStatus;

export const interfaceLifecycleOperations = {
  async CreateNetworkInterface(ctx, input) {
    const subnetId = required(input.SubnetId, "subnetId");
    checkOneOf("interfaceType", input.InterfaceType, ["interface", "efa", "efa-only", "branch", "trunk"]);
    // `<` and `>` among others are not: decision 0154.
    if (!/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/.test(input.Description ?? "")) {
      throw invalidParameterValue(
        "Invalid interface description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
      );
    }
    const tags = tagsForNew(input.TagSpecifications, "network-interface");
    const made = await makeOnce(ctx, networkInterfaces, input, async (scope) => {
      const subnet = await getResource(scope, subnets, subnetId);
      const groups = await chooseInterfaceGroups(scope, subnet, input.Groups);
      const plan = await planInterface(scope, subnet, groups, input);
      if (input.DryRun === true) throw dryRunOperation();
      const { EnableDnsHostnames } = await getResource(scope, vpcs, subnet.VpcId ?? "");
      const networkInterface: StoredNetworkInterface = newNetworkInterface(scope, plan);
      if (!EnableDnsHostnames) removeDnsNames(networkInterface);
      return insertTagged(scope, networkInterfaces, networkInterface, tags);
    });
    return { NetworkInterface: { ...made, Status: pending } };
  },

  async DeleteNetworkInterface(ctx, input) {
    const id = required(input.NetworkInterfaceId, "networkInterfaceId");
    await inTransaction(ctx, async (scope) => {
      const networkInterface = await getResource(scope, networkInterfaces, id);
      if (networkInterface.Status !== "available") {
        throw invalidParameterValue(`Network interface '${id}' is currently in use.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await removeInterface(scope, networkInterface);
    });
    return {};
  },

  async AttachNetworkInterface(ctx, input) {
    const id = required(input.NetworkInterfaceId, "networkInterfaceId");
    const instanceId = required(input.InstanceId, "instanceId");
    const deviceIndex = required(input.DeviceIndex, "deviceIndex");
    return inTransaction(ctx, async (scope) => {
      const networkInterface = await getResource(scope, networkInterfaces, id);
      const instance = await getResource(scope, instances, instanceId);
      await checkAttachment(scope, networkInterface, instance);
      if (input.DryRun === true) throw dryRunOperation();
      const AttachmentId = await attachInterface(scope, networkInterface, {
        instanceId,
        deviceIndex,
        networkCardIndex: input.NetworkCardIndex,
        deleteOnTermination: false,
      });
      return { AttachmentId, NetworkCardIndex: input.NetworkCardIndex ?? 0 };
    });
  },

  async DetachNetworkInterface(ctx, input) {
    const id = required(input.AttachmentId, "attachmentId");
    if (id.startsWith("ela-attach-")) {
      throw operationNotPermitted("You are not allowed to manage 'ela-attach' attachments.");
    }
    if (!/^eni-attach-[0-9a-f]+$/.test(id)) throw malformed("InvalidAttachmentID.Malformed", id, "eni-attach");
    await inTransaction(ctx, async (scope) => {
      const attached = (await listResources(scope, networkInterfaces)).find(
        ({ Attachment }) => Attachment?.AttachmentId === id,
      );
      if (attached === undefined) throw notFound("InvalidAttachmentID.NotFound", "attachment ID", [id]);
      const { DeviceIndex = 0, NetworkCardIndex = 0 } = attached.Attachment ?? {};
      if (DeviceIndex === 0) {
        throw operationNotPermitted(
          `The network interface at device index 0 and networkCard index ${NetworkCardIndex} cannot be detached.`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      await detachInterface(scope, attached);
    });
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

/** Without DNS host names in the VPC, an interface shows none. */
function removeDnsNames(networkInterface: StoredNetworkInterface): void {
  delete networkInterface.PrivateDnsName;
  for (const address of networkInterface.PrivateIpAddresses ?? []) delete address.PrivateDnsName;
}

/** The groups of an interface: those that are named, or the VPC's default one. @throws AwsError */
export async function chooseInterfaceGroups(
  scope: Scope,
  subnet: Subnet,
  ids: readonly string[] | undefined,
): Promise<GroupIdentifier[]> {
  const VpcId = subnet.VpcId ?? "";
  if (ids === undefined || ids.length === 0) {
    const usual = await findGroupByName(scope, VpcId, "default");
    return usual === undefined ? [] : [{ GroupId: usual.GroupId, GroupName: usual.GroupName }];
  }
  const groups: GroupIdentifier[] = [];
  for (const id of new Set(ids)) {
    const group = await findResource(scope, securityGroups, id);
    if (group === undefined) throw notFound("InvalidSecurityGroupID.NotFound", "securityGroup ID", [id]);
    const associated = await listResources(scope, groupVpcAssociations, { group_id: id, vpc_id: VpcId });
    if (group.VpcId !== VpcId && associated.length === 0) {
      throw new AwsError(
        "InvalidParameterValue",
        `Security group ${id} and subnet ${subnet.SubnetId} belong to different networks.`,
      );
    }
    groups.push({ GroupId: group.GroupId, GroupName: group.GroupName });
  }
  return groups;
}

async function planInterface(
  scope: Scope,
  subnet: Subnet,
  groups: GroupIdentifier[],
  input: CreateNetworkInterfaceRequest,
): Promise<InterfacePlan> {
  const listed = input.PrivateIpAddresses ?? [];
  if (input.PrivateIpAddress && listed.some(({ Primary }) => Primary === true)) {
    throw invalidParameterCombination("Only one primary private IP address can be specified.");
  }
  if (listed.filter(({ Primary }) => Primary === true).length > 1) {
    throw invalidParameterValue("Only one primary private IP address can be specified.");
  }
  const use = await readSubnetUse(scope, subnets.idOf(subnet));
  const addressesOf = (wanted: typeof listed) => wanted.flatMap(({ PrivateIpAddress }) => PrivateIpAddress || []);
  const primary = [input.PrivateIpAddress, ...addressesOf(listed.filter(({ Primary }) => Primary === true))];
  const asked = [
    ...primary.flatMap((one) => one || []),
    ...addressesOf(listed.filter(({ Primary }) => Primary !== true)),
  ];
  const isPrimaryAsked = primary.some(Boolean) || listed.length > 0;
  const addresses = chooseIpv4(
    subnet,
    use,
    [...new Set(asked)],
    (isPrimaryAsked ? 0 : 1) + (input.SecondaryPrivateIpAddressCount ?? 0),
  );
  const ipv6Asked = (input.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address || []);
  const ipv6Count =
    input.Ipv6AddressCount ?? (subnet.AssignIpv6AddressOnCreation === true && ipv6Asked.length === 0 ? 1 : 0);
  return {
    subnet,
    groups,
    addresses,
    ipv6Addresses: chooseIpv6(scope, subnet, use, { asked: ipv6Asked, count: ipv6Count }),
    primaryIpv6: input.EnablePrimaryIpv6,
    connectionTracking: input.ConnectionTrackingSpecification,
    ipv4Prefixes: chooseIpv4Prefixes(
      subnet,
      { ...use, addresses: new Set([...use.addresses, ...addresses]) },
      (input.Ipv4Prefixes ?? []).flatMap(({ Ipv4Prefix }) => Ipv4Prefix || []),
      input.Ipv4PrefixCount ?? 0,
    ),
    ipv6Prefixes: chooseIpv6Prefixes(
      subnet,
      use,
      (input.Ipv6Prefixes ?? []).flatMap(({ Ipv6Prefix }) => Ipv6Prefix || []),
      input.Ipv6PrefixCount ?? 0,
    ),
    description: input.Description,
    ...(input.InterfaceType === undefined ? {} : { type: input.InterfaceType }),
  };
}

async function checkAttachment(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  instance: StoredInstance,
): Promise<void> {
  if (networkInterface.Status !== "available") throw interfaceInUse(networkInterface);
  const { Name } = instance.State;
  // AWS refuses a pending instance too; what is told here does not depend on how fast a machine starts.
  if (Name !== "pending" && Name !== "running" && Name !== "stopped") {
    throw incorrectInstanceState(`Instance '${instance.InstanceId}' is not 'running' or 'stopped'.`);
  }
  if (instance.Placement?.AvailabilityZone !== networkInterface.AvailabilityZone) {
    throw invalidParameterCombination(
      "You may not attach a network interface to an instance if they are not in the same availability zone",
    );
  }
  const limit = getInstanceType(instance.InstanceType ?? "").NetworkInfo?.MaximumNetworkInterfaces;
  const count = (await attachedInterfaces(scope, instances.idOf(instance))).length + 1;
  if (limit !== undefined && count > limit) {
    throw new AwsError(
      "AttachmentLimitExceeded",
      `Interface count ${count} exceeds the limit for ${instance.InstanceType}`,
    );
  }
}
