import { mkdirSync, readdirSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import type { Logger } from "pino";
import {
  type ExecResult,
  firstPortOf,
  type Machine,
  type MachineDriver,
  MachineLaunchError,
  type MachineProgram,
  type MachineSize,
  type MachineSpec,
  type MachineStats,
} from "../machine-driver.ts";
import type { MachineNetworks, ServeMachine } from "../machine-networks.ts";
import type { MachinePackets, NetworkPlan } from "../machine-packets.ts";
import type { NetworkFabric } from "../network-fabric.ts";
import type { AnswerName } from "../network-services.ts";
import { resolverAddress } from "../network-space.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { RecordFolder } from "../records/record-folder.ts";
import { type Terminal, TerminalError, type TerminalOptions } from "../terminal.ts";
import { VolumeFolders } from "../volume-folders.ts";
import { Cgroups, processLimit } from "./cgroups.ts";
import { ConsoleLog } from "./console-log.ts";
import { limitationsOf } from "./embedded-limitations.ts";
import { spawnInMachine } from "./embedded-program.ts";
import { openEmbeddedTerminal } from "./embedded-terminal.ts";
import { identityOf } from "./machine-identity.ts";
import type { Isolation } from "./machine-isolation.ts";
import { MachineProcess, removeMachineFolder } from "./machine-process.ts";
import { seedSettings } from "./machine-seed.ts";
import { initScript } from "./machine-setup.ts";
import { processStats } from "./process-stats.ts";
import { SavedDisks } from "./saved-disks.ts";

interface EmbeddedMachinesOptions {
  /** Absolute; each machine has a folder in it. */
  readonly root: string;
  readonly isolation: Isolation;
  readonly networks: MachineNetworks;
  /** Without, no network leads out of a machine. */
  readonly fabric: NetworkFabric | undefined;
  readonly log: Logger;
}

/** Machines as process trees in namespaces of their own. They end with this process; their disks stay. */
export class EmbeddedMachines implements MachineDriver {
  readonly kind = "embedded";
  readonly volumes: VolumeFolders;
  readonly #saved: SavedDisks;
  readonly #isolation: Isolation;
  readonly #networks: MachineNetworks;
  readonly #fabric: NetworkFabric | undefined;
  readonly #log: Logger;
  readonly #folder: RecordFolder<MachineSpec>;
  readonly #specs: Map<string, MachineSpec>;
  readonly #running = new Map<string, MachineProcess>();
  readonly #exitCodes = new Map<string, number>();
  readonly #watchers = new Set<(id: string, exitCode: number) => void>();
  readonly #oneAtATime = new OneAtATime();
  readonly #cgroups = Cgroups.find();

  private constructor(
    { root, isolation, networks, fabric, log }: EmbeddedMachinesOptions,
    specs: Map<string, MachineSpec>,
  ) {
    this.#isolation = isolation;
    this.volumes = new VolumeFolders(join(root, "..", "ebs"));
    this.#saved = new SavedDisks(join(root, "..", "ebs", "images"), isolation.userNamespace);
    this.#log = log;
    this.#folder = new RecordFolder(root, "machine.json");
    this.#specs = specs;
    this.#networks = networks;
    this.#fabric = networks.refused ? undefined : fabric;
  }

  get limitations(): readonly string[] {
    return [
      ...limitationsOf(this.#isolation, this.#cgroups),
      ...(this.#fabric?.limitations ?? ["No network leads out of an instance, to the host or to other instances."]),
      ...this.#networks.limitations,
    ];
  }

  /** Finds the machines of `root`, all stopped, and removes what a crash left half-made there. */
  static async open(options: EmbeddedMachinesOptions): Promise<EmbeddedMachines> {
    mkdirSync(options.root, { recursive: true });
    const { records, remains } = new RecordFolder<MachineSpec>(options.root, "machine.json").readAll();
    const probes = readdirSync(options.root).filter((name) => name.startsWith(".probe-"));
    for (const name of [...remains, ...probes]) {
      await removeMachineFolder(join(options.root, name), options.isolation.userNamespace);
    }
    return new EmbeddedMachines(options, records);
  }

  /** The host's userland is always there. */
  async prepareImage(): Promise<void> {}

  /** None but the host's own userland, which every name stands for. */
  async localImages(): Promise<never[]> {
    return [];
  }

  async saveImage(id: string, reference: string): Promise<void> {
    this.#spec(id);
    await this.#saved.save(this.#folder.path(id), reference);
  }

  removeImage(reference: string): Promise<void> {
    return this.#saved.remove(reference);
  }

  async launch(spec: MachineSpec, packets?: MachinePackets): Promise<Machine> {
    return await this.#oneAtATime.run(spec.id, async () => {
      if (this.#specs.has(spec.id)) {
        throw new MachineLaunchError("Server.InternalError", `There is a machine ${spec.id} already.`);
      }
      try {
        this.#folder.write(spec.id, spec);
        this.#specs.set(spec.id, spec);
        await this.#saved.restore(spec.image, this.#folder.path(spec.id));
        return await this.#boot(spec, packets);
      } catch (error) {
        await this.#drop(spec.id);
        const message = error instanceof Error ? error.message : String(error);
        throw new MachineLaunchError("Server.InternalError", `The machine did not start: ${message}`, { cause: error });
      }
    });
  }

  async start(id: string, size?: MachineSize, packets?: MachinePackets): Promise<Machine> {
    return await this.#oneAtATime.run(id, async () => {
      if (this.#running.has(id)) return this.#machine(this.#spec(id));
      const spec = { ...this.#spec(id), ...size };
      this.#folder.write(id, spec);
      this.#specs.set(id, spec);
      return await this.#boot(spec, packets);
    });
  }

  async stop(id: string, graceSeconds = 10): Promise<void> {
    await this.#oneAtATime.run(id, () => this.#halt(id, graceSeconds));
  }

  async reboot(id: string, packets?: MachinePackets): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const spec = this.#spec(id);
      await this.#halt(id, 10);
      await this.#boot(spec, packets);
    });
  }

  async remove(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      await this.#halt(id, 0);
      await this.#drop(id);
    });
  }

  async get(id: string): Promise<Machine | undefined> {
    const spec = this.#specs.get(id);
    return spec === undefined ? undefined : this.#machine(spec);
  }

  get serves(): boolean {
    return !this.#networks.refused;
  }

  serve(port: number, serve: ServeMachine): void {
    this.#networks.serve(port, serve);
  }

  answerNames(answer: AnswerName): void {
    this.#fabric?.answerNames(answer);
  }

  async connect(id: string, packets?: MachinePackets): Promise<void> {
    await this.#connect(this.#spec(id), this.#process(id).pid, packets);
  }

  async #connect({ id, network }: MachineSpec, pid: number, packets: MachinePackets | undefined): Promise<void> {
    const ports = this.#fabric === undefined ? [] : [firstPortOf(network)];
    await this.#networks.connect(id, { pid, packets, ports });
  }

  async filterPackets(id: string, packets: MachinePackets): Promise<void> {
    await this.#networks.filterPackets(id, packets);
  }

  async routeNetworks(plan: NetworkPlan): Promise<void> {
    await this.#fabric?.apply(plan);
  }

  connectFrom(id: string, target: { host: string; port: number }): Promise<Socket | undefined> {
    return this.#networks.connectFrom(id, target);
  }

  listenFor(id: string, place: { host: string; port: number }): Promise<Server | undefined> {
    return this.#networks.listenFor(id, place);
  }

  async list(): Promise<Machine[]> {
    return [...this.#specs.values()].map((spec) => this.#machine(spec));
  }

  async exec(id: string, argv: readonly string[], options: { env?: Record<string, string> } = {}): Promise<ExecResult> {
    return await this.#process(id).exec(argv, options.env);
  }

  async spawn(
    id: string,
    argv: readonly string[],
    options: { env?: Record<string, string> } = {},
  ): Promise<MachineProgram> {
    return await spawnInMachine(this.#process(id), argv, options.env);
  }

  async stats(id: string): Promise<MachineStats | undefined> {
    const process = this.#running.get(id);
    return process && (this.#cgroups?.stats(id) ?? processStats(process.pid));
  }

  async openTerminal(id: string, options: TerminalOptions): Promise<Terminal> {
    if (!this.#specs.has(id)) throw TerminalError.notFound(id);
    const process = this.#running.get(id);
    if (process === undefined) throw TerminalError.notRunning(id);
    return await openEmbeddedTerminal(process, options);
  }

  async consoleOutput(id: string): Promise<string> {
    this.#spec(id);
    return await new ConsoleLog(join(this.#folder.path(id), "console.log")).text();
  }

  watch(onExit: (id: string, exitCode: number) => void): () => void {
    this.#watchers.add(onExit);
    return () => this.#watchers.delete(onExit);
  }

  async removeAll(): Promise<void> {
    await Promise.all([...this.#specs.keys()].map((id) => this.remove(id)));
    await this.#networks.close();
    await Promise.all([this.volumes.removeAll(), this.#saved.removeAll()]);
  }

  /** Ends every machine, as this process's own end would; what to start again is for the caller to know. */
  async close(): Promise<void> {
    this.#watchers.clear();
    await Promise.all([...this.#specs.keys()].map((id) => this.stop(id, 2)));
    await this.#networks.close();
    this.#cgroups?.close();
  }

  async #boot(spec: MachineSpec, packets: MachinePackets | undefined): Promise<Machine> {
    const { id, hostName, network } = spec;
    const folder = this.#folder.path(id);
    const { privateIpAddress: address, names = [] } = network;
    const resolver = this.#fabric === undefined ? undefined : resolverAddress;
    await seedSettings(join(folder, "seed"), { id, hostName, address, names, resolver });
    const process = await MachineProcess.start({
      folder,
      userNamespace: this.#isolation.userNamespace,
      cgroups: this.#cgroups?.create(id, spec) ?? [],
      ...identityOf(spec),
      env: spec.env,
      volumes: await this.volumes.machineFolder(id),
      processes: processLimit(spec.memoryBytes),
      init: initScript,
      // Its interface is there, and its rules hold, before its first program runs.
      connect: this.#fabric && ((pid) => this.#connect(spec, pid, packets)),
    }).catch(async (error: unknown) => {
      await this.#networks.disconnect(id);
      throw error;
    });
    this.#running.set(id, process);
    this.#exitCodes.delete(id);
    void process.exited.then((exitCode) => this.#ended(id, process, exitCode));
    if (this.#fabric !== undefined) return this.#machine(spec);
    await this.#connect(spec, process.pid, packets).catch((error: unknown) => {
      if (this.#running.get(id) === process) this.#log.warn({ err: error, instance: id }, "a machine has no network");
    });
    return this.#machine(spec);
  }

  /** What was stopped is no longer the running one by the time that it has ended. */
  #ended(id: string, process: MachineProcess, exitCode: number): void {
    if (this.#running.get(id) !== process) return;
    this.#running.delete(id);
    this.#exitCodes.set(id, exitCode);
    void this.#networks.disconnect(id);
    this.#cgroups?.remove(id);
    this.#log.info({ instance: id, exitCode }, "a machine ended by itself");
    for (const onExit of this.#watchers) onExit(id, exitCode);
  }

  async #halt(id: string, graceSeconds: number): Promise<void> {
    const process = this.#running.get(id);
    if (process === undefined) return;
    this.#running.delete(id);
    await process.stop(graceSeconds);
    await this.#networks.disconnect(id);
    this.#cgroups?.remove(id);
  }

  async #drop(id: string): Promise<void> {
    if (!this.#specs.delete(id)) return;
    this.#exitCodes.delete(id);
    this.#cgroups?.remove(id);
    await removeMachineFolder(this.#folder.path(id), this.#isolation.userNamespace);
    await this.volumes.releaseMachine(id);
  }

  #machine(spec: MachineSpec): Machine {
    const process = this.#running.get(spec.id);
    const exitCode = this.#exitCodes.get(spec.id);
    if (process === undefined) {
      return { id: spec.id, state: "stopped", ...(exitCode === undefined ? {} : { exitCode }) };
    }
    const address = process.address?.split("/")[0];
    return { id: spec.id, state: "running", ...(address === undefined ? {} : { privateIpAddress: address }) };
  }

  #process(id: string): MachineProcess {
    this.#spec(id);
    const process = this.#running.get(id);
    if (process === undefined) throw new Error(`The machine ${id} is not running.`);
    return process;
  }

  #spec(id: string): MachineSpec {
    const spec = this.#specs.get(id);
    if (spec === undefined) throw new Error(`There is no machine ${id}.`);
    return spec;
  }
}
