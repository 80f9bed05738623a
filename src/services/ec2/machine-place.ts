import type { Subnet, Vpc } from "@aws-sdk/client-ec2";
import type { MachineNetwork } from "../../runtime/machine-driver.ts";
import { ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import type { StoredInstance } from "./instances.ts";
import { attachedInterfaces } from "./interface-attachments.ts";
import { internalDomain } from "./region-data.ts";
import { findResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";

/** Where an instance's machine is put: a VPC is a network, whose machines reach each other and no others. */
export async function machineNetworkOf(scope: Scope, instance: StoredInstance): Promise<MachineNetwork> {
  const [primary] = await attachedInterfaces(scope, instance.InstanceId ?? "");
  const subnet = await findResource(scope, subnets, instance.SubnetId ?? "");
  const vpc = await findResource(scope, vpcs, instance.VpcId ?? "");
  return {
    ...networkBlockOf(vpc, subnet),
    privateIpAddress: primary?.AssignedIpAddress ?? primary?.PrivateIpAddress ?? "",
    macAddress: primary?.MacAddress,
    names: vpc?.EnableDnsSupport === false ? [] : namesOf(scope, instance),
  };
}

/** The network of a subnet's machines, and the block of the VPC's that the subnet is in. */
export function networkBlockOf(
  vpc: Vpc | undefined,
  subnet: Subnet | undefined,
): Pick<MachineNetwork, "id" | "cidrBlock"> & { subnetBlock: string } {
  const inner = parseIpv4Block(subnet?.CidrBlock ?? "");
  const blocks = (vpc?.CidrBlockAssociationSet ?? []).flatMap(({ CidrBlock }) => CidrBlock ?? []);
  const cidrBlock = [vpc?.CidrBlock ?? "", ...blocks].find((text) => {
    const block = parseIpv4Block(text);
    return block !== undefined && inner !== undefined && ipv4BlockContains(block, inner);
  });
  const subnetBlock = subnet?.CidrBlock ?? "";
  return { id: vpc?.VpcId ?? "", cidrBlock: cidrBlock ?? subnetBlock, subnetBlock };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html */
function namesOf({ region }: Scope, { InstanceId, PrivateDnsName, PrivateDnsNameOptions }: StoredInstance): string[] {
  const domain = internalDomain(region);
  const full = [
    ...(PrivateDnsName ? [PrivateDnsName] : []),
    ...(PrivateDnsNameOptions?.EnableResourceNameDnsARecord === true ? [`${InstanceId}.${domain}`] : []),
  ];
  return [...new Set(full.flatMap((name) => [name, name.split(".")[0] ?? name]))];
}
