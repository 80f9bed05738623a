import {
  AcceptAddressTransferCommand,
  AllocateAddressCommand,
  AssociateAddressCommand,
  CreateNetworkInterfaceCommand,
  DescribeAddressesAttributeCommand,
  DescribeAddressesCommand,
  DescribeAddressTransfersCommand,
  DisassociateAddressCommand,
  EnableAddressTransferCommand,
  ModifyAddressAttributeCommand,
  MoveAddressToVpcCommand,
  ReleaseAddressCommand,
  ResetAddressAttributeCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { ipv4BlockContains, parseIpv4Block } from "../../../src/services/ec2/cidr.ts";
import { publicAddressBlock } from "../../../src/services/ec2/public-addresses.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { attachGateway, codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { describeOne, refusal, runOne, untilState } from "./support.ts";

describe("ec2 Elastic IPs", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  const allocate = () => aws.ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));

  async function get(AllocationId: string | undefined) {
    const ids = [AllocationId ?? ""];
    return only((await aws.ec2.send(new DescribeAddressesCommand({ AllocationIds: ids }))).Addresses);
  }

  async function makeInterface(PrivateIpAddresses?: { PrivateIpAddress: string; Primary: boolean }[]): Promise<string> {
    const VpcId = await makeVpc(aws.ec2);
    await attachGateway(aws.ec2, VpcId);
    const SubnetId = await makeSubnet(aws.ec2, VpcId);
    const made = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, PrivateIpAddresses }));
    return made.NetworkInterface?.NetworkInterfaceId ?? "";
  }

  it("AllocateAddress gives an address of its own, which ReleaseAddress takes back", async () => {
    const one = await allocate();
    const other = await allocate();
    expect(one).to.include({ Domain: "vpc", PublicIpv4Pool: "amazon", NetworkBorderGroup: "us-east-1" });
    expect(one.PublicIp).to.not.equal(other.PublicIp);
    for (const { PublicIp } of [one, other]) {
      const [block, address] = [publicAddressBlock, `${PublicIp}/32`].map(parseIpv4Block);
      expect(block !== undefined && address !== undefined && ipv4BlockContains(block, address)).to.equal(true);
    }
    const { Addresses } = await aws.ec2.send(new DescribeAddressesCommand({ PublicIps: [one.PublicIp ?? ""] }));
    expect(only(Addresses)).to.include({ AllocationId: one.AllocationId, PublicIp: one.PublicIp });
    await aws.ec2.send(new ReleaseAddressCommand({ AllocationId: one.AllocationId }));
    const again = await refusal(aws.ec2.send(new ReleaseAddressCommand({ AllocationId: one.AllocationId })));
    expect(again).to.deep.include({
      code: "InvalidAllocationID.NotFound",
      message: `The allocation ID '${one.AllocationId}' does not exist`,
    });
    const unknown = await refusal(aws.ec2.send(new DescribeAddressesCommand({ PublicIps: ["192.0.2.1"] })));
    expect(unknown.code).to.equal("InvalidAddress.NotFound");
    const back = await aws.ec2.send(new AllocateAddressCommand({ Address: one.PublicIp }));
    expect(back.PublicIp).to.equal(one.PublicIp);
  });

  it("AssociateAddress shows on the instance and its interface, and leaves it at the end", async () => {
    const InstanceId = await runOne(aws.ec2);
    const { AllocationId, PublicIp } = await allocate();
    const { AssociationId } = await aws.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId }));
    const instance = await describeOne(aws.ec2, InstanceId);
    expect(instance.PublicIpAddress).to.equal(PublicIp);
    const name = `ec2-${PublicIp?.replaceAll(".", "-")}.compute-1.amazonaws.com`;
    expect(instance.PublicDnsName).to.equal(name);
    expect(instance.NetworkInterfaces?.[0]?.Association).to.deep.include({ PublicIp, PublicDnsName: name });
    expect(await get(AllocationId)).to.include({
      ...{ AssociationId, InstanceId, PrivateIpAddress: instance.PrivateIpAddress },
      NetworkInterfaceId: instance.NetworkInterfaces?.[0]?.NetworkInterfaceId,
    });
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(aws.ec2, InstanceId, "terminated");
    expect((await get(AllocationId)).AssociationId).to.equal(undefined);
  });

  it("an instance is followed where its predecessor's interface is named too, as Terraform does", async () => {
    const [before, after] = [await runOne(aws.ec2), await runOne(aws.ec2)];
    const { AllocationId } = await allocate();
    await aws.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: before }));
    const { NetworkInterfaceId } = await get(AllocationId);
    await aws.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: after, NetworkInterfaceId }));
    expect((await get(AllocationId)).InstanceId).to.equal(after);
  });

  it("is for VPCs that the Internet has a way into", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const SubnetId = await makeSubnet(aws.ec2, VpcId);
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId }));
    const { AllocationId } = await allocate();
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
    const associate = () => aws.ec2.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId }));
    expect(await refusal(associate())).to.deep.include({
      code: "Gateway.NotAttached",
      message: `Network ${VpcId} is not attached to any internet gateway`,
    });
    await attachGateway(aws.ec2, VpcId);
    await associate();
  });

  it("an interface that has the address is taken where an instance is named that does not have it, as Terraform does", async () => {
    const InstanceId = await runOne(aws.ec2);
    const NetworkInterfaceId = await makeInterface([{ PrivateIpAddress: "10.0.0.20", Primary: true }]);
    const { AllocationId } = await allocate();
    const both = { AllocationId, InstanceId, NetworkInterfaceId };
    await aws.ec2.send(new AssociateAddressCommand({ ...both, PrivateIpAddress: "10.0.0.20" }));
    expect((await get(AllocationId)).NetworkInterfaceId).to.equal(NetworkInterfaceId);
    const neither = aws.ec2.send(new AssociateAddressCommand({ ...both, PrivateIpAddress: "10.0.0.21" }));
    expect(await codeOf(neither)).to.equal("InvalidParameterValue");
  });

  it("moves to another interface unless that is forbidden", async () => {
    const [one, other] = [await makeInterface(), await makeInterface()];
    const { AllocationId } = await allocate();
    const associate = (NetworkInterfaceId: string, AllowReassociation?: boolean) =>
      aws.ec2.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId, AllowReassociation }));
    const { AssociationId } = await associate(one);
    expect((await associate(one)).AssociationId).to.equal(AssociationId);
    const forbidden = await refusal(associate(other, false));
    expect(forbidden).to.deep.include({
      code: "Resource.AlreadyAssociated",
      message: `resource ${AllocationId} is already associated with associate-id ${AssociationId}`,
    });
    await associate(other);
    expect((await get(AllocationId)).NetworkInterfaceId).to.equal(other);
    const inUse = aws.ec2.send(new ReleaseAddressCommand({ AllocationId }));
    expect(await codeOf(inUse)).to.equal("InvalidIPAddress.InUse");
  });

  it("associates with each private address of an interface, and replaces what one has", async () => {
    const NetworkInterfaceId = await makeInterface([
      { PrivateIpAddress: "10.0.0.10", Primary: true },
      { PrivateIpAddress: "10.0.0.11", Primary: false },
    ]);
    const ids = [await allocate(), await allocate(), await allocate()].map(({ AllocationId }) => AllocationId);
    const [first, second, third] = ids;
    const associate = (AllocationId: string | undefined, PrivateIpAddress?: string) =>
      aws.ec2.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId, PrivateIpAddress }));
    await associate(first);
    await associate(second, "10.0.0.11");
    await associate(third, "10.0.0.11");
    const shown = [await get(first), await get(second), await get(third)];
    expect(shown.map(({ PrivateIpAddress }) => PrivateIpAddress)).to.deep.equal(["10.0.0.10", undefined, "10.0.0.11"]);
    expect(await codeOf(associate(second, "10.0.0.12"))).to.equal("InvalidParameterValue");
    await aws.ec2.send(new DisassociateAddressCommand({ AssociationId: shown[0]?.AssociationId }));
    const again = aws.ec2.send(new DisassociateAddressCommand({ AssociationId: shown[0]?.AssociationId }));
    expect(await codeOf(again)).to.equal("InvalidAssociationID.NotFound");
  });

  it("has a reverse record, when one is set", async () => {
    const { AllocationId, PublicIp } = await allocate();
    await aws.ec2.send(new ModifyAddressAttributeCommand({ AllocationId, DomainName: "mail.example.com" }));
    const read = async () =>
      (
        await aws.ec2.send(
          new DescribeAddressesAttributeCommand({ AllocationIds: [AllocationId ?? ""], Attribute: "domain-name" }),
        )
      ).Addresses;
    expect(await read()).to.deep.equal([{ AllocationId, PublicIp, PtrRecord: "mail.example.com." }]);
    await aws.ec2.send(new ResetAddressAttributeCommand({ AllocationId, Attribute: "domain-name" }));
    expect((await read()) ?? []).to.deep.equal([]);
    const moved = await aws.ec2.send(new MoveAddressToVpcCommand({ PublicIp }));
    expect(moved).to.include({ AllocationId, Status: "InVpc" });
  });

  it("is offered to another account, which alone accepts it", async () => {
    const { AllocationId, PublicIp } = await allocate();
    await aws.ec2.send(new EnableAddressTransferCommand({ AllocationId, TransferAccountId: "111122223333" }));
    const { AddressTransfers } = await aws.ec2.send(new DescribeAddressTransfersCommand({}));
    expect(only(AddressTransfers)).to.include({ PublicIp, AddressTransferStatus: "pending" });
    const own = aws.ec2.send(new AcceptAddressTransferCommand({ Address: PublicIp }));
    expect(await codeOf(own)).to.equal("InvalidAddress.NotFound");
  });
});
