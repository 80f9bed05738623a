import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import { cpuCreditsOf, cpuOptionsOf, metadataOptionsOf } from "./instance-options.ts";
import { type StoredInstance, stateNamed } from "./instances.ts";
import type { Launch } from "./launch-request.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import { internalDomain } from "./region-data.ts";
import type { Scope } from "./scope.ts";
import { wholeSecond } from "./whole-second.ts";

interface Identity {
  readonly InstanceId: string;
  readonly ReservationId: string;
  readonly AmiLaunchIndex: number;
  readonly SpotInstanceRequestId?: string | undefined;
}

/** An instance of a launch as it is stored, in the state `pending`. */
export function newInstance(
  scope: Scope,
  launch: Launch,
  identity: Identity,
  primary: StoredNetworkInterface,
): StoredInstance {
  const { input, image, type, network, placement } = launch;
  const { SpotInstanceRequestId, ...ids } = identity;
  const now = wholeSecond(scope.now());
  const dnsNames = network.subnet.PrivateDnsNameOptionsOnLaunch;
  const HostnameType = input.PrivateDnsNameOptions?.HostnameType ?? dnsNames?.HostnameType ?? "ip-name";
  return {
    ...ids,
    PrivateIpAddress: primary.PrivateIpAddress,
    PrivateDnsName:
      HostnameType === "resource-name"
        ? `${identity.InstanceId}.${internalDomain(scope.region)}`
        : primary.PrivateDnsName,
    State: stateNamed("pending"),
    StateTransitionReason: "",
    ImageId: launch.imageId,
    DockerImage: launch.dockerImage,
    InstanceType: type.InstanceType,
    LaunchTime: now,
    UsageOperation: "RunInstances",
    UsageOperationUpdateTime: now,
    Architecture: image.Public === true && image.Architecture !== undefined ? image.Architecture : architectureOf(type),
    BootMode: image.BootMode,
    CurrentInstanceBootMode: image.BootMode === undefined || image.BootMode === "legacy-bios" ? "legacy-bios" : "uefi",
    ClientToken: input.ClientToken ?? "",
    ...reservationMembers(launch),
    CpuOptions: cpuOptionsOf(type, input.CpuOptions),
    CpuCredits: cpuCreditsOf(type, input.CreditSpecification, launch.defaultCpuCredits),
    DisableApiStop: input.DisableApiStop ?? false,
    DisableApiTermination: input.DisableApiTermination ?? false,
    EbsOptimized: input.EbsOptimized ?? false,
    EnaSupport: true,
    EnclaveOptions: { Enabled: input.EnclaveOptions?.Enabled ?? false },
    HibernationOptions: { Configured: input.HibernationOptions?.Configured ?? false },
    Hypervisor: "xen",
    ...(launch.profile === undefined ? {} : { IamInstanceProfile: launch.profile }),
    ...(launch.spot
      ? {
          InstanceLifecycle: "spot",
          SpotInstanceRequestId,
          SpotInstanceType: input.InstanceMarketOptions?.SpotOptions?.SpotInstanceType ?? "one-time",
        }
      : {}),
    InstanceInitiatedShutdownBehavior: input.InstanceInitiatedShutdownBehavior ?? "stop",
    ...(input.KeyName ? { KeyName: input.KeyName } : {}),
    MaintenanceOptions: {
      AutoRecovery: input.MaintenanceOptions?.AutoRecovery ?? "default",
      RebootMigration: "default",
    },
    MetadataOptions: metadataOptionsOf(image, input.MetadataOptions, launch.metadataDefaults),
    Monitoring: { State: input.Monitoring?.Enabled === true ? "enabled" : "disabled" },
    NetworkPerformanceOptions: { BandwidthWeighting: input.NetworkPerformanceOptions?.BandwidthWeighting ?? "default" },
    Operator: { Managed: false, HiddenByDefault: false },
    Placement: {
      AvailabilityZone: network.subnet.AvailabilityZone,
      AvailabilityZoneId: network.subnet.AvailabilityZoneId,
      Tenancy: input.Placement?.Tenancy || "default",
      ...(input.Placement?.Affinity ? { Affinity: input.Placement.Affinity } : {}),
      ...placement,
    },
    PlatformDetails: image.PlatformDetails,
    PrivateDnsNameOptions: {
      HostnameType,
      EnableResourceNameDnsARecord:
        input.PrivateDnsNameOptions?.EnableResourceNameDnsARecord ?? dnsNames?.EnableResourceNameDnsARecord ?? false,
      EnableResourceNameDnsAAAARecord:
        input.PrivateDnsNameOptions?.EnableResourceNameDnsAAAARecord ??
        dnsNames?.EnableResourceNameDnsAAAARecord ??
        false,
    },
    ProductCodes: [],
    PublicAddressAtStart: network.publicAddress,
    PublicDnsName: "",
    SecondaryInterfaces: [],
    RootDeviceName: image.RootDeviceName,
    RootDeviceType: image.RootDeviceType,
    SourceDestCheck: primary.SourceDestCheck ?? true,
    SubnetId: network.subnet.SubnetId,
    VpcId: network.subnet.VpcId,
    UserData: launch.userData,
    VirtualizationType: "hvm",
  };
}

function reservationMembers({ input, reservationId }: Launch) {
  const { CapacityReservationPreference, CapacityReservationTarget } = input.CapacityReservationSpecification ?? {};
  return {
    ...(reservationId === undefined ? {} : { CapacityReservationId: reservationId }),
    CapacityReservationSpecification:
      CapacityReservationTarget === undefined
        ? { CapacityReservationPreference: CapacityReservationPreference ?? ("open" as const) }
        : { CapacityReservationTarget },
  };
}

function architectureOf(type: InstanceTypeInfo): "arm64" | "x86_64" {
  return type.ProcessorInfo?.SupportedArchitectures?.includes("arm64") === true ? "arm64" : "x86_64";
}
