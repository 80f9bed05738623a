import { addressAt } from "./cidr-block.ts";
import type { MachinePort } from "./machine-driver.ts";

/** The router's address in a port's subnet, as on AWS: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
export function gatewayOf({ subnetBlock }: MachinePort): string {
  return addressAt(subnetBlock, 1);
}

export function mac({ macAddress }: MachinePort): string {
  return macAddress === undefined ? "" : `address ${macAddress} `;
}

/**
 * What an interface is given inside. Further ones answer by the way that they were asked:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/best-practices-for-configuring-network-interfaces.html
 */
export function interfaceCommands(spec: MachinePort): string {
  const length = spec.subnetBlock.split("/")[1];
  const addresses = spec.addresses.map((address) => `address replace ${address}/${length} dev ${spec.name}\n`);
  const up = `${addresses.join("")}link set ${spec.name} up\n`;
  const gateway = gatewayOf(spec);
  if (spec.name === "eth0") return `${up}route replace default via ${gateway} dev ${spec.name} onlink\n`;
  const table = answerTable(spec);
  return `${up}route replace default via ${gateway} dev ${spec.name} onlink table ${table}
${spec.addresses.map((address) => `rule add from ${address} lookup ${table} pref ${table}\n`).join("")}`;
}

/** The rules of an interface outlive it: those of one that a LocalAWS which has ended made are still there. */
export function withoutRules(spec: MachinePort): string {
  return spec.name === "eth0" ? "" : `while ip rule delete pref ${answerTable(spec)} 2>/dev/null; do :; done\n`;
}

/** The kernel takes the limit for what this namespace's own sockets send: it does not hold for what is routed. */
export function addressRoutes({ addresses, hopLimit }: MachinePort, device: string): string {
  const limit = hopLimit === undefined ? "" : ` hoplimit ${hopLimit}`;
  return addresses.map((address) => `route replace ${address}/32 dev ${device}${limit}\n`).join("");
}

/** It has no IPv6, not even link-local. What is neither from nor for the machine passes on, where the interface may have it: a machine's programs cannot turn that on. */
export function forwardingOf({ forwards, name }: MachinePort): string {
  return `[ ! -e /proc/sys/net/ipv6/conf/${name} ] || echo 1 >/proc/sys/net/ipv6/conf/${name}/disable_ipv6
echo ${forwards === true ? 1 : 0} >/proc/sys/net/ipv4/conf/${name}/forwarding
echo 0 >/proc/sys/net/ipv4/conf/${name}/send_redirects
`;
}

/** Of a further interface, in the machine. */
export function answerTable({ name }: MachinePort): number {
  return 10_000 + Number(name.replace("eth", ""));
}
