import {
  AcceptAddressTransferCommand,
  AcceptTransitGatewayPeeringAttachmentCommand,
  AcceptVpcPeeringConnectionCommand,
  AllocateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTransitGatewayCommand,
  CreateTransitGatewayPeeringAttachmentCommand,
  CreateVpcEndpointCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  CreateVpcPeeringConnectionCommand,
  DescribeAddressesCommand,
  DescribeTransitGatewayPeeringAttachmentsCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcPeeringConnectionsCommand,
  type EC2Client,
  EnableAddressTransferCommand,
  ModifyVpcEndpointServicePermissionsCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import type { TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { otherAccount, withTwoAccounts } from "./two-accounts.ts";

describe("ec2 networks of two accounts", () => {
  let aws: TestServer;
  let other: EC2Client;

  withTwoAccounts((...started) => {
    [aws, other] = started;
  });

  it("an Elastic IP changes its owner", async () => {
    const { AllocationId, PublicIp } = await aws.ec2.send(new AllocateAddressCommand({}));
    const accept = () => other.send(new AcceptAddressTransferCommand({ Address: PublicIp }));
    expect(await codeOf(accept())).to.equal("InvalidAddress.NotFound");
    await aws.ec2.send(new EnableAddressTransferCommand({ AllocationId, TransferAccountId: otherAccount }));
    const { AddressTransfer } = await accept();
    expect(AddressTransfer?.AddressTransferStatus).to.equal("accepted");
    const { Addresses } = await other.send(new DescribeAddressesCommand({}));
    expect(only(Addresses).PublicIp).to.equal(PublicIp);
    expect((await aws.ec2.send(new DescribeAddressesCommand({}))).Addresses ?? []).to.deep.equal([]);
    await other.send(new ReleaseAddressCommand({ AllocationId: only(Addresses).AllocationId }));
  });

  it("VPCs are peered, and groups refer to those of the peer", async () => {
    const [VpcId, PeerVpcId] = [await makeVpc(aws.ec2, "10.1.0.0/16"), await makeVpc(other, "10.2.0.0/16")];
    const { VpcPeeringConnection } = await aws.ec2.send(
      new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId, PeerOwnerId: otherAccount }),
    );
    const VpcPeeringConnectionId = VpcPeeringConnection?.VpcPeeringConnectionId ?? "";
    const accept = new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId });
    expect(await codeOf(aws.ec2.send(accept))).to.equal("OperationNotPermitted");
    await other.send(accept);
    const ids = { VpcPeeringConnectionIds: [VpcPeeringConnectionId] };
    const { VpcPeeringConnections } = await aws.ec2.send(new DescribeVpcPeeringConnectionsCommand(ids));
    expect(only(VpcPeeringConnections).Status?.Code).to.equal("active");
    const group = async (client: EC2Client, vpc: string) => {
      const request = new CreateSecurityGroupCommand({ GroupName: "peers", Description: "peers", VpcId: vpc });
      return (await client.send(request)).GroupId;
    };
    const [GroupId, source] = [await group(aws.ec2, VpcId), await group(other, PeerVpcId)];
    const { SecurityGroupRules } = await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: source, UserId: otherAccount }] }],
      }),
    );
    expect(only(SecurityGroupRules).ReferencedGroupInfo).to.deep.include({ GroupId: source, UserId: otherAccount });
  });

  it("an endpoint of one is connected to a service of the other, which allows it", async () => {
    const { ServiceConfiguration } = await aws.ec2.send(
      new CreateVpcEndpointServiceConfigurationCommand({
        AcceptanceRequired: false,
        NetworkLoadBalancerArns: [
          "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/own/50dc6c495c0c9188",
        ],
      }),
    );
    const { ServiceId, ServiceName = "" } = ServiceConfiguration ?? {};
    const VpcId = await makeVpc(other);
    const SubnetIds = [await makeSubnet(other, VpcId)];
    const connect = () =>
      other.send(new CreateVpcEndpointCommand({ VpcId, SubnetIds, ServiceName, VpcEndpointType: "Interface" }));
    expect(await codeOf(connect())).to.equal("InvalidServiceName");
    const AddAllowedPrincipals = [`arn:aws:iam::${otherAccount}:root`];
    await aws.ec2.send(new ModifyVpcEndpointServicePermissionsCommand({ ServiceId, AddAllowedPrincipals }));
    const { VpcEndpoint } = await connect();
    const { VpcEndpointConnections } = await aws.ec2.send(new DescribeVpcEndpointConnectionsCommand({}));
    expect(only(VpcEndpointConnections)).to.include({
      ...{ VpcEndpointId: VpcEndpoint?.VpcEndpointId, VpcEndpointOwner: otherAccount, VpcEndpointState: "available" },
    });
  });

  it("transit gateways are peered", async () => {
    const make = async (client: EC2Client) =>
      (await client.send(new CreateTransitGatewayCommand({}))).TransitGateway?.TransitGatewayId ?? "";
    const [TransitGatewayId, PeerTransitGatewayId] = [await make(aws.ec2), await make(other)];
    const { TransitGatewayPeeringAttachment } = await aws.ec2.send(
      new CreateTransitGatewayPeeringAttachmentCommand({
        ...{ TransitGatewayId, PeerTransitGatewayId, PeerAccountId: otherAccount, PeerRegion: "us-east-1" },
      }),
    );
    const TransitGatewayAttachmentId = TransitGatewayPeeringAttachment?.TransitGatewayAttachmentId ?? "";
    await other.send(new AcceptTransitGatewayPeeringAttachmentCommand({ TransitGatewayAttachmentId }));
    const { TransitGatewayPeeringAttachments } = await aws.ec2.send(
      new DescribeTransitGatewayPeeringAttachmentsCommand({
        TransitGatewayAttachmentIds: [TransitGatewayAttachmentId],
      }),
    );
    expect(only(TransitGatewayPeeringAttachments).State).to.equal("available");
  });
});
