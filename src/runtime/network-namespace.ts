import { type SendHandle, spawn } from "node:child_process";
import { Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { Server, Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { blankInheritedDescriptors } from "./inherited-descriptors.ts";
import { hostEnvironment, networkShell } from "./network-shell.ts";

/** Milliseconds: fifty machines may start at once on two cores. */
const helperTimeout = 30_000;

/** Binds in the network that it runs in, hands the sockets over, and ends: https://nodejs.org/docs/latest-v20.x/api/child_process.html#subprocesssendmessage-sendhandle-options-callback */
const listenProgram = `
const wanted = JSON.parse(process.argv[1]);
let left = wanted.length;
const fail = (error) => { console.error(error.message); process.exit(1); };
wanted.forEach(({ protocol, host, port }, index) => {
  const send = (socket) => process.send(index, socket, () => --left === 0 && process.exit(0));
  if (protocol === "udp") {
    const socket = require("node:dgram").createSocket("udp4").once("error", fail);
    socket.bind(port, host, () => send(socket));
  } else {
    const server = require("node:net").createServer().once("error", fail);
    server.listen(port, host, () => send(server));
  }
});
`;

/** Connects; what comes meanwhile is left to be read by whom the socket is handed to. */
const connectProgram = `
const [host, port] = process.argv.slice(1);
const socket = require("node:net").connect({ host, port, allowHalfOpen: true });
socket.pause();
socket.once("error", (error) => { console.error(error.message); process.exit(1); });
socket.once("connect", () => process.send(0, socket, () => process.exit(0)));
`;

const nft = ["nft", "-f", "-"] as const;

export interface SocketAddress {
  readonly protocol: "tcp" | "udp";
  readonly host: string;
  readonly port: number;
}

/** A machine's own network, held open: that it stays the one that it was, whatever becomes of the machine's processes. */
export class NetworkNamespace {
  /** The network's descriptor, and that of the user namespace to be entered first. */
  readonly #descriptors: readonly number[] = [];
  /** The commands that run, and one until it is closed. */
  #users = 1;
  #closed = false;

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

  /** A network with nothing in it, held open by this process alone. @throws Error */
  static async create(): Promise<NetworkNamespace> {
    const child = spawn("unshare", ["--net", "--", "sh", "-c", "echo && read _"], {
      env: hostEnvironment,
      cwd: "/",
      stdio: "pipe",
    });
    const words = text(child.stderr).catch(() => "");
    try {
      const failed = once(child, "error").then(([error]) => Promise.reject(error));
      const refused = once(child, "close").then(async () => Promise.reject(new Error((await words).trim())));
      await Promise.race([once(child.stdout, "data"), failed, refused]);
      return new NetworkNamespace(child.pid ?? 0, false);
    } finally {
      child.stdin.destroy();
      child.kill("SIGKILL");
    }
  }

  /**
   * Servers of this process that listen in the namespace, at 127.0.0.1 and free ports of it: a socket stays in the
   * network that it was made in. Nobody outside of the machine can connect to them. @throws Error
   */
  async listen(count: number): Promise<Server[]> {
    const wanted = Array.from({ length: count }, () => ({ protocol: "tcp", host: "127.0.0.1", port: 0 }) as const);
    return (await this.listenAt(wanted)).filter((one) => one instanceof Server);
  }

  /** Sockets of this process at addresses of the namespace, in the order of `wanted`. @throws Error where one is taken */
  async listenAt(wanted: readonly SocketAddress[]): Promise<(Server | Datagrams)[]> {
    if (wanted.length === 0) return [];
    const made = await this.#handedOver(listenProgram, [JSON.stringify(wanted)]);
    const sockets = made.filter((one) => one instanceof Server || one instanceof Datagrams);
    if (sockets.length === wanted.length) return sockets;
    for (const socket of sockets) socket.close();
    throw new Error("Sockets are missing in the namespace.");
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
    const [file, ...args] = this.#enter(
      [process.execPath, "-e", program, "--", ...argv],
      (index) => `/proc/self/fd/${4 + index}`,
    );
    const child = spawn(file, args, {
      cwd: "/",
      env: hostEnvironment,
      stdio: blankInheritedDescriptors(["ignore", "ignore", "pipe", "ipc", ...this.#descriptors]),
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), helperTimeout);
    const stderr = child.stderr === null ? Promise.resolve(Buffer.alloc(0)) : buffer(child.stderr);
    const sent: SendHandle[] = [];
    child.on("message", (index, handle) => {
      sent[Number(index)] = handle;
    });
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

  /**
   * Runs a program of the host in the namespace; `beside`: another one, whose `path` the program uses. Both stay open until it ends.
   * @throws Error with what it says, when it fails
   */
  async run(command: readonly string[], input: string, beside?: NetworkNamespace): Promise<void> {
    const held = [this, ...(beside === undefined ? [] : [beside])];
    if (held.some((one) => one.#closed)) throw new Error("The network is gone.");
    for (const one of held) one.#users += 1;
    try {
      await runOnHost(
        this.#enter(command, (index) => this.#pathOf(index)),
        input,
      );
    } finally {
      for (const one of held) one.#release();
    }
  }

  /** What other programs, as `ip`, find the namespace by while it is held open. It has no user namespace of its own. */
  get path(): string {
    return this.#pathOf(0);
  }

  #pathOf(index: number): string {
    return `/proc/${process.pid}/fd/${this.#descriptors[index]}`;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }

  /** A number that is closed may be another network's at once: whoever looks one up by it must be done. */
  #release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    for (const descriptor of this.#descriptors) closeSync(descriptor);
  }

  /** The command that runs another inside; `pathOf`: where it finds the descriptors. */
  #enter(command: readonly string[], pathOf: (index: number) => string): [file: string, ...args: string[]] {
    const user = this.#descriptors.length > 1 ? [`--user=${pathOf(1)}`, "--preserve-credentials"] : [];
    return ["nsenter", ...user, `--net=${pathOf(0)}`, "--", ...command];
  }
}

/** Whether packet rules of a kind can be had here: tries `commands` in a network that is gone afterwards. @throws Error */
export async function tryPacketRules(userNamespace: boolean, commands: string): Promise<void> {
  await runOnHost(
    ["unshare", ...(userNamespace ? ["--user", "--map-root-user"] : []), "--net", "--", ...nft],
    commands,
  );
}

/** Runs a program of the host that reads `input`. @throws Error with what it says, when it fails */
export async function runOnHost(command: readonly [string, ...string[]], input: string): Promise<void> {
  const { exitCode, stderr } = await networkShell.run(command, input);
  if (exitCode !== 0) throw new Error(stderr.trim() || `${command[0]} ended with exit code ${exitCode}.`);
}
