import type { Command } from "commander";
import { clientCredential } from "./credential.ts";
import { configuredEndpoint } from "./endpoint.ts";
import { addSettings, configOf } from "./settings-options.ts";

export function addEnv(program: Command): void {
  const command = program
    .command("env")
    .description('Print what the AWS clients need to use LocalAWS, for `eval "$(localaws env)"`.');
  addSettings(command, ["listen", "region", "accountId", "credentials"]).action((typed) => {
    const config = configOf(typed);
    const endpoint = configuredEndpoint(config);
    const credential = clientCredential(config);
    const variables = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: credential?.accessKeyId ?? "",
      AWS_SECRET_ACCESS_KEY: credential?.secretAccessKey ?? "",
      AWS_REGION: config.region,
      AWS_DEFAULT_REGION: config.region,
    };
    // A profile goes before these keys in some clients, and a left-over session token is sent along with them.
    console.log("unset AWS_PROFILE AWS_SESSION_TOKEN");
    for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${quoted(value)}`);
  });
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
