import { type SendHandle, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { Server, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { blankInheritedDescriptors } from "./inherited-descriptors.ts";
import { runProgram } from "./run-program.ts";

/** Of programs of the host. */
export const hostEnvironment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** Milliseconds: fifty machines may start at once on two cores. */
const helperTimeout = 30_000;

/** Binds in the network that it runs in, hands the sockets over, and ends: https://nodejs.org/docs/latest-v20.x/api/child_process.html#subprocesssendmessage-sendhandle-options-callback */
const listenProgram = `
const [count] = process.argv.slice(1).map(Number);
let left = count;
for (let index = 0; index < count; index++) {
  const server = require("node:net").createServer();
  server.once("error", (error) => { console.error(error.message); process.exit(1); });
  server.listen(0, "127.0.0.1", () => process.send("listening", server, () => --left === 0 && process.exit(0)));
}
`;

/** Connects; what comes meanwhile is left to be read by whom the socket is handed to. */
const connectProgram = `
const [host, port] = process.argv.slice(1);
const socket = require("node:net").connect({ host, port, allowHalfOpen: true });
socket.pause();
socket.once("error", (error) => { console.error(error.message); process.exit(1); });
socket.once("connect", () => process.send("connected", socket, () => process.exit(0)));
`;

const nft = ["nft", "-f", "-"] as const;

/** A machine's own network, held open: that it stays the one that it was, whatever becomes of the machine's processes. */
export class NetworkNamespace {
  /** The network's descriptor, and that of the user namespace to be entered first. */
  readonly #descriptors: readonly number[] = [];

  /**
   * By a process in it, as this process counts; `userNamespace`: whether it has one of its own. @throws Error where there is
   * no such process, or it is in this process's own network
   */
  constructor(pid: number, userNamespace: boolean) {
    const open = (kind: string) => openSync(`/proc/${pid}/ns/${kind}`, "r");
    const network = open("net");
    this.#descriptors = [network];
    try {
      if (fstatSync(network).ino === statSync("/proc/self/ns/net").ino)
        throw new Error("It is the host's own network.");
      if (userNamespace) this.#descriptors = [network, open("user")];
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Servers of this process that listen in the namespace, at 127.0.0.1 and free ports of it: a socket stays in the
   * network that it was made in. Nobody outside of the machine can connect to them. @throws Error
   */
  async listen(count: number): Promise<Server[]> {
    if (count === 0) return [];
    const servers = (await this.#handedOver(listenProgram, [String(count)])).filter((one) => one instanceof Server);
    if (servers.length === count) return servers;
    for (const server of servers) server.close();
    throw new Error("Servers are missing in the namespace.");
  }

  /** A connection of this process that comes from inside the namespace. @throws Error where nothing answers */
  async connect({ host, port }: { host: string; port: number }): Promise<Socket> {
    const [socket] = await this.#handedOver(connectProgram, [host, String(port)]);
    if (!(socket instanceof Socket)) throw new Error("There is no connection out of the namespace.");
    socket.allowHalfOpen = true;
    return socket;
  }

  /** What a program of Node's makes inside and sends. @throws Error with what it says, when it sends nothing */
  async #handedOver(program: string, argv: readonly string[]): Promise<SendHandle[]> {
    const [file, ...args] = this.#enter([process.execPath, "-e", program, "--", ...argv], 4);
    const child = spawn(file, args, {
      cwd: "/",
      env: hostEnvironment,
      stdio: blankInheritedDescriptors(["ignore", "ignore", "pipe", "ipc", ...this.#descriptors]),
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), helperTimeout);
    const stderr = child.stderr === null ? Promise.resolve(Buffer.alloc(0)) : buffer(child.stderr);
    const sent: SendHandle[] = [];
    child.on("message", (_message, handle) => sent.push(handle));
    // `close`, not `exit`: the messages have been read by then.
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", () => resolve());
    }).finally(() => clearTimeout(timer));
    if (sent.length === 0) throw new Error(String(await stderr).trim() || `${file} could not enter the namespace.`);
    return sent;
  }

  /** Runs nftables' commands in the namespace, all or none of them. @throws Error with what nft says */
  async applyPacketRules(commands: string): Promise<void> {
    await this.run(nft, commands);
  }

  /** Runs a program of the host in the namespace. @throws Error with what it says, when it fails */
  async run(command: readonly string[], input: string): Promise<void> {
    await runWith(this.#enter(command, 3), input, this.#descriptors);
  }

  close(): void {
    for (const descriptor of this.#descriptors) closeSync(descriptor);
  }

  /** The command that runs another inside, where the descriptors are open from the number `first` on. */
  #enter(command: readonly string[], first: number): [file: string, ...args: string[]] {
    const user = this.#descriptors.length > 1 ? [`--user=/proc/self/fd/${first + 1}`, "--preserve-credentials"] : [];
    return ["nsenter", ...user, `--net=/proc/self/fd/${first}`, "--", ...command];
  }
}

/** Whether packet rules of a kind can be had here: tries `commands` in a network that is gone afterwards. @throws Error */
export async function tryPacketRules(userNamespace: boolean, commands: string): Promise<void> {
  await runWith(["unshare", ...(userNamespace ? ["--user", "--map-root-user"] : []), "--net", "--", ...nft], commands);
}

async function runWith(
  command: readonly [string, ...string[]],
  input: string,
  descriptors: readonly number[] = [],
): Promise<void> {
  const { exitCode, stderr } = await runProgram(command, { env: hostEnvironment, cwd: "/", input, descriptors });
  if (exitCode !== 0) throw new Error(stderr.trim() || `${command[0]} ended with exit code ${exitCode}.`);
}
