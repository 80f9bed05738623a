import {
  DescribeAccountAttributesCommand,
  DescribeDhcpOptionsCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

describe("ec2 default VPC", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function defaultVpc(client = aws.ec2) {
    const { Vpcs = [] } = await client.send(
      new DescribeVpcsCommand({ Filters: [{ Name: "isDefault", Values: ["true"] }] }),
    );
    expect(Vpcs.length).to.equal(1);
    return Vpcs[0] ?? {};
  }

  it("is there, once, however many ask for it at the same time", async () => {
    const elsewhere = new EC2Client({ ...aws.clientConfig, region: "ap-southeast-2" });
    const answers = await Promise.all(Array.from({ length: 5 }, () => elsewhere.send(new DescribeVpcsCommand({}))));
    expect(new Set(answers.flatMap(({ Vpcs = [] }) => Vpcs.map(({ VpcId }) => VpcId))).size).to.equal(1);
    elsewhere.destroy();
  });

  it("has AWS's address range and DNS attributes", async () => {
    const vpc = await defaultVpc();
    expect(vpc).to.include({
      CidrBlock: "172.31.0.0/16",
      State: "available",
      InstanceTenancy: "default",
      IsDefault: true,
    });
    const { VpcId } = vpc;
    const support = await aws.ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsSupport" }));
    expect(support.EnableDnsSupport).to.deep.equal({ Value: true });
    const names = await aws.ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsHostnames" }));
    expect(names.EnableDnsHostnames).to.deep.equal({ Value: true });
  });

  it("has a subnet in each zone, in the order of the zones", async () => {
    const { VpcId = "" } = await defaultVpc();
    const { Subnets = [] } = await aws.ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] }),
    );
    expect(Subnets.map((subnet) => [subnet.AvailabilityZone, subnet.CidrBlock])).to.deep.equal([
      ["us-east-1a", "172.31.0.0/20"],
      ["us-east-1b", "172.31.16.0/20"],
      ["us-east-1c", "172.31.32.0/20"],
      ["us-east-1d", "172.31.48.0/20"],
      ["us-east-1e", "172.31.64.0/20"],
      ["us-east-1f", "172.31.80.0/20"],
    ]);
    expect(Subnets[0]).to.include({ DefaultForAz: true, AvailableIpAddressCount: 4091, State: "available" });
  });

  it("has a main route table with a way out through its internet gateway", async () => {
    const { VpcId = "" } = await defaultVpc();
    const { InternetGateways = [] } = await aws.ec2.send(
      new DescribeInternetGatewaysCommand({ Filters: [{ Name: "attachment.vpc-id", Values: [VpcId] }] }),
    );
    const { RouteTables = [] } = await aws.ec2.send(
      new DescribeRouteTablesCommand({
        Filters: [
          { Name: "vpc-id", Values: [VpcId] },
          { Name: "association.main", Values: ["true"] },
        ],
      }),
    );
    expect(RouteTables.length).to.equal(1);
    expect(RouteTables[0]?.Routes?.map((route) => [route.DestinationCidrBlock, route.GatewayId])).to.deep.equal([
      ["172.31.0.0/16", "local"],
      ["0.0.0.0/0", InternetGateways[0]?.InternetGatewayId],
    ]);
  });

  it("has an open network ACL for its subnets, and DHCP options", async () => {
    const { VpcId = "", DhcpOptionsId = "" } = await defaultVpc();
    const { NetworkAcls = [] } = await aws.ec2.send(
      new DescribeNetworkAclsCommand({
        Filters: [
          { Name: "vpc-id", Values: [VpcId] },
          { Name: "default", Values: ["true"] },
        ],
      }),
    );
    expect(NetworkAcls[0]?.Associations?.length).to.equal(6);
    expect(NetworkAcls[0]?.Entries?.map((entry) => [entry.RuleNumber, entry.RuleAction])).to.deep.equal([
      [100, "allow"],
      [32767, "deny"],
      [100, "allow"],
      [32767, "deny"],
    ]);
    const dhcp = await aws.ec2.send(new DescribeDhcpOptionsCommand({ DhcpOptionsIds: [DhcpOptionsId] }));
    expect(dhcp.DhcpOptions?.[0]?.DhcpConfigurations?.[0]).to.deep.equal({
      Key: "domain-name",
      Values: [{ Value: "ec2.internal" }],
    });
  });

  it("is named by DescribeAccountAttributes", async () => {
    const { AccountAttributes } = await aws.ec2.send(
      new DescribeAccountAttributesCommand({ AttributeNames: ["default-vpc"] }),
    );
    expect(AccountAttributes).to.deep.equal([
      { AttributeName: "default-vpc", AttributeValues: [{ AttributeValue: (await defaultVpc()).VpcId }] },
    ]);
  });

  it("rejects unknown ids with each family's own code", async () => {
    const answers = [
      await refusal(aws.ec2.send(new DescribeVpcsCommand({ VpcIds: ["vpc-0123456789abcdef0"] }))),
      await refusal(aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-0123456789abcdef0"] }))),
      await refusal(aws.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: ["rtb-0123456789abcdef0"] }))),
      await refusal(aws.ec2.send(new DescribeVpcsCommand({ VpcIds: ["mine"] }))),
    ];
    expect(answers.map(({ code }) => code)).to.deep.equal([
      "InvalidVpcID.NotFound",
      "InvalidSubnetID.NotFound",
      "InvalidRouteTableID.NotFound",
      "InvalidVpcID.NotFound",
    ]);
    expect(answers[0]?.message).to.equal("The vpc ID 'vpc-0123456789abcdef0' does not exist");
  });
});
