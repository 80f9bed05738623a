import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateTrafficMirrorTargetRequest, TrafficMirrorTarget } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  malformed,
  missingParameter,
  notFound,
  unsupportedOperation,
} from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, type Resource, tagsMember } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { trafficMirrorSessions } from "./traffic-mirror-sessions.ts";
import { vpcEndpoints } from "./vpc-endpoints.ts";

export const trafficMirrorTargets: Resource<TrafficMirrorTarget> = {
  table: "ec2_traffic_mirror_targets",
  prefix: "tmt",
  type: "traffic-mirror-target",
  idOf: (target) => target.TrafficMirrorTargetId ?? "",
  ...tagsMember,
  filters: pathFilters<TrafficMirrorTarget>()({
    description: "Description",
    "network-interface-id": "NetworkInterfaceId",
    "network-load-balancer-arn": "NetworkLoadBalancerArn",
    "owner-id": "OwnerId",
    "traffic-mirror-target-id": "TrafficMirrorTargetId",
  }),
  columnFilters: { "traffic-mirror-target-id": "id" },
  malformed: (id) => malformed("InvalidTrafficMirrorTargetId.Malformed", id, "tmt"),
  notFound: (ids) => notFound("InvalidTrafficMirrorTargetId.NotFound", "traffic mirror target ID", ids),
};

/** https://docs.aws.amazon.com/vpc/latest/mirroring/traffic-mirroring-targets.html */
export const trafficMirrorTargetOperations = {
  async CreateTrafficMirrorTarget(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "traffic-mirror-target");
    const asked = [input.NetworkInterfaceId, input.NetworkLoadBalancerArn, input.GatewayLoadBalancerEndpointId];
    const count = asked.filter(Boolean).length;
    if (count === 0) throw missingParameter("NetworkInterfaceId");
    if (count > 1) throw invalidParameterCombination("Only one target can be specified.");
    const made = await makeOnce(ctx, trafficMirrorTargets, input, async (scope) => {
      const target: TrafficMirrorTarget = {
        TrafficMirrorTargetId: scope.newId("tmt"),
        ...(await destinationOf(scope, input)),
        OwnerId: scope.accountId,
        ...(input.Description === undefined ? {} : { Description: input.Description }),
      };
      if (input.DryRun === true) throw dryRunOperation();
      return insertTagged(scope, trafficMirrorTargets, target, tags);
    });
    return { TrafficMirrorTarget: made, ClientToken: input.ClientToken };
  },

  async DeleteTrafficMirrorTarget(ctx, input) {
    const id = required(input.TrafficMirrorTargetId, "TrafficMirrorTargetId");
    return inTransaction(ctx, async (scope) => {
      await getResource(scope, trafficMirrorTargets, id);
      const sessions = await listResources(scope, trafficMirrorSessions);
      if (sessions.some(({ TrafficMirrorTargetId }) => TrafficMirrorTargetId === id)) {
        throw new AwsError(
          "TrafficMirrorTargetInUseException",
          `The Traffic Mirror target '${id}' cannot be deleted because a Traffic Mirror session is currently using it.`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, trafficMirrorTargets, [id]);
      return { TrafficMirrorTargetId: id };
    });
  },

  async DescribeTrafficMirrorTargets(ctx, input) {
    const page = await describeResources(ctx, trafficMirrorTargets, input, { ids: input.TrafficMirrorTargetIds });
    return { TrafficMirrorTargets: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function destinationOf(scope: Scope, input: CreateTrafficMirrorTargetRequest): Promise<TrafficMirrorTarget> {
  const { NetworkInterfaceId, GatewayLoadBalancerEndpointId } = input;
  if (NetworkInterfaceId) {
    await getResource(scope, networkInterfaces, NetworkInterfaceId);
    return { Type: "network-interface", NetworkInterfaceId };
  }
  if (!GatewayLoadBalancerEndpointId) {
    throw unsupportedOperation("LocalAWS has no Network Load Balancers that traffic could be mirrored to.");
  }
  const endpoint = await getResource(scope, vpcEndpoints, GatewayLoadBalancerEndpointId);
  if (endpoint.VpcEndpointType !== "GatewayLoadBalancer") {
    throw invalidParameterValue(`${GatewayLoadBalancerEndpointId} is not a Gateway Load Balancer endpoint.`);
  }
  return { Type: "gateway-load-balancer-endpoint", GatewayLoadBalancerEndpointId };
}
