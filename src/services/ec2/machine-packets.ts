import type { MachinePort } from "../../runtime/machine-driver.ts";
import type { MachinePackets, NetworkPlan } from "../../runtime/machine-packets.ts";
import { instances } from "./instances.ts";
import { deviceIndexOf } from "./interface-attachments.ts";
import { networkBlockOf } from "./machine-place.ts";
import { borderOf } from "./network-acl-packets.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import { networkPlanOf } from "./network-plan.ts";
import { type PacketState, readPacketState } from "./packet-state.ts";
import { listResources } from "./resource.ts";
import { routesOf } from "./route-packets.ts";
import type { Scope } from "./scope.ts";
import { groupRulesOf } from "./security-group-packets.ts";

export interface ScopePackets {
  /** By instance id. */
  readonly packets: ReadonlyMap<string, MachinePackets>;
  readonly plan: NetworkPlan;
}

/** Which packets of running instances pass, by each of their interfaces, and how they get there. */
export async function machinePacketsOf(scope: Scope, instanceIds: readonly string[]): Promise<ScopePackets> {
  const state = await readPacketState(scope);
  const wanted = new Set(instanceIds);
  const attached = state.interfaces
    .filter(({ Attachment }) => wanted.has(Attachment?.InstanceId ?? ""))
    .sort((one, other) => deviceIndexOf(one) - deviceIndexOf(other));
  const rulesOf = await groupRulesOf(scope, state, attached);
  const hopLimits = await hopLimitsOf(scope, instanceIds);
  const packetsOf = (one: StoredNetworkInterface) => ({
    rules: rulesOf(one),
    border: borderOf(state, one),
    routes: routesOf(state, one),
    port: { ...portOf(state, one), hopLimit: hopLimits.get(one.Attachment?.InstanceId ?? "") },
  });
  const packets = new Map<string, MachinePackets>();
  for (const one of attached) {
    const id = one.Attachment?.InstanceId ?? "";
    const first = packets.get(id);
    const further = first === undefined ? [] : [...(first.further ?? []), packetsOf(one)];
    packets.set(id, first === undefined ? packetsOf(one) : { ...first, further });
  }
  return { packets, plan: networkPlanOf(state, attached) };
}

async function hopLimitsOf(scope: Scope, id: readonly string[]): Promise<ReadonlyMap<string, number | undefined>> {
  const found = await listResources(scope, instances, { id });
  return new Map(
    found.map(({ InstanceId = "", MetadataOptions }) => [InstanceId, MetadataOptions?.HttpPutResponseHopLimit]),
  );
}

function portOf(state: PacketState, one: StoredNetworkInterface): MachinePort {
  const { id, ...blocks } = networkBlockOf(state.vpcs.get(one.VpcId ?? ""), state.subnets.get(one.SubnetId ?? ""));
  const others = (one.PrivateIpAddresses ?? []).filter(({ Primary }) => Primary !== true);
  return {
    name: `eth${deviceIndexOf(one)}`,
    networkId: id,
    ...blocks,
    macAddress: one.MacAddress,
    addresses: [one.PrivateIpAddress ?? "", ...others.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? [])],
    forwards: one.SourceDestCheck === false,
  };
}
