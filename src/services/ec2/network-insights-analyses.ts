import type * as Ec2 from "@aws-sdk/client-ec2";
import type { NetworkInsightsAnalysis } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { malformed, notFound } from "./errors.ts";
import { required } from "./required.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const networkInsightsAnalyses: Resource<NetworkInsightsAnalysis> = {
  table: "ec2_network_insights_analyses",
  prefix: "nia",
  type: "network-insights-analysis",
  idOf: (analysis) => analysis.NetworkInsightsAnalysisId ?? "",
  dates: ["StartDate"],
  ...tagsMember,
  filters: pathFilters<NetworkInsightsAnalysis>()({ "path-found": "NetworkPathFound", status: "Status" }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidNetworkInsightsAnalysisId.Malformed", id, "nia"),
  notFound: (ids) => notFound("InvalidNetworkInsightsAnalysisId.NotFound", "network insights analysis ID", ids),
};

export const networkInsightsAnalysisOperations = {
  async DescribeNetworkInsightsAnalyses(ctx, input) {
    const { AnalysisStartTime: from, AnalysisEndTime: to, NetworkInsightsPathId: pathId } = input;
    const page = await describeResources(ctx, networkInsightsAnalyses, input, {
      ids: input.NetworkInsightsAnalysisIds,
      limits: { min: 1, max: 100 },
      only: ({ NetworkInsightsPathId, StartDate = new Date(0) }) =>
        (!pathId || NetworkInsightsPathId === pathId) &&
        (from === undefined || StartDate >= from) &&
        (to === undefined || StartDate <= to),
    });
    return { NetworkInsightsAnalyses: page.items, NextToken: page.nextToken };
  },

  async DeleteNetworkInsightsAnalysis(ctx, input) {
    const id = required(input.NetworkInsightsAnalysisId, "networkInsightsAnalysisId");
    await removeResource(ctx, networkInsightsAnalyses, { id, DryRun: input.DryRun });
    return { NetworkInsightsAnalysisId: id };
  },
} satisfies Operations<typeof Ec2, Context>;
