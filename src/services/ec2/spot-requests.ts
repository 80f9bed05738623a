import type {
  GroupIdentifier,
  LaunchSpecification,
  RunInstancesRequest,
  SpotInstanceRequest,
  SpotMarketOptions,
  Tag,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { invalidParameterCombination, invalidParameterValue, malformed } from "./errors.ts";
import { insertResource, listResources, type Resource, tagsMember, updateResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { writeTags } from "./stored-tags.ts";

export const spotInstanceRequests: Resource<SpotInstanceRequest> = {
  table: "ec2_spot_instance_requests",
  prefix: "sir",
  type: "spot-instances-request",
  idOf: (request) => request.SpotInstanceRequestId ?? "",
  columnsOf: (request) => ({ instance_id: request.InstanceId ?? null }),
  dates: ["CreateTime", "Status.UpdateTime", "ValidFrom", "ValidUntil"],
  ...tagsMember,
  filters: pathFilters<SpotInstanceRequest>()({
    "availability-zone-group": "AvailabilityZoneGroup",
    "create-time": "CreateTime",
    "fault-code": "Fault.Code",
    "fault-message": "Fault.Message",
    "instance-id": "InstanceId",
    "launch-group": "LaunchGroup",
    "launch.block-device-mapping.delete-on-termination":
      "LaunchSpecification.BlockDeviceMappings.Ebs.DeleteOnTermination",
    "launch.block-device-mapping.device-name": "LaunchSpecification.BlockDeviceMappings.DeviceName",
    "launch.block-device-mapping.snapshot-id": "LaunchSpecification.BlockDeviceMappings.Ebs.SnapshotId",
    "launch.block-device-mapping.volume-size": "LaunchSpecification.BlockDeviceMappings.Ebs.VolumeSize",
    "launch.block-device-mapping.volume-type": "LaunchSpecification.BlockDeviceMappings.Ebs.VolumeType",
    "launch.group-id": "LaunchSpecification.SecurityGroups.GroupId",
    "launch.group-name": "LaunchSpecification.SecurityGroups.GroupName",
    "launch.image-id": "LaunchSpecification.ImageId",
    "launch.instance-type": "LaunchSpecification.InstanceType",
    "launch.kernel-id": "LaunchSpecification.KernelId",
    "launch.key-name": "LaunchSpecification.KeyName",
    "launch.monitoring-enabled": "LaunchSpecification.Monitoring.Enabled",
    "launch.ramdisk-id": "LaunchSpecification.RamdiskId",
    "launched-availability-zone": "LaunchedAvailabilityZone",
    "launched-availability-zone-id": "LaunchedAvailabilityZoneId",
    "network-interface.addresses.primary": "LaunchSpecification.NetworkInterfaces.PrivateIpAddresses.Primary",
    "network-interface.delete-on-termination": "LaunchSpecification.NetworkInterfaces.DeleteOnTermination",
    "network-interface.description": "LaunchSpecification.NetworkInterfaces.Description",
    "network-interface.device-index": "LaunchSpecification.NetworkInterfaces.DeviceIndex",
    "network-interface.group-id": "LaunchSpecification.NetworkInterfaces.Groups",
    "network-interface.network-interface-id": "LaunchSpecification.NetworkInterfaces.NetworkInterfaceId",
    "network-interface.private-ip-address": "LaunchSpecification.NetworkInterfaces.PrivateIpAddress",
    "network-interface.subnet-id": "LaunchSpecification.NetworkInterfaces.SubnetId",
    "product-description": "ProductDescription",
    "spot-instance-request-id": "SpotInstanceRequestId",
    "spot-price": "SpotPrice",
    state: "State",
    "status-code": "Status.Code",
    "status-message": "Status.Message",
    type: "Type",
    "valid-from": "ValidFrom",
    "valid-until": "ValidUntil",
  }),
  columnFilters: { "instance-id": "instance_id", "spot-instance-request-id": "id" },
  malformed: (id) => malformed("InvalidSpotInstanceRequestID.Malformed", id, "sir"),
  notFound: (ids) =>
    new AwsError(
      "InvalidSpotInstanceRequestID.NotFound",
      `The spot instance request ID '${ids.join(", ")}' does not exist`,
    ),
};

/** @throws AwsError for options that AWS does not take together */
export function checkSpotOptions(options: SpotMarketOptions | undefined): void {
  const type = options?.SpotInstanceType;
  if (type !== undefined && type !== "one-time" && type !== "persistent") {
    throw invalidParameterValue(`Invalid value '${String(type)}' for SpotInstanceType.`);
  }
  const behavior = options?.InstanceInterruptionBehavior;
  if (behavior !== undefined && !["hibernate", "stop", "terminate"].includes(behavior)) {
    throw invalidParameterValue(`Invalid value '${String(behavior)}' for InstanceInterruptionBehavior.`);
  }
  if (behavior !== undefined && behavior !== "terminate" && type !== "persistent") {
    throw invalidParameterCombination(`The interruption behavior '${behavior}' takes a persistent Spot request.`);
  }
  if (options?.ValidUntil !== undefined && type !== "persistent") {
    throw invalidParameterCombination("ValidUntil is only supported for persistent Spot requests.");
  }
  checkPrice(options?.MaxPrice);
}

export function checkPrice(price: string | undefined): void {
  if (price === undefined || price === "") return;
  if (!/^\d+(?:\.\d+)?$/.test(price) || Number(price) <= 0) {
    throw invalidParameterValue(`Invalid value '${price}' for SpotPrice. It must be a positive number.`);
  }
}

/** How a request shows what is launched for it. */
export function launchSpecificationOf(
  input: RunInstancesRequest,
  groups: readonly GroupIdentifier[],
  zone: string | undefined,
): LaunchSpecification {
  return {
    ImageId: input.ImageId,
    InstanceType: input.InstanceType,
    KeyName: input.KeyName,
    SubnetId: input.SubnetId,
    SecurityGroups: [...groups],
    EbsOptimized: input.EbsOptimized ?? false,
    Monitoring: { Enabled: input.Monitoring?.Enabled ?? false },
    Placement: { AvailabilityZone: zone, Tenancy: input.Placement?.Tenancy ?? "default" },
    BlockDeviceMappings: input.BlockDeviceMappings ?? [],
    NetworkInterfaces: input.NetworkInterfaces ?? [],
    ...(input.IamInstanceProfile === undefined ? {} : { IamInstanceProfile: input.IamInstanceProfile }),
    ...(input.UserData === undefined ? {} : { UserData: input.UserData }),
  };
}

export interface NewSpotRequest {
  readonly options: SpotMarketOptions | undefined;
  readonly specification: LaunchSpecification;
  /** What the instance type costs, where the request names no price. */
  readonly price: string;
  readonly instanceId: string;
  readonly zone: string | undefined;
  readonly tags: readonly Tag[];
}

/** A request that has its instance. */
export async function insertSpotRequest(scope: Scope, id: string, made: NewSpotRequest): Promise<SpotInstanceRequest> {
  const now = scope.now();
  const { options } = made;
  const request: SpotInstanceRequest = {
    SpotInstanceRequestId: id,
    CreateTime: now,
    InstanceId: made.instanceId,
    InstanceInterruptionBehavior: options?.InstanceInterruptionBehavior ?? "terminate",
    LaunchSpecification: made.specification,
    LaunchedAvailabilityZone: made.zone,
    ProductDescription: "Linux/UNIX",
    SpotPrice: options?.MaxPrice || made.price,
    ...fulfilled(now),
    Type: options?.SpotInstanceType ?? "one-time",
    ...(options?.ValidUntil === undefined ? {} : { ValidUntil: options.ValidUntil }),
  };
  await insertResource(scope, spotInstanceRequests, request);
  await writeTags(scope, { id, type: "spot-instances-request" }, made.tags);
  return request;
}

export function fulfilled(at: Date): Pick<SpotInstanceRequest, "State" | "Status"> {
  return {
    State: "active",
    Status: { Code: "fulfilled", Message: "Your spot request is fulfilled.", UpdateTime: at },
  };
}

/** At an instance's termination: a persistent request waits for another, each other one is done with. */
export async function closeSpotRequestOf(scope: Scope, instanceId: string): Promise<void> {
  for (const request of await listResources(scope, spotInstanceRequests, { instance_id: instanceId })) {
    const { State, Type, ValidUntil } = request;
    if (State === "active" && Type === "persistent" && (ValidUntil === undefined || ValidUntil > scope.now())) {
      reopen(request, scope.now());
      await updateResource(scope, spotInstanceRequests, request);
      continue;
    }
    const cancelled = request.State === "cancelled";
    request.State = cancelled ? "cancelled" : "closed";
    request.Status = {
      Code: cancelled ? "request-canceled-and-instance-running" : "instance-terminated-by-user",
      Message: cancelled
        ? "Your Spot request is canceled, and its instance has been terminated."
        : "Spot Instance terminated due to user-initiated termination.",
      UpdateTime: scope.now(),
    };
    await updateResource(scope, spotInstanceRequests, request);
  }
}

function reopen(request: SpotInstanceRequest, at: Date): void {
  delete request.InstanceId;
  delete request.LaunchedAvailabilityZone;
  request.State = "open";
  request.Status = {
    Code: "pending-evaluation",
    Message: "Your Spot request has been submitted for review, and is pending evaluation.",
    UpdateTime: at,
  };
}
