import type { ServiceConnectivityType } from "@aws-sdk/client-ec2";
import { regionNames } from "../../aws/regions.ts";
import { invalidParameterValue } from "./errors.ts";

/** What a service supports after a change. */
export function ipAddressTypes(there: readonly string[], add: readonly string[] = [], remove: readonly string[] = []) {
  const types = [...new Set([...there, ...add])].filter((type) => !remove.includes(type));
  const known = types.filter((type): type is ServiceConnectivityType => type === "ipv4" || type === "ipv6");
  const [unknown] = types.filter((type) => type !== "ipv4" && type !== "ipv6");
  if (unknown !== undefined) throw invalidParameterValue(`Invalid value '${unknown}' for supportedIpAddressTypes.`);
  if (known.length === 0) throw invalidParameterValue("A service supports one IP address type at least.");
  return known;
}

/** Where a service may be reached from after a change: `there` begins with its own region. */
export function supportedRegions(
  there: readonly string[],
  add: readonly string[] = [],
  remove: readonly string[] = [],
) {
  const names = [...new Set([...there, ...add])].filter((name) => !remove.includes(name));
  const unknown = names.find((name) => !Object.hasOwn(regionNames, name));
  if (unknown !== undefined) throw invalidParameterValue(`Invalid Region '${unknown}'.`);
  return {
    SupportedRegions: names.map((Region) => ({ Region, ServiceState: "Available" })),
    RemoteAccessEnabled: names.length > 1,
  };
}
