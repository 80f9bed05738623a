import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connectEngine } from "../../src/runtime/docker/engine.ts";
import { folderId } from "../../src/runtime/docker/folder-id.ts";
import { folderLabel } from "../../src/runtime/docker/labels.ts";
import { commandLine } from "./built.ts";
import { type Requirement, requires } from "./requirements.ts";

export type RealRuntime = "docker" | "embedded";

/** A LocalAWS in a process of its own, started by its command. */
export interface RunningCommand {
  readonly endpoint: string;
  readonly dataDir: string;
  /** For clients: where to find it, and its default key. */
  readonly env: NodeJS.ProcessEnv;
  /** Ctrl-C, and its end. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/** One suite a runtime, in which `title` is told: pending where the runtime or a client's program is missing. */
export function onEachRuntime(
  title: string,
  needs: readonly Requirement[],
  body: (runtime: RealRuntime) => void,
): void {
  for (const runtime of ["docker", "embedded"] as const) {
    describe(`${title} on the ${runtime} runtime`, function () {
      this.timeout(180_000);
      this.slow(60_000);
      requires(...(runtime === "docker" ? (["docker"] as const) : []), ...needs);
      body(runtime);
    });
  }
}

/** For the body of a suite: a LocalAWS that is started before its tests, and of which nothing is left after them. */
export function ownLocalAws(runtime: RealRuntime): { current: RunningCommand } {
  const own: { current: RunningCommand } = { current: notStarted };
  before(async () => {
    const dataDir = await newFolder();
    own.current = await startCommand({ runtime, dataDir }).catch(async (error) => {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    });
  });
  after(async () => {
    if (own.current !== notStarted) await discard(own.current);
  });
  return own;
}

const notStarted: RunningCommand = Object.freeze({
  get endpoint(): string {
    throw new Error("LocalAWS has not been started.");
  },
  dataDir: "",
  env: {},
  stop: () => Promise.resolve(),
  kill: () => Promise.resolve(),
});

/** For the body of a suite: a folder that is there for its tests. */
export function ownFolder(): { path: string } {
  const own = { path: "" };
  before(async () => {
    own.path = await newFolder();
  });
  after(async () => {
    if (own.path !== "") await rm(own.path, { recursive: true, force: true });
  });
  return own;
}

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "localaws-acceptance-"));
}

/** Resolves when it is ready. */
export async function startCommand(options: { runtime: RealRuntime; dataDir: string }): Promise<RunningCommand> {
  const { runtime, dataDir } = options;
  const program = spawn(
    process.execPath,
    [...commandLine(), "start", "--listen", "127.0.0.1:0", "--data", dataDir, "--runtime", runtime],
    { cwd: repository, stdio: ["ignore", "pipe", "inherit"] },
  );
  const end = once(program, "exit");
  const killWithTests = () => program.kill("SIGKILL");
  process.once("exit", killWithTests);
  program.once("exit", () => process.off("exit", killWithTests));

  const endpoint = await readEndpoint(program.stdout, end);
  const signal = async (name: NodeJS.Signals) => {
    program.kill(name);
    const timer = setTimeout(() => program.kill("SIGKILL"), 60_000);
    const [, by]: unknown[] = await end;
    clearTimeout(timer);
    if (by === "SIGKILL" && name !== "SIGKILL") throw new Error(`LocalAWS did not end within a minute of ${name}.`);
  };
  return {
    endpoint,
    dataDir,
    env: clientEnvironment(endpoint),
    stop: () => signal("SIGINT"),
    kill: () => signal("SIGKILL"),
  };
}

/** Ends machines and databases, the process, and its folder. */
export async function discard({ endpoint, dataDir, stop }: RunningCommand): Promise<void> {
  const answer = await fetch(`${endpoint}/_localaws/reset`, { method: "POST" });
  if (!answer.ok) throw new Error(`The reset was answered with ${answer.status}.`);
  await stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** The names of the engine's containers that belong to this data folder. */
export async function containersOf(dataDir: string): Promise<string[]> {
  const { docker } = await connectEngine(5000);
  const label = [`${folderLabel}=${folderId(dataDir)}`];
  const containers = await docker.listContainers({ all: true, filters: { label } });
  return containers.map(({ Names, Id }) => Names[0] ?? Id);
}

/** Runs a program to its end; rejects with what it wrote when that is not 0, or not one of `exitCodes`. */
export function run(
  program: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string; exitCodes?: readonly number[] },
): Promise<string> {
  const { env, cwd, exitCodes = [0] } = options;
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number" && exitCodes.includes(code)) resolve(stdout);
      else reject(new Error(`${program} ${args.join(" ")}: ${code}\n${stderr}\n${stdout}`));
    });
  });
}

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Its log has a line for the start, in which the port stands that it got; later lines are let go. */
async function readEndpoint(output: NodeJS.ReadableStream, end: Promise<unknown>): Promise<string> {
  const lines = createInterface({ input: output });
  const found = new Promise<string>((resolve) => {
    lines.on("line", (line) => {
      const [, endpoint] = /"endpoint":"(http:[^"]+)"/.exec(line) ?? [];
      if (endpoint !== undefined) resolve(endpoint);
    });
  });
  const endpoint = await Promise.race([found, end.then(() => undefined)]);
  if (endpoint === undefined) throw new Error("LocalAWS ended before it was ready; see its output above.");
  return endpoint;
}

/** Nothing of the person's own configuration, who runs the tests. */
export function clientEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|TF_|LOCALAWS_)|_proxy$/i.test(name));
  return {
    ...Object.fromEntries(inherited),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_REGION: "us-east-1",
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
}
