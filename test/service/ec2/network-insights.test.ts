import {
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateNetworkAclEntryCommand,
  CreateNetworkInsightsPathCommand,
  type CreateNetworkInsightsPathCommandInput,
  CreateNetworkInterfaceCommand,
  CreateRouteCommand,
  DeleteNetworkAclEntryCommand,
  DeleteNetworkInsightsAnalysisCommand,
  DeleteNetworkInsightsPathCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInsightsAnalysesCommand,
  DescribeNetworkInsightsPathsCommand,
  DescribeRouteTablesCommand,
  type NetworkInsightsAnalysis,
  StartNetworkInsightsAnalysisCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { describeOne, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 network insights", () => {
  let aws: TestServer;
  let VpcId: string;
  let subnets: string[];
  let gatewayId: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
    VpcId = await makeVpc(aws.ec2);
    subnets = [await makeSubnet(aws.ec2, VpcId), await makeSubnet(aws.ec2, VpcId, "10.0.1.0/24")];
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
    gatewayId = InternetGateway?.InternetGatewayId ?? "";
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId }));
  });
  after(() => aws.stop());

  async function makeInterface(subnet = 0): Promise<{ id: string; group: string }> {
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnets[subnet] }));
    return { id: NetworkInterface?.NetworkInterfaceId ?? "", group: NetworkInterface?.Groups?.[0]?.GroupId ?? "" };
  }

  async function makePath(overrides: Partial<CreateNetworkInsightsPathCommandInput>): Promise<string> {
    const ClientToken = uniqueName("path");
    const { NetworkInsightsPath } = await aws.ec2.send(
      new CreateNetworkInsightsPathCommand({ Source: undefined, Protocol: "tcp", ClientToken, ...overrides }),
    );
    return NetworkInsightsPath?.NetworkInsightsPathId ?? "";
  }

  async function analyse(
    NetworkInsightsPathId: string,
    filters: { FilterInArns?: string[]; FilterOutArns?: string[] } = {},
  ): Promise<NetworkInsightsAnalysis> {
    const ClientToken = uniqueName("analysis");
    const { NetworkInsightsAnalysis: started } = await aws.ec2.send(
      new StartNetworkInsightsAnalysisCommand({ NetworkInsightsPathId, ClientToken, ...filters }),
    );
    expect(started?.Status).to.equal("running");
    const NetworkInsightsAnalysisIds = [started?.NetworkInsightsAnalysisId ?? ""];
    const found = await aws.ec2.send(new DescribeNetworkInsightsAnalysesCommand({ NetworkInsightsAnalysisIds }));
    return only(found.NetworkInsightsAnalyses);
  }

  function idsOf(analysis: NetworkInsightsAnalysis): (string | undefined)[] {
    return (analysis.ForwardPathComponents ?? []).map(({ Component }) => Component?.Id);
  }

  it("a path within a VPC leads through groups, ACLs and the local route, until an ACL is in its way", async () => {
    const [from, to] = [await makeInterface(0), await makeInterface(1)];
    const Protocol = "TCP" as "tcp";
    const path = await makePath({ Source: from.id, Destination: to.id, DestinationPort: 443, Protocol });
    const open = await analyse(path);
    expect(open).to.include({ Status: "succeeded", NetworkPathFound: true });
    expect(idsOf(open).at(0)).to.equal(from.id);
    expect(idsOf(open).at(-1)).to.equal(to.id);
    expect(open.ForwardPathComponents?.map(({ SequenceNumber }) => SequenceNumber)).to.deep.equal([
      1, 2, 3, 4, 5, 6, 7,
    ]);
    const route = open.ForwardPathComponents?.find(({ RouteTableRoute }) => RouteTableRoute !== undefined);
    expect(route?.RouteTableRoute).to.include({ DestinationCidr: "10.0.0.0/16", GatewayId: "local" });

    const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
    const acl = only((await aws.ec2.send(new DescribeNetworkAclsCommand({ Filters }))).NetworkAcls);
    const entry = { NetworkAclId: acl.NetworkAclId, RuleNumber: 10, Egress: false };
    const PortRange = { From: 443, To: 443 };
    const deny = { ...entry, Protocol: "6", RuleAction: "deny" as const, CidrBlock: "10.0.0.0/24", PortRange };
    await aws.ec2.send(new CreateNetworkAclEntryCommand(deny));
    const closed = await analyse(path);
    expect(closed.NetworkPathFound).to.equal(false);
    expect(only(closed.Explanations)).to.deep.include({
      ExplanationCode: "SUBNET_ACL_RESTRICTION",
      Direction: "ingress",
    });
    expect(only(closed.Explanations).AclRule).to.include({ RuleNumber: 10, RuleAction: "deny" });
    await aws.ec2.send(new DeleteNetworkAclEntryCommand(entry));
    expect((await analyse(path)).NetworkPathFound).to.equal(true);
  });

  it("from the Internet, a group's rule and a public address decide", async () => {
    const { id, group } = await makeInterface(0);
    const path = await makePath({ Source: gatewayId, Destination: id, DestinationPort: 8080 });
    const address = only((await analyse(path)).Explanations);
    expect(address.ExplanationCode).to.equal("IGW_PUBLIC_IP_ASSOCIATION_FOR_INGRESS");
    const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: subnets[0], AssociatePublicIpAddress: true }];
    const instance = await runOne(aws.ec2, { NetworkInterfaces });
    const toInstance = await makePath({ Source: gatewayId, Destination: instance, DestinationPort: 8080 });
    const refused = only((await analyse(toInstance)).Explanations);
    expect(refused).to.deep.include({ ExplanationCode: "ENI_SG_RULES_MISMATCH", Direction: "ingress" });
    const rule = { GroupId: group, IpProtocol: "tcp", FromPort: 8000, ToPort: 8999, CidrIp: "0.0.0.0/0" };
    await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
    const open = await analyse(toInstance);
    expect(open.NetworkPathFound).to.equal(true);
    expect(idsOf(open)).to.include.members([gatewayId, group, instance]);
    const rules = open.ForwardPathComponents?.flatMap(({ SecurityGroupRule }) => SecurityGroupRule ?? []);
    expect(only(rules)).to.deep.include({ Cidr: "0.0.0.0/0", PortRange: { From: 8000, To: 8999 } });

    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [instance] }));
    await untilState(aws.ec2, instance, "stopped");
    expect((await analyse(toInstance)).NetworkPathFound).to.equal(false);
  });

  it("a way out needs a route", async () => {
    const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: subnets[1], AssociatePublicIpAddress: true }];
    const Source = await runOne(aws.ec2, { NetworkInterfaces });
    const path = await makePath({ Source, Destination: gatewayId, DestinationPort: 443 });
    expect(only((await analyse(path)).Explanations).ExplanationCode).to.equal("NO_ROUTE_TO_DESTINATION");
    const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
    const table = only((await aws.ec2.send(new DescribeRouteTablesCommand({ Filters }))).RouteTables);
    const route = { RouteTableId: table.RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: gatewayId };
    await aws.ec2.send(new CreateRouteCommand(route));
    const open = await analyse(path);
    expect(open.NetworkPathFound).to.equal(true);
    expect(idsOf(open).at(-1)).to.equal(gatewayId);
    const groupId = (await describeOne(aws.ec2, Source)).SecurityGroups?.[0]?.GroupId;
    const FilterOutArns = [`arn:aws:ec2:us-east-1:000000000000:security-group/${groupId}`];
    expect((await analyse(path, { FilterOutArns })).NetworkPathFound).to.equal(false);
  });

  it("a path stays while it has analyses", async () => {
    const { id } = await makeInterface();
    const path = await makePath({ Source: id, DestinationIp: "192.0.2.1" });
    const { NetworkInsightsAnalysisId } = await analyse(path);
    const remove = new DeleteNetworkInsightsPathCommand({ NetworkInsightsPathId: path });
    expect(await codeOf(aws.ec2.send(remove))).to.equal("AnalysisExistsForNetworkInsightsPath");
    await aws.ec2.send(new DeleteNetworkInsightsAnalysisCommand({ NetworkInsightsAnalysisId }));
    await aws.ec2.send(remove);
    const gone = new DescribeNetworkInsightsPathsCommand({ NetworkInsightsPathIds: [path] });
    expect(await codeOf(aws.ec2.send(gone))).to.equal("InvalidNetworkInsightsPathId.NotFound");
  });

  it("what is not there, and what is no end of a path, are refused", async () => {
    const Destination = "eni-0123456789abcdef0";
    expect(await codeOf(makePath({ Source: gatewayId, Destination }))).to.equal("InvalidNetworkInterfaceID.NotFound");
    expect(await codeOf(makePath({ Source: VpcId, Destination: gatewayId }))).to.equal("InvalidParameterValue");
    expect(await codeOf(makePath({ Source: gatewayId }))).to.equal("InvalidParameterCombination");
  });
});
