import type { Logger } from "pino";
import type { Connection } from "ssh2";
import ssh2 from "ssh2";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import { connectInside } from "./forwarding.ts";
import { readOrMakeHostKey } from "./host-key.ts";
import { checkLogin, type Instances, type Login } from "./login.ts";
import { ReverseForwarding } from "./reverse-forwarding.ts";
import { serveSession } from "./session.ts";

export interface SshGateway {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  /** A private key, made at the first start. */
  readonly hostKeyFile: string;
  readonly machines: MachineDriver;
  readonly instances: Instances;
  readonly log: Logger;
}

/** As OpenSSH's MaxAuthTries. */
const maxAttempts = 6;

/** An SSH server in front of every instance, for images that have none: https://www.rfc-editor.org/rfc/rfc4254. @throws Error of `listen` */
export async function startSshGateway(options: GatewayOptions): Promise<SshGateway> {
  const { host, port, log } = options;
  const connections = new Set<Connection>();
  const hostKeys = [readOrMakeHostKey(options.hostKeyFile)];
  const server = new ssh2.Server({ hostKeys, ident: "LocalAWS" }, (connection) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
    // What a client sends that is no SSH, and connections that break.
    connection.on("error", (error: unknown) => log.debug({ err: error }, "an SSH connection failed"));
    serveConnection(connection, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  server.on("error", (error: unknown) => log.warn({ err: error }, "the SSH gateway failed"));
  return {
    host,
    port: typeof address === "object" && address !== null ? address.port : port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.end();
      await closed;
    },
  };
}

function serveConnection(connection: Connection, options: GatewayOptions): void {
  const { machines, log } = options;
  let login: Login | undefined;
  let attempts = 0;
  connection.on("authentication", (attempt) => {
    // Asking with no method, what there is, is none.
    if (attempt.method !== "none") attempts += 1;
    if (attempts > maxAttempts) return connection.end();
    checkLogin(attempt, options).then(
      (allowed) => {
        login = allowed;
        if (allowed === undefined) attempt.reject(["publickey"]);
        else attempt.accept();
      },
      (error: unknown) => {
        log.debug({ err: error, user: attempt.username }, "an SSH login could not be checked");
        attempt.reject(["publickey"]);
      },
    );
  });
  connection.on("ready", () => {
    const here = login;
    if (here === undefined) return connection.end();
    log.info({ instance: here.instanceId, user: here.user.name }, "an SSH login");
    const reverse = new ReverseForwarding(machines, connection, here);
    // What a command finds is there when it begins: a client does not wait for what it has asked for before.
    connection.on("session", (accept) => {
      void reverse.settled().then(() => serveSession(accept(), machines, here));
    });
    connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
      if (!here.key.forwards) return reject();
      connectInside(machines, here.instanceId, { host: destIP, port: destPort }).then(
        (join) => join(accept()),
        (error: unknown) => {
          log.debug({ err: error, instance: here.instanceId }, "a forwarded connection was refused");
          reject();
        },
      );
    });
    connection.on("request", (accept, reject, name, info) => {
      const refuse = (error: unknown) => {
        log.debug({ err: error, instance: here.instanceId }, "a reverse forwarding was refused");
        reject?.();
      };
      if (!here.key.forwards) reject?.();
      else if (name === "tcpip-forward") reverse.listen(info).then((port) => accept?.(port), refuse);
      else if (name === "cancel-tcpip-forward") {
        reverse.end(info).then((ended) => (ended ? accept?.() : reject?.()), refuse);
      } else reject?.();
    });
  });
}
