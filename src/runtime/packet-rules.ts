import { isIPv6 } from "node:net";

/** Packets that a machine may receive or send. What answers them may pass, too. */
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

const icmp = 1;
const tcp = 6;
const udp = 17;
const icmpv6 = 58;

/** Every table is made, so that it can be deleted, and made anew: nothing of an earlier one stays. */
function table(family: string, name: string, chains: string): string {
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
 * Lets through what `rules` say, and drops all else; everything, without rules. What goes to the machine itself passes: the
 * loopback address tells what a redirection has turned there, since the interface is still the one that it was to leave by.
 */
export function filterTable(rules: readonly PacketRule[] | undefined): string {
  if (rules === undefined) return table("inet", "localaws_filter", "");
  const words = (direction: PacketRule["direction"]) =>
    rules.filter((rule) => rule.direction === direction).flatMap(ruleWords);
  const neighbours =
    "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept";
  const chain = (name: string, first: readonly string[], rest: readonly string[]) =>
    [
      `chain ${name} {`,
      `type filter hook ${name} priority 0; policy drop;`,
      ...first,
      "ct state established,related accept",
      neighbours,
      ...rest,
      "}\n",
    ].join("\n");
  return table(
    "inet",
    "localaws_filter",
    chain("input", ["iif lo accept"], words("in")) +
      chain("output", ["oif lo accept", "ip daddr 127.0.0.0/8 accept"], words("out")),
  );
}

/** A line for each version of IP that the rule has peers in. */
function ruleWords(rule: PacketRule): string[] {
  const field = rule.direction === "in" ? "saddr" : "daddr";
  const six = rule.peers.filter((peer) => isIPv6(peer.split("/")[0] ?? ""));
  const four = rule.peers.filter((peer) => !six.includes(peer));
  return [
    ...(four.length === 0 ? [] : [`ip ${field} { ${[...new Set(four)].join(", ")} } ${protocolWords(rule)}accept`]),
    ...(six.length === 0 ? [] : [`ip6 ${field} { ${[...new Set(six)].join(", ")} } ${protocolWords(rule)}accept`]),
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
