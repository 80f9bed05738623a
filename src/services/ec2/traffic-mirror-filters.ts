import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TrafficMirrorFilter } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import {
  completeResources,
  deleteResources,
  getResource,
  listResources,
  type Resource,
  tagsMember,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { trafficMirrorFilterRules } from "./traffic-mirror-rules.ts";
import { trafficMirrorSessions } from "./traffic-mirror-sessions.ts";

export const trafficMirrorFilters: Resource<TrafficMirrorFilter> = {
  table: "ec2_traffic_mirror_filters",
  prefix: "tmf",
  type: "traffic-mirror-filter",
  idOf: (filter) => filter.TrafficMirrorFilterId ?? "",
  ...tagsMember,
  enrich: addRules,
  filters: pathFilters<TrafficMirrorFilter>()({
    description: "Description",
    "traffic-mirror-filter-id": "TrafficMirrorFilterId",
  }),
  columnFilters: { "traffic-mirror-filter-id": "id" },
  malformed: (id) => malformed("InvalidTrafficMirrorFilterId.Malformed", id, "tmf"),
  notFound: (ids) => notFound("InvalidTrafficMirrorFilterId.NotFound", "traffic mirror filter ID", ids),
};

/** https://docs.aws.amazon.com/vpc/latest/mirroring/traffic-mirroring-filters.html */
export const trafficMirrorFilterOperations = {
  async CreateTrafficMirrorFilter(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "traffic-mirror-filter");
    const made = await makeOnce(ctx, trafficMirrorFilters, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const filter: TrafficMirrorFilter = {
        TrafficMirrorFilterId: scope.newId("tmf"),
        NetworkServices: [],
        ...(input.Description === undefined ? {} : { Description: input.Description }),
      };
      return insertTagged(scope, trafficMirrorFilters, filter, tags);
    });
    return { TrafficMirrorFilter: made, ClientToken: input.ClientToken };
  },

  async ModifyTrafficMirrorFilterNetworkServices(ctx, input) {
    const id = required(input.TrafficMirrorFilterId, "TrafficMirrorFilterId");
    const { AddNetworkServices = [], RemoveNetworkServices = [] } = input;
    for (const name of [...AddNetworkServices, ...RemoveNetworkServices]) {
      if (name !== "amazon-dns") throw invalidParameterValue(`Invalid value '${String(name)}' for NetworkService.`);
    }
    return inTransaction(ctx, async (scope) => {
      const filter = await getResource(scope, trafficMirrorFilters, id);
      if (input.DryRun === true) throw dryRunOperation();
      const services = new Set([...(filter.NetworkServices ?? []), ...AddNetworkServices]);
      for (const name of RemoveNetworkServices) services.delete(name);
      filter.NetworkServices = [...services];
      await updateResource(scope, trafficMirrorFilters, filter);
      await completeResources(scope, trafficMirrorFilters, [filter]);
      return { TrafficMirrorFilter: filter };
    });
  },

  /** With its rules. */
  async DeleteTrafficMirrorFilter(ctx, input) {
    const id = required(input.TrafficMirrorFilterId, "TrafficMirrorFilterId");
    return inTransaction(ctx, async (scope) => {
      await getResource(scope, trafficMirrorFilters, id);
      const sessions = await listResources(scope, trafficMirrorSessions);
      if (sessions.some(({ TrafficMirrorFilterId }) => TrafficMirrorFilterId === id)) {
        throw new AwsError(
          "TrafficMirrorFilterInUse",
          `The Traffic Mirror filter '${id}' cannot be deleted because a Traffic Mirror session is currently using it.`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      const rules = await listResources(scope, trafficMirrorFilterRules, { traffic_mirror_filter_id: id });
      await deleteResources(scope, trafficMirrorFilterRules, rules.map(trafficMirrorFilterRules.idOf));
      await deleteResources(scope, trafficMirrorFilters, [id]);
      return { TrafficMirrorFilterId: id };
    });
  },

  async DescribeTrafficMirrorFilters(ctx, input) {
    const page = await describeResources(ctx, trafficMirrorFilters, input, { ids: input.TrafficMirrorFilterIds });
    return { TrafficMirrorFilters: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function addRules(scope: Scope, shapes: TrafficMirrorFilter[]): Promise<void> {
  const ids = shapes.map(trafficMirrorFilters.idOf);
  const rules = await listResources(scope, trafficMirrorFilterRules, { traffic_mirror_filter_id: ids });
  await completeResources(scope, trafficMirrorFilterRules, rules);
  for (const filter of shapes) {
    const own = rules
      .filter(({ TrafficMirrorFilterId }) => TrafficMirrorFilterId === filter.TrafficMirrorFilterId)
      .sort((one, other) => (one.RuleNumber ?? 0) - (other.RuleNumber ?? 0));
    filter.IngressFilterRules = own.filter(({ TrafficDirection }) => TrafficDirection === "ingress");
    filter.EgressFilterRules = own.filter(({ TrafficDirection }) => TrafficDirection === "egress");
  }
}
