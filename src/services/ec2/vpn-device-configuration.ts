import type { CustomerGateway, TunnelOption, VpnConnection } from "@aws-sdk/client-ec2";
import { numberToIpv4, parseIpv4Block } from "./cidr.ts";
import { asnOfCustomer } from "./vpn-configuration.ts";

export type Device = "generic" | "strongswan";

interface Configured {
  readonly connection: VpnConnection;
  readonly customer: CustomerGateway | undefined;
  readonly ike: string;
}

/** Of a kind of device, ready to be set up with: the values are the connection's own. */
export function deviceConfiguration(device: Device, configured: Configured): string {
  const { connection } = configured;
  const lines = device === "generic" ? genericLines : strongswanLines;
  return [
    "! Amazon Web Services",
    "! Virtual Private Cloud",
    `! VPN Connection ID         : ${connection.VpnConnectionId}`,
    `! Virtual Private Gateway ID: ${connection.VpnGatewayId ?? connection.TransitGatewayId ?? ""}`,
    `! Customer Gateway ID       : ${connection.CustomerGatewayId}`,
    "",
    ...(connection.Options?.TunnelOptions ?? []).flatMap((tunnel, index) => [
      ...lines(tunnel, { ...configured, number: index + 1 }),
      "",
    ]),
  ].join("\n");
}

type Numbered = Configured & { readonly number: number };

function genericLines(tunnel: TunnelOption, { connection, customer, ike, number }: Numbered): string[] {
  const { amazon, own } = insideAddresses(tunnel);
  const routing =
    connection.Options?.StaticRoutesOnly === true
      ? ["#4: Static Route Configuration:", `  - Next hop       : ${amazon}`]
      : [
          "#4: Border Gateway Protocol (BGP) Configuration:",
          `  - Customer Gateway ASN : ${customer && asnOfCustomer(customer)}`,
          `  - Neighbor IP Address  : ${amazon}`,
          "  - Neighbor Hold Time   : 30",
        ];
  return [
    `IPSec Tunnel #${number}`,
    "#1: Internet Key Exchange Configuration",
    `  - IKE version              : ${ike === "ikev2" ? "IKEv2" : "IKEv1"}`,
    "  - Authentication Method    : Pre-Shared Key",
    `  - Pre-Shared Key           : ${tunnel.PreSharedKey}`,
    "  - Authentication Algorithm : sha1",
    "  - Encryption Algorithm     : aes-128-cbc",
    `  - Lifetime                 : ${tunnel.Phase1LifetimeSeconds ?? 28_800} seconds`,
    "  - Perfect Forward Secrecy  : Diffie-Hellman Group 2",
    "#2: IPSec Configuration",
    "  - Protocol                 : esp",
    "  - Authentication Algorithm : hmac-sha1-96",
    "  - Encryption Algorithm     : aes-128-cbc",
    `  - Lifetime                 : ${tunnel.Phase2LifetimeSeconds ?? 3600} seconds`,
    `  - DPD timeout              : ${tunnel.DpdTimeoutSeconds ?? 30} seconds`,
    "#3: Tunnel Interface Configuration",
    "Outside IP Addresses:",
    `  - Customer Gateway         : ${customer?.IpAddress ?? ""}`,
    `  - Virtual Private Gateway  : ${tunnel.OutsideIpAddress}`,
    "Inside IP Addresses:",
    `  - Customer Gateway         : ${own}/30`,
    `  - Virtual Private Gateway  : ${amazon}/30`,
    "  - Tunnel interface MTU     : 1436 bytes",
    ...routing,
  ];
}

/** A connection of ipsec.conf, and its line of ipsec.secrets. */
function strongswanLines(tunnel: TunnelOption, { connection, customer, ike, number }: Numbered): string[] {
  const { amazon, own } = insideAddresses(tunnel);
  const { LocalIpv4NetworkCidr = "0.0.0.0/0", RemoteIpv4NetworkCidr = "0.0.0.0/0" } = connection.Options ?? {};
  return [
    `# /etc/ipsec.conf; the tunnel's interface has ${own}/30, and Amazon's side ${amazon}/30`,
    `conn Tunnel${number}`,
    "\tauto=start",
    "\tleft=%defaultroute",
    `\tleftid=${customer?.IpAddress ?? ""}`,
    `\tright=${tunnel.OutsideIpAddress}`,
    "\ttype=tunnel",
    "\tleftauth=psk",
    "\trightauth=psk",
    `\tkeyexchange=${ike}`,
    "\tike=aes128-sha1-modp1024",
    `\tikelifetime=${tunnel.Phase1LifetimeSeconds ?? 28_800}s`,
    "\tesp=aes128-sha1-modp1024",
    `\tlifetime=${tunnel.Phase2LifetimeSeconds ?? 3600}s`,
    "\tkeyingtries=%forever",
    `\tleftsubnet=${LocalIpv4NetworkCidr}`,
    `\trightsubnet=${RemoteIpv4NetworkCidr}`,
    "\tdpddelay=10s",
    `\tdpdtimeout=${tunnel.DpdTimeoutSeconds ?? 30}s`,
    "\tdpdaction=restart",
    `\tmark=${number * 100}`,
    "# /etc/ipsec.secrets",
    `${customer?.IpAddress ?? ""} ${tunnel.OutsideIpAddress} : PSK "${tunnel.PreSharedKey}"`,
  ];
}

function insideAddresses({ TunnelInsideCidr = "" }: TunnelOption): { amazon: string; own: string } {
  const first = parseIpv4Block(TunnelInsideCidr)?.first ?? 0;
  return { amazon: numberToIpv4(first + 1), own: numberToIpv4(first + 2) };
}
