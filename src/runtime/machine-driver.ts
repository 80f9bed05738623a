import type { Server, Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { ServeMachine } from "./machine-networks.ts";
import type { MachinePackets, NetworkPlan } from "./machine-packets.ts";
import type { AnswerName } from "./network-services.ts";
import type { RuntimeKind } from "./runtime-kind.ts";
import type { Terminal, TerminalOptions } from "./terminal.ts";
import type { VolumeDriver } from "./volume-driver.ts";

export type MachineState = "created" | "running" | "stopped";

/** Machines with the same `id` share a network, reach each other and find each other by name; others do not. */
export interface MachineNetwork {
  /** Such as `vpc-0123456789abcdef0`. */
  readonly id: string;
  /** `172.31.0.0/16`. Networks of one runtime may have the same, where it has none of `limitations` about that. */
  readonly cidrBlock: string;
  /** Of the machine's subnet: its first address is the router's. Without: all of the block. */
  readonly subnetBlock?: string | undefined;
  /** The address for this machine, in the block. A runtime that cannot give it says in `limitations`, and in `Machine.privateIpAddress` what it gave. */
  readonly privateIpAddress: string;
  /** Of the machine's interface: `0a:12:34:56:78:9a`. Without, the runtime chooses. */
  readonly macAddress?: string | undefined;
  /** Names of this machine's: `ip-10-0-0-5.ec2.internal`. Where another address is given, names that have this one in them are changed. */
  readonly names?: readonly string[] | undefined;
}

/** An interface of a machine. */
export interface MachinePort {
  /** In the machine: `eth0` is the first. */
  readonly name: string;
  readonly networkId: string;
  /** The network's block that has the subnet. */
  readonly cidrBlock: string;
  readonly subnetBlock: string;
  readonly macAddress: string | undefined;
  /** The primary one first. */
  readonly addresses: readonly string[];
  /** Whether packets pass that are neither from nor for it. */
  readonly forwards?: boolean | undefined;
  /** How many hops the answers of LocalAWS's services get; 64 without. */
  readonly hopLimit?: number | undefined;
}

/** A machine's first interface, as it is launched with. */
export function firstPortOf({ id, cidrBlock, subnetBlock, macAddress, privateIpAddress }: MachineNetwork): MachinePort {
  const block = subnetBlock ?? cidrBlock;
  return { name: "eth0", networkId: id, cidrBlock, subnetBlock: block, macAddress, addresses: [privateIpAddress] };
}

/** What a machine may use at the most. */
export interface MachineSize {
  /** Hardware threads. */
  readonly cpus: number;
  readonly memoryBytes: number;
}

export interface MachineSpec extends MachineSize {
  /** The instance id: `i-0123456789abcdef0`. It names the machine in every later call. */
  readonly id: string;
  /** A Docker image reference: `alpine:latest`. The embedded runtime runs the host's userland and ignores it. */
  readonly image: string;
  readonly hostName: string;
  readonly network: MachineNetwork;
  readonly env: Readonly<Record<string, string>>;
  /** Kept with the machine, for people who look at the engine: `localaws.*` labels in Docker. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What a machine ends with whose programs have asked for a reboot: it is to be started again. */
export const rebootExitCode = 166;

export interface Machine {
  readonly id: string;
  readonly state: MachineState;
  /** The address on the machine's own network; none for one that is not running or has no network. */
  readonly privateIpAddress?: string;
  /** Of a machine that ended by itself. */
  readonly exitCode?: number;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program in a machine whose three streams are pipes: bytes pass as they are. */
export interface MachineProgram {
  /** Its end is the program's end of input. */
  readonly stdin: Writable;
  /** Both must be read, or the program waits. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the program has ended: its exit code, 128 + the signal's number, 255 when the connection broke. Never rejects. */
  readonly exited: Promise<{ readonly exitCode: number }>;
  /** Signals it and what it has started, as far as that is in its session: SIGHUP unless told otherwise. Never rejects. */
  kill(signal?: ProgramSignal): Promise<void>;
}

export type ProgramSignal = "HUP" | "INT" | "KILL" | "QUIT" | "TERM" | "USR1" | "USR2";

/** What a machine uses. */
export interface MachineStats {
  /** CPU time since its last start. */
  readonly cpuSeconds: number;
  /** In use now, without what the kernel can drop at once (file caches). */
  readonly memoryBytes: number;
}

export interface LocalImage {
  /** `alpine:latest` */
  readonly reference: string;
  readonly createdAt: Date;
  readonly sizeBytes: number;
}

/** A launch that cannot succeed; `reason` is one of AWS's state reason codes, such as `Client.InvalidImage`. */
export class MachineLaunchError extends Error {
  readonly reason:
    | "Client.InvalidImage"
    | "Client.ImageNotFound"
    | "Server.InternalError"
    | "Server.InsufficientInstanceCapacity";
  constructor(reason: MachineLaunchError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MachineLaunchError";
    this.reason = reason;
  }
}

/**
 * Runs machines. Ids are ours; a machine survives a restart of LocalAWS, and its disk survives a stop.
 * One contract test suite (`test/runtime/machine-driver.test.ts`) runs against every implementation.
 */
export interface MachineDriver {
  readonly kind: RuntimeKind;
  /** What this runtime cannot do, in sentences for `localaws status`; empty when it does everything. */
  readonly limitations: readonly string[];
  /** The bytes of the volumes that machines have beside their own disks. */
  readonly volumes: VolumeDriver;
  /**
   * Has the image ready, pulling it when it is missing; `progress` gets lines for the log.
   * @throws MachineLaunchError `Client.ImageNotFound` when it cannot be had
   */
  prepareImage(image: string, progress: (line: string) => void, signal?: AbortSignal): Promise<void>;
  /** Images that are there and that nobody has saved from a machine: what `image` may name without being pulled. */
  localImages(): Promise<LocalImage[]>;
  /** Keeps a machine's disk as it is now, under a name that `image` may have then. @throws Error where there is no machine */
  saveImage(id: string, reference: string): Promise<void>;
  /** No error when there is none, or a machine still needs it. */
  removeImage(reference: string): Promise<void>;
  /**
   * Creates and starts. The machine's network is set up before any program of its image runs, as far as the runtime can: packets pass as
   * `packets` says, or all, without; as after `start` and `reboot`. @throws MachineLaunchError
   */
  launch(spec: MachineSpec, packets?: MachinePackets): Promise<Machine>;
  /** Starts a stopped machine with the disk that it had, from now on with the limits of `size` where it is given. */
  start(id: string, size?: MachineSize, packets?: MachinePackets): Promise<Machine>;
  /** Asks it to end and, after `graceSeconds` (default 10; 0 for a forced stop), kills it. No error when it has ended already. */
  stop(id: string, graceSeconds?: number): Promise<void>;
  reboot(id: string, packets?: MachinePackets): Promise<void>;
  /** Ends it and drops its disk. No error when there is none. */
  remove(id: string): Promise<void>;
  get(id: string): Promise<Machine | undefined>;
  /** `serve` answers what programs in machines connect to 169.254.169.254 and this port, in those that `connect` is called for from now on. */
  serve(port: number, serve: ServeMachine): void;
  /** `answer` gets what programs in machines ask a name server, in those that are set up from now on; where the runtime has one. */
  answerNames(answer: AnswerName): void;
  /** Whether machines get what `serve` answers, as far as is known. */
  readonly serves: boolean;
  /**
   * Sets up the network of a machine that runs, after a start of LocalAWS. What the runtime cannot set up, its `limitations` tell.
   * @throws Error where the machine ends meanwhile
   */
  connect(id: string, packets?: MachinePackets): Promise<void>;
  /** Lets other packets pass for a machine that `connect` has set up; nothing for any other. @throws Error where it ends meanwhile */
  filterPackets(id: string, packets: MachinePackets): Promise<void>;
  /**
   * Joins networks, and gives machines public addresses, from now on as `plan` says and in no other way. What the runtime
   * cannot carry, its `limitations` tell.
   */
  routeNetworks(plan: NetworkPlan): Promise<void>;
  /** Every machine of this data folder. */
  list(): Promise<Machine[]>;
  /** Runs a program inside, as root. The output is cut at 1 MiB. */
  exec(id: string, argv: readonly string[], options?: { env?: Record<string, string> }): Promise<ExecResult>;
  /**
   * Starts a program inside, as root, whose input and output are streams. It takes a machine with `/bin/sh`.
   * @throws Error for a machine that is not there or does not run, or has no shell
   */
  spawn(id: string, argv: readonly string[], options?: { env?: Record<string, string> }): Promise<MachineProgram>;
  /**
   * A connection from inside the machine, by none of its programs and whatever packets pass; undefined where the runtime
   * has no way into its network. `host`: an IP address, or `localhost`. @throws Error where nothing answers
   */
  connectFrom(id: string, target: { readonly host: string; readonly port: number }): Promise<Socket | undefined>;
  /**
   * A server that listens inside the machine, at an IPv4 address of it and a port, 0 for a free one, and ends with the machine's network;
   * undefined where the runtime has no way into that. @throws Error where the port is taken
   */
  listenFor(id: string, place: { readonly host: string; readonly port: number }): Promise<Server | undefined>;
  /** What the machine uses now; undefined where it does not run, or the runtime cannot tell. */
  stats(id: string): Promise<MachineStats | undefined>;
  /**
   * A terminal in the machine, as root in its home folder; any number of them at the same time.
   * @throws TerminalError for a machine that is not there or does not run, and where there are no terminals
   * @throws RangeError for a size that no terminal has
   */
  openTerminal(id: string, options: TerminalOptions): Promise<Terminal>;
  /** What the machine has written to its console since its last start, cut to the last 64 KiB. */
  consoleOutput(id: string): Promise<string>;
  /** Calls back when a machine ends by itself; returns the function that ends the watch. */
  watch(onExit: (id: string, exitCode: number) => void): () => void;
  /** Removes every machine of this data folder. Under 50 ms when there is none. */
  removeAll(): Promise<void>;
  /** Lets go of the engine; machines keep running where the runtime can keep them. */
  close(): Promise<void>;
}
