import type { Cgroups } from "./cgroups.ts";
import type { Isolation } from "./machine-isolation.ts";

/** What machines cannot do here, in sentences for `localaws status`. */
export function limitationsOf(isolation: Isolation, cgroups: Cgroups | undefined): string[] {
  return [
    "Instances run this host's own programs: the image is not looked at.",
    "Instances end with LocalAWS and are started again with it.",
    "The sizes of an instance's disk and of its volumes are not limited.",
    ...(cgroups === undefined
      ? ["An instance's CPU and memory are not limited: LocalAWS may not make control groups here."]
      : []),
    ...(isolation.addresses ? [] : ["Instances have no private address: install iproute2."]),
    ...(isolation.userNamespace
      ? ["Inside, root is the only user, and cannot change /usr: LocalAWS does not run as root."]
      : []),
  ];
}
