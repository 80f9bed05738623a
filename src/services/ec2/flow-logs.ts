import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateFlowLogsRequest, FlowLog } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import { ownValue } from "../../aws/own-value.ts";
import type { Context } from "../service-context.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  malformed,
  missingParameter,
} from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { deleteResources, findResource, listResources, type Resource, tagsMember } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { transitGateways } from "./transit-gateways.ts";
import { vpcs } from "./vpcs.ts";

export const flowLogs: Resource<FlowLog> = {
  table: "ec2_flow_logs",
  prefix: "fl",
  type: "vpc-flow-log",
  idOf: (log) => log.FlowLogId ?? "",
  dates: ["CreationTime"],
  ...tagsMember,
  filters: pathFilters<FlowLog>()({
    "deliver-log-status": "DeliverLogsStatus",
    "flow-log-id": "FlowLogId",
    "log-destination-type": "LogDestinationType",
    "log-group-name": "LogGroupName",
    "resource-id": "ResourceId",
    "traffic-type": "TrafficType",
  }),
  columnFilters: { "flow-log-id": "id" },
  malformed: (id) => malformed("InvalidFlowLogId.Malformed", id, "fl"),
  notFound: (ids) =>
    new AwsError(
      "InvalidFlowLogId.NotFound",
      `These flow log ids in the input list are not found: [TotalCount: ${ids.length}] ${ids.join(" ")}`,
    ),
};

/** https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html */
const usualFields =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";
const usualFormat = usualFields.replace(/[a-z-]+/g, (field) => `$\{${field}}`);

/** What each type of resource is looked up by. */
const checks: Readonly<Record<string, (scope: Scope, id: string) => Promise<void>>> = {
  VPC: checkerOf(vpcs),
  Subnet: checkerOf(subnets),
  NetworkInterface: checkerOf(networkInterfaces),
  TransitGateway: checkerOf(transitGateways),
  TransitGatewayAttachment: checkerOf(transitGatewayAttachments),
};

