import { CreateSubnetCommand, CreateVpcCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { refusal } from "./support.ts";

export async function makeVpc(ec2: EC2Client, CidrBlock = "10.0.0.0/16", ipv6 = false): Promise<string> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock, AmazonProvidedIpv6CidrBlock: ipv6 }));
  return Vpc?.VpcId ?? "";
}

export async function makeSubnet(ec2: EC2Client, VpcId: string, CidrBlock = "10.0.0.0/24"): Promise<string> {
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: "us-east-1a" }));
  return Subnet?.SubnetId ?? "";
}

/** The code with which a request is refused. */
export async function codeOf(sent: Promise<unknown>): Promise<string> {
  return (await refusal(sent)).code;
}

/** The one item of a list. */
export function only<Item>(items: readonly Item[] | undefined): Item {
  expect(items?.length).to.equal(1);
  const [item] = items ?? [];
  if (item === undefined) throw new Error("the list is empty");
  return item;
}
