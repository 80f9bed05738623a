import type { DnsEntry, ServiceDetail, Subnet, SubnetConfiguration } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { chooseIpv4, readSubnetUse } from "./interface-addresses.ts";
import { removeInterface } from "./interface-attachments.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newServiceInterface } from "./new-interface.ts";
import { findResource, insertResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { type StoredVpcEndpoint, vpcEndpoints } from "./vpc-endpoints.ts";

/** An interface endpoint has one interface in each of its subnets, of which no two are of a zone. */
export async function addEndpointInterfaces(
  scope: Scope,
  endpoint: StoredVpcEndpoint,
  members: readonly Subnet[],
  configurations: readonly SubnetConfiguration[] | undefined,
): Promise<void> {
  const id = vpcEndpoints.idOf(endpoint);
  const zones = new Set<string | undefined>();
  for (const subnetId of endpoint.SubnetIds ?? []) {
    zones.add((await findResource(scope, subnets, subnetId))?.AvailabilityZone);
  }
  for (const subnet of members) {
    const SubnetId = subnets.idOf(subnet);
    if (endpoint.SubnetIds?.includes(SubnetId)) continue;
    if (zones.has(subnet.AvailabilityZone)) {
      throw new AwsError(
        "DuplicateSubnetsInSameZone",
        `Found another VPC endpoint subnet in the availability zone of ${SubnetId}`,
      );
    }
    zones.add(subnet.AvailabilityZone);
    const asked = configurations?.find((one) => one.SubnetId === SubnetId)?.Ipv4;
    const addresses = chooseIpv4(subnet, await readSubnetUse(scope, SubnetId), asked ? [asked] : [], asked ? 0 : 1);
    const networkInterface = newServiceInterface(scope, {
      subnet,
      groups: endpoint.Groups ?? [],
      addresses,
      description: `VPC Endpoint Interface ${id}`,
      type: endpoint.VpcEndpointType === "GatewayLoadBalancer" ? "gateway_load_balancer_endpoint" : "vpc_endpoint",
      requesterId: "amazon-vpc-endpoints",
    });
    await insertResource(scope, networkInterfaces, networkInterface);
    endpoint.SubnetIds = [...(endpoint.SubnetIds ?? []), SubnetId];
    endpoint.NetworkInterfaceIds = [...(endpoint.NetworkInterfaceIds ?? []), networkInterface.NetworkInterfaceId];
  }
}

export async function removeEndpointInterfaces(
  scope: Scope,
  endpoint: StoredVpcEndpoint,
  subnetIds: readonly string[],
): Promise<void> {
  for (const id of endpoint.NetworkInterfaceIds ?? []) {
    const networkInterface = await findResource(scope, networkInterfaces, id);
    if (networkInterface === undefined || !subnetIds.includes(networkInterface.SubnetId ?? "")) continue;
    await removeInterface(scope, networkInterface);
    endpoint.NetworkInterfaceIds = endpoint.NetworkInterfaceIds?.filter((other) => other !== id);
  }
  endpoint.SubnetIds = endpoint.SubnetIds?.filter((id) => !subnetIds.includes(id));
}

/** Names of the endpoint itself, and with private DNS the service's own name. */
export function dnsEntriesOf(scope: Scope, endpoint: StoredVpcEndpoint, service: ServiceDetail): DnsEntry[] {
  if (endpoint.VpcEndpointType !== "Interface" || !endpoint.SubnetIds?.length) return [];
  const base = service.BaseEndpointDnsNames?.[0] ?? "";
  const id = vpcEndpoints.idOf(endpoint);
  const label = `${id}-${id.slice(-8)}`;
  const HostedZoneId = "Z7HUB22UULQXV";
  return [
    { DnsName: `${label}.${base}`, HostedZoneId },
    ...(endpoint.PrivateDnsEnabled === true && service.PrivateDnsName !== undefined
      ? [{ DnsName: service.PrivateDnsName, HostedZoneId: `Z${scope.region.replaceAll("-", "").toUpperCase()}PRIVATE` }]
      : []),
  ];
}
