import type { PublicAddress } from "./machine-packets.ts";
import { table } from "./packet-rules.ts";

/**
 * What a router lets through, in the words of `nft -f`: what goes to a public address, which is translated, as is whoever
 * sends it; and what goes between the interfaces of `links`.
 */
export function routerTable({
  links,
  addresses,
  host,
}: {
  readonly links: readonly (readonly [string, string])[];
  readonly addresses: readonly PublicAddress[];
  readonly host: { readonly from: string; readonly to: string };
}): string {
  const forward = links.flatMap(([one, other]) =>
    [
      [one, other],
      [other, one],
    ].map(([from, to]) => `iifname "${from}" oifname "${to}" accept`),
  );
  const targets = addresses
    .filter(({ inward }) => inward)
    .map(({ address, privateAddress }) => `ip daddr ${address} dnat to ${privateAddress}`);
  const sources = addresses.map(
    ({ address, privateAddress }) => `ct status dnat ip saddr ${privateAddress} snat to ${address}`,
  );
  return table(
    "ip",
    "localaws_router",
    `chain forward {
type filter hook forward priority 0; policy drop;
ct state established,related accept
ct status dnat accept
${forward.join("\n")}
}
chain prerouting {
type nat hook prerouting priority -100;
${targets.join("\n")}
}
chain postrouting {
type nat hook postrouting priority 100;
ip saddr ${host.from} snat to ${host.to}
${sources.join("\n")}
}
`,
  );
}
