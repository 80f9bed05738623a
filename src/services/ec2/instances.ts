import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  Instance,
  InstanceStateName,
  Reservation,
  ShutdownBehavior,
  SpotInstanceType,
  Tag,
} from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { invalidInstanceIdNotFound, malformed } from "./errors.ts";
import { addAttachments } from "./instance-attachments.ts";
import { instanceInterfaceFilters } from "./instance-interface-filters.ts";
import { deleteResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { readTags } from "./stored-tags.ts";

/** With what other operations than DescribeInstances show, and what its machine is made from. */
export interface StoredInstance extends Instance {
  ReservationId: string;
  State: { Code: number; Name: InstanceStateName };
  DisableApiTermination: boolean;
  DisableApiStop: boolean;
  InstanceInitiatedShutdownBehavior: ShutdownBehavior;
  /** Base64. */
  UserData?: string | undefined;
  /** Of burstable types. */
  CpuCredits?: string | undefined;
  DockerImage: string;
  /** Where its root has been replaced: what it had been launched from. */
  LaunchedFrom?: { DockerImage: string; SnapshotId: string | undefined } | undefined;
  /** Whether each start gives the primary interface an address of AWS's public pool. */
  PublicAddressAtStart?: boolean | undefined;
  /** The key pair's at the first launch: deleting the pair takes no key off an instance. */
  SshPublicKey?: string | undefined;
  /** Whether its first boot had nothing to do: user data that it is given later is not for a first boot any more. */
  BootedBare?: boolean | undefined;
  /** Lines for the console that the machine cannot write itself. */
  ConsoleNotes?: readonly string[] | undefined;
  /** Of a Spot Instance: that of its request. */
  SpotInstanceType?: SpotInstanceType | undefined;
  TerminatedAt?: Date | undefined;
  /** Of its interfaces, while filters that ask for them are applied. */
  InterfaceTags?: Tag[] | undefined;
}

const stateCodes = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const satisfies Record<InstanceStateName, number>;

/** Terminated instances stay visible for about an hour: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html */
const terminatedVisibleMs = 3_600_000;

export const instances: Resource<StoredInstance> = {
  table: "instances",
  prefix: "i",
  type: "instance",
  idOf: (instance) => instance.InstanceId ?? "",
  columnsOf: (instance) => ({
    state: instance.State.Name,
    reservation_id: instance.ReservationId,
    image_id: instance.ImageId ?? "",
    instance_type: instance.InstanceType ?? "",
    vpc_id: instance.VpcId ?? null,
    subnet_id: instance.SubnetId ?? null,
    private_ip_address: instance.PrivateIpAddress ?? null,
    terminated_at: instance.TerminatedAt?.toISOString() ?? null,
  }),
  dates: ["LaunchTime", "UsageOperationUpdateTime", "TerminatedAt"],
  ...tagsMember,
  enrich: addAttachments,
  filters: {
    ...instanceInterfaceFilters,
    ...pathFilters<Instance>()({
      affinity: "Placement.Affinity",
      architecture: "Architecture",
      "availability-zone": "Placement.AvailabilityZone",
      "availability-zone-id": "Placement.AvailabilityZoneId",
      "block-device-mapping.attach-time": "BlockDeviceMappings.Ebs.AttachTime",
      "block-device-mapping.delete-on-termination": "BlockDeviceMappings.Ebs.DeleteOnTermination",
      "block-device-mapping.device-name": "BlockDeviceMappings.DeviceName",
      "block-device-mapping.status": "BlockDeviceMappings.Ebs.Status",
      "block-device-mapping.volume-id": "BlockDeviceMappings.Ebs.VolumeId",
      "boot-mode": "BootMode",
      "capacity-reservation-id": "CapacityReservationId",
      "capacity-reservation-specification.capacity-reservation-preference":
        "CapacityReservationSpecification.CapacityReservationPreference",
      "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id":
        "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId",
      "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn":
        "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationResourceGroupArn",
      "client-token": "ClientToken",
      "current-instance-boot-mode": "CurrentInstanceBootMode",
      "dns-name": "PublicDnsName",
      "ebs-optimized": "EbsOptimized",
      "ena-support": "EnaSupport",
      "enclave-options.enabled": "EnclaveOptions.Enabled",
      "hibernation-options.configured": "HibernationOptions.Configured",
      "host-id": "Placement.HostId",
      hypervisor: "Hypervisor",
      "iam-instance-profile.arn": "IamInstanceProfile.Arn",
      "iam-instance-profile.id": "IamInstanceProfile.Id",
      "image-id": "ImageId",
      "instance-id": "InstanceId",
      "instance-lifecycle": "InstanceLifecycle",
      "instance-state-code": "State.Code",
      "instance-state-name": "State.Name",
      "instance-type": "InstanceType",
      "instance.group-id": "SecurityGroups.GroupId",
      "instance.group-name": "SecurityGroups.GroupName",
      "ip-address": "PublicIpAddress",
      "ipv6-address": "Ipv6Address",
      "kernel-id": "KernelId",
      "key-name": "KeyName",
      "launch-index": "AmiLaunchIndex",
      "launch-time": "LaunchTime",
      "maintenance-options.auto-recovery": "MaintenanceOptions.AutoRecovery",
      "metadata-options.http-endpoint": "MetadataOptions.HttpEndpoint",
      "metadata-options.http-protocol-ipv6": "MetadataOptions.HttpProtocolIpv6",
      "metadata-options.http-put-response-hop-limit": "MetadataOptions.HttpPutResponseHopLimit",
      "metadata-options.http-tokens": "MetadataOptions.HttpTokens",
      "metadata-options.instance-metadata-tags": "MetadataOptions.InstanceMetadataTags",
      "metadata-options.state": "MetadataOptions.State",
      "monitoring-state": "Monitoring.State",
      "network-performance-options.bandwidth-weighting": "NetworkPerformanceOptions.BandwidthWeighting",
      "operator.principal": "Operator.Principal",
      "outpost-arn": "OutpostArn",
      "placement-group-name": "Placement.GroupName",
      "placement-partition-number": "Placement.PartitionNumber",
      platform: "Platform",
      "platform-details": "PlatformDetails",
      "private-dns-name": "PrivateDnsName",
      "private-dns-name-options.enable-resource-name-dns-a-record":
        "PrivateDnsNameOptions.EnableResourceNameDnsARecord",
      "private-dns-name-options.enable-resource-name-dns-aaaa-record":
        "PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord",
      "private-dns-name-options.hostname-type": "PrivateDnsNameOptions.HostnameType",
      "private-ip-address": "PrivateIpAddress",
      "product-code": "ProductCodes.ProductCodeId",
      "product-code.type": "ProductCodes.ProductCodeType",
      "ramdisk-id": "RamdiskId",
      reason: "StateTransitionReason",
      "root-device-name": "RootDeviceName",
      "root-device-type": "RootDeviceType",
      "source-dest-check": "SourceDestCheck",
      "spot-instance-request-id": "SpotInstanceRequestId",
      "state-reason-code": "StateReason.Code",
      "state-reason-message": "StateReason.Message",
      "subnet-id": "SubnetId",
      tenancy: "Placement.Tenancy",
      "tpm-support": "TpmSupport",
      "usage-operation": "UsageOperation",
      "usage-operation-update-time": "UsageOperationUpdateTime",
      "virtualization-type": "VirtualizationType",
      "vpc-id": "VpcId",
    }),
    // Every machine has its metadata service there.
    "metadata-options.http-protocol-ipv4": () => "enabled",
    "network-interface.tag-key": ({ InterfaceTags }) => InterfaceTags?.map(({ Key }) => Key),
    "network-interface.tag-value": ({ InterfaceTags }) => InterfaceTags?.map(({ Value }) => Value),
    "operator.managed": (instance) => instance.Operator?.Managed ?? false,
    "owner-id": (instance) => instance.NetworkInterfaces?.[0]?.OwnerId,
    "requester-id": () => undefined,
    "reservation-id": (instance) => instance.ReservationId,
  },
  columnFilters: {
    "image-id": "image_id",
    "instance-id": "id",
    "instance-state-name": "state",
    "instance-type": "instance_type",
    "private-ip-address": "private_ip_address",
    "reservation-id": "reservation_id",
    "subnet-id": "subnet_id",
    "vpc-id": "vpc_id",
  },
  // Up to eight digits, of either case, could be an id's of before 2016; nothing but zeros could not: decision 0154.
  idPattern: /^i-(?:[0-9a-fA-F]{1,8}|(?!0{17}$)[0-9a-f]{17})$/,
  malformed: (id) => malformed("InvalidInstanceID.Malformed", id, "i"),
  notFound: invalidInstanceIdNotFound,
};

export const instanceOperations = {
  async DescribeInstances(ctx, input) {
    await forgetTerminated(ctx);
    const asksTags = input.Filters?.some(({ Name }) => Name?.startsWith("network-interface.tag-"));
    const interfaceTags = asksTags === true ? await readTags(ctx, "network-interface") : undefined;
    const page = await describeResources(ctx, instances, input, {
      ids: input.InstanceIds,
      idsParameter: "instancesSet",
      shared: true,
      prepare(instance) {
        if (interfaceTags === undefined) return;
        instance.InterfaceTags = (instance.NetworkInterfaces ?? []).flatMap(
          ({ NetworkInterfaceId }) => interfaceTags.get(NetworkInterfaceId ?? "") ?? [],
        );
      },
    });
    return { Reservations: reservationsOf(ctx, page.items), NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

export function stateNamed(name: InstanceStateName): StoredInstance["State"] {
  return { Code: stateCodes[name], Name: name };
}

/** Instances of one launch belong to one reservation. */
export function reservationsOf(scope: Scope, found: readonly StoredInstance[]): Reservation[] {
  const reservations = new Map<string, Reservation & { Instances: Instance[] }>();
  for (const instance of found) {
    const reservation = reservations.get(instance.ReservationId) ?? {
      ReservationId: instance.ReservationId,
      OwnerId: scope.accountId,
      Groups: [],
      Instances: [],
    };
    reservation.Instances.push(instance);
    reservations.set(instance.ReservationId, reservation);
  }
  return [...reservations.values()];
}

/** Drops the rows of instances that were terminated an hour ago; called before instances are listed. */
export async function forgetTerminated(scope: Scope): Promise<void> {
  const limit = new Date(scope.now().getTime() - terminatedVisibleMs).toISOString();
  const rows = await scope.db
    .selectFrom("instances")
    .select("id")
    .where("state", "=", "terminated")
    .where("terminated_at", "<", limit)
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .execute();
  await deleteResources(
    scope,
    instances,
    rows.map(({ id }) => id),
  );
}
