import type { CustomerGateway, TunnelOption, VpnConnection } from "@aws-sdk/client-ec2";
import { numberToIpv4, parseIpv4Block } from "./cidr.ts";

interface Configured {
  readonly connection: VpnConnection;
  readonly customer: CustomerGateway;
  readonly amazonAsn: number;
}

/** What a customer sets its device up with: https://docs.aws.amazon.com/vpn/latest/s2svpn/your-cgw.html */
export function customerConfiguration({ connection, customer, amazonAsn }: Configured): string {
  const tunnels = connection.Options?.TunnelOptions ?? [];
  const isStatic = connection.Options?.StaticRoutesOnly === true;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<vpn_connection id="${connection.VpnConnectionId}">`,
    `  <customer_gateway_id>${connection.CustomerGatewayId}</customer_gateway_id>`,
    `  <vpn_gateway_id>${connection.VpnGatewayId ?? connection.TransitGatewayId ?? ""}</vpn_gateway_id>`,
    `  <vpn_connection_type>${connection.Type}</vpn_connection_type>`,
    ...(isStatic ? ["  <vpn_connection_attributes>NoBGPVPNConnection</vpn_connection_attributes>"] : []),
    ...tunnels.flatMap((tunnel) => tunnelLines(tunnel, { customer, amazonAsn, isStatic })),
    "</vpn_connection>",
    "",
  ].join("\n");
}

export function asnOfCustomer({ BgpAsnExtended, BgpAsn }: CustomerGateway): string | undefined {
  return BgpAsnExtended ?? BgpAsn;
}

function tunnelLines(
  tunnel: TunnelOption,
  { customer, amazonAsn, isStatic }: { customer: CustomerGateway; amazonAsn: number; isStatic: boolean },
): string[] {
  const inside = parseIpv4Block(tunnel.TunnelInsideCidr ?? "")?.first ?? 0;
  const customerAsn = asnOfCustomer(customer);
  const bgp = (asn: number | string | undefined) =>
    isStatic ? [] : ["      <bgp>", `        <asn>${asn}</asn>`, "        <hold_time>30</hold_time>", "      </bgp>"];
  const side = (name: string, outside: string | undefined, address: string, asn: number | string | undefined) => [
    `    <${name}>`,
    "      <tunnel_outside_address>",
    `        <ip_address>${outside ?? ""}</ip_address>`,
    "      </tunnel_outside_address>",
    "      <tunnel_inside_address>",
    `        <ip_address>${address}</ip_address>`,
    "        <network_mask>255.255.255.252</network_mask>",
    "        <network_cidr>30</network_cidr>",
    "      </tunnel_inside_address>",
    ...bgp(asn),
    `    </${name}>`,
  ];
  return [
    "  <ipsec_tunnel>",
    ...side("customer_gateway", customer.IpAddress, numberToIpv4(inside + 2), customerAsn),
    ...side("vpn_gateway", tunnel.OutsideIpAddress, numberToIpv4(inside + 1), amazonAsn),
    "    <ike>",
    "      <authentication_protocol>sha1</authentication_protocol>",
    "      <encryption_protocol>aes-128-cbc</encryption_protocol>",
    "      <lifetime>28800</lifetime>",
    "      <perfect_forward_secrecy>group2</perfect_forward_secrecy>",
    "      <mode>main</mode>",
    `      <pre_shared_key>${tunnel.PreSharedKey ?? ""}</pre_shared_key>`,
    "    </ike>",
    "    <ipsec>",
    "      <protocol>esp</protocol>",
    "      <authentication_protocol>hmac-sha1-96</authentication_protocol>",
    "      <encryption_protocol>aes-128-cbc</encryption_protocol>",
    "      <lifetime>3600</lifetime>",
    "      <perfect_forward_secrecy>group2</perfect_forward_secrecy>",
    "      <mode>tunnel</mode>",
    "      <clear_df_bit>true</clear_df_bit>",
    "      <fragmentation_before_encryption>true</fragmentation_before_encryption>",
    "      <tcp_mss_adjustment>1379</tcp_mss_adjustment>",
    "      <dead_peer_detection>",
    "        <interval>10</interval>",
    "        <retries>3</retries>",
    "      </dead_peer_detection>",
    "    </ipsec>",
    "  </ipsec_tunnel>",
  ];
}
