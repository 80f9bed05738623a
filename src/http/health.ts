import { createRequire } from "node:module";
import type { App } from "./app.ts";

/** The version in package.json, which stands two folders up in the sources and one in the bundle. */
export const version: string = readVersion();

function readVersion(): string {
  const require = createRequire(import.meta.url);
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const { name, version: found } = require(path) as { name?: string; version?: string };
      if (name === "localaws" && found !== undefined) return found;
    } catch {
      // Not there: the other one is.
    }
  }
  return "unknown";
}

/** The answer of `/_localaws/health`, and of `/_localstack/health` for tools that wait for its `services`. */
export function health({ config, registry, serviceContext: { machines, databases } }: App) {
  const services = registry.services.map((service) => [
    service.name,
    registry.loaded(service) ? "running" : "available",
  ]);
  return {
    status: "running",
    version,
    region: config.region,
    runtime: machines.kind,
    limitations: [...new Set([...machines.limitations, ...databases.limitations])],
    services: Object.fromEntries(services) as Record<string, "running" | "available">,
  };
}
