import type * as Ec2 from "@aws-sdk/client-ec2";
import type { InstanceEventWindow, InstanceEventWindowTimeRangeRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dedicatedHosts } from "./dedicated-hosts.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { instances } from "./instances.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import {
  completeResources,
  deleteResources,
  getResource,
  getResources,
  type Resource,
  tagsMember,
  updateResource,
} from "./resource.ts";
import { inTransaction } from "./scope.ts";

export const instanceEventWindows: Resource<InstanceEventWindow> = {
  table: "ec2_instance_event_windows",
  prefix: "iew",
  type: "instance-event-window",
  idOf: (window) => window.InstanceEventWindowId ?? "",
  ...tagsMember,
  filters: pathFilters<InstanceEventWindow>()({
    "dedicated-host-id": "AssociationTarget.DedicatedHostIds",
    "event-window-name": "Name",
    "instance-id": "AssociationTarget.InstanceIds",
    "instance-tag": "AssociationTarget.Tags.Key",
    "instance-tag-key": "AssociationTarget.Tags.Key",
    "instance-tag-value": "AssociationTarget.Tags.Value",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidInstanceEventWindowId.Malformed", id, "iew"),
  notFound: (ids) => notFound("InvalidInstanceEventWindowID.NotFound", "event window ID", ids),
};

/** Whatever changes a window answers `creating`, as the aws CLI's examples show; the next description says `active`. */
export const instanceEventWindowOperations = {
  async CreateInstanceEventWindow(ctx, input) {
    checkTimes(input);
    if (!input.TimeRanges?.length && !input.CronExpression) {
      throw invalidParameterCombination("Either time ranges or a cron expression must be specified.");
    }
    const tags = tagsForNew(input.TagSpecifications, "instance-event-window");
    return inTransaction(ctx, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const window: InstanceEventWindow = {
        InstanceEventWindowId: scope.newId("iew"),
        Name: input.Name,
        State: "active",
        ...(input.TimeRanges?.length ? { TimeRanges: input.TimeRanges } : {}),
        ...(input.CronExpression ? { CronExpression: input.CronExpression } : {}),
      };
      const made = await insertTagged(scope, instanceEventWindows, window, tags);
      return { InstanceEventWindow: { ...made, State: "creating" } };
    });
  },

  async DescribeInstanceEventWindows(ctx, input) {
    const page = await describeResources(ctx, instanceEventWindows, input, {
      ids: input.InstanceEventWindowIds,
      limits: { min: 20, max: 500 },
    });
    return { InstanceEventWindows: page.items, NextToken: page.nextToken };
  },

  async ModifyInstanceEventWindow(ctx, input) {
    const id = required(input.InstanceEventWindowId, "InstanceEventWindowId");
    checkTimes(input);
    return inTransaction(ctx, async (scope) => {
      const window = await getResource(scope, instanceEventWindows, id);
      if (input.DryRun === true) throw dryRunOperation();
      if (input.Name !== undefined) window.Name = input.Name;
      if (input.TimeRanges?.length) {
        window.TimeRanges = input.TimeRanges;
        delete window.CronExpression;
      }
      if (input.CronExpression) {
        window.CronExpression = input.CronExpression;
        delete window.TimeRanges;
      }
      await updateResource(scope, instanceEventWindows, window);
      await completeResources(scope, instanceEventWindows, [window]);
      return { InstanceEventWindow: { ...window, State: "creating" } };
    });
  },

  async DeleteInstanceEventWindow(ctx, input) {
    const id = required(input.InstanceEventWindowId, "InstanceEventWindowId");
    return inTransaction(ctx, async (scope) => {
      const { AssociationTarget } = await getResource(scope, instanceEventWindows, id);
      if (AssociationTarget !== undefined && input.ForceDelete !== true) {
        throw new AwsError(
          "InvalidInstanceEventWindow.InUse",
          `The event window '${id}' is associated with targets. Disassociate them, or use the force-delete option.`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, instanceEventWindows, [id]);
      return { InstanceEventWindowState: { InstanceEventWindowId: id, State: "deleting" } };
    });
  },

  async AssociateInstanceEventWindow(ctx, input) {
    const id = required(input.InstanceEventWindowId, "InstanceEventWindowId");
    const target = required(input.AssociationTarget, "AssociationTarget");
    const given = [target.InstanceIds, target.InstanceTags, target.DedicatedHostIds].filter((list) => list?.length);
    if (given.length !== 1) {
      throw invalidParameterCombination("Exactly one of instance IDs, tags and Dedicated Host IDs must be specified.");
    }
    return inTransaction(ctx, async (scope) => {
      const window = await getResource(scope, instanceEventWindows, id);
      if (target.InstanceIds?.length) await getResources(scope, instances, target.InstanceIds);
      if (target.DedicatedHostIds?.length) await getResources(scope, dedicatedHosts, target.DedicatedHostIds);
      if (input.DryRun === true) throw dryRunOperation();
      window.AssociationTarget = {
        InstanceIds: target.InstanceIds ?? [],
        Tags: target.InstanceTags ?? [],
        DedicatedHostIds: target.DedicatedHostIds ?? [],
      };
      await updateResource(scope, instanceEventWindows, window);
      await completeResources(scope, instanceEventWindows, [window]);
      return { InstanceEventWindow: { ...window, State: "creating" } };
    });
  },

  async DisassociateInstanceEventWindow(ctx, input) {
    const id = required(input.InstanceEventWindowId, "InstanceEventWindowId");
    const target = required(input.AssociationTarget, "AssociationTarget");
    return inTransaction(ctx, async (scope) => {
      const window = await getResource(scope, instanceEventWindows, id);
      if (input.DryRun === true) throw dryRunOperation();
      const { InstanceIds = [], Tags = [], DedicatedHostIds = [] } = window.AssociationTarget ?? {};
      const left = {
        InstanceIds: InstanceIds.filter((one) => target.InstanceIds?.includes(one) !== true),
        Tags: Tags.filter(
          (tag) => target.InstanceTags?.some((other) => other.Key === tag.Key && other.Value === tag.Value) !== true,
        ),
        DedicatedHostIds: DedicatedHostIds.filter((one) => target.DedicatedHostIds?.includes(one) !== true),
      };
      if (Object.values(left).every((list) => list.length === 0)) delete window.AssociationTarget;
      else window.AssociationTarget = left;
      await updateResource(scope, instanceEventWindows, window);
      await completeResources(scope, instanceEventWindows, [window]);
      return { InstanceEventWindow: { ...window, State: "creating" } };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

interface Times {
  readonly TimeRanges?: readonly InstanceEventWindowTimeRangeRequest[] | undefined;
  readonly CronExpression?: string | undefined;
}

const days: readonly string[] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/event-windows.html#event-windows-considerations: at least 2 hours a range. */
function checkTimes({ TimeRanges = [], CronExpression }: Times): void {
  if (TimeRanges.length > 0 && CronExpression) {
    throw invalidParameterCombination("Time ranges and a cron expression cannot be specified together.");
  }
  for (const { StartWeekDay = "", EndWeekDay = "", StartHour = 0, EndHour = 0 } of TimeRanges) {
    const [start, end] = [days.indexOf(StartWeekDay), days.indexOf(EndWeekDay)];
    if (start < 0 || end < 0)
      throw invalidParameterValue(`Invalid week day '${start < 0 ? StartWeekDay : EndWeekDay}'.`);
    if (![StartHour, EndHour].every((hour) => Number.isInteger(hour) && hour >= 0 && hour <= 23)) {
      throw invalidParameterValue("The hours of a time range must be between 0 and 23.");
    }
    const hours = (end * 24 + EndHour - (start * 24 + StartHour) + 168) % 168;
    if (hours < 2) throw invalidParameterValue("A time range of an event window must be at least 2 hours long.");
  }
  if (CronExpression && !/^[\d*?,/-]+ [\d*?,/-]+ [\d*?,/-]+ [\dA-Z*?,/-]+ [\dA-Z*?,/#L-]+$/i.test(CronExpression)) {
    throw invalidParameterValue(`Invalid cron expression '${CronExpression}'.`);
  }
}
