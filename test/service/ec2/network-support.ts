import {
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
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

/** Gives a VPC a way to the Internet. */
export async function attachGateway(ec2: EC2Client, VpcId: string): Promise<void> {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const { InternetGatewayId } = InternetGateway ?? {};
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
}

/** A VPC whose default group lets everything in. */
export async function makeOpenVpc(ec2: EC2Client, CidrBlock: string): Promise<string> {
  const VpcId = await makeVpc(ec2, CidrBlock);
  const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: SecurityGroups?.[0]?.GroupId, IpPermissions }));
  return VpcId;
}

/** The main route table of a VPC. */
export async function mainTableOf(ec2: EC2Client, VpcId = ""): Promise<string> {
  const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
  return RouteTables?.find(({ Associations }) => Associations?.some(({ Main }) => Main))?.RouteTableId ?? "";
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
