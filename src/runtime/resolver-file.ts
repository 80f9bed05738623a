/** What a machine has in `/etc/resolv.conf`; without a resolver, names are looked up in `/etc/hosts` alone. */
export function resolverFile({ resolver, names }: { resolver?: string | undefined; names: readonly string[] }): string {
  if (resolver === undefined) return "# No network reaches this machine.";
  const domain = searchDomain(names);
  return `nameserver ${resolver}${domain === undefined ? "" : `\nsearch ${domain}`}`;
}

/** Of machines with these private names: what short names are looked up in. */
function searchDomain(names: readonly string[]): string | undefined {
  return names.map((name) => name.split(".").slice(1).join(".")).find((rest) => rest !== "");
}
