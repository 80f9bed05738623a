import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateEgressOnlyInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateManagedPrefixListCommand,
  CreateNatGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteCommand,
  type CreateRouteCommandInput,
  CreateRouteTableCommand,
  DeleteNatGatewayCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DescribeRouteTablesCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { describeOne, refusal, runOne } from "./support.ts";

describe("ec2 route tables", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function make(VpcId: string): Promise<string> {
    return (await aws.ec2.send(new CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId ?? "";
  }

  async function get(RouteTableId: string) {
    return only((await aws.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }))).RouteTables);
  }

  async function attachedGateway(VpcId: string): Promise<string> {
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
    const InternetGatewayId = InternetGateway?.InternetGatewayId ?? "";
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    return InternetGatewayId;
  }

  const route = (input: CreateRouteCommandInput) => aws.ec2.send(new CreateRouteCommand(input));

  it("CreateRouteTable begins with the local routes", async () => {
    const RouteTableId = await make(await makeVpc(aws.ec2, "10.0.0.0/16", true));
    const { Routes = [] } = await get(RouteTableId);
    expect(Routes.map(({ GatewayId, Origin }) => [GatewayId, Origin])).to.deep.equal([
      ["local", "CreateRouteTable"],
      ["local", "CreateRouteTable"],
    ]);
    const local = new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: "10.0.0.0/16" });
    expect(await codeOf(aws.ec2.send(local))).to.equal("InvalidParameterValue");
  });

  it("CreateRoute, ReplaceRoute and DeleteRoute work by destination", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const RouteTableId = await make(VpcId);
    const GatewayId = await attachedGateway(VpcId);
    const made = await route({ RouteTableId, DestinationCidrBlock: "192.168.1.9/24", GatewayId });
    expect(made.Return).to.equal(true);
    const twice = await refusal(route({ RouteTableId, DestinationCidrBlock: "192.168.1.0/24", GatewayId }));
    expect(twice).to.deep.include({
      code: "RouteAlreadyExists",
      message: "The route identified by 192.168.1.0/24 already exists.",
    });
    const { NetworkInterface } = await aws.ec2.send(
      new CreateNetworkInterfaceCommand({ SubnetId: await makeSubnet(aws.ec2, VpcId) }),
    );
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
    const DestinationCidrBlock = "192.168.1.0/24";
    await aws.ec2.send(new ReplaceRouteCommand({ RouteTableId, DestinationCidrBlock, NetworkInterfaceId }));
    expect((await get(RouteTableId)).Routes?.[1]).to.deep.equal({
      ...{ DestinationCidrBlock, NetworkInterfaceId, Origin: "CreateRoute", State: "blackhole" },
    });
    await aws.ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock }));
    const replaced = await refusal(
      aws.ec2.send(new ReplaceRouteCommand({ RouteTableId, DestinationCidrBlock, GatewayId })),
    );
    expect(replaced).to.deep.include({
      code: "InvalidParameterValue",
      message: `There is no route defined for '${DestinationCidrBlock}' in the route table. Use CreateRoute instead.`,
    });
    const gone = await refusal(aws.ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock })));
    expect(gone).to.deep.include({
      code: "InvalidRoute.NotFound",
      message: `no route with destination-cidr-block ${DestinationCidrBlock} in route table ${RouteTableId}`,
    });
  });

  it("CreateRoute checks what a route leads to", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const RouteTableId = await make(VpcId);
    const DestinationCidrBlock = "192.168.0.0/16";
    const to = (input: object) => codeOf(route({ RouteTableId, DestinationCidrBlock, ...input }));
    expect(await to({})).to.equal("InvalidParameterCombination");
    expect(await to({ GatewayId: "igw-0123456789abcdef0" })).to.equal("InvalidGatewayID.NotFound");
    expect(await to({ NatGatewayId: "nat-0123456789abcdef0" })).to.equal("InvalidNatGatewayID.NotFound");
    expect(await to({ InstanceId: "i-0123456789abcdef0" })).to.equal("InvalidInstanceID.NotFound");
    const other = await attachedGateway(await makeVpc(aws.ec2, "10.8.0.0/16"));
    expect(await to({ GatewayId: other })).to.equal("InvalidParameterValue");
    const { EgressOnlyInternetGateway } = await aws.ec2.send(new CreateEgressOnlyInternetGatewayCommand({ VpcId }));
    const EgressOnlyInternetGatewayId = EgressOnlyInternetGateway?.EgressOnlyInternetGatewayId;
    expect(await to({ EgressOnlyInternetGatewayId })).to.equal("InvalidParameterValue");
    await route({ RouteTableId, DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId });
    expect(await codeOf(route({ RouteTableId, DestinationCidrBlock: "1.2.3/24", GatewayId: "igw-1" }))).to.equal(
      "InvalidParameterValue",
    );
  });

  it("routes to an instance, and to a prefix list", async () => {
    const InstanceId = await runOne(aws.ec2);
    const RouteTableId = await make((await describeOne(aws.ec2, InstanceId)).VpcId ?? "");
    await route({ RouteTableId, DestinationCidrBlock: "192.168.0.0/16", InstanceId });
    const { PrefixList } = await aws.ec2.send(
      new CreateManagedPrefixListCommand({
        ...{ PrefixListName: "far", AddressFamily: "IPv4", MaxEntries: 1, Entries: [{ Cidr: "192.0.2.0/24" }] },
      }),
    );
    await route({ RouteTableId, DestinationPrefixListId: PrefixList?.PrefixListId, InstanceId });
    const [, first, second] = (await get(RouteTableId)).Routes ?? [];
    expect(first).to.include({ InstanceId, InstanceOwnerId: "000000000000", State: "active" });
    expect(first?.NetworkInterfaceId).to.match(/^eni-/);
    expect(second?.DestinationPrefixListId).to.equal(PrefixList?.PrefixListId);
  });

  it("shows routes to what has gone as blackholes", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const RouteTableId = await make(VpcId);
    const InternetGatewayId = await attachedGateway(VpcId);
    const { NatGateway } = await aws.ec2.send(
      new CreateNatGatewayCommand({ SubnetId: await makeSubnet(aws.ec2, VpcId), ConnectivityType: "private" }),
    );
    const NatGatewayId = NatGateway?.NatGatewayId;
    await route({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId });
    await route({ RouteTableId, DestinationCidrBlock: "192.168.0.0/16", NatGatewayId });
    await aws.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
    await aws.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    const states = async () => (await get(RouteTableId)).Routes?.map(({ State }) => State);
    expect(await states()).to.deep.equal(["active", "blackhole", "blackhole"]);
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    expect(await states()).to.deep.equal(["active", "active", "blackhole"]);
  });

  it("associates subnets, once each, and moves them", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const [one, other] = [await make(VpcId), await make(VpcId)];
    const SubnetId = await makeSubnet(aws.ec2, VpcId);
    const associate = (RouteTableId: string) =>
      aws.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    const { AssociationId } = await associate(one);
    expect((await associate(one)).AssociationId).to.equal(AssociationId);
    expect(await codeOf(associate(other))).to.equal("Resource.AlreadyAssociated");
    const inUse = await refusal(aws.ec2.send(new DeleteRouteTableCommand({ RouteTableId: one })));
    expect(inUse.message).to.equal(`The routeTable '${one}' has dependencies and cannot be deleted.`);
    const { NewAssociationId } = await aws.ec2.send(
      new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: other }),
    );
    const { RouteTables } = await aws.ec2.send(
      new DescribeRouteTablesCommand({
        Filters: [{ Name: "association.route-table-association-id", Values: [NewAssociationId ?? ""] }],
      }),
    );
    expect(only(RouteTables).RouteTableId).to.equal(other);
    await aws.ec2.send(new DisassociateRouteTableCommand({ AssociationId: NewAssociationId }));
    const again = aws.ec2.send(new DisassociateRouteTableCommand({ AssociationId: NewAssociationId }));
    expect(await codeOf(again)).to.equal("InvalidAssociationID.NotFound");
    await aws.ec2.send(new DeleteRouteTableCommand({ RouteTableId: other }));
    expect(await codeOf(get(other))).to.equal("InvalidRouteTableID.NotFound");
  });

  it("makes another table the main one, which cannot be disassociated or deleted", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const main = async () =>
      only(
        (
          await aws.ec2.send(
            new DescribeRouteTablesCommand({
              Filters: [
                { Name: "vpc-id", Values: [VpcId] },
                { Name: "association.main", Values: ["true"] },
              ],
            }),
          )
        ).RouteTables,
      );
    const before = await main();
    const AssociationId = before.Associations?.[0]?.RouteTableAssociationId;
    expect(await codeOf(aws.ec2.send(new DisassociateRouteTableCommand({ AssociationId })))).to.equal(
      "InvalidParameterValue",
    );
    const RouteTableId = await make(VpcId);
    await aws.ec2.send(new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId }));
    expect((await main()).RouteTableId).to.equal(RouteTableId);
    await aws.ec2.send(new DeleteRouteTableCommand({ RouteTableId: before.RouteTableId }));
    const now = aws.ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
    expect(await codeOf(now)).to.equal("DependencyViolation");
  });
});
