import {
  AssociateVpcCidrBlockCommand,
  CreateDefaultVpcCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcClassicLinkCommand,
  DescribeVpcsCommand,
  DisassociateVpcCidrBlockCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcTenancyCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

describe("ec2 VPCs", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function create(input: ConstructorParameters<typeof CreateVpcCommand>[0] = { CidrBlock: "10.0.0.0/16" }) {
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand(input));
    return Vpc?.VpcId ?? "";
  }

  async function get(VpcId: string) {
    return (await aws.ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }))).Vpcs?.[0] ?? {};
  }

  const inVpc = (id: string) => ({ Filters: [{ Name: "vpc-id", Values: [id] }] });

  it("CreateVpc makes a VPC with a main route table, a network ACL, a group and tags", async () => {
    const { Vpc } = await aws.ec2.send(
      new CreateVpcCommand({
        CidrBlock: "10.1.2.3/16",
        TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "Name", Value: "one" }] }],
      }),
    );
    expect(Vpc).to.include({ CidrBlock: "10.1.0.0/16", State: "pending", IsDefault: false, OwnerId: "000000000000" });
    const id = Vpc?.VpcId ?? "";
    const vpc = await get(id);
    expect(vpc).to.include({ State: "available", InstanceTenancy: "default" });
    expect(vpc.Tags).to.deep.equal([{ Key: "Name", Value: "one" }]);
    expect(vpc.DhcpOptionsId).to.match(/^dopt-/);
    const { RouteTables = [] } = await aws.ec2.send(new DescribeRouteTablesCommand(inVpc(id)));
    expect(RouteTables.length).to.equal(1);
    expect(RouteTables[0]?.Associations?.[0]?.Main).to.equal(true);
    expect(RouteTables[0]?.Routes).to.deep.equal([
      { DestinationCidrBlock: "10.1.0.0/16", GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
    ]);
    const { NetworkAcls = [] } = await aws.ec2.send(new DescribeNetworkAclsCommand(inVpc(id)));
    expect(NetworkAcls.map(({ IsDefault, Entries }) => [IsDefault, Entries?.length])).to.deep.equal([[true, 4]]);
    const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand(inVpc(id)));
    expect(SecurityGroups.map(({ GroupName }) => GroupName)).to.deep.equal(["default"]);
  });

  it("DeleteVpc removes it with what it was made with, and refuses while anything else is there", async () => {
    const id = await create();
    const made = await aws.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: "own", Description: "own", VpcId: id }),
    );
    const answer = await refusal(aws.ec2.send(new DeleteVpcCommand({ VpcId: id })));
    expect(answer.code).to.equal("DependencyViolation");
    expect(answer.message).to.equal(`The vpc '${id}' has dependencies and cannot be deleted.`);
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: made.GroupId }));
    await aws.ec2.send(new DeleteVpcCommand({ VpcId: id }));
    expect((await refusal(get(id))).code).to.equal("InvalidVpcID.NotFound");
    const { RouteTables } = await aws.ec2.send(new DescribeRouteTablesCommand(inVpc(id)));
    expect(RouteTables ?? []).to.deep.equal([]);
  });

  for (const [cidr, code] of [
    ["10.0.0.0/8", "InvalidVpc.Range"],
    ["10.0.0.0/29", "InvalidVpc.Range"],
    ["10.0.0.0", "InvalidParameterValue"],
    ["10.0.0.256/16", "InvalidParameterValue"],
  ] as const) {
    it(`CreateVpc rejects ${cidr} with ${code}`, async () => {
      expect((await refusal(create({ CidrBlock: cidr }))).code).to.equal(code);
    });
  }

  it("ModifyVpcAttribute and ModifyVpcTenancy change what DescribeVpcAttribute and DescribeVpcs show", async () => {
    const id = await create({ CidrBlock: "10.0.0.0/16", InstanceTenancy: "dedicated" });
    expect((await get(id)).InstanceTenancy).to.equal("dedicated");
    await aws.ec2.send(new ModifyVpcTenancyCommand({ VpcId: id, InstanceTenancy: "default" }));
    expect((await get(id)).InstanceTenancy).to.equal("default");
    await aws.ec2.send(new ModifyVpcAttributeCommand({ VpcId: id, EnableDnsHostnames: { Value: true } }));
    const answer = await aws.ec2.send(new DescribeVpcAttributeCommand({ VpcId: id, Attribute: "enableDnsHostnames" }));
    expect(answer.EnableDnsHostnames).to.deep.equal({ Value: true });
    const both = new ModifyVpcAttributeCommand({
      VpcId: id,
      EnableDnsHostnames: { Value: true },
      EnableDnsSupport: { Value: true },
    });
    expect((await refusal(aws.ec2.send(both))).code).to.equal("InvalidParameterCombination");
  });

  it("AssociateVpcCidrBlock adds a block with its local routes, and DisassociateVpcCidrBlock takes it away", async () => {
    const id = await create();
    const answer = await aws.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: id, CidrBlock: "10.2.0.0/16" }));
    expect(answer.CidrBlockAssociation?.CidrBlockState?.State).to.equal("associating");
    const overlap = aws.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: id, CidrBlock: "10.2.128.0/20" }));
    expect((await refusal(overlap)).code).to.equal("CidrConflict");
    const destinations = async () =>
      (await aws.ec2.send(new DescribeRouteTablesCommand(inVpc(id)))).RouteTables?.[0]?.Routes?.map(
        (route) => route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock,
      );
    expect(await destinations()).to.deep.equal(["10.0.0.0/16", "10.2.0.0/16"]);
    const AssociationId = answer.CidrBlockAssociation?.AssociationId;
    await aws.ec2.send(new CreateSubnetCommand({ VpcId: id, CidrBlock: "10.2.1.0/24" }));
    const inUse = aws.ec2.send(new DisassociateVpcCidrBlockCommand({ AssociationId }));
    expect((await refusal(inUse)).code).to.equal("DependencyViolation");
    const [primary] = (await get(id)).CidrBlockAssociationSet ?? [];
    const first = aws.ec2.send(new DisassociateVpcCidrBlockCommand({ AssociationId: primary?.AssociationId }));
    expect((await refusal(first)).code).to.equal("OperationNotPermitted");
  });

  it("gives a VPC a block of Amazon's IPv6 pool, with rules for IPv6", async () => {
    const id = await create({ CidrBlock: "10.0.0.0/16", AmazonProvidedIpv6CidrBlock: true });
    const [association] = (await get(id)).Ipv6CidrBlockAssociationSet ?? [];
    expect(association?.Ipv6CidrBlock).to.match(/::\/56$/);
    expect(association).to.deep.include({ Ipv6Pool: "Amazon", Ipv6CidrBlockState: { State: "associated" } });
    const { NetworkAcls = [] } = await aws.ec2.send(new DescribeNetworkAclsCommand(inVpc(id)));
    expect(NetworkAcls[0]?.Entries?.map((entry) => entry.RuleNumber)).to.deep.equal([
      100, 101, 32767, 32768, 100, 101, 32767, 32768,
    ]);
    const { Vpcs = [] } = await aws.ec2.send(
      new DescribeVpcsCommand({
        Filters: [{ Name: "ipv6-cidr-block-association.association-id", Values: [association?.AssociationId ?? ""] }],
      }),
    );
    expect(Vpcs.map(({ VpcId }) => VpcId)).to.deep.equal([id]);
  });

  it("CreateDefaultVpc refuses while there is one", async () => {
    const answer = await refusal(aws.ec2.send(new CreateDefaultVpcCommand({})));
    expect(answer.code).to.equal("DefaultVpcAlreadyExists");
  });

  it("has no ClassicLink", async () => {
    const answer = await refusal(aws.ec2.send(new DescribeVpcClassicLinkCommand({})));
    expect(answer.code).to.equal("UnsupportedOperation");
  });

  it("takes a dry run for what it is", async () => {
    const answer = await refusal(create({ CidrBlock: "10.0.0.0/16", DryRun: true }));
    expect(answer).to.deep.include({ code: "DryRunOperation", status: 412 });
  });
});
