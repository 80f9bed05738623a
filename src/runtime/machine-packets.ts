import type { MachinePort } from "./machine-driver.ts";

/** Packets of a kind. */
export interface PacketRule {
  readonly direction: "in" | "out";
  /** IP's number of it: 6 is TCP. Without: every protocol. */
  readonly protocol?: number | undefined;
  /** Of TCP and UDP, where packets are sent to: from and to. Without: all. */
  readonly ports?: readonly [from: number, to: number] | undefined;
  /** Of ICMP and ICMPv6. Without: all. */
  readonly icmp?: { readonly type: number; readonly code?: number | undefined } | undefined;
  /** Whom packets come from or go to: `10.0.0.0/8`, `10.0.0.5`, `::/0`. */
  readonly peers: readonly string[];
}

export interface PacketEntry extends PacketRule {
  readonly passes: boolean;
}

/** Between the machine's neighbourhood and all else. */
export interface PacketBorder {
  /** The neighbourhood: what stays within it is not looked at. */
  readonly within: readonly string[];
  /** The first that a packet matches decides; one that none matches is dropped. Answers need an entry, too. */
  readonly entries: readonly PacketEntry[];
}

export interface PacketRoute {
  readonly destinations: readonly string[];
  readonly passes: boolean;
  /** Where what passes goes: to another network of `NetworkPlan.links`, or to the machine with an address in the same. Without: within its network, and out. */
  readonly by?: { readonly network: string } | { readonly address: string } | undefined;
}

/** Which packets of an interface pass. */
export interface InterfacePackets {
  /** What the machine may receive and send; what answers it may pass, too. All else is dropped. */
  readonly rules: readonly PacketRule[];
  /** Without: there is none. */
  readonly border?: PacketBorder | undefined;
  /** Where packets may go: the first that has the destination decides, and one that none has is dropped. Without: everywhere. */
  readonly routes?: readonly PacketRoute[] | undefined;
}

/** Which packets of a machine pass: those that each of these lets through, by its first interface. */
export interface MachinePackets extends InterfacePackets {
  /** The first interface, as it is from now on. Without: as it was at the launch. */
  readonly port?: MachinePort | undefined;
  /** The other interfaces. */
  readonly further?: readonly (InterfacePackets & { readonly port: MachinePort })[] | undefined;
}

/** An address that a machine has beside its own. */
export interface PublicAddress {
  readonly address: string;
  readonly networkId: string;
  readonly privateAddress: string;
  /** Whether it leads to the machine; else the machine shares it, and sends from it alone. */
  readonly inward: boolean;
}

/** What joins networks as its routes say. */
export interface NetworkHub {
  readonly id: string;
  readonly legs: readonly {
    readonly networkId: string;
    /** Of what comes from this network; the first that has a destination decides. */
    readonly routes: readonly PacketRoute[];
  }[];
}

/** How packets get beyond their networks, where the runtime can carry them. */
export interface NetworkPlan {
  /** Networks that lead to each other: which packets go there, is each machine's matter. */
  readonly links: readonly (readonly [networkId: string, networkId: string])[];
  /** A network has a link to each hub that it has a leg in. */
  readonly hubs: readonly NetworkHub[];
  /** They lead from other networks, and from the host, to machines. */
  readonly addresses: readonly PublicAddress[];
}
