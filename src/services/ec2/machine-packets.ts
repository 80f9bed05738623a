import type { MachinePackets, NetworkPlan } from "../../runtime/machine-packets.ts";
import { borderOf } from "./network-acl-packets.ts";
import { networkPlanOf } from "./network-plan.ts";
import { readPacketState } from "./packet-state.ts";
import { routesOf } from "./route-packets.ts";
import type { Scope } from "./scope.ts";
import { groupRulesOf } from "./security-group-packets.ts";

export interface ScopePackets {
  /** By instance id. */
  readonly packets: ReadonlyMap<string, MachinePackets>;
  readonly plan: NetworkPlan;
}

/** Which packets of running instances pass, and how they get there. A machine has the primary interface alone. */
export async function machinePacketsOf(scope: Scope, instanceIds: readonly string[]): Promise<ScopePackets> {
  const state = await readPacketState(scope);
  const wanted = new Set(instanceIds);
  const primaries = state.interfaces.filter(
    ({ Attachment }) => wanted.has(Attachment?.InstanceId ?? "") && (Attachment?.DeviceIndex ?? 0) === 0,
  );
  const rulesOf = await groupRulesOf(scope, state, primaries);
  return {
    packets: new Map(
      primaries.map((primary) => [
        primary.Attachment?.InstanceId ?? "",
        { rules: rulesOf(primary), border: borderOf(state, primary), routes: routesOf(state, primary) },
      ]),
    ),
    plan: networkPlanOf(state, primaries),
  };
}
