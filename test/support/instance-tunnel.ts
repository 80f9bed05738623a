import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { pipeline } from "node:stream";
import { text } from "node:stream/consumers";
import ssh2 from "ssh2";
import type { TestServer } from "./server.ts";

interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A way into an instance: what is done through it is done by programs of the instance. */
export interface InstanceTunnel {
  run(command: string): Promise<{ exitCode: number; stdout: string }>;
  /** Of the tunnel, for clients of this machine. */
  readonly url: string;
  /** A request to the tunnel's host. Connections are kept. */
  http(method: string, path: string, headers?: Record<string, string>): Promise<HttpAnswer>;
  close(): void;
}

/** By the SSH gateway, with the key of the instance's key pair. The server must have one: `sshListen`. */
export async function openTunnel(
  { server }: TestServer,
  { id, privateKey, host, port: target = 80 }: { id: string; privateKey: string; host: string; port?: number },
): Promise<InstanceTunnel> {
  if (server.ssh === undefined) throw new Error("This LocalAWS has no SSH gateway.");
  const client = new ssh2.Client();
  client.connect({ ...server.ssh, username: id, privateKey });
  await once(client, "ready");
  const entrance = createServer({ allowHalfOpen: true }, (socket) => {
    client.forwardOut("127.0.0.1", 0, host, target, (error, channel) => {
      if (error !== undefined) return void socket.destroy();
      pipeline(socket, channel, socket, () => {});
    });
  }).listen(0, "127.0.0.1");
  await once(entrance, "listening");
  const { port } = entrance.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  return {
    url: `http://127.0.0.1:${port}`,
    async run(command) {
      return await new Promise((resolve, reject) => {
        client.exec(command, (error, channel) => {
          if (error !== undefined) return reject(error);
          // At once: what arrives together with the answer to `exec` is told before any promise goes on.
          const exited = new Promise<number>((exit, fail) => {
            channel.once("exit", exit).once("close", () => fail(new Error(`No exit code: ${command}`)));
          });
          channel.end();
          channel.stderr.resume();
          Promise.all([text(channel), exited]).then(([stdout, exitCode]) => resolve({ stdout, exitCode }), reject);
        });
      });
    },
    async http(method, path, headers = {}) {
      const answered = await ask(agent, { host: "127.0.0.1", port, method, path, headers });
      return { status: answered.statusCode ?? 0, headers: answered.headers, body: await text(answered) };
    },
    close() {
      agent.destroy();
      entrance.close();
      client.end();
    },
  };
}

/** A server may end a kept connection just when it is used again: https://nodejs.org/docs/latest-v20.x/api/http.html#requestreusedsocket */
async function ask(agent: Agent, options: RequestOptions): Promise<IncomingMessage> {
  const sent = request({ agent, ...options });
  // Also one after the answer, which whoever reads the answer learns of.
  sent.on("error", () => {});
  try {
    const answered = once(sent, "response");
    sent.end();
    const [response] = await answered;
    return response;
  } catch (error) {
    if (!sent.reusedSocket) throw error;
    return await ask(agent, options);
  }
}
