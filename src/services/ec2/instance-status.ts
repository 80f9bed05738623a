import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  DescribeInstanceCreditSpecificationsRequest,
  Instance,
  InstanceCreditSpecification,
  InstanceStatus,
  InstanceStatusSummary,
  StatusType,
  SummaryStatus,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  unsupportedOperation,
} from "./errors.ts";
import { forgetTerminated, instances, type StoredInstance } from "./instances.ts";
import { required } from "./required.ts";
import { getResource, getResources, type Resource } from "./resource.ts";

/** The instances again, by what DescribeInstanceStatus can filter on. */
const instanceStatuses: Resource<StoredInstance> = {
  ...instances,
  filters: {
    ...pathFilters<Instance>()({
      "availability-zone": "Placement.AvailabilityZone",
      "availability-zone-id": "Placement.AvailabilityZoneId",
      "instance-state-code": "State.Code",
      "instance-state-name": "State.Name",
    }),
    // No application tells its status here.
    "application-status.status": () => undefined,
    "attached-ebs-status.status": (instance) => statusOf(instance).status,
    "event.code": () => undefined,
    "event.description": () => undefined,
    "event.instance-event-id": () => undefined,
    "event.not-after": () => undefined,
    "event.not-before": () => undefined,
    "event.not-before-deadline": () => undefined,
    "instance-status.reachability": (instance) => statusOf(instance).reachability,
    "instance-status.status": (instance) => statusOf(instance).status,
    "operator.managed": (instance) => instance.Operator?.Managed ?? false,
    "operator.principal": (instance) => instance.Operator?.Principal,
    "system-status.reachability": (instance) => statusOf(instance).reachability,
    "system-status.status": (instance) => statusOf(instance).status,
  },
};

const burstableInstances: Resource<StoredInstance> = {
  ...instances,
  filters: { "instance-id": (instance) => instance.InstanceId },
  malformed: (id) => new AwsError("InvalidInstanceID.Malformed", `Invalid ID: ${id}. Change the ID and try again.`),
};

/** This operation has words, and codes, of its own: decision 0165. */
function checkCreditRequest(input: DescribeInstanceCreditSpecificationsRequest): void {
  const { InstanceIds = [], Filters = [], MaxResults } = input;
  if (InstanceIds.length > 0 && MaxResults !== undefined) {
    throw invalidParameterCombination(
      "The parameter InstanceIds cannot be used with the parameter MaxResults. Use one of the parameters and try again.",
    );
  }
  if (MaxResults !== undefined && (MaxResults < 5 || MaxResults > 1000)) {
    throw new AwsError(
      "InvalidRequest",
      `The value ${MaxResults} for the maxResults parameter must be between 5 and 1000. Change the value and try again.`,
    );
  }
  const unknown = Filters.find(({ Name }) => Name !== "instance-id");
  if (unknown !== undefined) {
    throw new AwsError(
      "InvalidRequest",
      `The value ( ${unknown.Name ?? ""} ) for the parameter Filter is invalid. Change the value and try again.`,
    );
  }
}

const reasonCodes: readonly string[] = [
  "instance-stuck-in-state",
  "unresponsive",
  "not-accepting-credentials",
  "password-not-available",
  "performance-network",
  "performance-instance-store",
  "performance-ebs-volume",
  "performance-other",
  "other",
];

export const instanceStatusOperations = {
  async DescribeInstanceStatus(ctx, input) {
    await forgetTerminated(ctx);
    const page = await describeResources(ctx, instanceStatuses, input, {
      ids: input.InstanceIds,
      idsParameter: "instancesSet",
      only: (instance) => input.IncludeAllInstances === true || instance.State.Name === "running",
    });
    return { InstanceStatuses: page.items.map(toInstanceStatus), NextToken: page.nextToken };
  },

  /** AWS collects reports and says nothing of them; the status stays what it is. */
  async ReportInstanceStatus(ctx, input) {
    const status = required(input.Status, "status");
    if (status !== "ok" && status !== "impaired")
      throw invalidParameterValue(`Invalid value '${String(status)}' for status.`);
    const codes = required(input.ReasonCodes, "reasonCode");
    const unknown = codes.find((code) => !reasonCodes.includes(code));
    if (unknown !== undefined) throw invalidParameterValue(`Invalid value '${unknown}' for reasonCode.`);
    await getResources(ctx, instances, required(input.Instances, "instanceId"));
    if (input.DryRun === true) throw dryRunOperation();
    return {};
  },

  /** No event is ever scheduled. */
  async ModifyInstanceEventStartTime(ctx, input) {
    required(input.NotBefore, "notBefore");
    await getResource(ctx, instances, required(input.InstanceId, "instanceId"));
    const id = required(input.InstanceEventId, "instanceEventId");
    throw new AwsError("InvalidInstanceEventIDNotFound", `The instance event ID '${id}' does not exist`);
  },

  async DescribeInstanceCreditSpecifications(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    checkCreditRequest(input);
    const page = await describeResources(ctx, burstableInstances, input, {
      ids: input.InstanceIds,
      only: (instance) => instance.CpuCredits !== undefined && instance.State.Name !== "terminated",
    });
    return {
      InstanceCreditSpecifications: page.items.map(
        ({ InstanceId, CpuCredits }): InstanceCreditSpecification => ({ InstanceId, CpuCredits }),
      ),
      NextToken: page.nextToken,
    };
  },

  async GetConsoleOutput(ctx, input) {
    if (input.InstanceId === undefined) throw missingParameter("instanceId");
    const { InstanceId, State, ConsoleNotes = [] } = await getResource(ctx, instances, input.InstanceId);
    if (input.DryRun === true) throw dryRunOperation();
    const machine = State.Name === "terminated" ? undefined : await ctx.machines.get(input.InstanceId);
    const output = machine === undefined ? "" : await ctx.machines.consoleOutput(input.InstanceId);
    const text = [output, ...ConsoleNotes.map((line) => `${line}\r\n`)].join("");
    return {
      InstanceId,
      Timestamp: ctx.now(),
      ...(text === "" ? {} : { Output: Buffer.from(text).toString("base64") }),
    };
  },

  async GetInstanceUefiData(ctx, input) {
    if (input.InstanceId === undefined) throw missingParameter("instanceId");
    await getResource(ctx, instances, input.InstanceId);
    if (input.DryRun === true) throw dryRunOperation();
    throw unsupportedOperation("The instance has no UEFI variable store: its machine does not boot by UEFI.");
  },
} satisfies Operations<typeof Ec2, Context>;

function toInstanceStatus(instance: StoredInstance): InstanceStatus {
  const { status, reachability } = statusOf(instance);
  const summary: InstanceStatusSummary = {
    Status: status,
    ...(reachability === undefined ? {} : { Details: [{ Name: "reachability", Status: reachability }] }),
  };
  return {
    InstanceId: instance.InstanceId,
    AvailabilityZone: instance.Placement?.AvailabilityZone,
    AvailabilityZoneId: instance.Placement?.AvailabilityZoneId,
    InstanceState: instance.State,
    InstanceStatus: summary,
    SystemStatus: summary,
    AttachedEbsStatus: summary,
    Events: [],
  };
}

/** A machine that runs is reachable; the others are not looked at. */
function statusOf(instance: StoredInstance): { status: SummaryStatus; reachability?: StatusType } {
  return instance.State.Name === "running" ? { status: "ok", reachability: "passed" } : { status: "not-applicable" };
}
