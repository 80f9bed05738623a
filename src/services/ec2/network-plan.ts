import type { NetworkPlan } from "../../runtime/machine-packets.ts";
import { networkBlockOf } from "./machine-place.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import type { PacketState } from "./packet-state.ts";
import { publicAddressOf } from "./route-packets.ts";

/** What joins the networks of these interfaces' machines: VPCs of several blocks, peering connections, public addresses. */
export function networkPlanOf(state: PacketState, interfaces: readonly StoredNetworkInterface[]): NetworkPlan {
  const networkIdOf = ({ VpcId = "", SubnetId = "" }: StoredNetworkInterface) =>
    networkBlockOf(state.vpcs.get(VpcId), state.subnets.get(SubnetId)).id;
  const networks = new Map(interfaces.map((one) => [networkIdOf(one), one.VpcId ?? ""]));
  const joined = (one: string, other: string) =>
    one === other || state.peerings.some((pair) => pair.includes(one) && pair.includes(other));
  const ids = [...networks.keys()].sort();
  return {
    links: ids.flatMap((one, index) =>
      ids
        .slice(index + 1)
        .filter((other) => joined(networks.get(one) ?? "", networks.get(other) ?? ""))
        .map((other) => [one, other] as const),
    ),
    addresses: interfaces.flatMap((one) => {
      const shown = publicAddressOf(state, one);
      if (shown === undefined || one.PrivateIpAddress === undefined) return [];
      return [{ ...shown, networkId: networkIdOf(one), privateAddress: one.PrivateIpAddress }];
    }),
  };
}
