import { isIPv6 } from "node:net";
import type { MachinePackets, PacketBorder, PacketRoute, PacketRule } from "./machine-packets.ts";

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
  const { rules, border, routes } = packets ?? {};
  const free = {
    in: freeWords("saddr", "sport", resolvers),
    out: freeWords("daddr", "dport", resolvers),
  };
  return (
    table("inet", "localaws_filter", rules === undefined ? "" : ruleChains(rules, free)) +
    table("inet", "localaws_border", border === undefined ? "" : borderChains(border, free)) +
    table("inet", "localaws_routes", routes === undefined ? "" : routeChain(routes, free))
  );
}

/** By direction: lines for what is never filtered. */
type Free = Readonly<Record<PacketRule["direction"], readonly string[]>>;

function freeWords(address: string, port: string, resolvers: readonly string[]): string[] {
  const list = resolvers.join(", ");
  return [
    `ip ${address} { 169.254.169.253, 169.254.169.254 } accept`,
    ...(list === "" ? [] : [`ip ${address} { ${list} } meta l4proto { tcp, udp } th ${port} 53 accept`]),
  ];
}

/**
 * Drops what none of the lines lets through. What goes to the machine itself passes: the loopback address tells what a
 * redirection has turned there, since the interface is still the one that it was to leave by.
 */
function chain(hook: "input" | "output", lines: readonly string[]): string {
  return [
    `chain ${hook} {`,
    `type filter hook ${hook} priority 0; policy drop;`,
    ...(hook === "input" ? ["iif lo accept"] : ["oif lo accept", "ip daddr 127.0.0.0/8 accept"]),
    "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept",
    ...lines,
    "}\n",
  ].join("\n");
}

function ruleChains(rules: readonly PacketRule[], free: Free): string {
  const lines = (direction: PacketRule["direction"]) => [
    ...free[direction],
    "ct state established,related accept",
    ...rules.filter((rule) => rule.direction === direction).flatMap((rule) => ruleWords(rule, "accept")),
  ];
  return chain("input", lines("in")) + chain("output", lines("out"));
}

function borderChains({ within, entries }: PacketBorder, free: Free): string {
  const lines = (direction: PacketRule["direction"]) => [
    ...free[direction],
    ...ruleWords({ direction, peers: within }, "accept"),
    ...entries
      .filter((entry) => entry.direction === direction)
      .flatMap((entry) => ruleWords(entry, entry.passes ? "accept" : "drop")),
  ];
  return chain("input", lines("in")) + chain("output", lines("out"));
}

function routeChain(routes: readonly PacketRoute[], free: Free): string {
  const lines = routes.flatMap(({ destinations, passes }) =>
    ruleWords({ direction: "out", peers: destinations }, passes ? "accept" : "drop"),
  );
  return chain("output", [...free.out, ...lines]);
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
