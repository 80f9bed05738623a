import type * as Ec2 from "@aws-sdk/client-ec2";
import type { VpcEndpointConnection } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { endpointServices, type StoredEndpointService } from "./endpoint-services.ts";
import { endpointState } from "./endpoint-states.ts";
import { dryRunOperation } from "./errors.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope, scopeAt } from "./scope.ts";
import { type StoredVpcEndpoint, vpcEndpoints } from "./vpc-endpoints.ts";

const connectionFilters = pathFilters<VpcEndpointConnection>()({
  "vpc-endpoint-region": "VpcEndpointRegion",
  "ip-address-type": "IpAddressType",
  "service-id": "ServiceId",
  "vpc-endpoint-id": "VpcEndpointId",
  "vpc-endpoint-owner": "VpcEndpointOwner",
  "vpc-endpoint-state": "VpcEndpointState",
});

export const endpointConnectionOperations = {
  async DescribeVpcEndpointConnections(ctx, input) {
    const matches = compileFilters(input.Filters, connectionFilters);
    const connections: VpcEndpointConnection[] = [];
    for (const service of await listResources(ctx, endpointServices)) {
      for (const { owner, endpoint } of await connectionsOf(ctx, service)) {
        connections.push({
          ServiceId: service.ServiceId,
          VpcEndpointId: endpoint.VpcEndpointId,
          VpcEndpointConnectionId: endpoint.ConnectionId,
          VpcEndpointOwner: owner.accountId,
          VpcEndpointState: endpoint.State,
          VpcEndpointRegion: owner.region,
          CreationTimestamp: endpoint.CreationTimestamp,
          DnsEntries: endpoint.DnsEntries,
          NetworkLoadBalancerArns: service.NetworkLoadBalancerArns,
          GatewayLoadBalancerArns: service.GatewayLoadBalancerArns,
          IpAddressType: endpoint.IpAddressType,
          Tags: [],
        });
      }
    }
    const page = describeData(connections.filter(matches), input, {
      kind: "vpc-endpoint-connections",
      keyOf: (connection) => connection.VpcEndpointConnectionId ?? "",
    });
    return { VpcEndpointConnections: page.items, NextToken: page.nextToken };
  },

  AcceptVpcEndpointConnections: (ctx, input) => changeConnections(ctx, input, "available"),
  RejectVpcEndpointConnections: (ctx, input) => changeConnections(ctx, input, "rejected"),
} satisfies Operations<typeof Ec2, Context>;

async function changeConnections(
  ctx: Context,
  input: Ec2.AcceptVpcEndpointConnectionsRequest,
  state: "available" | "rejected",
) {
  const serviceId = required(input.ServiceId, "serviceId");
  const ids = required(input.VpcEndpointIds, "vpcEndpointIds");
  return inTransaction(ctx, async (scope) => {
    const service = await getResource(scope, endpointServices, serviceId);
    if (input.DryRun === true) throw dryRunOperation();
    const connections = await connectionsOf(scope, service);
    const Unsuccessful: Ec2.UnsuccessfulItem[] = [];
    for (const id of ids) {
      const found = connections.find(({ endpoint }) => endpoint.VpcEndpointId === id);
      if (found === undefined) {
        const { code: Code, message: Message } = vpcEndpoints.notFound([id]);
        Unsuccessful.push({ ResourceId: id, Error: { Code, Message } });
        continue;
      }
      found.endpoint.State = endpointState(state);
      await updateResource(found.owner, vpcEndpoints, found.endpoint);
    }
    return { Unsuccessful };
  });
}

/** The endpoints, of whatever account of the region, that are connected to a service. */
export async function connectionsOf(
  scope: Scope,
  service: StoredEndpointService,
): Promise<{ owner: Scope; endpoint: StoredVpcEndpoint }[]> {
  const rows = await scope.db
    .selectFrom("ec2_vpc_endpoints")
    .select("account_id")
    .distinct()
    .where("region", "=", scope.region)
    .execute();
  const found: { owner: Scope; endpoint: StoredVpcEndpoint }[] = [];
  for (const row of rows) {
    const owner = scopeAt(scope, { accountId: row.account_id, region: scope.region });
    for (const endpoint of await listResources(owner, vpcEndpoints)) {
      if (endpoint.ServiceName === service.ServiceName && endpoint.EndedAt === undefined)
        found.push({ owner, endpoint });
    }
  }
  return found;
}
