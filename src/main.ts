#!/usr/bin/env node
import { Command } from "commander";
import { addEnv } from "./cli/env-command.ts";
import { Failure } from "./cli/failure.ts";
import { addRds } from "./cli/rds-command.ts";
import { addReset } from "./cli/reset-command.ts";
import { addS3 } from "./cli/s3/s3-command.ts";
import { addStart } from "./cli/start-command.ts";
import { addStatus } from "./cli/status-command.ts";
import { ConfigError } from "./config.ts";
import { version } from "./http/health.ts";

const program = new Command("localaws")
  .description("An AWS endpoint on your own machine: EC2 instances, S3 buckets and RDS databases that really run.")
  .version(version)
  .showHelpAfterError("(`localaws --help` lists the commands, `localaws start --help` the settings.)");
addStart(program);
addStatus(program);
addReset(program);
addEnv(program);
addS3(program);
addRds(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Failure || error instanceof ConfigError)) throw error;
  console.error(`localaws: ${error.message}`);
  process.exitCode = 1;
}
