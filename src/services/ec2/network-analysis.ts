import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dryRunOperation } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInsightsAnalyses } from "./network-insights-analyses.ts";
import { networkInsightsPaths } from "./network-insights-paths.ts";
import { findPath } from "./network-path.ts";
import { required } from "./required.ts";
import { getResource } from "./resource.ts";

export const networkAnalysisOperations = {
  /** The analysis is done when it is answered; only the answer says that it runs. */
  async StartNetworkInsightsAnalysis(ctx, input) {
    const pathId = required(input.NetworkInsightsPathId, "networkInsightsPathId");
    const tags = tagsForNew(input.TagSpecifications, "network-insights-analysis");
    const analysis = await makeOnce(ctx, networkInsightsAnalyses, input, async (scope) => {
      const path = await getResource(scope, networkInsightsPaths, pathId);
      if (input.DryRun === true) throw dryRunOperation();
      const id = scope.newId("nia");
      return insertTagged(
        scope,
        networkInsightsAnalyses,
        {
          NetworkInsightsAnalysisId: id,
          NetworkInsightsAnalysisArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:network-insights-analysis/${id}`,
          NetworkInsightsPathId: pathId,
          ...(input.FilterInArns?.length ? { FilterInArns: input.FilterInArns } : {}),
          ...(input.FilterOutArns?.length ? { FilterOutArns: input.FilterOutArns } : {}),
          StartDate: scope.now(),
          Status: "succeeded",
          ...(await findPath(scope, path, input)),
        },
        tags,
      );
    });
    const { NetworkPathFound, ForwardPathComponents, ReturnPathComponents, Explanations, ...begun } = analysis;
    return { NetworkInsightsAnalysis: { ...begun, Status: "running" } };
  },
} satisfies Operations<typeof Ec2, Context>;
