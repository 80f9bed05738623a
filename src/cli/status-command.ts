import type { Command } from "commander";
import { askHealth, configuredEndpoint, type Health } from "./endpoint.ts";
import { addSettings, configOf } from "./settings-options.ts";

export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .description("Show what a running LocalAWS is and what its runtime cannot do; exit code 1 when none answers.")
    .option("--endpoint <url>", "the LocalAWS to ask (default: the first address of --listen)");
  addSettings(command, ["listen"]).action(async (typed) => {
    const endpoint: string = typed.endpoint ?? configuredEndpoint(configOf(typed));
    console.log(report(endpoint, await askHealth(endpoint)));
  });
}

function report(endpoint: string, { version, runtime, limitations, services }: Health): string {
  return [
    `LocalAWS ${version} runs at ${endpoint}`,
    `Runtime: ${runtime}`,
    ...limitations.map((limitation) => `  - ${limitation}`),
    "Services (available: it starts with the first request to it):",
    ...Object.entries(services).map(([name, state]) => `  ${name.padEnd(4)} ${state}`),
  ].join("\n");
}
