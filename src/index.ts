import { pino } from "pino";
import { loadSettings, type SettingName } from "./config.ts";
import type { LocalAws } from "./local-aws.ts";
import { start } from "./start.ts";

export { type Config, ConfigError, type ListenAddress, type SettingName } from "./config.ts";
export type { LocalAws } from "./local-aws.ts";

/**
 * Starts LocalAWS inside this process, for a test suite: `await createServer({ listen: "127.0.0.1:0", dataDir, runtime: "records" })`.
 * The settings are those of the command, as text; of the environment only PATH is read, for the programs of databases.
 * @throws ConfigError
 */
export function createServer(settings: Partial<Record<SettingName, string>> = {}): Promise<LocalAws> {
  const config = loadSettings({ logLevel: "warn", ...settings });
  return start(config, pino({ level: config.logLevel }));
}