export const flowLogOperations = {
  /** What is wrong with one resource is told beside what was made for the others. */
  async CreateFlowLogs(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "vpc-flow-log");
    const ids = required(input.ResourceIds, "resourceIds");
    const plan = checkRequest(input);
    return inTransaction(ctx, async (scope) => {
      const token = input.ClientToken;
      const request = token ? { operation: "CreateFlowLogs", token, input: { ...input } } : undefined;
      const before = request && (await findMade(scope, request));
      if (before !== undefined) return { ClientToken: token, FlowLogIds: before, Unsuccessful: [] };
      for (const id of ids) await checkResource(scope, input, id);
      if (input.DryRun === true) throw dryRunOperation();
      const there = await listResources(scope, flowLogs);
      const bucket = await missingBucket(scope, plan);
      const FlowLogIds: string[] = [];
      const Unsuccessful: Ec2.UnsuccessfulItem[] = [];
      for (const ResourceId of ids) {
        const twin = there.some(
          (log) =>
            log.ResourceId === ResourceId &&
            log.TrafficType === plan.TrafficType &&
            log.LogDestination === plan.LogDestination &&
            log.LogGroupName === plan.LogGroupName,
        );
        if (twin) {
          throw new AwsError(
            "FlowLogAlreadyExists",
            "Error. There is an existing Flow Log with the same configuration and log destination.",
          );
        }
        if (bucket !== undefined) {
          const Message = `LogDestination: ${bucket} does not exist.`;
          Unsuccessful.push({ ResourceId, Error: { Code: "400", Message } });
          continue;
        }
        const log = { ...plan, FlowLogId: scope.newId("fl"), ResourceId, CreationTime: scope.now() };
        await insertTagged(scope, flowLogs, log, tags);
        FlowLogIds.push(log.FlowLogId);
      }
      if (request !== undefined) await rememberMade(scope, request, FlowLogIds);
      return { ClientToken: token || ctx.randomBytes(32).toString("base64"), FlowLogIds, Unsuccessful };
    });
  },

  async DeleteFlowLogs(ctx, input) {
    const ids = required(input.FlowLogIds, "flowLogIds");
    return inTransaction(ctx, async (scope) => {
      const there = await listResources(scope, flowLogs, { id: ids });
      const missing = ids.filter((id) => !there.some((log) => log.FlowLogId === id));
      if (missing.length > 0) throw flowLogs.notFound(missing);
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, flowLogs, ids);
      return { Unsuccessful: [] };
    });
  },

  async DescribeFlowLogs(ctx, input) {
    const page = await describeResources(ctx, flowLogs, { ...input, Filters: input.Filter }, { ids: input.FlowLogIds });
    return { FlowLogs: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

type Plan = Omit<FlowLog, "FlowLogId" | "ResourceId" | "CreationTime">;

function checkRequest(input: CreateFlowLogsRequest): Plan {
  const LogDestinationType = input.LogDestinationType ?? "cloud-watch-logs";
  const isTransit = input.ResourceType === "TransitGateway" || input.ResourceType === "TransitGatewayAttachment";
  if (!isTransit && input.TrafficType === undefined) throw missingParameter("TrafficType");
  checkOneOf("trafficType", input.TrafficType, ["ACCEPT", "REJECT", "ALL"]);
  if (LogDestinationType !== "cloud-watch-logs" && input.LogGroupName) {
    throw new AwsError("InvalidParameter", "LogDestination type must be cloud-watch-logs if LogGroupName is provided.");
  }
  if (LogDestinationType === "cloud-watch-logs") {
    if (!input.LogGroupName && !input.LogDestination) {
      throw new AwsError("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.");
    }
    if (input.LogGroupName && !input.DeliverLogsPermissionArn) {
      throw new AwsError(
        "InvalidParameter",
        "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.",
      );
    }
    if (input.LogGroupName && input.LogDestination) {
      throw new AwsError("InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.");
    }
  } else if (!input.LogDestination) {
    throw new AwsError("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.");
  }
  const interval = input.MaxAggregationInterval ?? (isTransit ? 60 : 600);
  if (interval !== 60 && interval !== 600)
    throw new AwsError("InvalidParameter", "Invalid Flow Log Max Aggregation Interval");
  const group = input.LogDestination?.split(":log-group:")[1]?.replace(/:\*$/, "");
  return {
    FlowLogStatus: "ACTIVE",
    DeliverLogsStatus: "SUCCESS",
    LogDestinationType,
    ...(input.TrafficType === undefined ? {} : { TrafficType: input.TrafficType }),
    ...(input.LogDestination ? { LogDestination: input.LogDestination } : {}),
    ...(LogDestinationType === "cloud-watch-logs" ? { LogGroupName: input.LogGroupName || group } : {}),
    ...(input.DeliverLogsPermissionArn ? { DeliverLogsPermissionArn: input.DeliverLogsPermissionArn } : {}),
    ...(input.DeliverCrossAccountRole ? { DeliverCrossAccountRole: input.DeliverCrossAccountRole } : {}),
    LogFormat: input.LogFormat || usualFormat,
    MaxAggregationInterval: interval,
    ...(LogDestinationType === "s3"
      ? {
          DestinationOptions: {
            FileFormat: input.DestinationOptions?.FileFormat ?? "plain-text",
            HiveCompatiblePartitions: input.DestinationOptions?.HiveCompatiblePartitions ?? false,
            PerHourPartition: input.DestinationOptions?.PerHourPartition ?? false,
          },
        }
      : {}),
  };
}

/** The name of the bucket that logs are to be written to, where it is not there. */
async function missingBucket(scope: Scope, plan: Plan): Promise<string | undefined> {
  if (plan.LogDestinationType !== "s3") return undefined;
  const name = plan.LogDestination?.split(":::")[1]?.split("/")[0] ?? "";
  const row = await scope.db.selectFrom("buckets").select("name").where("name", "=", name).executeTakeFirst();
  return row === undefined ? name : undefined;
}

async function checkResource(scope: Scope, input: CreateFlowLogsRequest, id: string): Promise<void> {
  const type = required(input.ResourceType, "resourceType");
  const check = ownValue(checks, type);
  if (check === undefined) throw invalidParameterValue(`Value (${type}) for parameter resourceType is invalid.`);
  await check(scope, id);
}

function checkerOf<Shape>(resource: Resource<Shape>) {
  return async (scope: Scope, id: string): Promise<void> => {
    if (!id.startsWith(`${resource.prefix}-`)) {
      throw invalidParameterCombination(`The resource ${id} is not of the requested type ${resource.type}`);
    }
    if ((await findResource(scope, resource, id)) === undefined) throw resource.notFound([id]);
  };
}
