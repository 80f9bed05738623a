import type {
  GroupIdentifier,
  InstanceNetworkInterfaceSpecification,
  InstanceTypeInfo,
  RunInstancesRequest,
  SecurityGroup,
  Subnet,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { invalidGroupNotFoundInVpc, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { interfaceInUse } from "./interface-attachments.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { zonesOf } from "./region-data.ts";
import { getResource, getResources, listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { findGroupByName, securityGroups } from "./security-groups.ts";
import { subnets } from "./subnets.ts";
import { findDefaultVpc } from "./vpcs.ts";

type LaunchSubnet = Subnet & { SubnetId: string; VpcId: string; CidrBlock: string };

/** One interface that each instance of a launch gets. */
export interface PlannedInterface {
  readonly subnet: LaunchSubnet;
  readonly groups: readonly GroupIdentifier[];
  readonly specification: InstanceNetworkInterfaceSpecification;
  readonly deviceIndex: number;
  /** One that is there already; the launch is of one instance then. */
  readonly existing: StoredNetworkInterface | undefined;
}

/** Where the instances of a launch are put, and their interfaces in the order of their device indexes. */
export interface LaunchNetwork {
  /** The primary interface's. */
  readonly subnet: LaunchSubnet;
  readonly interfaces: readonly PlannedInterface[];
  /** Whether the primary interface gets an address of AWS's public pool, at this start and at later ones. */
  readonly publicAddress: boolean;
}

interface NetworkRequest {
  readonly input: RunInstancesRequest;
  readonly type: InstanceTypeInfo;
  readonly count: number;
}

/** Reads and checks what a request says about the network. @throws AwsError */
export async function planNetwork(scope: Scope, { input, type, count }: NetworkRequest): Promise<LaunchNetwork> {
  const specifications = specificationsOf(input);
  checkSpecifications(specifications, { type, count });
  const interfaces: PlannedInterface[] = [];
  for (const [index, specification] of specifications.entries()) {
    interfaces.push(
      await planInterface(scope, input, { specification, deviceIndex: specification.DeviceIndex ?? index }),
    );
  }
  interfaces.sort((one, other) => one.deviceIndex - other.deviceIndex);
  const [primary, ...others] = interfaces;
  if (primary === undefined || primary.deviceIndex !== 0) {
    throw invalidParameterValue("A network interface with device index 0 is required.");
  }
  const foreign = others.find(({ subnet }) => subnet.AvailabilityZone !== primary.subnet.AvailabilityZone);
  if (foreign !== undefined) {
    throw invalidParameterCombination("All network interfaces of an instance must be in the same availability zone");
  }
  const asked = primary.specification.AssociatePublicIpAddress;
  if (asked === true && others.length > 0) {
    throw invalidParameterCombination(
      "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.",
    );
  }
  return {
    subnet: primary.subnet,
    interfaces,
    publicAddress:
      primary.existing === undefined &&
      others.length === 0 &&
      (asked ?? (primary.subnet.MapPublicIpOnLaunch === true && primary.subnet.Ipv6Native !== true)),
  };
}

/** A request names interfaces, or says of one interface what it needs at the level of the instance. */
function specificationsOf(input: RunInstancesRequest): InstanceNetworkInterfaceSpecification[] {
  const given = input.NetworkInterfaces ?? [];
  if (given.length === 0) {
    return [
      {
        DeviceIndex: 0,
        SubnetId: input.SubnetId,
        Groups: input.SecurityGroupIds,
        PrivateIpAddress: input.PrivateIpAddress,
        Ipv6AddressCount: input.Ipv6AddressCount,
        Ipv6Addresses: input.Ipv6Addresses,
        PrimaryIpv6: input.EnablePrimaryIpv6,
      },
    ];
  }
  if (input.SubnetId) {
    throw invalidParameterCombination(
      "Network interfaces and an instance-level subnet ID may not be specified on the same request",
    );
  }
  if (input.SecurityGroupIds?.length || input.SecurityGroups?.length) {
    throw invalidParameterCombination(
      "Network interfaces and an instance-level security groups may not be specified on the same request",
    );
  }
  if (input.PrivateIpAddress) {
    throw invalidParameterCombination(
      "Network interfaces and an instance-level private address may not be specified on the same request",
    );
  }
  return given;
}

function checkSpecifications(
  specifications: readonly InstanceNetworkInterfaceSpecification[],
  { type, count }: { type: InstanceTypeInfo; count: number },
): void {
  if (specifications.some(({ DeviceIndex }) => DeviceIndex === undefined)) {
    throw invalidParameterValue("Each network interface requires a device index.");
  }
  const indexes = new Set(specifications.map(({ DeviceIndex = 0 }) => DeviceIndex));
  if (indexes.size < specifications.length) {
    throw invalidParameterValue("Each network interface requires a unique device index.");
  }
  const limit = type.NetworkInfo?.MaximumNetworkInterfaces;
  if (limit !== undefined && specifications.length > limit) {
    throw new AwsError(
      "AttachmentLimitExceeded",
      `Interface count ${specifications.length} exceeds the limit for ${type.InstanceType}`,
    );
  }
  if (count === 1) return;
  for (const specification of specifications) {
    if (specification.NetworkInterfaceId) {
      throw invalidParameterCombination(
        "The parameter networkInterfaceId cannot be used with more than one instance: MaxCount must be 1",
      );
    }
    if (specification.PrivateIpAddress || specification.PrivateIpAddresses?.length) {
      throw invalidParameterCombination(
        "The parameter privateIpAddress cannot be used with more than one instance: MaxCount must be 1",
      );
    }
  }
}

async function planInterface(
  scope: Scope,
  input: RunInstancesRequest,
  { specification, deviceIndex }: { specification: InstanceNetworkInterfaceSpecification; deviceIndex: number },
): Promise<PlannedInterface> {
  if (specification.NetworkInterfaceId) {
    const existing = await getResource(scope, networkInterfaces, specification.NetworkInterfaceId);
    if (existing.Status !== "available") throw interfaceInUse(existing);
    if (specification.SubnetId || specification.Groups?.length || specification.PrivateIpAddress) {
      throw invalidParameterCombination(
        "A network interface may not specify both a network interface ID and a subnet, security groups or an address",
      );
    }
    const subnet = await chooseSubnet(scope, input, existing.SubnetId);
    return { subnet, groups: existing.Groups ?? [], specification, deviceIndex, existing };
  }
  const subnet = await chooseSubnet(scope, input, specification.SubnetId || undefined);
  const chosen = await chooseGroups(scope, input, { subnet, ids: specification.Groups ?? [] });
  const groups = chosen.map(({ GroupId, GroupName }) => ({ GroupId, GroupName }));
  return { subnet, groups, specification, deviceIndex, existing: undefined };
}

async function chooseSubnet(
  scope: Scope,
  input: RunInstancesRequest,
  subnetId: string | undefined,
): Promise<LaunchSubnet> {
  // Terraform sends the members that it does not set as empty texts.
  const zone = input.Placement?.AvailabilityZone || undefined;
  const zoneId = input.Placement?.AvailabilityZoneId || undefined;
  const isIn = (subnet: Subnet) =>
    (zone === undefined || subnet.AvailabilityZone === zone) &&
    (zoneId === undefined || subnet.AvailabilityZoneId === zoneId);
  if (subnetId !== undefined) {
    const subnet = await getResource(scope, subnets, subnetId);
    if (!isIn(subnet)) {
      throw invalidParameterValue(
        `The availability zone '${zone ?? zoneId}' does not match the availability zone of the subnet '${subnetId}'.`,
      );
    }
    return complete(subnet);
  }
  const vpcId = (await findDefaultVpc(scope))?.VpcId;
  const candidates = vpcId === undefined ? [] : await listResources(scope, subnets, { vpc_id: vpcId });
  const subnet = candidates.find((candidate) => candidate.DefaultForAz === true && isIn(candidate));
  if (subnet !== undefined) return complete(subnet);
  if (zone !== undefined && !zonesOf(scope.region).some(({ name }) => name === zone)) {
    throw invalidParameterValue(`Invalid availability zone: [${zone}]`);
  }
  throw new AwsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.");
}

function complete(subnet: Subnet): LaunchSubnet {
  return {
    ...subnet,
    SubnetId: subnet.SubnetId ?? "",
    VpcId: subnet.VpcId ?? "",
    CidrBlock: subnet.CidrBlock ?? "",
  };
}

async function chooseGroups(
  scope: Scope,
  input: RunInstancesRequest,
  network: { subnet: LaunchSubnet; ids: readonly string[] },
): Promise<SecurityGroup[]> {
  const { SubnetId, VpcId } = network.subnet;
  const names = input.SecurityGroups ?? [];
  if (names.length > 0 && input.SubnetId) {
    throw invalidParameterCombination("The parameter groupName cannot be used with the parameter subnet");
  }
  const chosen = await getResources(scope, securityGroups, [...new Set(network.ids)]);
  for (const name of names) {
    const group = await findGroupByName(scope, VpcId, name);
    if (group === undefined) throw invalidGroupNotFoundInVpc(name, VpcId);
    if (!chosen.some(({ GroupId }) => GroupId === group.GroupId)) chosen.push(group);
  }
  const foreign = chosen.find((group) => group.VpcId !== VpcId);
  if (foreign !== undefined) {
    throw new AwsError(
      "InvalidParameter",
      `Security group ${foreign.GroupId} and subnet ${SubnetId} belong to different networks.`,
    );
  }
  if (chosen.length > 0) return chosen;
  const usual = await findGroupByName(scope, VpcId, "default");
  return usual === undefined ? [] : [usual];
}
