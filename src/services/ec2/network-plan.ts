import type { NetworkPlan } from "../../runtime/machine-packets.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import type { PacketState } from "./packet-state.ts";
import { publicAddressOf } from "./route-packets.ts";

/** What joins the networks of VPCs, peering connections, and what translates the addresses of these interfaces. */
export function networkPlanOf(state: PacketState, interfaces: readonly StoredNetworkInterface[]): NetworkPlan {
  return {
    links: state.peerings.map(({ pair }) => pair),
    hubs: state.hubs,
    addresses: interfaces.flatMap((one) => {
      const shown = publicAddressOf(state, one);
      if (shown === undefined || one.PrivateIpAddress === undefined) return [];
      const networkId = one.VpcId ?? "";
      const further = (one.PrivateIpAddresses ?? []).filter(({ Primary }) => Primary !== true);
      return [
        { ...shown, networkId, privateAddress: one.PrivateIpAddress },
        ...further.flatMap(({ Association, PrivateIpAddress: privateAddress = "" }) =>
          Association?.PublicIp === undefined
            ? []
            : [{ ...shown, networkId, privateAddress, address: Association.PublicIp }],
        ),
      ];
    }),
  };
}
