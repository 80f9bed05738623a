import type { Logger } from "pino";
import { createApp } from "./app.ts";
import { type Config, type ListenAddress, requireOwnPassword } from "./config.ts";
import { addressOf, listen, stopServers } from "./http/server.ts";
import { TerminalSockets } from "./http/terminal-socket.ts";
import type { LocalAws } from "./local-aws.ts";

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
