import type * as Ec2 from "@aws-sdk/client-ec2";
import type { InstanceStateChange } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import {
  dryRunOperation,
  incorrectInstanceState,
  instanceIdMalformed,
  missingParameter,
  operationNotPermitted,
  unsupportedOperation,
} from "./errors.ts";
import {
  launchInBackground,
  rebootInBackground,
  stopInBackground,
  terminateInBackground,
} from "./instance-machines.ts";
import { instances, type StoredInstance, stateNamed } from "./instances.ts";
import { getResources, type Resource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { wholeSecond } from "./whole-second.ts";

/** The instance state machine: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
export const instanceStateOperations = {
  async StartInstances(ctx, input) {
    const changes = await changeStates(ctx, input, (instance) => {
      const id = instances.idOf(instance);
      switch (instance.State.Name) {
        case "pending":
        case "running":
          return false;
        case "stopped":
          instance.State = stateNamed("pending");
          instance.LaunchTime = nextLaunch(ctx.now(), instance.LaunchTime);
          delete instance.StateReason;
          instance.StateTransitionReason = "";
          return true;
        default:
          throw incorrectInstanceState(`The instance '${id}' is not in a state from which it can be started.`);
      }
    });
    for (const id of changes.changed) launchInBackground(ctx, ctx, id);
    return { StartingInstances: changes.all };
  },

  async StopInstances(ctx, input) {
    const hibernate = input.Hibernate === true;
    const changes = await changeStates(ctx, input, (instance) => {
      const id = instances.idOf(instance);
      if (hibernate && instance.HibernationOptions?.Configured !== true) {
        throw new AwsError(
          "UnsupportedHibernationConfiguration",
          `The instance '${id}' was not launched with hibernation configured.`,
        );
      }
      if (isOneTimeSpot(instance)) {
        throw unsupportedOperation(
          `You can't stop the Spot Instance '${id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`,
        );
      }
      if (instance.DisableApiStop && instance.State.Name === "running") {
        throw operationNotPermitted(
          `The instance '${id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
        );
      }
      switch (instance.State.Name) {
        case "stopping":
        case "stopped":
          return false;
        case "running":
          instance.State = stateNamed("stopping");
          endedByUser(ctx, instance, hibernate);
          return true;
        default:
          throw incorrectInstanceState(`This instance '${id}' is not in a state from which it can be stopped.`);
      }
    });
    for (const id of changes.changed) stopInBackground(ctx, ctx, id, input.Force === true);
    return { StoppingInstances: changes.all };
  },

  async RebootInstances(ctx, input) {
    const changes = await changeStates(ctx, input, (instance) => {
      if (instance.State.Name === "running") return true;
      throw incorrectInstanceState(
        `The instance '${instances.idOf(instance)}' is not in a state from which it can be rebooted.`,
      );
    });
    for (const id of changes.changed) rebootInBackground(ctx, ctx, id);
    return {};
  },

  async TerminateInstances(ctx, input) {
    const changes = await changeStates(ctx, input, (instance) => {
      const { Name } = instance.State;
      if (Name === "shutting-down" || Name === "terminated") return false;
      if (instance.DisableApiTermination) {
        throw operationNotPermitted(
          `The instance '${instances.idOf(instance)}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
      }
      instance.State = stateNamed("shutting-down");
      endedByUser(ctx, instance);
      return true;
    });
    for (const id of changes.changed) terminateInBackground(ctx, ctx, id);
    return { TerminatingInstances: changes.all };
  },

  MonitorInstances: (ctx, input) => changeMonitoring(ctx, input, "enabled"),
  UnmonitorInstances: (ctx, input) => changeMonitoring(ctx, input, "disabled"),
} satisfies Operations<typeof Ec2, Context>;

/** A stop takes longer than a second on AWS: two launches never have the same one. */
function nextLaunch(now: Date, before = new Date(0)): Date {
  return new Date(Math.max(wholeSecond(now).getTime(), before.getTime() + 1000));
}

/** AWS answers `pending` and `disabling`, and is done soon after; here it is done at once. */
async function changeMonitoring(ctx: Context, input: StateInput, State: "enabled" | "disabled") {
  if (input.InstanceIds?.includes("")) throw missingParameter("instanceId");
  const monitor = (instance: StoredInstance) => {
    instance.Monitoring = { State };
    return true;
  };
  const { all } = await changeStates(ctx, input, monitor, monitored);
  const answered = State === "enabled" ? ("pending" as const) : ("disabling" as const);
  return {
    InstanceMonitorings: all.map(({ InstanceId }) => ({ InstanceId, Monitoring: { State: answered } })),
  };
}

const monitored: Resource<StoredInstance> = { ...instances, malformed: instanceIdMalformed };

interface StateInput {
  readonly InstanceIds?: readonly string[] | undefined;
  readonly DryRun?: boolean | undefined;
}

/** Changes all instances of a request or none: `change` says whether it did, and throws where AWS refuses. */
async function changeStates(
  ctx: Scope,
  input: StateInput,
  change: (instance: StoredInstance) => boolean,
  family: Resource<StoredInstance> = instances,
): Promise<{ all: InstanceStateChange[]; changed: string[] }> {
  const ids = [...new Set(input.InstanceIds)];
  if (ids.length === 0) throw missingParameter("InstanceId");
  return inTransaction(ctx, async (scope) => {
    const found = await getResources(scope, family, ids);
    const before = found.map((instance) => instance.State);
    const changed = found.filter(change);
    if (input.DryRun === true) throw dryRunOperation();
    for (const instance of changed) await updateResource(scope, instances, instance);
    return {
      all: found.map((instance, index) => ({
        InstanceId: instance.InstanceId,
        PreviousState: before[index],
        CurrentState: instance.State,
      })),
      changed: changed.map(instances.idOf),
    };
  });
}

function isOneTimeSpot(instance: StoredInstance): boolean {
  return instance.InstanceLifecycle === "spot" && instance.SpotInstanceType !== "persistent";
}

/** A hibernation is a stop here: what the machine has in memory is not kept. */
function endedByUser(ctx: Context, instance: StoredInstance, hibernate = false): void {
  const time = ctx.now().toISOString().replace("T", " ").replace(/\..*/, " GMT");
  instance.StateTransitionReason = `User initiated (${time})`;
  instance.StateReason = hibernate
    ? { Code: "Client.UserInitiatedHibernate", Message: "Client.UserInitiatedHibernate: User initiated hibernate" }
    : { Code: "Client.UserInitiatedShutdown", Message: "Client.UserInitiatedShutdown: User initiated shutdown" };
}
