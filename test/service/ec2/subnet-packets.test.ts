import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateKeyPairCommand,
  CreateNatGatewayCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteNetworkAclEntryCommand,
  DeleteRouteCommand,
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupsCommand,
  ReplaceNetworkAclAssociationCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { connectEngine } from "../../../src/runtime/docker/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { type InstanceTunnel, openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

describe("ec2 packets of subnets", function () {
  this.timeout(240_000);
  requires("docker", "packetRules", "root");
  let aws: TestServer;
  let VpcId: string;
  let subnets: string[];
  let left: { id: string; address: string; tunnel: InstanceTunnel };
  let right: typeof left;
  const removals: (() => Promise<unknown>)[] = [];

  before(async () => {
    aws = await startLocalAws({ runtime: "docker", sshListen: "127.0.0.1:0" });
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.78.0.0/16" }));
    VpcId = Vpc?.VpcId ?? "";
    subnets = await Promise.all(["10.78.1.0/24", "10.78.2.0/24"].map(createSubnet));
    const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
    const { SecurityGroups } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: SecurityGroups?.[0]?.GroupId, IpPermissions }),
    );
    const KeyName = uniqueName("packets");
    const { KeyMaterial: privateKey = "" } = await aws.ec2.send(
      new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }),
    );
    const launch = async (index: number) => {
      const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: subnets[index], AssociatePublicIpAddress: index === 0 }];
      const id = await runOne(aws.ec2, { KeyName, NetworkInterfaces });
      const { PrivateIpAddress: address = "" } = await describeOne(aws.ec2, id);
      return { id, address, tunnel: await openTunnel(aws, { id, privateKey, host: "127.0.0.1" }) };
    };
    [left, right] = await Promise.all([launch(0), launch(1)]);
  });
  after(async () => {
    left?.tunnel.close();
    right?.tunnel.close();
    for (const remove of removals) await remove();
    await aws?.server.reset();
    await aws?.stop();
  });

  async function createSubnet(CidrBlock: string): Promise<string> {
    const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock }));
    return Subnet?.SubnetId ?? "";
  }

  /** An address of this host in another network of the engine, which goes with the tests. */
  async function createOutside(): Promise<string> {
    const { docker } = await connectEngine(10_000);
    const network = await docker.createNetwork({ Name: uniqueName("outside"), Driver: "bridge" });
    removals.push(() => network.remove());
    const { IPAM } = await network.inspect();
    return IPAM?.Config?.[0]?.Gateway ?? "";
  }

  const pings = async (from: typeof left, address: string) =>
    (await from.tunnel.run(`ping -c 1 -W 1 ${address}`)).exitCode === 0;
  const becomes = (what: string, wanted: boolean, probe: () => Promise<boolean>) =>
    eventually(`${what} ${wanted ? "passes" : "is dropped"}`, async () => (await probe()) === wanted);

  it("are let in and out by the entries of network ACLs, in their order and without a memory", async () => {
    const across = () => pings(left, right.address);
    await becomes("a ping, with the default ACL,", true, across);
    const { NetworkAcl } = await aws.ec2.send(new CreateNetworkAclCommand({ VpcId }));
    const NetworkAclId = NetworkAcl?.NetworkAclId ?? "";
    const Filters = [{ Name: "association.subnet-id", Values: [subnets[1] ?? ""] }];
    const { NetworkAcls } = await aws.ec2.send(new DescribeNetworkAclsCommand({ Filters }));
    const AssociationId = NetworkAcls?.[0]?.Associations?.find(
      ({ SubnetId }) => SubnetId === subnets[1],
    )?.NetworkAclAssociationId;
    const add = (RuleNumber: number, Egress: boolean, RuleAction: "allow" | "deny", Protocol = "-1") =>
      aws.ec2.send(
        new CreateNetworkAclEntryCommand({
          ...{ NetworkAclId, RuleNumber, Egress, RuleAction, Protocol, CidrBlock: "10.78.1.0/24" },
          ...(Protocol === "1" ? { IcmpTypeCode: { Type: 8, Code: -1 } } : {}),
        }),
      );
    const drop = (RuleNumber: number, Egress: boolean) =>
      aws.ec2.send(new DeleteNetworkAclEntryCommand({ NetworkAclId, RuleNumber, Egress }));
    await add(100, false, "allow");
    await add(100, true, "allow");
    const { NewAssociationId } = await aws.ec2.send(
      new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }),
    );
    await add(90, false, "deny", "1");
    await becomes("what an earlier entry denies", false, across);
    expect(await pings(right, left.address), "the other way").to.equal(true);
    await drop(90, false);
    await becomes("what a later entry allows", true, across);
    await drop(100, true);
    await becomes("an answer without an entry", false, across);
    await add(100, true, "allow");
    await becomes("an answer with an entry", true, across);
    const before = { AssociationId: NewAssociationId, NetworkAclId: NetworkAcls?.[0]?.NetworkAclId };
    await aws.ec2.send(new ReplaceNetworkAclAssociationCommand(before));
  });

  it("go where routes lead: out by an internet gateway with a public address, or by a NAT gateway", async () => {
    const outside = await createOutside();
    const leftOut = () => pings(left, outside);
    const rightOut = () => pings(right, outside);
    expect(await leftOut(), "without a route").to.equal(false);
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
    const GatewayId = InternetGateway?.InternetGatewayId;
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId }));
    const [publicTable, privateTable] = await Promise.all(
      subnets.map(async (SubnetId) => {
        const { RouteTable } = await aws.ec2.send(new CreateRouteTableCommand({ VpcId }));
        const RouteTableId = RouteTable?.RouteTableId;
        await aws.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
        return RouteTableId;
      }),
    );
    const toAll = { DestinationCidrBlock: "0.0.0.0/0" };
    await aws.ec2.send(new CreateRouteCommand({ RouteTableId: publicTable, ...toAll, GatewayId }));
    await becomes("a ping to the outside", true, leftOut);
    await aws.ec2.send(new CreateRouteCommand({ RouteTableId: privateTable, ...toAll, GatewayId }));
    const { AllocationId } = await aws.ec2.send(new AllocateAddressCommand({}));
    const { NatGateway } = await aws.ec2.send(new CreateNatGatewayCommand({ SubnetId: subnets[0], AllocationId }));
    expect(await rightOut(), "without a public address").to.equal(false);
    await aws.ec2.send(new DeleteRouteCommand({ RouteTableId: privateTable, ...toAll }));
    const NatGatewayId = NatGateway?.NatGatewayId;
    await aws.ec2.send(new CreateRouteCommand({ RouteTableId: privateTable, ...toAll, NatGatewayId }));
    await becomes("a ping through the NAT gateway", true, rightOut);
    await aws.ec2.send(new DeleteRouteCommand({ RouteTableId: publicTable, ...toAll }));
    await becomes("a ping through a NAT gateway without a way out", false, rightOut);
    expect(await pings(left, right.address), "within the VPC").to.equal(true);
  });
});
