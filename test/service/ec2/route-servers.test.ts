import {
  AssociateRouteServerCommand,
  CreateRouteServerCommand,
  type CreateRouteServerCommandInput,
  CreateRouteServerEndpointCommand,
  CreateRouteServerPeerCommand,
  DeleteRouteServerCommand,
  DeleteRouteServerEndpointCommand,
  DeleteRouteServerPeerCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteServerEndpointsCommand,
  DescribeRouteServerPeersCommand,
  DescribeRouteServersCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DisableRouteServerPropagationCommand,
  DisassociateRouteServerCommand,
  EnableRouteServerPropagationCommand,
  GetRouteServerAssociationsCommand,
  GetRouteServerPropagationsCommand,
  GetRouteServerRoutingDatabaseCommand,
  ModifyRouteServerCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

describe("ec2 route servers", () => {
  let aws: TestServer;
  let VpcId: string;
  let SubnetId: string;
  let RouteTableId: string;

  before(async () => {
    aws = await startLocalAws();
    const { Subnets } = await aws.ec2.send(new DescribeSubnetsCommand({}));
    ({ VpcId = "", SubnetId = "" } = Subnets?.[0] ?? {});
    const { RouteTables } = await aws.ec2.send(new DescribeRouteTablesCommand({}));
    RouteTableId = RouteTables?.[0]?.RouteTableId ?? "";
  });
  after(() => aws.stop());

  async function create(overrides: Partial<CreateRouteServerCommandInput> = {}): Promise<string> {
    const { RouteServer } = await aws.ec2.send(new CreateRouteServerCommand({ AmazonSideAsn: 65_000, ...overrides }));
    expect(RouteServer?.State).to.equal("pending");
    return RouteServer?.RouteServerId ?? "";
  }

  it("are made once a token, changed, and gone when they are deleted", async () => {
    const request = { ClientToken: "once", PersistRoutes: "enable", PersistRoutesDuration: 3 } as const;
    const RouteServerId = await create({
      ...request,
      TagSpecifications: [{ ResourceType: "route-server", Tags: [{ Key: "Name", Value: "core" }] }],
    });
    const found = await aws.ec2.send(
      new DescribeRouteServersCommand({ Filters: [{ Name: "tag:Name", Values: ["core"] }] }),
    );
    expect(found.RouteServers).to.deep.equal([
      {
        RouteServerId,
        AmazonSideAsn: 65_000,
        State: "available",
        PersistRoutesState: "enabled",
        PersistRoutesDuration: 3,
        SnsNotificationsEnabled: false,
        Tags: [{ Key: "Name", Value: "core" }],
      },
    ]);
    const changed = await aws.ec2.send(
      new ModifyRouteServerCommand({ RouteServerId, PersistRoutes: "disable", SnsNotificationsEnabled: true }),
    );
    expect(changed.RouteServer).to.include({ State: "modifying", PersistRoutesState: "disabled" });
    expect(changed.RouteServer?.SnsTopicArn).to.match(/^arn:aws:sns:us-east-1:000000000000:/);
    await aws.ec2.send(new DeleteRouteServerCommand({ RouteServerId }));
    expect(
      await refusal(aws.ec2.send(new DescribeRouteServersCommand({ RouteServerIds: [RouteServerId] }))),
    ).to.include({ code: "InvalidRouteServerId.NotFound", status: 400 });
  });

  it("want an ASN, and a duration where routes persist", async () => {
    expect(await refusal(aws.ec2.send(new CreateRouteServerCommand({ AmazonSideAsn: undefined })))).to.include({
      code: "MissingParameter",
    });
    expect(await refusal(create({ AmazonSideAsn: 0 }))).to.include({ code: "InvalidParameterValue" });
    expect(await refusal(create({ PersistRoutes: "enable" }))).to.include({ code: "MissingParameter" });
    expect(await refusal(create({ PersistRoutes: "enable", PersistRoutesDuration: 6 }))).to.include({
      code: "InvalidParameterValue",
    });
    expect(await refusal(create({ DryRun: true }))).to.include({ code: "DryRunOperation", status: 412 });
  });

  it("are associated with a VPC, and have endpoints, peers and propagations there", async () => {
    const RouteServerId = await create();
    const outside = await refusal(aws.ec2.send(new CreateRouteServerEndpointCommand({ RouteServerId, SubnetId })));
    expect(outside.code).to.equal("InvalidParameterValue");
    expect(await refusal(aws.ec2.send(new DisassociateRouteServerCommand({ RouteServerId, VpcId })))).to.include({
      code: "InvalidRouteServerId.NotAssociated",
    });
    await aws.ec2.send(new AssociateRouteServerCommand({ RouteServerId, VpcId }));
    const associations = await aws.ec2.send(new GetRouteServerAssociationsCommand({ RouteServerId }));
    expect(associations.RouteServerAssociations).to.deep.equal([{ RouteServerId, VpcId, State: "associated" }]);

    await aws.ec2.send(new EnableRouteServerPropagationCommand({ RouteServerId, RouteTableId }));
    const propagations = await aws.ec2.send(new GetRouteServerPropagationsCommand({ RouteServerId, RouteTableId }));
    expect(propagations.RouteServerPropagations?.[0]).to.include({ RouteTableId, State: "available" });

    const { RouteServerEndpoint } = await aws.ec2.send(
      new CreateRouteServerEndpointCommand({ RouteServerId, SubnetId }),
    );
    const { RouteServerEndpointId = "", EniId = "", EniAddress } = RouteServerEndpoint ?? {};
    const { NetworkInterfaces } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [EniId] }),
    );
    expect(NetworkInterfaces?.[0]).to.include({ SubnetId, PrivateIpAddress: EniAddress, Status: "in-use" });

    const peer = await aws.ec2.send(
      new CreateRouteServerPeerCommand({
        RouteServerEndpointId,
        PeerAddress: "172.31.0.200",
        BgpOptions: { PeerAsn: 65_100 },
      }),
    );
    const { RouteServerPeerId = "" } = peer.RouteServerPeer ?? {};
    const peers = await aws.ec2.send(new DescribeRouteServerPeersCommand({ RouteServerPeerIds: [RouteServerPeerId] }));
    expect(peers.RouteServerPeers?.[0]).to.deep.include({
      State: "available",
      EndpointEniId: EniId,
      BgpOptions: { PeerAsn: 65_100, PeerLivenessDetection: "bgp-keepalive" },
      BgpStatus: { Status: "down" },
    });
    const routes = await aws.ec2.send(new GetRouteServerRoutingDatabaseCommand({ RouteServerId }));
    expect(routes).to.deep.include({ AreRoutesPersisted: false, Routes: [] });

    for (const refused of [
      new DeleteRouteServerCommand({ RouteServerId }),
      new DisassociateRouteServerCommand({ RouteServerId, VpcId }),
      new DeleteRouteServerEndpointCommand({ RouteServerEndpointId }),
    ]) {
      expect(await refusal(aws.ec2.send(refused as DeleteRouteServerCommand))).to.include({
        code: "DependencyViolation",
      });
    }
    await aws.ec2.send(new DeleteRouteServerPeerCommand({ RouteServerPeerId }));
    await aws.ec2.send(new DeleteRouteServerEndpointCommand({ RouteServerEndpointId }));
    const left = await aws.ec2.send(new DescribeRouteServerEndpointsCommand({}));
    expect(left.RouteServerEndpoints).to.deep.equal([]);
    expect(
      await refusal(aws.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [EniId] }))),
    ).to.include({ code: "InvalidNetworkInterfaceID.NotFound" });
    await aws.ec2.send(new DisableRouteServerPropagationCommand({ RouteServerId, RouteTableId }));
    expect(
      await refusal(aws.ec2.send(new DisableRouteServerPropagationCommand({ RouteServerId, RouteTableId }))),
    ).to.include({ code: "InvalidRouteServerId.NotPropagated" });
    await aws.ec2.send(new DisassociateRouteServerCommand({ RouteServerId, VpcId }));
    await aws.ec2.send(new DeleteRouteServerCommand({ RouteServerId }));
  });
});
