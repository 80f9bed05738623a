import { isIPv4 } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { RouteServerEndpoint, RouteServerPeer } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue } from "./errors.ts";
import { chooseIpv4, readSubnetUse } from "./interface-addresses.ts";
import { removeInterface } from "./interface-attachments.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newServiceInterface } from "./new-interface.ts";
import { required } from "./required.ts";
import { findResource, getResource, insertResource, listResources } from "./resource.ts";
import { routeServerEndpoints, routeServerPeers, routeServers } from "./route-servers.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";

/** Where a route server meets devices that would speak BGP to it: sessions stay down. */
export const routeServerPeerOperations = {
  async CreateRouteServerEndpoint(ctx, input) {
    const RouteServerId = required(input.RouteServerId, "RouteServerId");
    const SubnetId = required(input.SubnetId, "SubnetId");
    const tags = tagsForNew(input.TagSpecifications, "route-server-endpoint");
    const made = await makeOnce(ctx, routeServerEndpoints, input, async (scope) => {
      const endpoint = await insertEndpoint(scope, { RouteServerId, SubnetId }, input.DryRun === true);
      return insertTagged(scope, routeServerEndpoints, endpoint, tags);
    });
    return { RouteServerEndpoint: { ...made, State: "pending" } };
  },

  async DeleteRouteServerEndpoint(ctx, input) {
    const id = required(input.RouteServerEndpointId, "RouteServerEndpointId");
    const removed = await removeResource(
      ctx,
      routeServerEndpoints,
      { id, DryRun: input.DryRun },
      async (endpoint, scope) => {
        const peers = await listResources(scope, routeServerPeers);
        if (peers.some(({ RouteServerEndpointId }) => RouteServerEndpointId === id)) {
          throw dependencyViolation(`The route server endpoint '${id}' has peers and cannot be deleted.`);
        }
        if (input.DryRun === true) return;
        const networkInterface = await findResource(scope, networkInterfaces, endpoint.EniId ?? "");
        if (networkInterface !== undefined) await removeInterface(scope, networkInterface);
      },
    );
    return { RouteServerEndpoint: { ...removed, State: "deleting" } };
  },

  async DescribeRouteServerEndpoints(ctx, input) {
    const page = await describeResources(ctx, routeServerEndpoints, input, { ids: input.RouteServerEndpointIds });
    return { RouteServerEndpoints: page.items, NextToken: page.nextToken };
  },

  async CreateRouteServerPeer(ctx, input) {
    const RouteServerEndpointId = required(input.RouteServerEndpointId, "RouteServerEndpointId");
    const PeerAddress = required(input.PeerAddress, "PeerAddress");
    const { PeerAsn, PeerLivenessDetection = "bgp-keepalive" } = required(input.BgpOptions, "BgpOptions");
    const asn = required(PeerAsn, "BgpOptions.PeerAsn");
    const tags = tagsForNew(input.TagSpecifications, "route-server-peer");
    if (!isIPv4(PeerAddress))
      throw invalidParameterValue(`Value (${PeerAddress}) for parameter peerAddress is invalid.`);
    return inTransaction(ctx, async (scope) => {
      const endpoint = await getResource(scope, routeServerEndpoints, RouteServerEndpointId);
      const twin = (await listResources(scope, routeServerPeers)).some(
        (peer) => peer.RouteServerEndpointId === RouteServerEndpointId && peer.PeerAddress === PeerAddress,
      );
      if (twin)
        throw invalidParameterValue(`'${RouteServerEndpointId}' has a peer with the address ${PeerAddress} already.`);
      if (input.DryRun === true) throw dryRunOperation();
      const peer: RouteServerPeer = {
        RouteServerPeerId: scope.newId("rsp"),
        RouteServerEndpointId,
        RouteServerId: endpoint.RouteServerId,
        VpcId: endpoint.VpcId,
        SubnetId: endpoint.SubnetId,
        State: "available",
        EndpointEniId: endpoint.EniId,
        EndpointEniAddress: endpoint.EniAddress,
        PeerAddress,
        BgpOptions: { PeerAsn: asn, PeerLivenessDetection },
        BgpStatus: { Status: "down" },
        BfdStatus: { Status: "down" },
      };
      const made = await insertTagged(scope, routeServerPeers, peer, tags);
      return { RouteServerPeer: { ...made, State: "pending" } };
    });
  },

  async DeleteRouteServerPeer(ctx, input) {
    const id = required(input.RouteServerPeerId, "RouteServerPeerId");
    const removed = await removeResource(ctx, routeServerPeers, { id, DryRun: input.DryRun });
    return { RouteServerPeer: { ...removed, State: "deleting" } };
  },

  async DescribeRouteServerPeers(ctx, input) {
    const page = await describeResources(ctx, routeServerPeers, input, { ids: input.RouteServerPeerIds });
    return { RouteServerPeers: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** With its network interface in the subnet, which must be of the server's VPC. */
async function insertEndpoint(
  scope: Scope,
  { RouteServerId, SubnetId }: { RouteServerId: string; SubnetId: string },
  dryRun: boolean,
): Promise<RouteServerEndpoint> {
  const server = await getResource(scope, routeServers, RouteServerId);
  const subnet = await getResource(scope, subnets, SubnetId);
  if (!server.Associations.some(({ VpcId }) => VpcId === subnet.VpcId)) {
    throw invalidParameterValue(`The subnet '${SubnetId}' is in no VPC that '${RouteServerId}' is associated with.`);
  }
  const addresses = chooseIpv4(subnet, await readSubnetUse(scope, SubnetId), [], 1);
  if (dryRun) throw dryRunOperation();
  const RouteServerEndpointId = scope.newId("rse");
  const networkInterface = newServiceInterface(scope, {
    ...{ subnet, groups: [], addresses },
    description: `Interface for Route Server Endpoint ${RouteServerEndpointId}`,
    requesterId: "amazon-aws",
  });
  await insertResource(scope, networkInterfaces, networkInterface);
  return {
    RouteServerEndpointId,
    RouteServerId,
    VpcId: subnet.VpcId,
    SubnetId,
    EniId: networkInterface.NetworkInterfaceId,
    EniAddress: addresses[0],
    State: "available",
  };
}
