import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TargetNetwork } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource } from "./changes.ts";
import { clientVpnEndpoints, newRoute, noAssociation, showNetworks } from "./client-vpn.ts";
import { describeData } from "./describe.ts";
import { describeNone } from "./describe-none.ts";
import { invalidParameterValue } from "./errors.ts";
import { required } from "./required.ts";
import { findResource, getResource, getResources } from "./resource.ts";
import { findGroupByName, securityGroups } from "./security-groups.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";

const networkFilters = pathFilters<TargetNetwork>()({
  "association-id": "AssociationId",
  "target-network-id": "TargetNetworkId",
  "vpc-id": "VpcId",
});

/** The subnets by which clients get into a VPC, one of each Availability Zone. */
export const clientVpnNetworkOperations = {
  async AssociateClientVpnTargetNetwork(ctx, { DryRun, ...input }) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const SubnetId = required(input.SubnetId, "subnetId");
    const AssociationId = ctx.newId("cvpn-assoc");
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun }, async (endpoint, scope) => {
      const subnet = await findResource(scope, subnets, SubnetId);
      if (subnet === undefined) {
        throw new AwsError("InvalidClientVpnSubnetId.NotFound", `Subnet ${SubnetId} does not exist`);
      }
      const { VpcId = "", AvailabilityZone = "", AvailabilityZoneId = "" } = subnet;
      if (endpoint.Networks.some(({ AvailabilityZones }) => AvailabilityZones?.includes(AvailabilityZone))) {
        throw new AwsError(
          "InvalidClientVpnSubnetId.DuplicateAz",
          `A subnet of ${AvailabilityZone} is associated already.`,
        );
      }
      if (endpoint.VpcId !== undefined && endpoint.VpcId !== VpcId) {
        throw invalidParameterValue(`Subnet ${SubnetId} is not of the VPC ${endpoint.VpcId}.`);
      }
      const vpc = await getResource(scope, vpcs, VpcId);
      const group = await findGroupByName(scope, VpcId, "default");
      endpoint.VpcId = VpcId;
      endpoint.SecurityGroupIds ??= group?.GroupId === undefined ? [] : [group.GroupId];
      endpoint.Networks.push({
        ...{ AssociationId, VpcId, TargetNetworkId: SubnetId, ClientVpnEndpointId: id },
        Status: { Code: "associated" },
        AvailabilityZones: [AvailabilityZone],
        AvailabilityZoneIds: [AvailabilityZoneId],
      });
      const route = { ClientVpnEndpointId: id, DestinationCidr: vpc.CidrBlock, TargetSubnet: SubnetId };
      endpoint.Routes.push(newRoute({ ...route, Description: "Default Route" }, "associate"));
      showNetworks(endpoint);
    });
    return { AssociationId, Status: { Code: "associating" as const } };
  },

  async DisassociateClientVpnTargetNetwork(ctx, { DryRun, ...input }) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const AssociationId = required(input.AssociationId, "associationId");
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun }, (endpoint) => {
      const gone = endpoint.Networks.find((one) => one.AssociationId === AssociationId);
      if (gone === undefined) throw noAssociation([AssociationId]);
      endpoint.Networks = endpoint.Networks.filter((one) => one !== gone);
      endpoint.Routes = endpoint.Routes.filter(({ TargetSubnet }) => TargetSubnet !== gone.TargetNetworkId);
      showNetworks(endpoint);
    });
    return { AssociationId, Status: { Code: "disassociating" as const } };
  },

  async DescribeClientVpnTargetNetworks(ctx, input) {
    const matches = compileFilters(input.Filters, networkFilters);
    const endpoint = await getResource(ctx, clientVpnEndpoints, required(input.ClientVpnEndpointId, "endpointId"));
    const ids = input.AssociationIds ?? [];
    const missing = ids.filter((id) => !endpoint.Networks.some(({ AssociationId }) => AssociationId === id));
    if (missing.length > 0) throw noAssociation(missing);
    const found = endpoint.Networks.filter(
      (network) => (ids.length === 0 || ids.includes(network.AssociationId ?? "")) && matches(network),
    ).map((network) => ({ ...network, SecurityGroups: endpoint.SecurityGroupIds }));
    const page = describeData(found, input, {
      kind: "client-vpn-target-networks",
      keyOf: ({ AssociationId }) => AssociationId ?? "",
    });
    return { ClientVpnTargetNetworks: page.items, NextToken: page.nextToken };
  },

  async ApplySecurityGroupsToClientVpnTargetNetwork(ctx, { DryRun, ...input }) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const VpcId = required(input.VpcId, "vpcId");
    const SecurityGroupIds = required(input.SecurityGroupIds, "securityGroupIds");
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun }, async (endpoint, scope) => {
      await getResource(scope, vpcs, VpcId);
      const foreign = (await getResources(scope, securityGroups, SecurityGroupIds)).find((one) => one.VpcId !== VpcId);
      if (foreign !== undefined) throw invalidParameterValue(`${foreign.GroupId} is not of the VPC ${VpcId}.`);
      Object.assign(endpoint, { VpcId, SecurityGroupIds });
    });
    return { SecurityGroupIds };
  },

  /** Nothing listens, so that nobody is connected. */
  async DescribeClientVpnConnections(ctx, input) {
    await getResource(ctx, clientVpnEndpoints, required(input.ClientVpnEndpointId, "endpointId"));
    return { Connections: describeNone(input, { filters: ["connection-id", "username"] }) };
  },

  async TerminateClientVpnConnections(ctx, input) {
    await getResource(ctx, clientVpnEndpoints, required(input.ClientVpnEndpointId, "endpointId"));
    if (input.Username) {
      throw new AwsError("InvalidClientVpnConnection.UserNotFound", `User ${input.Username} has no connection.`);
    }
    const id = required(input.ConnectionId, "connectionId");
    throw new AwsError("InvalidClientVpnConnection.IdNotFound", `Connection ${id} does not exist.`);
  },
} satisfies Operations<typeof Ec2, Context>;
