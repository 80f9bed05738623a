import {
  AcceptTransitGatewayPeeringAttachmentCommand,
  AssociateTransitGatewayRouteTableCommand,
  AttachVpnGatewayCommand,
  CreateCustomerGatewayCommand,
  CreateManagedPrefixListCommand,
  CreateRouteCommand,
  CreateTransitGatewayCommand,
  CreateTransitGatewayPeeringAttachmentCommand,
  CreateTransitGatewayPrefixListReferenceCommand,
  CreateTransitGatewayRouteCommand,
  CreateTransitGatewayRouteTableCommand,
  CreateTransitGatewayVpcAttachmentCommand,
  CreateVpnConnectionCommand,
  CreateVpnConnectionRouteCommand,
  CreateVpnGatewayCommand,
  DeleteCustomerGatewayCommand,
  DeleteTransitGatewayCommand,
  DeleteTransitGatewayPrefixListReferenceCommand,
  DeleteTransitGatewayVpcAttachmentCommand,
  DeleteVpnConnectionCommand,
  DeleteVpnGatewayCommand,
  DescribeCustomerGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeTransitGatewayPeeringAttachmentsCommand,
  DescribeTransitGatewaysCommand,
  DescribeVpnConnectionsCommand,
  DescribeVpnGatewaysCommand,
  DetachVpnGatewayCommand,
  DisableTransitGatewayRouteTablePropagationCommand,
  EC2Client,
  EnableVgwRoutePropagationCommand,
  GetTransitGatewayPrefixListReferencesCommand,
  GetTransitGatewayRouteTableAssociationsCommand,
  GetTransitGatewayRouteTablePropagationsCommand,
  ModifyTransitGatewayCommand,
  ModifyTransitGatewayPrefixListReferenceCommand,
  SearchTransitGatewayRoutesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";

describe("ec2 VPN and transit gateways", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function customer(IpAddress: string): Promise<string> {
    const request = new CreateCustomerGatewayCommand({ Type: "ipsec.1", IpAddress, BgpAsn: 65010 });
    return (await aws.ec2.send(request)).CustomerGateway?.CustomerGatewayId ?? "";
  }

  async function transit(): Promise<string> {
    const { TransitGateway } = await aws.ec2.send(new CreateTransitGatewayCommand({ Description: "one" }));
    return TransitGateway?.TransitGatewayId ?? "";
  }

  async function describeTransit(id: string) {
    const request = new DescribeTransitGatewaysCommand({ TransitGatewayIds: [id] });
    return only((await aws.ec2.send(request)).TransitGateways);
  }

  async function attachVpc(TransitGatewayId: string, cidr: string) {
    const VpcId = await makeVpc(aws.ec2, cidr);
    const SubnetIds = [await makeSubnet(aws.ec2, VpcId, cidr.replace("/16", "/24"))];
    const request = new CreateTransitGatewayVpcAttachmentCommand({ TransitGatewayId, VpcId, SubnetIds });
    const { TransitGatewayVpcAttachment } = await aws.ec2.send(request);
    return { VpcId, SubnetIds, id: TransitGatewayVpcAttachment?.TransitGatewayAttachmentId ?? "" };
  }

  it("a customer gateway is made once, and shown as deleted", async () => {
    const id = await customer("192.0.2.1");
    expect(await customer("192.0.2.1")).to.equal(id);
    await aws.ec2.send(new DeleteCustomerGatewayCommand({ CustomerGatewayId: id }));
    const { CustomerGateways } = await aws.ec2.send(new DescribeCustomerGatewaysCommand({ CustomerGatewayIds: [id] }));
    expect(only(CustomerGateways)).to.include({ State: "deleted", BgpAsn: "65010", IpAddress: "192.0.2.1" });
    expect(await customer("192.0.2.1")).to.not.equal(id);
    const malformed = customer("192.0.2");
    expect(await codeOf(malformed)).to.equal("InvalidParameterValue");
  });

  it("a customer gateway shows an extended ASN under that name alone", async () => {
    const request = { Type: "ipsec.1" as const, IpAddress: "192.0.2.77", BgpAsnExtended: 4294967294 };
    const { CustomerGateway } = await aws.ec2.send(new CreateCustomerGatewayCommand(request));
    expect(CustomerGateway).to.include({ BgpAsnExtended: "4294967294", IpAddress: "192.0.2.77" });
    expect(CustomerGateway).to.not.have.property("BgpAsn");
    const again = await aws.ec2.send(new CreateCustomerGatewayCommand(request));
    expect(again.CustomerGateway?.CustomerGatewayId).to.equal(CustomerGateway?.CustomerGatewayId);
  });

  it("a VPN gateway is attached to one VPC, and propagates to its tables", async () => {
    const { VpnGateway } = await aws.ec2.send(new CreateVpnGatewayCommand({ Type: "ipsec.1" }));
    expect(VpnGateway).to.include({ State: "available", AmazonSideAsn: 64512 });
    const VpnGatewayId = VpnGateway?.VpnGatewayId ?? "";
    const VpcId = await makeVpc(aws.ec2);
    const { VpcAttachment } = await aws.ec2.send(new AttachVpnGatewayCommand({ VpnGatewayId, VpcId }));
    expect(VpcAttachment).to.deep.equal({ VpcId, State: "attaching" });
    const { RouteTables } = await aws.ec2.send(
      new DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] }),
    );
    const { RouteTableId } = only(RouteTables);
    await aws.ec2.send(new EnableVgwRoutePropagationCommand({ GatewayId: VpnGatewayId, RouteTableId }));
    const inUse = aws.ec2.send(new DeleteVpnGatewayCommand({ VpnGatewayId }));
    expect(await codeOf(inUse)).to.equal("IncorrectState");
    await aws.ec2.send(new DetachVpnGatewayCommand({ VpnGatewayId, VpcId }));
    const again = aws.ec2.send(new DetachVpnGatewayCommand({ VpnGatewayId, VpcId }));
    expect(await codeOf(again)).to.equal("InvalidVpnGatewayAttachment.NotFound");
    await aws.ec2.send(new DeleteVpnGatewayCommand({ VpnGatewayId }));
    const { VpnGateways } = await aws.ec2.send(new DescribeVpnGatewaysCommand({ VpnGatewayIds: [VpnGatewayId] }));
    expect(only(VpnGateways).State).to.equal("deleted");
  });

  it("a VPN connection has two tunnels, a configuration for the customer, and static routes", async () => {
    const { VpnGateway } = await aws.ec2.send(new CreateVpnGatewayCommand({ Type: "ipsec.1" }));
    const CustomerGatewayId = await customer("192.0.2.2");
    const { VpnConnection } = await aws.ec2.send(
      new CreateVpnConnectionCommand({
        ...{ Type: "ipsec.1", CustomerGatewayId, VpnGatewayId: VpnGateway?.VpnGatewayId },
        Options: {
          StaticRoutesOnly: true,
          TunnelOptions: [{ TunnelInsideCidr: "169.254.44.0/30", PreSharedKey: "secretsecret" }],
        },
      }),
    );
    const VpnConnectionId = VpnConnection?.VpnConnectionId ?? "";
    await aws.ec2.send(
      new CreateVpnConnectionRouteCommand({ VpnConnectionId, DestinationCidrBlock: "192.168.0.0/24" }),
    );
    const { VpnConnections } = await aws.ec2.send(
      new DescribeVpnConnectionsCommand({ VpnConnectionIds: [VpnConnectionId] }),
    );
    const shown = only(VpnConnections);
    const byAsn = await aws.ec2.send(
      new DescribeVpnConnectionsCommand({
        Filters: [
          { Name: "bgp-asn", Values: ["65010"] },
          { Name: "customer-gateway-id", Values: [CustomerGatewayId] },
        ],
      }),
    );
    expect(only(byAsn.VpnConnections).VpnConnectionId).to.equal(VpnConnectionId);
    expect(shown).to.include({ State: "available", Category: "VPN" });
    expect(shown.Routes?.map(({ DestinationCidrBlock }) => DestinationCidrBlock)).to.deep.equal(["192.168.0.0/24"]);
    expect(shown.VgwTelemetry?.length).to.equal(2);
    const [first, second] = shown.Options?.TunnelOptions ?? [];
    expect(first).to.include({ TunnelInsideCidr: "169.254.44.0/30", PreSharedKey: "secretsecret" });
    expect(second?.PreSharedKey).to.match(/^[a-z][\w.]{31}$/i);
    expect(shown.CustomerGatewayConfiguration)
      .to.contain("<ip_address>169.254.44.2</ip_address>")
      .and.contain("<pre_shared_key>secretsecret</pre_shared_key>")
      .and.contain(`<ip_address>${first?.OutsideIpAddress}</ip_address>`);
    const inUse = aws.ec2.send(new DeleteCustomerGatewayCommand({ CustomerGatewayId }));
    expect(await codeOf(inUse)).to.equal("IncorrectState");
    await aws.ec2.send(new DeleteVpnConnectionCommand({ VpnConnectionId }));
    const after = await aws.ec2.send(new DescribeVpnConnectionsCommand({ VpnConnectionIds: [VpnConnectionId] }));
    expect(only(after.VpnConnections).State).to.equal("deleted");
  });

  it("a transit gateway has a private ASN and large blocks", async () => {
    for (const Options of [
      { AmazonSideAsn: 1 },
      { AmazonSideAsn: 65_535 },
      { AmazonSideAsn: 4_294_967_295 },
      { TransitGatewayCidrBlocks: ["10.0.0.0/25"] },
      { TransitGatewayCidrBlocks: ["2001:db8::/65"] },
    ]) {
      const refused = aws.ec2.send(new CreateTransitGatewayCommand({ Options }));
      expect(await codeOf(refused), JSON.stringify(Options)).to.equal("InvalidParameterValue");
    }
    const id = await transit();
    const changed = aws.ec2.send(
      new ModifyTransitGatewayCommand({ TransitGatewayId: id, Options: { AmazonSideAsn: 1 } }),
    );
    expect(await codeOf(changed)).to.equal("InvalidParameterValue");
  });

  it("a transit gateway has a default table, which learns of its attachments", async () => {
    const id = await transit();
    const { Options, State } = await describeTransit(id);
    expect(State).to.equal("available");
    const TransitGatewayRouteTableId = Options?.AssociationDefaultRouteTableId ?? "";
    const attachment = await attachVpc(id, "10.20.0.0/16");
    const twice = aws.ec2.send(new CreateTransitGatewayVpcAttachmentCommand({ TransitGatewayId: id, ...attachment }));
    expect(await codeOf(twice)).to.equal("DuplicateTransitGatewayAttachment");
    const { TransitGatewayAttachments } = await aws.ec2.send(
      new DescribeTransitGatewayAttachmentsCommand({ Filters: [{ Name: "resource-id", Values: [attachment.VpcId] }] }),
    );
    expect(only(TransitGatewayAttachments)).to.deep.include({
      ...{ State: "available", ResourceType: "vpc" },
      Association: { TransitGatewayRouteTableId, State: "associated" },
    });
    const search = async (Name: string, value: string) =>
      (
        await aws.ec2.send(
          new SearchTransitGatewayRoutesCommand({ TransitGatewayRouteTableId, Filters: [{ Name, Values: [value] }] }),
        )
      ).Routes ?? [];
    expect(only(await search("type", "propagated"))).to.include({
      DestinationCidrBlock: "10.20.0.0/16",
      State: "active",
    });
    await aws.ec2.send(
      new CreateTransitGatewayRouteCommand({
        ...{ TransitGatewayRouteTableId, DestinationCidrBlock: "0.0.0.0/0", TransitGatewayAttachmentId: attachment.id },
      }),
    );
    expect(only(await search("route-search.exact-match", "0.0.0.0/0")).Type).to.equal("static");
    expect((await search("route-search.supernet-of-match", "10.20.1.0/24")).length).to.equal(2);
    const propagations = await aws.ec2.send(
      new GetTransitGatewayRouteTablePropagationsCommand({ TransitGatewayRouteTableId }),
    );
    expect(only(propagations.TransitGatewayRouteTablePropagations).ResourceId).to.equal(attachment.VpcId);
    await aws.ec2.send(
      new DisableTransitGatewayRouteTablePropagationCommand({
        ...{ TransitGatewayRouteTableId, TransitGatewayAttachmentId: attachment.id },
      }),
    );
    expect(await search("type", "propagated")).to.deep.equal([]);
    const used = aws.ec2.send(new DeleteTransitGatewayCommand({ TransitGatewayId: id }));
    expect(await codeOf(used)).to.equal("IncorrectState");
    const { RouteTables } = await aws.ec2.send(
      new DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [attachment.VpcId] }] }),
    );
    await aws.ec2.send(
      new CreateRouteCommand({
        ...{ RouteTableId: only(RouteTables).RouteTableId, DestinationCidrBlock: "10.0.0.0/8", TransitGatewayId: id },
      }),
    );
    await aws.ec2.send(new DeleteTransitGatewayVpcAttachmentCommand({ TransitGatewayAttachmentId: attachment.id }));
    expect(only(await search("type", "static")).State).to.equal("blackhole");
    await aws.ec2.send(new DeleteTransitGatewayCommand({ TransitGatewayId: id }));
    expect((await describeTransit(id)).State).to.equal("deleted");
  });

  it("an attachment is of one table at a time", async () => {
    const { TransitGateway } = await aws.ec2.send(
      new CreateTransitGatewayCommand({ Options: { DefaultRouteTableAssociation: "disable" } }),
    );
    const TransitGatewayId = TransitGateway?.TransitGatewayId ?? "";
    const attachment = await attachVpc(TransitGatewayId, "10.21.0.0/16");
    const table = await aws.ec2.send(new CreateTransitGatewayRouteTableCommand({ TransitGatewayId }));
    const TransitGatewayRouteTableId = table.TransitGatewayRouteTable?.TransitGatewayRouteTableId ?? "";
    const associate = () =>
      aws.ec2.send(
        new AssociateTransitGatewayRouteTableCommand({
          ...{ TransitGatewayRouteTableId, TransitGatewayAttachmentId: attachment.id },
        }),
      );
    expect((await associate()).Association).to.include({ State: "associating", ResourceId: attachment.VpcId });
    expect(await codeOf(associate())).to.equal("Resource.AlreadyAssociated");
    const { Associations } = await aws.ec2.send(
      new GetTransitGatewayRouteTableAssociationsCommand({ TransitGatewayRouteTableId }),
    );
    expect(only(Associations)).to.include({ State: "associated", TransitGatewayAttachmentId: attachment.id });
    await aws.ec2.send(
      new ModifyTransitGatewayCommand({ TransitGatewayId, Description: "two", Options: { DnsSupport: "disable" } }),
    );
    const changed = await describeTransit(TransitGatewayId);
    expect([changed.Description, changed.Options?.DnsSupport]).to.deep.equal(["two", "disable"]);
  });

  it("a VPN connection is an attachment too, and prefix lists lead to attachments", async () => {
    const TransitGatewayId = await transit();
    const { Options } = await describeTransit(TransitGatewayId);
    const TransitGatewayRouteTableId = Options?.AssociationDefaultRouteTableId ?? "";
    const { VpnConnection } = await aws.ec2.send(
      new CreateVpnConnectionCommand({
        ...{ Type: "ipsec.1", CustomerGatewayId: await customer("192.0.2.3"), TransitGatewayId },
        Options: { TunnelInsideIpVersion: "ipv6" },
      }),
    );
    expect(VpnConnection?.Options).to.include({ LocalIpv6NetworkCidr: "::/0", RemoteIpv6NetworkCidr: "::/0" });
    expect(VpnConnection?.Options).not.to.have.any.keys("LocalIpv4NetworkCidr", "RemoteIpv4NetworkCidr");
    const { TransitGatewayAttachments } = await aws.ec2.send(
      new DescribeTransitGatewayAttachmentsCommand({ Filters: [{ Name: "resource-type", Values: ["vpn"] }] }),
    );
    const attachment = only(TransitGatewayAttachments);
    expect(attachment.ResourceId).to.equal(VpnConnection?.VpnConnectionId);
    const { TransitGatewayAttachmentId } = attachment;
    const { PrefixList } = await aws.ec2.send(
      new CreateManagedPrefixListCommand({ PrefixListName: "far", AddressFamily: "IPv4", MaxEntries: 1 }),
    );
    const key = { TransitGatewayRouteTableId, PrefixListId: PrefixList?.PrefixListId };
    const create = () =>
      aws.ec2.send(new CreateTransitGatewayPrefixListReferenceCommand({ ...key, TransitGatewayAttachmentId }));
    expect((await create()).TransitGatewayPrefixListReference?.State).to.equal("pending");
    expect(await codeOf(create())).to.equal("PrefixListReferenceAlreadyExists");
    const read = async () =>
      (await aws.ec2.send(new GetTransitGatewayPrefixListReferencesCommand({ TransitGatewayRouteTableId })))
        .TransitGatewayPrefixListReferences ?? [];
    expect(only(await read()).State).to.equal("available");
    expect(only(await read()).TransitGatewayAttachment?.TransitGatewayAttachmentId).to.equal(
      TransitGatewayAttachmentId,
    );
    await aws.ec2.send(new ModifyTransitGatewayPrefixListReferenceCommand({ ...key, Blackhole: true }));
    expect(only(await read()).Blackhole).to.equal(true);
    await aws.ec2.send(new DeleteTransitGatewayPrefixListReferenceCommand(key));
    expect(await read()).to.deep.equal([]);
  });

  it("transit gateways of two regions are peered", async () => {
    const elsewhere = new EC2Client({ ...aws.clientConfig, region: "us-west-2" });
    const peer = (await elsewhere.send(new CreateTransitGatewayCommand({}))).TransitGateway?.TransitGatewayId ?? "";
    const { TransitGatewayPeeringAttachment } = await aws.ec2.send(
      new CreateTransitGatewayPeeringAttachmentCommand({
        ...{ TransitGatewayId: await transit(), PeerTransitGatewayId: peer },
        ...{ PeerAccountId: "000000000000", PeerRegion: "us-west-2", Options: { DynamicRouting: "disable" } },
      }),
    );
    const TransitGatewayAttachmentId = TransitGatewayPeeringAttachment?.TransitGatewayAttachmentId ?? "";
    const accept = new AcceptTransitGatewayPeeringAttachmentCommand({ TransitGatewayAttachmentId });
    expect(await codeOf(aws.ec2.send(accept))).to.equal("InvalidParameterValue");
    await elsewhere.send(accept);
    for (const client of [aws.ec2, elsewhere]) {
      const { TransitGatewayPeeringAttachments } = await client.send(
        new DescribeTransitGatewayPeeringAttachmentsCommand({
          TransitGatewayAttachmentIds: [TransitGatewayAttachmentId],
        }),
      );
      expect(only(TransitGatewayPeeringAttachments).Options).to.deep.equal({ DynamicRouting: "disable" });
      expect(only(TransitGatewayPeeringAttachments).State).to.equal("available");
    }
    elsewhere.destroy();
  });
});
