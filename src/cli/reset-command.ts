import type { Command } from "commander";
import { ask, configuredEndpoint } from "./endpoint.ts";
import { Failure } from "./failure.ts";
import { addSettings, configOf } from "./settings-options.ts";

export function addReset(program: Command): void {
  const command = program
    .command("reset")
    .description("Drop everything that a running LocalAWS holds, instances and databases included, without asking.")
    .option("--endpoint <url>", "the LocalAWS to reset (default: the first address of --listen)");
  addSettings(command, ["listen"]).action(async (typed) => {
    const endpoint: string = typed.endpoint ?? configuredEndpoint(configOf(typed));
    const answer = await ask(endpoint, "/_localaws/reset", "POST");
    if (!answer.ok) {
      throw new Failure(`${endpoint} refused with status ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
    }
    console.log(`LocalAWS at ${endpoint} is empty again.`);
  });
}
