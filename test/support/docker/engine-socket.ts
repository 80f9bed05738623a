import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transform } from "node:stream";

export interface EngineSocket {
  /** For `withDockerHost`. */
  readonly url: string;
  /** Ends every connection and takes no more. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Has the engine's answer to the next `times` requests whose first line has `words` be an error 500 with this message. */
  fail(words: string, message: string, times: number): void;
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
  let failing = { words: "", message: "", times: 0 };
  const answerFailing = (client: Socket, request: Buffer): boolean => {
    const [line = ""] = request.toString("latin1").split("\r\n", 1);
    if (failing.times === 0 || !line.includes(failing.words)) return false;
    failing.times--;
    const body = JSON.stringify({ message: failing.message });
    const head = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close\r\n";
    client.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return true;
  };
  const server = createServer((client) => {
    keep(client);
    if (!answers) return;
    const requests = new Transform({
      transform: (chunk: Buffer, _encoding, done) => (answerFailing(client, chunk) ? done() : done(null, chunk)),
    });
    const engine = connect(enginePath);
    keep(engine);
    client.pipe(requests).pipe(engine).pipe(client);
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
    fail: (words, message, times) => {
      failing = { words, message, times };
    },
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
