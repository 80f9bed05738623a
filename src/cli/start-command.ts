import type { Command } from "commander";
import { addSettings, configOf } from "./settings-options.ts";

export function addStart(program: Command): void {
  const command = program
    .command("start", { isDefault: true })
    .description("Start LocalAWS, as `localaws` alone does. Ctrl-C stops it gracefully, a second one at once.")
    .allowExcessArguments();
  addSettings(command).action(async (typed, { args: [unknown] }: Command) => {
    // A word that is no command's name comes here, to the default command.
    if (unknown !== undefined) command.error(`error: unknown command '${unknown}'`);
    const config = configOf(typed);
    // The server is most of the code: the other commands do without it.
    const { serve } = await import("./serve.ts");
    await serve(config);
  });
}
