import {
  AllocateAddressCommand,
  AssignPrivateNatGatewayAddressCommand,
  AssociateAddressCommand,
  AssociateNatGatewayAddressCommand,
  AttachInternetGatewayCommand,
  CreateCarrierGatewayCommand,
  CreateEgressOnlyInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateNetworkInterfaceCommand,
  DeleteEgressOnlyInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DeleteNatGatewayCommand,
  DescribeAddressesCommand,
  DescribeCarrierGatewaysCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DetachInternetGatewayCommand,
  DisassociateNatGatewayAddressCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { refusal } from "./support.ts";

describe("ec2 gateways", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function allocate(): Promise<string> {
    return (await aws.ec2.send(new AllocateAddressCommand({ Domain: "vpc" }))).AllocationId ?? "";
  }

  async function getNat(id: string | undefined) {
    return only((await aws.ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id ?? ""] }))).NatGateways);
  }

  it("attaches an internet gateway to one VPC, and a VPC to one gateway", async () => {
    const [VpcId, other] = [await makeVpc(aws.ec2), await makeVpc(aws.ec2)];
    const create = async () =>
      (await aws.ec2.send(new CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId;
    const [InternetGatewayId, second] = [await create(), await create()];
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    const { InternetGateways } = await aws.ec2.send(
      new DescribeInternetGatewaysCommand({ Filters: [{ Name: "attachment.vpc-id", Values: [VpcId] }] }),
    );
    expect(only(InternetGateways).Attachments).to.deep.equal([{ VpcId, State: "available" }]);
    const attach = (id: string | undefined, vpc: string) =>
      codeOf(aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpc })));
    expect(await attach(InternetGatewayId, other)).to.equal("Resource.AlreadyAssociated");
    expect(await attach(second, VpcId)).to.equal("InvalidParameterValue");
    const used = aws.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
    expect(await codeOf(used)).to.equal("DependencyViolation");
    const foreign = aws.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: other }));
    expect(await codeOf(foreign)).to.equal("Gateway.NotAttached");
    await aws.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    await aws.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
    const gone = aws.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
    expect(await codeOf(gone)).to.equal("InvalidInternetGatewayID.NotFound");
  });

  it("keeps an internet gateway attached while the VPC has public addresses", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
    const InternetGatewayId = InternetGateway?.InternetGatewayId;
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    const SubnetId = await makeSubnet(aws.ec2, VpcId);
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId }));
    const { NetworkInterfaceId } = NetworkInterface ?? {};
    await aws.ec2.send(new AssociateAddressCommand({ AllocationId: await allocate(), NetworkInterfaceId }));
    const answer = await refusal(aws.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId })));
    expect(answer.code).to.equal("DependencyViolation");
    expect(answer.message).to.contain("has some mapped public address(es)");
  });

  it("makes egress-only and carrier gateways", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const made = await aws.ec2.send(new CreateEgressOnlyInternetGatewayCommand({ VpcId, ClientToken: "once" }));
    const again = await aws.ec2.send(new CreateEgressOnlyInternetGatewayCommand({ VpcId, ClientToken: "once" }));
    expect(again.EgressOnlyInternetGateway).to.deep.equal(made.EgressOnlyInternetGateway);
    const id = made.EgressOnlyInternetGateway?.EgressOnlyInternetGatewayId;
    expect(made.EgressOnlyInternetGateway?.Attachments).to.deep.equal([{ VpcId, State: "attached" }]);
    await aws.ec2.send(new DeleteEgressOnlyInternetGatewayCommand({ EgressOnlyInternetGatewayId: id }));
    const gone = new DescribeEgressOnlyInternetGatewaysCommand({ EgressOnlyInternetGatewayIds: [id ?? ""] });
    expect(await codeOf(aws.ec2.send(gone))).to.equal("InvalidGatewayID.NotFound");
    const { CarrierGateway } = await aws.ec2.send(new CreateCarrierGatewayCommand({ VpcId }));
    const { CarrierGateways } = await aws.ec2.send(
      new DescribeCarrierGatewaysCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] }),
    );
    expect(only(CarrierGateways)).to.include({
      CarrierGatewayId: CarrierGateway?.CarrierGatewayId,
      State: "available",
    });
  });

  it("makes a public NAT gateway with an interface and an Elastic IP", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const SubnetId = await makeSubnet(aws.ec2, VpcId);
    const without = aws.ec2.send(new CreateNatGatewayCommand({ SubnetId }));
    expect(await codeOf(without)).to.equal("MissingParameter");
    const AllocationId = await allocate();
    const { NatGateway } = await aws.ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId }));
    expect(NatGateway).to.include({ VpcId, SubnetId, State: "pending", ConnectivityType: "public" });
    const nat = await getNat(NatGateway?.NatGatewayId);
    expect(nat.State).to.equal("available");
    const shown = only(nat.NatGatewayAddresses);
    const { Addresses } = await aws.ec2.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId] }));
    const { PublicIp, AssociationId, NetworkInterfaceId, PrivateIpAddress } = only(Addresses);
    expect(shown).to.include({ AllocationId, PublicIp, AssociationId, NetworkInterfaceId, IsPrimary: true });
    expect(shown.PrivateIp).to.equal(PrivateIpAddress);
    const { NetworkInterfaces } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [NetworkInterfaceId ?? ""] }),
    );
    expect(only(NetworkInterfaces)).to.include({ InterfaceType: "nat_gateway", Status: "in-use" });
    const twice = aws.ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId }));
    expect(await codeOf(twice)).to.equal("Resource.AlreadyAssociated");
    const inUse = aws.ec2.send(new ReleaseAddressCommand({ AllocationId }));
    expect(await codeOf(inUse)).to.equal("InvalidIPAddress.InUse");

    const second = await allocate();
    const NatGatewayId = NatGateway?.NatGatewayId;
    const more = await aws.ec2.send(new AssociateNatGatewayAddressCommand({ NatGatewayId, AllocationIds: [second] }));
    expect(more.NatGatewayAddresses?.map((address) => address.AllocationId)).to.deep.equal([AllocationId, second]);
    const less = await aws.ec2.send(
      new DisassociateNatGatewayAddressCommand({
        NatGatewayId,
        AssociationIds: [more.NatGatewayAddresses?.[1]?.AssociationId ?? ""],
      }),
    );
    expect(less.NatGatewayAddresses?.length).to.equal(1);

    await aws.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
    expect(await getNat(NatGatewayId)).to.include({ State: "deleted" });
    await aws.ec2.send(new ReleaseAddressCommand({ AllocationId }));
    const unknown = aws.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: "nat-0123456789abcdef0" }));
    expect(await codeOf(unknown)).to.equal("NatGatewayNotFound");
  });

  it("makes a private NAT gateway, whose addresses can be more", async () => {
    const SubnetId = await makeSubnet(aws.ec2, await makeVpc(aws.ec2));
    const { NatGateway } = await aws.ec2.send(
      new CreateNatGatewayCommand({
        ...{ SubnetId, ConnectivityType: "private", PrivateIpAddress: "10.0.0.99", SecondaryPrivateIpAddressCount: 1 },
      }),
    );
    const NatGatewayId = NatGateway?.NatGatewayId;
    const addresses = NatGateway?.NatGatewayAddresses ?? [];
    expect(addresses[0]?.PrivateIp).to.equal("10.0.0.99");
    expect(addresses[1]?.PrivateIp).to.match(/^10\.0\.0\.\d+$/);
    const more = await aws.ec2.send(
      new AssignPrivateNatGatewayAddressCommand({ NatGatewayId, PrivateIpAddresses: ["10.0.0.50"] }),
    );
    expect(more.NatGatewayAddresses?.length).to.equal(3);
    const wrong = aws.ec2.send(new AssociateNatGatewayAddressCommand({ NatGatewayId, AllocationIds: ["eipalloc-1"] }));
    expect(await codeOf(wrong)).to.equal("InvalidParameterValue");
  });
});
