import type {
  ConnectionTrackingSpecificationRequest,
  GroupIdentifier,
  NetworkInterfaceType,
  Subnet,
} from "@aws-sdk/client-ec2";
import { connectionTrackingOf } from "./connection-tracking.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import { internalDomain } from "./region-data.ts";
import type { Scope } from "./scope.ts";

/** An interface of a subnet, of whatever kind: an instance's, a NAT gateway's, an endpoint's. */
export interface InterfacePlan {
  readonly subnet: Subnet;
  readonly groups: readonly GroupIdentifier[];
  /** The first is the primary one. */
  readonly addresses: readonly string[];
  readonly ipv6Addresses?: readonly string[];
  /** The first IPv6 address stays for as long as the interface does. */
  readonly primaryIpv6?: boolean | undefined;
  readonly ipv4Prefixes?: readonly string[];
  readonly ipv6Prefixes?: readonly string[];
  readonly description?: string | undefined;
  readonly connectionTracking?: ConnectionTrackingSpecificationRequest | undefined;
  readonly type?: NetworkInterfaceType | "nat_gateway";
  /** For an interface that a service of AWS makes in the account's name. */
  readonly requesterId?: string;
}

/** Not attached, and not stored yet: insert it with `insertResource` or `insertTagged`. */
export function newNetworkInterface(
  scope: Scope,
  plan: InterfacePlan,
): StoredNetworkInterface & { NetworkInterfaceId: string; PrivateDnsName: string } {
  const { subnet } = plan;
  const NetworkInterfaceId = scope.newId("eni");
  const [primary = ""] = plan.addresses;
  return {
    NetworkInterfaceId,
    Description: plan.description ?? "",
    InterfaceType: interfaceTypeOf(plan),
    OwnerId: scope.accountId,
    VpcId: subnet.VpcId,
    SubnetId: subnet.SubnetId,
    AvailabilityZone: subnet.AvailabilityZone,
    AvailabilityZoneId: subnet.AvailabilityZoneId,
    MacAddress: macAddress(NetworkInterfaceId),
    PrivateIpAddress: primary,
    PrivateDnsName: privateDnsName(scope.region, primary),
    PrivateIpAddresses: plan.addresses.map((PrivateIpAddress, index) => ({
      Primary: index === 0,
      PrivateIpAddress,
      PrivateDnsName: privateDnsName(scope.region, PrivateIpAddress),
    })),
    Ipv6Addresses: (plan.ipv6Addresses ?? []).map((Ipv6Address, index) => ({
      Ipv6Address,
      IsPrimaryIpv6: index === 0 && plan.primaryIpv6 === true,
    })),
    ...(plan.ipv6Addresses?.[0] === undefined ? {} : { Ipv6Address: plan.ipv6Addresses[0] }),
    ...(plan.ipv4Prefixes?.length ? { Ipv4Prefixes: plan.ipv4Prefixes.map((Ipv4Prefix) => ({ Ipv4Prefix })) } : {}),
    ...(plan.ipv6Prefixes?.length ? { Ipv6Prefixes: plan.ipv6Prefixes.map((Ipv6Prefix) => ({ Ipv6Prefix })) } : {}),
    Groups: [...plan.groups],
    ...(plan.connectionTracking === undefined
      ? {}
      : { ConnectionTrackingConfiguration: connectionTrackingOf(plan.connectionTracking) }),
    RequesterManaged: plan.requesterId !== undefined,
    ...(plan.requesterId === undefined ? {} : { RequesterId: plan.requesterId }),
    SourceDestCheck: plan.type !== "nat_gateway",
    Status: "available",
    Operator: { Managed: false },
  };
}

/** One that a service of AWS makes in the account's name, and that nobody else detaches. Not stored yet. */
export function newServiceInterface(scope: Scope, plan: InterfacePlan & { readonly requesterId: string }) {
  const networkInterface = newNetworkInterface(scope, plan);
  networkInterface.Status = "in-use";
  networkInterface.Attachment = {
    AttachmentId: scope.newId("ela-attach"),
    DeleteOnTermination: false,
    DeviceIndex: 1,
    InstanceOwnerId: "amazon-aws",
    Status: "attached",
  };
  return networkInterface;
}

/** What EC2 answers for a NAT gateway is not what its model says: the model has `natGateway`. */
function interfaceTypeOf({ type = "interface" }: InterfacePlan): NetworkInterfaceType {
  return type as NetworkInterfaceType;
}

export function privateDnsName(region: string, address: string): string {
  return `ip-${address.replaceAll(".", "-")}.${internalDomain(region)}`;
}

/** A locally administered address that the interface's id determines. */
function macAddress(networkInterfaceId: string): string {
  const digits = networkInterfaceId.replace(/^eni-/, "").slice(0, 10);
  return `0a:${digits.replace(/(..)(?=.)/g, "$1:")}`;
}
