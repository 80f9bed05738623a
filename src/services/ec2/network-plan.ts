import type { NetworkPlan } from "../../runtime/machine-packets.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import type { PacketState } from "./packet-state.ts";
import { publicAddressOf } from "./route-packets.ts";

/** What joins the networks of VPCs, peering connections, and what translates the addresses of these interfaces. */
export function networkPlanOf(state: PacketState, interfaces: readonly StoredNetworkInterface[]): NetworkPlan {
  return {
    links: state.peerings.map(({ pair }) => pair),
    addresses: interfaces.flatMap((one) => {
      const shown = publicAddressOf(state, one);
      if (shown === undefined || one.PrivateIpAddress === undefined) return [];
      return [{ ...shown, networkId: one.VpcId ?? "", privateAddress: one.PrivateIpAddress }];
    }),
  };
}
