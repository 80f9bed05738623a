import {
  AcceptTransitGatewayMulticastDomainAssociationsCommand,
  AssociateTransitGatewayMulticastDomainCommand,
  AssociateTransitGatewayPolicyTableCommand,
  CreateNetworkInterfaceCommand,
  CreateTagsCommand,
  CreateTransitGatewayCommand,
  CreateTransitGatewayConnectCommand,
  CreateTransitGatewayConnectPeerCommand,
  CreateTransitGatewayMulticastDomainCommand,
  CreateTransitGatewayPolicyTableCommand,
  CreateTransitGatewayRouteCommand,
  CreateTransitGatewayRouteTableCommand,
  CreateTransitGatewayVpcAttachmentCommand,
  DeleteTransitGatewayConnectCommand,
  DeleteTransitGatewayConnectPeerCommand,
  DeleteTransitGatewayMulticastDomainCommand,
  DeleteTransitGatewayPolicyTableCommand,
  DeregisterTransitGatewayMulticastGroupMembersCommand,
  DescribeTransitGatewayConnectPeersCommand,
  DescribeTransitGatewayConnectsCommand,
  DescribeTransitGatewayMulticastDomainsCommand,
  DisassociateTransitGatewayMulticastDomainCommand,
  DisassociateTransitGatewayPolicyTableCommand,
  ExportTransitGatewayRoutesCommand,
  GetTransitGatewayMulticastDomainAssociationsCommand,
  GetTransitGatewayPolicyTableAssociationsCommand,
  GetTransitGatewayPolicyTableEntriesCommand,
  RegisterTransitGatewayMulticastGroupMembersCommand,
  RegisterTransitGatewayMulticastGroupSourcesCommand,
  RejectTransitGatewayMulticastDomainAssociationsCommand,
  SearchTransitGatewayMulticastGroupsCommand,
  SearchTransitGatewayRoutesCommand,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";

describe("ec2 Connect, multicast and policies of transit gateways", () => {
  let aws: TestServer;
  let TransitGatewayId: string;
  let subnetId: string;
  let attachmentId: string;

  before(async () => {
    aws = await startLocalAws();
    const Options = { MulticastSupport: "enable" as const, TransitGatewayCidrBlocks: ["10.99.0.0/24"] };
    const { TransitGateway } = await aws.ec2.send(new CreateTransitGatewayCommand({ Options }));
    TransitGatewayId = TransitGateway?.TransitGatewayId ?? "";
    const VpcId = await makeVpc(aws.ec2);
    subnetId = await makeSubnet(aws.ec2, VpcId);
    const { TransitGatewayVpcAttachment } = await aws.ec2.send(
      new CreateTransitGatewayVpcAttachmentCommand({ TransitGatewayId, VpcId, SubnetIds: [subnetId] }),
    );
    attachmentId = TransitGatewayVpcAttachment?.TransitGatewayAttachmentId ?? "";
  });
  after(() => aws.stop());

  it("a Connect attachment has peers with addresses of the gateway's block and of the inside block", async () => {
    const { TransitGatewayConnect } = await aws.ec2.send(
      new CreateTransitGatewayConnectCommand({
        TransportTransitGatewayAttachmentId: attachmentId,
        Options: { Protocol: "gre" },
      }),
    );
    const TransitGatewayAttachmentId = TransitGatewayConnect?.TransitGatewayAttachmentId ?? "";
    const { TransitGatewayConnects } = await aws.ec2.send(
      new DescribeTransitGatewayConnectsCommand({
        Filters: [
          { Name: "options.protocol", Values: ["gre"] },
          { Name: "transport-transit-gateway-attachment-id", Values: [attachmentId] },
        ],
      }),
    );
    expect(only(TransitGatewayConnects)).to.include({
      ...{ TransitGatewayAttachmentId, TransportTransitGatewayAttachmentId: attachmentId, State: "available" },
    });
    const peer = { TransitGatewayAttachmentId, PeerAddress: "10.0.0.7", BgpOptions: { PeerAsn: 65011 } };
    const tooLarge = { ...peer, InsideCidrBlocks: ["169.254.100.0/28"] };
    expect(await codeOf(aws.ec2.send(new CreateTransitGatewayConnectPeerCommand(tooLarge)))).to.equal(
      "InvalidParameterValue",
    );
    const created = await aws.ec2.send(
      new CreateTransitGatewayConnectPeerCommand({ ...peer, InsideCidrBlocks: ["169.254.100.0/29"] }),
    );
    const TransitGatewayConnectPeerId = created.TransitGatewayConnectPeer?.TransitGatewayConnectPeerId ?? "";
    const described = async () => {
      const TransitGatewayConnectPeerIds = [TransitGatewayConnectPeerId];
      const found = await aws.ec2.send(new DescribeTransitGatewayConnectPeersCommand({ TransitGatewayConnectPeerIds }));
      return only(found.TransitGatewayConnectPeers);
    };
    const { ConnectPeerConfiguration } = await described();
    expect(ConnectPeerConfiguration).to.include({ TransitGatewayAddress: "10.99.0.1", PeerAddress: "10.0.0.7" });
    expect(ConnectPeerConfiguration?.BgpConfigurations?.[0]).to.include({
      ...{ PeerAsn: 65011, PeerAddress: "169.254.100.1", TransitGatewayAddress: "169.254.100.2", BgpStatus: "down" },
    });
    const remove = new DeleteTransitGatewayConnectCommand({ TransitGatewayAttachmentId });
    expect(await codeOf(aws.ec2.send(remove))).to.equal("IncorrectState");
    await aws.ec2.send(new DeleteTransitGatewayConnectPeerCommand({ TransitGatewayConnectPeerId }));
    expect((await described()).State).to.equal("deleted");
    await aws.ec2.send(remove);
  });

  it("a multicast domain's subnets have members and sources of groups", async () => {
    const created = await aws.ec2.send(
      new CreateTransitGatewayMulticastDomainCommand({
        TransitGatewayId,
        Options: { StaticSourcesSupport: "enable" },
      }),
    );
    const TransitGatewayMulticastDomainId =
      created.TransitGatewayMulticastDomain?.TransitGatewayMulticastDomainId ?? "";
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnetId }));
    const NetworkInterfaceIds = [NetworkInterface?.NetworkInterfaceId ?? ""];
    const group = { TransitGatewayMulticastDomainId, GroupIpAddress: "224.0.1.7", NetworkInterfaceIds };
    expect(await codeOf(aws.ec2.send(new RegisterTransitGatewayMulticastGroupMembersCommand(group)))).to.equal(
      "InvalidParameterValue",
    );
    const place = { TransitGatewayMulticastDomainId, TransitGatewayAttachmentId: attachmentId, SubnetIds: [subnetId] };
    const { Associations } = await aws.ec2.send(new AssociateTransitGatewayMulticastDomainCommand(place));
    expect(Associations?.Subnets).to.deep.equal([{ SubnetId: subnetId, State: "associating" }]);
    const associated = await aws.ec2.send(
      new GetTransitGatewayMulticastDomainAssociationsCommand({ TransitGatewayMulticastDomainId }),
    );
    expect(only(associated.MulticastDomainAssociations).Subnet).to.deep.equal({
      SubnetId: subnetId,
      State: "associated",
    });
    await aws.ec2.send(new RegisterTransitGatewayMulticastGroupMembersCommand(group));
    await aws.ec2.send(new RegisterTransitGatewayMulticastGroupSourcesCommand(group));
    const search = async (Name: string) => {
      const Filters = [{ Name, Values: ["true"] }];
      const found = await aws.ec2.send(
        new SearchTransitGatewayMulticastGroupsCommand({ TransitGatewayMulticastDomainId, Filters }),
      );
      return found.MulticastGroups ?? [];
    };
    expect(only(await search("is-group-member"))).to.include({ SubnetId: subnetId, MemberType: "static" });
    expect(only(await search("is-group-source"))).to.include({ GroupIpAddress: "224.0.1.7", SourceType: "static" });
    await aws.ec2.send(new DeregisterTransitGatewayMulticastGroupMembersCommand(group));
    expect(await search("is-group-member")).to.deep.equal([]);
    const unicast = { ...group, GroupIpAddress: "10.0.0.1" };
    expect(await codeOf(aws.ec2.send(new RegisterTransitGatewayMulticastGroupMembersCommand(unicast)))).to.equal(
      "InvalidParameterValue",
    );
    const remove = new DeleteTransitGatewayMulticastDomainCommand({ TransitGatewayMulticastDomainId });
    expect(await codeOf(aws.ec2.send(remove))).to.equal("IncorrectState");
    await aws.ec2.send(new DisassociateTransitGatewayMulticastDomainCommand(place));
    expect(await codeOf(aws.ec2.send(new DisassociateTransitGatewayMulticastDomainCommand(place)))).to.equal(
      "InvalidTransitGatewayMulticastDomainAssociation.NotFound",
    );
    expect(await search("is-group-source")).to.deep.equal([]);
    await aws.ec2.send(remove);
    const Filters = [{ Name: "state", Values: ["available"] }];
    const left = await aws.ec2.send(new DescribeTransitGatewayMulticastDomainsCommand({ Filters }));
    expect(left.TransitGatewayMulticastDomains).to.deep.equal([]);
  });

  it("routes are searched by the longest prefix, and exported into a bucket", async () => {
    const { TransitGatewayRouteTable } = await aws.ec2.send(
      new CreateTransitGatewayRouteTableCommand({ TransitGatewayId }),
    );
    const TransitGatewayRouteTableId = TransitGatewayRouteTable?.TransitGatewayRouteTableId ?? "";
    for (const DestinationCidrBlock of ["10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16"]) {
      const route = { TransitGatewayRouteTableId, DestinationCidrBlock, Blackhole: true };
      await aws.ec2.send(new CreateTransitGatewayRouteCommand(route));
    }
    const Filters = [{ Name: "route-search.longest-prefix-match", Values: ["10.1.2.3"] }];
    const found = await aws.ec2.send(new SearchTransitGatewayRoutesCommand({ TransitGatewayRouteTableId, Filters }));
    expect(found.Routes?.map(({ DestinationCidrBlock }) => DestinationCidrBlock)).to.deep.equal(["10.1.0.0/16"]);
    const S3Bucket = "exported-routes";
    const request = { TransitGatewayRouteTableId, S3Bucket };
    expect(await codeOf(aws.ec2.send(new ExportTransitGatewayRoutesCommand(request)))).to.equal(
      "InvalidS3Bucket.NotFound",
    );
    await aws.s3.send(new CreateBucketCommand({ Bucket: S3Bucket }));
    const { S3Location = "" } = await aws.ec2.send(
      new ExportTransitGatewayRoutesCommand({
        ...request,
        Filters: [{ Name: "route-search.subnet-of-match", Values: ["10.0.0.0/8"] }],
      }),
    );
    const [, Key = ""] =
      /^s3:\/\/exported-routes\/(VPCTransitGateway\/TransitGatewayRouteTables\/.+)$/.exec(S3Location) ?? [];
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: S3Bucket, Key }));
    const file = JSON.parse((await Body?.transformToString()) ?? "");
    expect(file.filter).to.deep.equal([{ name: "route-search.subnet-of-match", values: ["10.0.0.0/8"] }]);
    expect(file.routes).to.deep.equal(
      ["10.0.0.0/8", "10.1.0.0/16"].map((destinationCidrBlock) => ({
        ...{ destinationCidrBlock, transitGatewayAttachments: [], type: "static", state: "blackhole" },
      })),
    );
  });

  it("associations of an account's own subnets wait for nobody", async () => {
    const { TransitGatewayMulticastDomain } = await aws.ec2.send(
      new CreateTransitGatewayMulticastDomainCommand({ TransitGatewayId }),
    );
    const { TransitGatewayMulticastDomainId } = TransitGatewayMulticastDomain ?? {};
    const answer = { TransitGatewayMulticastDomainId, SubnetIds: [subnetId] };
    const accept = new AcceptTransitGatewayMulticastDomainAssociationsCommand(answer);
    expect(await codeOf(aws.ec2.send(accept))).to.equal("IncorrectState");
    const reject = new RejectTransitGatewayMulticastDomainAssociationsCommand(answer);
    expect(await codeOf(aws.ec2.send(reject))).to.equal("IncorrectState");
  });

  it("a gateway without multicast has no multicast domains", async () => {
    const { TransitGateway } = await aws.ec2.send(new CreateTransitGatewayCommand({}));
    const input = { TransitGatewayId: TransitGateway?.TransitGatewayId };
    expect(await codeOf(aws.ec2.send(new CreateTransitGatewayMulticastDomainCommand(input)))).to.equal(
      "IncorrectState",
    );
  });

  it("an attachment has one policy table, which is empty", async () => {
    const made = await aws.ec2.send(new CreateTransitGatewayPolicyTableCommand({ TransitGatewayId }));
    const TransitGatewayPolicyTableId = made.TransitGatewayPolicyTable?.TransitGatewayPolicyTableId ?? "";
    const Tags = [{ Key: "kind", Value: "policies" }];
    await aws.ec2.send(new CreateTagsCommand({ Resources: [TransitGatewayPolicyTableId], Tags }));
    const pair = { TransitGatewayPolicyTableId, TransitGatewayAttachmentId: attachmentId };
    await aws.ec2.send(new AssociateTransitGatewayPolicyTableCommand(pair));
    expect(await codeOf(aws.ec2.send(new AssociateTransitGatewayPolicyTableCommand(pair)))).to.equal(
      "Resource.AlreadyAssociated",
    );
    const { Associations } = await aws.ec2.send(
      new GetTransitGatewayPolicyTableAssociationsCommand({ TransitGatewayPolicyTableId }),
    );
    expect(only(Associations)).to.include({ ...pair, State: "associated", ResourceType: "vpc" });
    const entries = await aws.ec2.send(new GetTransitGatewayPolicyTableEntriesCommand({ TransitGatewayPolicyTableId }));
    expect(entries.TransitGatewayPolicyTableEntries).to.deep.equal([]);
    const remove = new DeleteTransitGatewayPolicyTableCommand({ TransitGatewayPolicyTableId });
    expect(await codeOf(aws.ec2.send(remove))).to.equal("IncorrectState");
    await aws.ec2.send(new DisassociateTransitGatewayPolicyTableCommand(pair));
    expect(await codeOf(aws.ec2.send(new DisassociateTransitGatewayPolicyTableCommand(pair)))).to.equal(
      "InvalidTransitGatewayPolicyTableAssociation.NotFound",
    );
    const deleted = await aws.ec2.send(remove);
    expect(deleted.TransitGatewayPolicyTable).to.deep.include({ State: "deleting", Tags });
    expect(await codeOf(aws.ec2.send(new AssociateTransitGatewayPolicyTableCommand(pair)))).to.equal(
      "InvalidTransitGatewayPolicyTableId.NotFound",
    );
  });
});
