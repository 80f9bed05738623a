import type { PublicAddress } from "./machine-packets.ts";
import { table } from "./packet-rules.ts";

/**
 * What a space's router lets through, in the words of `nft -f`: what goes between its ports and to the spaces that it is joined with, where
 * the machines' own rules let it; what goes out; and what comes for a public address, which is translated, as is whoever sends from one.
 */
export function routerTable({
  addresses,
  host,
}: {
  readonly addresses: readonly PublicAddress[];
  /** The host's own address, whom machines see in its place at their own address, and at a public one. */
  readonly host: { readonly from: string; readonly gateway: string | undefined; readonly shown: string };
}): string {
  const targets = addresses
    .filter(({ inward }) => inward)
    .map(({ address, privateAddress }) => `iifname "edge" ip daddr ${address} dnat to ${privateAddress}`);
  const sources = addresses.map(
    ({ address, privateAddress }) => `oifname "edge" ip saddr ${privateAddress} snat to ${address}`,
  );
  const fromHost = host.gateway === undefined ? "" : `ip saddr ${host.from} snat to ${host.gateway}`;
  return table(
    "ip",
    "localaws_router",
    `chain forward {
type filter hook forward priority 0; policy drop;
ct state established,related accept
iifname "edge" ct status dnat accept
iifname "edge" ip saddr ${host.from} accept
iifname { "p*", "l*" } oifname { "p*", "l*" } accept
iifname "p*" oifname "edge" accept
}
chain prerouting {
type nat hook prerouting priority -100;
${targets.join("\n")}
}
chain postrouting {
type nat hook postrouting priority 100;
ct status dnat ip saddr ${host.from} snat to ${host.shown}
${fromHost}
${sources.join("\n")}
oifname "edge" masquerade
}
`,
  );
}
