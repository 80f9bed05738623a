import {
  AssignIpv6AddressesCommand,
  AssignPrivateIpAddressesCommand,
  AssociateSubnetCidrBlockCommand,
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  type CreateNetworkInterfaceCommandInput,
  CreateNetworkInterfacePermissionCommand,
  CreateSecurityGroupCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfaceAttributeCommand,
  DescribeNetworkInterfacePermissionsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DetachNetworkInterfaceCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ResetNetworkInterfaceAttributeCommand,
  TerminateInstancesCommand,
  UnassignIpv6AddressesCommand,
  UnassignPrivateIpAddressesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { describeOne, refusal, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 network interfaces", () => {
  let aws: TestServer;
  let vpcId: string;
  let subnetId: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
    vpcId = await makeVpc(aws.ec2);
    subnetId = await makeSubnet(aws.ec2, vpcId);
  });
  after(() => aws.stop());

  async function make(input: Partial<CreateNetworkInterfaceCommandInput> = {}) {
    const request = new CreateNetworkInterfaceCommand({ SubnetId: subnetId, ...input });
    return (await aws.ec2.send(request)).NetworkInterface ?? {};
  }

  async function get(id: string | undefined) {
    const ids = [id ?? ""];
    const { NetworkInterfaces } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ids }),
    );
    return only(NetworkInterfaces);
  }

  it("CreateNetworkInterface takes the default group and a free address, none of the low ones that others ask for", async () => {
    const own = await makeSubnet(aws.ec2, vpcId, "10.0.1.0/24");
    const made = await make({
      ...{ SubnetId: own, Description: "mine", ConnectionTrackingSpecification: { UdpTimeout: 45 } },
      TagSpecifications: [{ ResourceType: "network-interface", Tags: [{ Key: "a", Value: "b" }] }],
    });
    expect(made).to.include({ SubnetId: own, VpcId: vpcId, Description: "mine", PrivateIpAddress: "10.0.1.154" });
    expect(made).to.include({ InterfaceType: "interface", SourceDestCheck: true, RequesterManaged: false });
    expect(made.PrivateIpAddresses).to.deep.equal([{ Primary: true, PrivateIpAddress: "10.0.1.154" }]);
    expect(made.Groups?.map(({ GroupName }) => GroupName)).to.deep.equal(["default"]);
    expect(made.TagSet).to.deep.equal([{ Key: "a", Value: "b" }]);
    expect(made.Status).to.equal("pending");
    const shown = await get(made.NetworkInterfaceId);
    expect(shown.Status).to.equal("available");
    expect(shown.ConnectionTrackingConfiguration).to.deep.equal({ UdpTimeout: 45 });
    const tooShort = make({ SubnetId: own, ConnectionTrackingSpecification: { TcpEstablishedTimeout: 59 } });
    expect(await codeOf(tooShort)).to.equal("InvalidParameterValue");
    const { Subnets } = await aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [own] }));
    expect(only(Subnets).AvailableIpAddressCount).to.equal(250);
  });

  it("takes addresses that are asked for, once", async () => {
    const made = await make({ PrivateIpAddress: "10.0.0.100", SecondaryPrivateIpAddressCount: 2 });
    expect(made.PrivateIpAddresses?.map(({ Primary }) => Primary)).to.deep.equal([true, false, false]);
    expect(made.PrivateIpAddress).to.equal("10.0.0.100");
    expect(await codeOf(make({ PrivateIpAddress: "10.0.0.100" }))).to.equal("InvalidIPAddress.InUse");
    expect(await codeOf(make({ PrivateIpAddress: "10.9.9.9" }))).to.equal("InvalidParameterValue");
    expect(await codeOf(make({ PrivateIpAddress: "10.0.0.1" }))).to.equal("InvalidParameterValue");
    expect(await codeOf(make({ Groups: ["sg-0123456789abcdef0"] }))).to.equal("InvalidSecurityGroupID.NotFound");
  });

  it("is refused, as a launch is, where its subnet has not that many free addresses", async () => {
    const SubnetId = await makeSubnet(aws.ec2, await makeVpc(aws.ec2), "10.0.0.0/28");
    const code = "InsufficientFreeAddressesInSubnet";
    expect(await refusal(make({ SubnetId, SecondaryPrivateIpAddressCount: 11 }))).to.include({
      code,
      message: "The specified subnet does not have enough free addresses to satisfy the request.",
    });
    expect(await refusal(runOne(aws.ec2, { SubnetId, MinCount: 12, MaxCount: 12 }))).to.include({
      code,
      message: `There are not enough free addresses in subnet '${SubnetId}' to satisfy the requested number of instances.`,
    });
  });

  it("keeps the groups that it has from being deleted", async () => {
    const { GroupId = "" } = await aws.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: uniqueName("used"), Description: "used", VpcId: vpcId }),
    );
    const { NetworkInterfaceId } = await make({ Groups: [GroupId] });
    const { NetworkInterfaces } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: [GroupId] }] }),
    );
    expect(only(NetworkInterfaces).NetworkInterfaceId).to.equal(NetworkInterfaceId);
    const inUse = aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    expect(await codeOf(inUse)).to.equal("DependencyViolation");
    await aws.ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    const gone = await refusal(get(NetworkInterfaceId));
    expect(gone).to.deep.include({
      code: "InvalidNetworkInterfaceID.NotFound",
      message: `The networkInterface ID '${NetworkInterfaceId}' does not exist`,
    });
  });

  it("is attached to an instance, and detached", async () => {
    const InstanceId = await runOne(aws.ec2);
    const { SubnetId } = await describeOne(aws.ec2, InstanceId);
    const { NetworkInterfaceId } = await make({ SubnetId });
    const attach = (DeviceIndex: number, id = NetworkInterfaceId) =>
      aws.ec2.send(new AttachNetworkInterfaceCommand({ NetworkInterfaceId: id, InstanceId, DeviceIndex }));
    expect(await codeOf(attach(0))).to.equal("InvalidParameterValue");
    const { AttachmentId } = await attach(1);
    const attached = await get(NetworkInterfaceId);
    expect(attached).to.include({ Status: "in-use" });
    expect(attached.Attachment).to.include({
      ...{ AttachmentId, InstanceId, DeviceIndex: 1, DeleteOnTermination: false, Status: "attached" },
    });
    const instance = await describeOne(aws.ec2, InstanceId);
    expect(instance.NetworkInterfaces?.map((one) => one.Attachment?.DeviceIndex)).to.deep.equal([0, 1]);
    expect(await codeOf(attach(2))).to.equal("InvalidNetworkInterface.InUse");
    const remove = () => aws.ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
    const inUse = await refusal(remove());
    expect(inUse).to.deep.include({
      code: "InvalidParameterValue",
      message: `Network interface '${NetworkInterfaceId}' is currently in use.`,
    });
    const first = instance.NetworkInterfaces?.[0]?.Attachment?.AttachmentId;
    const primary = aws.ec2.send(new DetachNetworkInterfaceCommand({ AttachmentId: first }));
    expect(await codeOf(primary)).to.equal("OperationNotPermitted");
    await aws.ec2.send(new DetachNetworkInterfaceCommand({ AttachmentId }));
    expect((await get(NetworkInterfaceId)).Attachment).to.equal(undefined);
    const Filters = [{ Name: "attachment.attachment-id", Values: [AttachmentId ?? ""] }];
    const { NetworkInterfaces: [ended] = [] } = await aws.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
    expect([ended?.NetworkInterfaceId, ended?.Attachment?.Status]).to.deep.equal([NetworkInterfaceId, "detached"]);
    const again = aws.ec2.send(new DetachNetworkInterfaceCommand({ AttachmentId }));
    expect(await codeOf(again)).to.equal("InvalidAttachmentID.NotFound");
    await remove();
  });

  it("outlives its instance unless it is to be deleted with it", async () => {
    const InstanceId = await runOne(aws.ec2, { InstanceType: "t3.medium" });
    const { SubnetId } = await describeOne(aws.ec2, InstanceId);
    const [kept, dropped] = [await make({ SubnetId }), await make({ SubnetId })];
    for (const [index, { NetworkInterfaceId }] of [kept, dropped].entries()) {
      await aws.ec2.send(new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId, DeviceIndex: index + 1 }));
    }
    const { Attachment } = await get(dropped.NetworkInterfaceId);
    await aws.ec2.send(
      new ModifyNetworkInterfaceAttributeCommand({
        NetworkInterfaceId: dropped.NetworkInterfaceId,
        Attachment: { AttachmentId: Attachment?.AttachmentId, DeleteOnTermination: true },
      }),
    );
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(aws.ec2, InstanceId, "terminated");
    expect((await get(kept.NetworkInterfaceId)).Status).to.equal("available");
    expect(await codeOf(get(dropped.NetworkInterfaceId))).to.equal("InvalidNetworkInterfaceID.NotFound");
  });

  it("has attributes that are modified, described and reset", async () => {
    const { NetworkInterfaceId } = await make();
    const modify = (input: object) =>
      aws.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, ...input }));
    await modify({ Description: { Value: "new" } });
    await modify({ SourceDestCheck: { Value: false } });
    expect(await get(NetworkInterfaceId)).to.include({ Description: "new", SourceDestCheck: false });
    const attribute = await aws.ec2.send(
      new DescribeNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Attribute: "description" }),
    );
    expect(attribute.Description).to.deep.equal({ Value: "new" });
    await aws.ec2.send(new ResetNetworkInterfaceAttributeCommand({ NetworkInterfaceId, SourceDestCheck: "true" }));
    expect((await get(NetworkInterfaceId)).SourceDestCheck).to.equal(true);
  });

  it("is given further addresses and prefixes, and loses them", async () => {
    const { NetworkInterfaceId } = await make();
    const assigned = await aws.ec2.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId, SecondaryPrivateIpAddressCount: 2 }),
    );
    const addresses = (assigned.AssignedPrivateIpAddresses ?? []).map(({ PrivateIpAddress }) => PrivateIpAddress ?? "");
    expect(addresses.length).to.equal(2);
    const [first = ""] = addresses;
    const other = await make();
    const move = (AllowReassignment: boolean) =>
      aws.ec2.send(
        new AssignPrivateIpAddressesCommand({
          ...{ NetworkInterfaceId: other.NetworkInterfaceId, PrivateIpAddresses: [first], AllowReassignment },
        }),
      );
    expect(await codeOf(move(false))).to.equal("InvalidIPAddress.InUse");
    await move(true);
    expect((await get(NetworkInterfaceId)).PrivateIpAddresses?.length).to.equal(2);
    const unassign = (id: string | undefined) =>
      aws.ec2.send(new UnassignPrivateIpAddressesCommand({ NetworkInterfaceId: id, PrivateIpAddresses: [first] }));
    expect(await codeOf(unassign(NetworkInterfaceId))).to.equal("InvalidParameterValue");
    await unassign(other.NetworkInterfaceId);
    const { AssignedIpv4Prefixes } = await aws.ec2.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId, Ipv4PrefixCount: 1 }),
    );
    expect(only(AssignedIpv4Prefixes).Ipv4Prefix).to.match(/^10\.0\.0\.\d+\/28$/);
  });

  it("is given IPv6 addresses of a subnet that has a block", async () => {
    const v6 = await makeVpc(aws.ec2, "10.0.0.0/16", true);
    const { Vpcs } = await aws.ec2.send(new DescribeVpcsCommand({ VpcIds: [v6] }));
    const block = only(Vpcs).Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock?.replace("/56", "/64") ?? "";
    const SubnetId = await makeSubnet(aws.ec2, v6);
    expect(await codeOf(make({ SubnetId, Ipv6AddressCount: 1 }))).to.equal("InvalidParameterValue");
    await aws.ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock: block }));
    const wanted = block.replace("::/64", "::abcd");
    const made = await make({ SubnetId, Ipv6Addresses: [{ Ipv6Address: wanted }] });
    expect(made.Ipv6Addresses).to.deep.equal([{ Ipv6Address: wanted, IsPrimaryIpv6: false }]);
    const primary = await make({ SubnetId, Ipv6AddressCount: 2, EnablePrimaryIpv6: true });
    expect(primary.Ipv6Addresses?.map(({ IsPrimaryIpv6 }) => IsPrimaryIpv6)).to.deep.equal([true, false]);
    const { NetworkInterfaceId } = made;
    const more = await aws.ec2.send(new AssignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6AddressCount: 2 }));
    expect(new Set(more.AssignedIpv6Addresses).size).to.equal(2);
    await aws.ec2.send(new UnassignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6Addresses: [wanted] }));
    const left = (await get(NetworkInterfaceId)).Ipv6Addresses?.map(({ Ipv6Address }) => Ipv6Address);
    expect(left).to.deep.equal(more.AssignedIpv6Addresses);
  });

  it("is opened to other accounts by permissions", async () => {
    const { NetworkInterfaceId } = await make();
    const { InterfacePermission } = await aws.ec2.send(
      new CreateNetworkInterfacePermissionCommand({
        ...{ NetworkInterfaceId, AwsAccountId: "111122223333", Permission: "INSTANCE-ATTACH" },
      }),
    );
    expect(InterfacePermission?.PermissionState).to.deep.equal({ State: "GRANTED" });
    const { NetworkInterfacePermissions } = await aws.ec2.send(
      new DescribeNetworkInterfacePermissionsCommand({
        Filters: [
          {
            Name: "network-interface-permission.network-interface-id",
            Values: [NetworkInterfaceId ?? ""],
          },
        ],
      }),
    );
    expect(only(NetworkInterfacePermissions)).to.deep.equal(InterfacePermission);
  });
});
