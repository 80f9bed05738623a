import { type Logger, pino } from "pino";
import { createApp } from "./app.ts";
import { type Config, type ListenAddress, loadConfig, requireOwnPassword, type SettingName } from "./config.ts";
import { addressOf, listen, stopServers } from "./http/server.ts";
import { TerminalSockets } from "./http/terminal-socket.ts";

export type { Config, ListenAddress } from "./config.ts";

/** A running LocalAWS. */
export interface LocalAws {
  readonly config: Config;
  /** Where it listens, with the ports that it got where the configuration says 0. */
  readonly addresses: readonly ListenAddress[];
  /** For an SDK's `endpoint`: `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Where the SSH gateway to the instances listens; none where it is off or its port is taken. */
  readonly ssh: { readonly host: string; readonly port: number } | undefined;
  readonly runtime: string;
  readonly limitations: readonly string[];
  /** Drops all state. */
  reset(): Promise<void>;
  /** Lets requests under way end, and stops. The state stays on disk. */
  close(): Promise<void>;
}

/**
 * Starts LocalAWS inside this process, for a test suite: `await createServer({ listen: "127.0.0.1:0", dataDir, runtime: "records" })`.
 * The settings are those of the command, as text; the environment is not read.
 * @throws ConfigError
 */
export function createServer(settings: Partial<Record<SettingName, string>> = {}): Promise<LocalAws> {
  const config = loadConfig({ logLevel: "warn", ...settings }, {});
  return start(config, pino({ level: config.logLevel }));
}

/** Starts LocalAWS with a configuration that has been loaded. @throws ConfigError */
export async function start(config: Config, log: Logger): Promise<LocalAws> {
  requireOwnPassword(config);
  const app = await createApp(config, log);
  const terminals = new TerminalSockets(app);
  try {
    const servers = await listen(app, config.listen, terminals);
    const addresses = servers.map(addressOf);
    const { machines, databases } = app.serviceContext;
    return {
      config,
      addresses,
      endpoint: endpointOf(addresses),
      ssh: app.ssh && { host: app.ssh.host, port: app.ssh.port },
      runtime: machines.kind,
      limitations: [...new Set([...machines.limitations, ...databases.limitations])],
      reset: () => app.reset(),
      async close() {
        // Its streams would go on as long as their clients.
        app.changes.close();
        await Promise.all([terminals.close(), stopServers(servers, 10_000)]);
        await app.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

function endpointOf([first]: readonly ListenAddress[]): string {
  if (first === undefined) throw new Error("None of the addresses could be listened at.");
  const host = first.host === "0.0.0.0" || first.host === "::" ? "127.0.0.1" : first.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${first.port}`;
}
