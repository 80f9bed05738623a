import type { Machine } from "../../runtime/machine-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { maintainFleets } from "./fleet-maintenance.ts";
import { changeInstance } from "./instance-launch.ts";
import {
  connectInBackground,
  launchInBackground,
  noticeExit,
  stopInBackground,
  terminateInBackground,
} from "./instance-machines.ts";
import { forgetTerminated, stateNamed } from "./instances.ts";
import { abortLaunches } from "./machine-work.ts";
import { resumeRootReplacements } from "./root-volume-replacement.ts";
import { scopeOf } from "./scope.ts";
import { failUnfinishedStores } from "./store-image-tasks.ts";
import { failUnfinishedVolumes } from "./volume-bytes.ts";

/** A row of `instances`, without its shape. */
interface InstanceRow {
  readonly id: string;
  readonly account_id: string;
  readonly region: string;
  readonly state: string;
}

/** Makes rows and machines agree after a start, and from then on watches for machines that end by themselves. */
export async function reconcileMachines(services: ServiceContext): Promise<void> {
  const rows = await services.db.selectFrom("instances").select(["id", "account_id", "region", "state"]).execute();
  const machines = new Map((await services.machines.list()).map((machine) => [machine.id, machine]));
  for (const row of rows) {
    await reconcileInstance(services, row, machines.get(row.id));
    if (row.state !== "terminated") machines.delete(row.id);
  }
  // What is left has no row, or one of an instance that has ended.
  for (const id of machines.keys()) services.background(`ec2 remove ${id}`, () => services.machines.remove(id));
  services.machines.watch((id) => {
    services.background(`ec2 exit of ${id}`, async () => {
      const row = await services.db
        .selectFrom("instances")
        .select(["account_id", "region"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (row !== undefined) noticeExit(services, ownerOf(row), id);
    });
  });
  await resumeRootReplacements(services);
  await failUnfinishedVolumes(services);
  await failUnfinishedStores(services);
  maintainFleets(services);
}

/** Ends every machine and what is being launched. */
export async function removeMachines(services: ServiceContext): Promise<void> {
  abortLaunches(services);
  await services.machines.removeAll();
}

async function reconcileInstance(
  services: ServiceContext,
  row: InstanceRow,
  machine: Machine | undefined,
): Promise<void> {
  const owner = ownerOf(row);
  const scope = scopeOf(services, owner);
  switch (row.state) {
    case "running":
      // A container has run on without LocalAWS; an embedded machine has ended with it and is started again.
      if (machine?.state === "running") return connectInBackground(services, owner, row.id);
      if (machine === undefined) services.log.warn({ instance: row.id }, "the machine is gone; it is made anew");
      await changeInstance(scope, row.id, (instance) => {
        instance.State = stateNamed("pending");
      });
      return launchInBackground(services, owner, row.id);
    case "pending":
      return launchInBackground(services, owner, row.id);
    case "stopping":
      return stopInBackground(services, owner, row.id, false);
    case "stopped":
      if (machine?.state !== "running") return;
      services.background(`ec2 stop ${row.id}`, () => services.machines.stop(row.id));
      return;
    case "shutting-down":
      return terminateInBackground(services, owner, row.id);
    default:
      return forgetTerminated(scope);
  }
}

function ownerOf(row: { account_id: string; region: string }) {
  return { accountId: row.account_id, region: row.region };
}
