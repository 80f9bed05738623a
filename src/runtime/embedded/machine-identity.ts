import { randomBytes } from "node:crypto";
import { isIPv4 } from "node:net";
import type { MachineSpec } from "../machine-driver.ts";

/** What a machine's namespaces are set up with, each fit for a command line. @throws Error for what is not */
export function identityOf({ hostName, network }: MachineSpec) {
  const { privateIpAddress, cidrBlock, macAddress = randomMacAddress() } = network;
  const prefixLength = Number(cidrBlock.split("/")[1]);
  if (!isIPv4(privateIpAddress) || !(prefixLength >= 0 && prefixLength <= 32)) {
    throw new Error(`${privateIpAddress} in ${cidrBlock} is no address.`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(hostName)) {
    throw new Error(`${JSON.stringify(hostName)} is no host name.`);
  }
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(macAddress)) {
    throw new Error(`${macAddress} is no MAC address.`);
  }
  return { hostName, address: `${privateIpAddress}/${prefixLength}`, macAddress };
}

/** A locally administered one. */
function randomMacAddress(): string {
  return `0a:${randomBytes(5)
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1:")}`;
}
