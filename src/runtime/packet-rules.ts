import { isIPv6 } from "node:net";
import type { MachinePort } from "./machine-driver.ts";
import type { InterfacePackets, MachinePackets, PacketBorder, PacketRoute, PacketRule } from "./machine-packets.ts";

const icmp = 1;
const tcp = 6;
const udp = 17;
const icmpv6 = 58;

/** Every table is made, so that it can be deleted, and made anew: nothing of an earlier one stays. */
export function table(family: string, name: string, chains: string): string {
  return `table ${family} ${name}\ndelete table ${family} ${name}\ntable ${family} ${name} {\n${chains}}\n`;
}

/** Turns what goes to ports of 169.254.169.254 to others of the machine's own loopback. In the words of `nft -f`. */
export function linkLocalTable(ports: readonly (readonly [port: number, target: number])[]): string {
  const redirections = ports.map(
    ([port, target]) => `ip daddr 169.254.169.254 tcp dport ${port} redirect to :${target}\n`,
  );
  return table(
    "ip",
    "localaws_metadata",
    `chain output {
type nat hook output priority -100; policy accept;
${redirections.join("")}}
`,
  );
}

/**
 * Lets through what `packets` says, and drops all else; everything, without. Each part is a table of its own: all must let a packet pass.
 * `resolvers`: name servers that, as LocalAWS's services at link-local addresses, nothing is filtered to.
 */
export function filterTables(packets: MachinePackets | undefined, resolvers: readonly string[] = []): string {
  const interfaces: (InterfacePackets & { readonly port?: MachinePort | undefined })[] =
    packets === undefined ? [] : [packets, ...(packets.further ?? [])];
  const free = {
    in: freeWords("saddr", "sport", resolvers),
    out: freeWords("daddr", "dport", resolvers),
  };
  const forwards = interfaces.some(({ port }) => port?.forwards === true);
  const tableOf = (name: string, linesOf: (one: InterfacePackets) => Lines | undefined) => {
    const lines = interfaces.map((one) => [one.port?.name, linesOf(one)] as const);
    const sets = lines.every(([, of]) => of === undefined) ? [] : (["in", "out"] as const);
    const chains = sets.flatMap((direction) => {
      const words = [...free[direction], ...lines.flatMap(([device, of]) => deviceLines(device, of?.[direction]))];
      return chainsOf(direction, forwards, interfaces.length > 1 ? words : words.map(withoutDevice));
    });
    return table("inet", name, chains.join(""));
  };
  return (
    tableOf("localaws_filter", ({ rules }) => ruleLines(rules)) +
    tableOf("localaws_border", ({ border }) => border && borderLines(border)) +
    tableOf("localaws_routes", ({ routes }) => routes && { in: ["accept"], out: routeLines(routes) }) +
    translationTable(interfaces)
  );
}

type Lines = Readonly<Record<PacketRule["direction"], readonly string[]>>;

/** An interface for which nothing is said lets all pass. */
function deviceLines(device: string | undefined, lines: readonly string[] = ["accept"]): string[] {
  return lines.map((line) => `DEVICE "${device}" ${line}`);
}

/** Of a machine with one interface, whatever its name is. */
function withoutDevice(line: string): string {
  return line.replace(/^DEVICE "\w+" /, "");
}

/** What a machine forwards out of its networks leaves with its own address, as a NAT instance has it. */
function translationTable(interfaces: readonly { readonly port?: MachinePort | undefined }[]): string {
  const ports = interfaces.flatMap(({ port }) => (port?.forwards === true ? [port] : []));
  const lines = ports.map(
    ({ name, cidrBlock }) => `oifname "${name}" fib saddr type != local ip daddr != ${cidrBlock} masquerade\n`,
  );
  const chain = `chain postrouting {\ntype nat hook postrouting priority 100;\n${lines.join("")}}\n`;
  return table("ip", "localaws_forward", lines.length === 0 ? "" : chain);
}

function freeWords(address: string, port: string, resolvers: readonly string[]): string[] {
  const list = resolvers.join(", ");
  return [
    `ip ${address} { 169.254.169.253, 169.254.169.254 } accept`,
    ...(list === "" ? [] : [`ip ${address} { ${list} } meta l4proto { tcp, udp } th ${port} 53 accept`]),
  ];
}

/**
 * Drops what none of the lines lets through. What goes to the machine itself passes: the loopback address tells what a
 * redirection has turned there, since the interface is still the one that it was to leave by. What a machine forwards passes both ways' chains.
 */
function chainsOf(direction: PacketRule["direction"], forwards: boolean, lines: readonly string[]): string[] {
  const device = direction === "in" ? "iifname" : "oifname";
  const words = lines.map((line) => line.replace(/^DEVICE/, device));
  const own = direction === "in" ? ["iif lo accept"] : ["oif lo accept", "ip daddr 127.0.0.0/8 accept"];
  const hook = direction === "in" ? "input" : "output";
  return [hook, ...(forwards ? ["forward"] : [])].map((at) =>
    [
      `chain ${at}_${direction} {`,
      `type filter hook ${at} priority 0; policy drop;`,
      ...own,
      "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept",
      ...words,
      "}\n",
    ].join("\n"),
  );
}

function ruleLines(rules: readonly PacketRule[]): Lines {
  const lines = (direction: PacketRule["direction"]) => [
    "ct state established,related accept",
    ...rules.filter((rule) => rule.direction === direction).flatMap((rule) => ruleWords(rule, "accept")),
  ];
  return { in: lines("in"), out: lines("out") };
}

function borderLines({ within, entries }: PacketBorder): Lines {
  const lines = (direction: PacketRule["direction"]) => [
    ...ruleWords({ direction, peers: within }, "accept"),
    ...entries
      .filter((entry) => entry.direction === direction)
      .flatMap((entry) => ruleWords(entry, entry.passes ? "accept" : "drop")),
  ];
  return { in: lines("in"), out: lines("out") };
}

function routeLines(routes: readonly PacketRoute[]): string[] {
  return routes.flatMap(({ destinations, passes }) =>
    ruleWords({ direction: "out", peers: destinations }, passes ? "accept" : "drop"),
  );
}

/** A line for each version of IP that the rule has peers in. */
function ruleWords(rule: PacketRule, verdict: "accept" | "drop"): string[] {
  const field = rule.direction === "in" ? "saddr" : "daddr";
  const six = rule.peers.filter((peer) => isIPv6(peer.split("/")[0] ?? ""));
  const four = rule.peers.filter((peer) => !six.includes(peer));
  return [
    ...(four.length === 0 ? [] : [`ip ${field} { ${[...new Set(four)].join(", ")} } ${protocolWords(rule)}${verdict}`]),
    ...(six.length === 0 ? [] : [`ip6 ${field} { ${[...new Set(six)].join(", ")} } ${protocolWords(rule)}${verdict}`]),
  ];
}

function protocolWords({ protocol, ports, icmp: message }: PacketRule): string {
  if (protocol === undefined) return "";
  if (ports !== undefined && (protocol === tcp || protocol === udp)) {
    return `${protocol === tcp ? "tcp" : "udp"} dport ${ports[0]}-${ports[1]} `;
  }
  if (message !== undefined && (protocol === icmp || protocol === icmpv6)) {
    const name = protocol === icmp ? "icmp" : "icmpv6";
    return `${name} type ${message.type} ${message.code === undefined ? "" : `${name} code ${message.code} `}`;
  }
  return `meta l4proto ${protocol} `;
}
