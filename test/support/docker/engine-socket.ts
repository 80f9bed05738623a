import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface EngineSocket {
  /** For `withDockerHost`. */
  readonly url: string;
  /** Ends every connection and takes no more. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** A socket that leads to the engine, or, without `answers`, takes connections and says nothing. */
export async function openEngineSocket({ answers = true } = {}): Promise<EngineSocket> {
  const folder = await mkdtemp(join(tmpdir(), "localaws-socket-"));
  const path = join(folder, "docker.sock");
  const enginePath = /^unix:\/\/(.+)/.exec(process.env.DOCKER_HOST ?? "")?.[1] ?? "/var/run/docker.sock";
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    if (!answers) return;
    const engine = connect(enginePath);
    keep(engine);
    client.pipe(engine).pipe(client);
    client.once("close", () => engine.destroy());
    engine.once("close", () => client.destroy());
  });
  async function mend(): Promise<void> {
    server.listen(path);
    await once(server, "listening");
  }
  async function cut(): Promise<void> {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  }
  await mend();
  return {
    url: `unix://${path}`,
    cut,
    mend,
    async close() {
      if (server.listening) await cut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `work` with `DOCKER_HOST` set, where Docker's clients look for their engine. */
export async function withDockerHost<T>(url: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = url;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
}
