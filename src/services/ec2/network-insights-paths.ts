import { isIPv4 } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { NetworkInsightsPath } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInsightsAnalyses } from "./network-insights-analyses.ts";
import { arnOfComponent, checkComponent } from "./network-path-components.ts";
import { required } from "./required.ts";
import { listResources, type Resource, tagsMember } from "./resource.ts";

export const networkInsightsPaths: Resource<NetworkInsightsPath> = {
  table: "ec2_network_insights_paths",
  prefix: "nip",
  type: "network-insights-path",
  idOf: (path) => path.NetworkInsightsPathId ?? "",
  dates: ["CreatedDate"],
  ...tagsMember,
  filters: {
    ...pathFilters<NetworkInsightsPath>()({
      destination: "Destination",
      "filter-at-destination.destination-address": "FilterAtDestination.DestinationAddress",
      "filter-at-destination.source-address": "FilterAtDestination.SourceAddress",
      "filter-at-source.destination-address": "FilterAtSource.DestinationAddress",
      "filter-at-source.source-address": "FilterAtSource.SourceAddress",
      protocol: "Protocol",
      source: "Source",
    }),
    "filter-at-destination.destination-port-range": (path) => rangeOf(path.FilterAtDestination?.DestinationPortRange),
    "filter-at-destination.source-port-range": (path) => rangeOf(path.FilterAtDestination?.SourcePortRange),
    "filter-at-source.destination-port-range": (path) => rangeOf(path.FilterAtSource?.DestinationPortRange),
    "filter-at-source.source-port-range": (path) => rangeOf(path.FilterAtSource?.SourcePortRange),
  },
  columnFilters: {},
  malformed: (id) => malformed("InvalidNetworkInsightsPathId.Malformed", id, "nip"),
  notFound: (ids) => notFound("InvalidNetworkInsightsPathId.NotFound", "network insights path ID", ids),
};

/** https://docs.aws.amazon.com/vpc/latest/reachability/what-is-reachability-analyzer.html */
export const networkInsightsPathOperations = {
  async CreateNetworkInsightsPath(ctx, input) {
    const Source = idIn(required(input.Source, "source"));
    const Destination = input.Destination ? idIn(input.Destination) : undefined;
    const Protocol = required(input.Protocol, "protocol").toLowerCase();
    if (Protocol !== "tcp" && Protocol !== "udp")
      throw invalidParameterValue(`Invalid value '${Protocol}' for protocol.`);
    for (const address of [input.SourceIp, input.DestinationIp]) {
      if (address && !isIPv4(address)) throw invalidParameterValue(`${address} is no valid IPv4 address.`);
    }
    const target = input.DestinationIp || input.FilterAtSource?.DestinationAddress || input.FilterAtDestination;
    if (Destination === undefined && !target) {
      throw new AwsError(
        "InvalidParameterCombination",
        "The request must contain a destination or the address of one.",
      );
    }
    const tags = tagsForNew(input.TagSpecifications, "network-insights-path");
    const path = await makeOnce(ctx, networkInsightsPaths, input, async (scope) => {
      await checkComponent(scope, Source);
      if (Destination !== undefined) await checkComponent(scope, Destination);
      if (input.DryRun === true) throw dryRunOperation();
      const id = scope.newId("nip");
      return insertTagged(
        scope,
        networkInsightsPaths,
        {
          NetworkInsightsPathId: id,
          NetworkInsightsPathArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:network-insights-path/${id}`,
          CreatedDate: scope.now(),
          Source,
          SourceArn: arnOfComponent(scope, Source),
          ...(Destination === undefined ? {} : { Destination, DestinationArn: arnOfComponent(scope, Destination) }),
          ...(input.SourceIp ? { SourceIp: input.SourceIp } : {}),
          ...(input.DestinationIp ? { DestinationIp: input.DestinationIp } : {}),
          Protocol,
          ...(input.DestinationPort === undefined ? {} : { DestinationPort: input.DestinationPort }),
          ...(input.FilterAtSource === undefined ? {} : { FilterAtSource: input.FilterAtSource }),
          ...(input.FilterAtDestination === undefined ? {} : { FilterAtDestination: input.FilterAtDestination }),
        },
        tags,
      );
    });
    return { NetworkInsightsPath: path };
  },

  async DeleteNetworkInsightsPath(ctx, { DryRun, ...input }) {
    const id = required(input.NetworkInsightsPathId, "networkInsightsPathId");
    await removeResource(ctx, networkInsightsPaths, { id, DryRun }, async (_path, scope) => {
      const analyses = await listResources(scope, networkInsightsAnalyses);
      if (analyses.some(({ NetworkInsightsPathId }) => NetworkInsightsPathId === id)) {
        throw new AwsError("AnalysisExistsForNetworkInsightsPath", `The path '${id}' has analyses.`);
      }
    });
    return { NetworkInsightsPathId: id };
  },

  async DescribeNetworkInsightsPaths(ctx, input) {
    const limits = { min: 1, max: 100 };
    const page = await describeResources(ctx, networkInsightsPaths, input, {
      ids: input.NetworkInsightsPathIds,
      limits,
    });
    return { NetworkInsightsPaths: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** Resources are named by their ids or ARNs. */
function idIn(text: string): string {
  return text.startsWith("arn:") ? (text.split("/").at(-1) ?? text) : text;
}

function rangeOf(range: Ec2.FilterPortRange | undefined): string | undefined {
  return range === undefined ? undefined : `${range.FromPort}-${range.ToPort}`;
}
