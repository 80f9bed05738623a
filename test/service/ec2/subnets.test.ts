import {
  AssociateSubnetCidrBlockCommand,
  CreateDefaultSubnetCommand,
  CreateNetworkInterfaceCommand,
  CreateSubnetCidrReservationCommand,
  CreateSubnetCommand,
  DeleteSubnetCidrReservationCommand,
  DeleteSubnetCommand,
  DescribeNetworkAclsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DisassociateSubnetCidrBlockCommand,
  GetSubnetCidrReservationsCommand,
  ModifySubnetAttributeCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { refusal } from "./support.ts";

describe("ec2 subnets", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function get(SubnetId: string) {
    return only((await aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets);
  }

  it("CreateSubnet makes a subnet of the VPC's default network ACL", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const { Subnet } = await aws.ec2.send(
      new CreateSubnetCommand({
        VpcId,
        CidrBlock: "10.0.1.7/24",
        AvailabilityZoneId: "use1-az2",
        TagSpecifications: [{ ResourceType: "subnet", Tags: [{ Key: "a", Value: "b" }] }],
      }),
    );
    expect(Subnet).to.include({
      ...{ VpcId, CidrBlock: "10.0.1.0/24", State: "available", AvailabilityZone: "us-east-1c" },
      ...{ DefaultForAz: false, MapPublicIpOnLaunch: false, AvailableIpAddressCount: 251 },
    });
    expect(Subnet?.Tags).to.deep.equal([{ Key: "a", Value: "b" }]);
    const { NetworkAcls } = await aws.ec2.send(
      new DescribeNetworkAclsCommand({
        Filters: [{ Name: "association.subnet-id", Values: [Subnet?.SubnetId ?? ""] }],
      }),
    );
    expect(only(NetworkAcls)).to.include({ VpcId, IsDefault: true });
  });

  for (const [cidr, code] of [
    ["10.1.0.0/24", "InvalidSubnet.Range"],
    ["10.0.0.0/29", "InvalidSubnet.Range"],
    ["10.0.0.0/8", "InvalidSubnet.Range"],
    ["10.0.0.0", "InvalidParameterValue"],
    ["10.0.4.128/25", "InvalidSubnet.Conflict"],
  ] as const) {
    it(`CreateSubnet rejects ${cidr} with ${code}`, async () => {
      const VpcId = await makeVpc(aws.ec2);
      await makeSubnet(aws.ec2, VpcId, "10.0.4.0/24");
      expect(await codeOf(aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: cidr })))).to.equal(code);
    });
  }

  it("CreateSubnet rejects an unknown zone, and says which there are", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const request = new CreateSubnetCommand({ VpcId, CidrBlock: "10.0.0.0/24", AvailabilityZone: "us-east-1z" });
    const answer = await refusal(aws.ec2.send(request));
    expect(answer.code).to.equal("InvalidParameterValue");
    expect(answer.message).to.contain("following availability zones: us-east-1a, us-east-1b");
  });

  it("ModifySubnetAttribute changes one attribute at a time", async () => {
    const SubnetId = await makeSubnet(aws.ec2, await makeVpc(aws.ec2));
    const change = (input: object) => aws.ec2.send(new ModifySubnetAttributeCommand({ SubnetId, ...input }));
    await change({ MapPublicIpOnLaunch: { Value: true } });
    await change({ EnableDns64: { Value: true } });
    await change({ PrivateDnsHostnameTypeOnLaunch: "resource-name" });
    const subnet = await get(SubnetId);
    expect(subnet).to.include({ MapPublicIpOnLaunch: true, EnableDns64: true });
    expect(subnet.PrivateDnsNameOptionsOnLaunch?.HostnameType).to.equal("resource-name");
    expect(await codeOf(change({ AssignIpv6AddressOnCreation: { Value: true } }))).to.equal("InvalidParameterValue");
  });

  it("DeleteSubnet refuses while an interface is there", async () => {
    const SubnetId = await makeSubnet(aws.ec2, await makeVpc(aws.ec2));
    await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId }));
    const answer = await refusal(aws.ec2.send(new DeleteSubnetCommand({ SubnetId })));
    expect(answer).to.deep.equal({
      code: "DependencyViolation",
      status: 400,
      message: `The subnet '${SubnetId}' has dependencies and cannot be deleted.`,
    });
  });

  it("associates a block of the VPC's IPv6 block, and takes it away", async () => {
    const VpcId = await makeVpc(aws.ec2, "10.0.0.0/16", true);
    const vpc = only((await aws.ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }))).Vpcs);
    const outer = vpc.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? "";
    const inner = outer.replace("/56", "/64");
    const SubnetId = await makeSubnet(aws.ec2, VpcId);
    const associate = (Ipv6CidrBlock: string) =>
      aws.ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock }));
    expect(await codeOf(associate("2001:db8::/64"))).to.equal("InvalidSubnet.Range");
    expect(await codeOf(associate(outer.replace("/56", "/63")))).to.equal("InvalidSubnet.Range");
    const made = await associate(inner);
    expect(made.Ipv6CidrBlockAssociation?.Ipv6CidrBlockState?.State).to.equal("associating");
    expect((await get(SubnetId)).Ipv6CidrBlockAssociationSet?.[0]).to.deep.include({
      Ipv6CidrBlock: inner,
      Ipv6CidrBlockState: { State: "associated" },
    });
    const AssociationId = made.Ipv6CidrBlockAssociation?.AssociationId;
    await aws.ec2.send(new DisassociateSubnetCidrBlockCommand({ AssociationId }));
    expect((await get(SubnetId)).Ipv6CidrBlockAssociationSet).to.deep.equal([]);
    const again = aws.ec2.send(new DisassociateSubnetCidrBlockCommand({ AssociationId }));
    expect(await codeOf(again)).to.equal("InvalidSubnetCidrBlockAssociationID.NotFound");
  });

  it("keeps reserved ranges free of chosen addresses", async () => {
    const SubnetId = await makeSubnet(aws.ec2, await makeVpc(aws.ec2));
    const reserve = (Cidr: string) =>
      aws.ec2.send(new CreateSubnetCidrReservationCommand({ SubnetId, Cidr, ReservationType: "explicit" }));
    const { SubnetCidrReservation } = await reserve("10.0.0.144/28");
    expect(await codeOf(reserve("10.0.0.152/29"))).to.equal("InvalidSubnetCidrReservation.Conflict");
    expect(await codeOf(reserve("10.0.9.0/28"))).to.equal("InvalidParameterValue");
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId }));
    expect(NetworkInterface?.PrivateIpAddress).to.equal("10.0.0.160");
    const listed = await aws.ec2.send(new GetSubnetCidrReservationsCommand({ SubnetId }));
    expect(listed.SubnetIpv4CidrReservations?.map(({ Cidr }) => Cidr)).to.deep.equal(["10.0.0.144/28"]);
    const SubnetCidrReservationId = SubnetCidrReservation?.SubnetCidrReservationId;
    await aws.ec2.send(new DeleteSubnetCidrReservationCommand({ SubnetCidrReservationId }));
    const left = await aws.ec2.send(new GetSubnetCidrReservationsCommand({ SubnetId }));
    expect(left.SubnetIpv4CidrReservations ?? []).to.deep.equal([]);
  });

  it("CreateDefaultSubnet makes the one of a zone again", async () => {
    const zone = { AvailabilityZone: "us-east-1f" };
    const before = aws.ec2.send(new CreateDefaultSubnetCommand(zone));
    expect(await codeOf(before)).to.equal("DefaultSubnetAlreadyExistsInAvailabilityZone");
    const { Subnets } = await aws.ec2.send(
      new DescribeSubnetsCommand({
        Filters: [
          { Name: "defaultForAz", Values: ["true"] },
          { Name: "availabilityZone", Values: ["us-east-1f"] },
        ],
      }),
    );
    await aws.ec2.send(new DeleteSubnetCommand({ SubnetId: only(Subnets).SubnetId }));
    const { Subnet } = await aws.ec2.send(new CreateDefaultSubnetCommand(zone));
    expect(Subnet).to.include({ DefaultForAz: true, CidrBlock: "172.31.80.0/20", MapPublicIpOnLaunch: true });
  });
});
