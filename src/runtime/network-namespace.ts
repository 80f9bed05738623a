import { spawn } from "node:child_process";
import { Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { blankInheritedDescriptors } from "./inherited-descriptors.ts";
import { runProgram } from "./run-program.ts";

/** A machine's own network, by a process of the machine. */
export interface NetworkNamespace {
  /** As this process counts. */
  readonly pid: number;
  /** Whether the network belongs to a user namespace, which must be entered first. */
  readonly userNamespace: boolean;
}

const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** Milliseconds: fifty machines may start at once on two cores. */
const listenTimeout = 30_000;

/** Binds in the network that it runs in, hands the socket over, and ends: https://nodejs.org/docs/latest-v20.x/api/child_process.html#subprocesssendmessage-sendhandle-options-callback */
const listenProgram = `
const server = require("node:net").createServer();
server.once("error", (error) => { console.error(error.message); process.exit(1); });
server.listen(0, "127.0.0.1", () => process.send("listening", server, () => process.exit(0)));
`;

/**
 * A server of this process that listens in the namespace, at 127.0.0.1 and a free port of it: a socket stays in the network
 * that it was made in. Nobody outside of the machine can connect to it. @throws Error where the namespace cannot be entered
 */
export async function listenInside(namespace: NetworkNamespace): Promise<Server> {
  const [file, ...args] = commandInside(namespace, [process.execPath, "-e", listenProgram]);
  const child = spawn(file, args, {
    cwd: "/",
    env: environment,
    stdio: blankInheritedDescriptors(["ignore", "ignore", "pipe", "ipc"]),
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), listenTimeout);
  const stderr = child.stderr === null ? Promise.resolve(Buffer.alloc(0)) : buffer(child.stderr);
  let server: Server | undefined;
  child.once("message", (_message, handle) => {
    if (handle instanceof Server) server = handle;
  });
  // `close`, not `exit`: the message has been read by then.
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  }).finally(() => clearTimeout(timer));
  if (server === undefined) throw new Error(String(await stderr).trim() || `${file} could not enter the namespace.`);
  return server;
}

/** Runs nftables' commands in the namespace, all or none of them. @throws Error with what nft says */
export async function applyPacketRules(namespace: NetworkNamespace, commands: string): Promise<void> {
  await runNft(commandInside(namespace, nft), commands);
}

/** Whether packet rules of a kind can be had here: tries `commands` in a network that is gone afterwards. @throws Error */
export async function tryPacketRules(userNamespace: boolean, commands: string): Promise<void> {
  await runNft(["unshare", ...(userNamespace ? ["--user", "--map-root-user"] : []), "--net", "--", ...nft], commands);
}

const nft = ["nft", "-f", "-"] as const;

async function runNft(command: readonly [string, ...string[]], input: string): Promise<void> {
  const { exitCode, stderr } = await runProgram(command, { env: environment, cwd: "/", input });
  if (exitCode !== 0) throw new Error(stderr.trim() || `nft ended with exit code ${exitCode}.`);
}

function commandInside({ pid, userNamespace }: NetworkNamespace, command: readonly string[]): [string, ...string[]] {
  const user = userNamespace ? ["--user", "--preserve-credentials"] : [];
  return ["nsenter", `--target=${pid}`, ...user, "--net", "--", ...command];
}
