import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { outputFrames } from "./output-frames.ts";

/** What the engine keeps of a container's output. */
export const logConfig: Docker.HostConfig["LogConfig"] = {
  Type: "json-file",
  Config: { "max-size": "10m", "max-file": "2" },
};

/** What a container has written since its last start, cut to the last `limit` bytes. */
export async function readLog(docker: Docker, containerId: string, limit: number): Promise<string> {
  const { State, Config, Created } = await docker.getContainer(containerId).inspect();
  const log = await openLog(docker, containerId, {
    stdout: true,
    stderr: true,
    // A line has a byte at least.
    tail: limit,
    since: seconds(sinceLastStart(State, Date.parse(Created))),
  });
  const tail = new Tail(limit);
  if (Config.Tty) for await (const bytes of log) tail.write(bytes);
  else for await (const { bytes } of outputFrames(log)) tail.write(bytes);
  return tail.text();
}

/** Docker notes a start a moment after the program has begun to write. */
const startMargin = 100;
/** A busy machine's moment is longer, which counts for what ends at once: the first run may have this long to be noted. */
const firstStartMargin = 10_000;

/** Milliseconds: the end of the run before where that is known, as it is while this one lasts. */
function sinceLastStart({ Running, StartedAt, FinishedAt }: Docker.ContainerInspectInfo["State"], created: number) {
  const started = Date.parse(StartedAt);
  const finished = Date.parse(FinishedAt);
  if (!Running && started - created < firstStartMargin) return created;
  return finished < started ? finished : started - startMargin;
}

/** The engine's form of a time. */
function seconds(milliseconds: number): string {
  return (Math.max(milliseconds, 0) / 1000).toFixed(3);
}

/** dockerode's own `logs` takes a log that happens to be JSON for an answer of the engine, and parses it. */
function openLog(docker: Docker, containerId: string, options: Docker.ContainerLogsOptions): Promise<Readable> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${containerId}/logs?`,
        method: "GET",
        isStream: true,
        statusCodes: { 200: true, 404: "no such container", 500: "server error" },
        options,
      },
      (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream as Readable)),
    );
  });
}

/** Keeps the last bytes that are written to it. */
class Tail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  write(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#size > 16 * this.#limit) this.#compact();
  }

  /** Without a character that the cut has split. */
  text(): string {
    this.#compact();
    const bytes = this.#chunks[0] ?? Buffer.alloc(0);
    let start = 0;
    while (start < Math.min(bytes.length, 4) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
    return bytes.toString("utf8", start);
  }

  #compact(): void {
    const last = Buffer.concat(this.#chunks).subarray(-this.#limit);
    this.#chunks = [last];
    this.#size = last.length;
  }
}
