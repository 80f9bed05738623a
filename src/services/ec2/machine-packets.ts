import type { MachinePackets } from "../../runtime/machine-packets.ts";
import { borderOf } from "./network-acl-packets.ts";
import { readPacketState } from "./packet-state.ts";
import { routesOf } from "./route-packets.ts";
import type { Scope } from "./scope.ts";
import { groupRulesOf } from "./security-group-packets.ts";

/** Which packets of instances pass, by instance id. A machine has the primary interface alone. */
export async function machinePacketsOf(
  scope: Scope,
  instanceIds: readonly string[],
): Promise<Map<string, MachinePackets>> {
  const state = await readPacketState(scope);
  const wanted = new Set(instanceIds);
  const primaries = state.interfaces.filter(
    ({ Attachment }) => wanted.has(Attachment?.InstanceId ?? "") && (Attachment?.DeviceIndex ?? 0) === 0,
  );
  const rulesOf = await groupRulesOf(scope, state, primaries);
  return new Map(
    primaries.map((primary) => [
      primary.Attachment?.InstanceId ?? "",
      { rules: rulesOf(primary), border: borderOf(state, primary), routes: routesOf(state, primary) },
    ]),
  );
}
