import type { Server, Socket } from "node:net";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Logger } from "pino";
import {
  type ExecResult,
  firstPortOf,
  type LocalImage,
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
import { type Terminal, TerminalError, type TerminalOptions } from "../terminal.ts";
import { VolumeFolders } from "../volume-folders.ts";
import { BridgeNetworks } from "./bridge-networks.ts";
import { execInContainer } from "./container-exec.ts";
import { readLog } from "./container-log.ts";
import { ContainerPorts, enginesElsewhere, type Inspected, portOf } from "./container-ports.ts";
import { spawnInContainer } from "./container-program.ts";
import { containerStats } from "./container-stats.ts";
import { inspectNamed, removeContainer } from "./containers.ts";
import { openDockerTerminal } from "./docker-terminal.ts";
import { type Engine, engineWords, unlessStatus } from "./engine.ts";
import { idLabel, networkLabel, type Ownership, ownFilter, ownLabels } from "./labels.ts";
import { launchError } from "./launch-error.ts";
import { MachineContainers, machineName } from "./machine-containers.ts";
import { MachineExits } from "./machine-exits.ts";
import { MachineFiles } from "./machine-files.ts";
import { MachineImages } from "./machine-images.ts";
import { listLocalImages, removeAllSaved, removeSaved, saveContainer } from "./saved-images.ts";
import { StopMarks } from "./stop-marks.ts";

/** What engines say of a folder that they do not find, and Docker Desktop of one that it does not share. */
const isHidden = /invalid mount config for type "bind"|mounts denied|is not shared from the host/i;

const consoleLimit = 64 * 1024;

interface DockerMachinesOptions {
  readonly folder: string;
  readonly dataDir: string;
  readonly networks: MachineNetworks;
  readonly fabric: NetworkFabric;
  readonly log: Logger;
}

/**
 * Machines as containers: one each, with the labels of `labels.ts`. Their interfaces are the fabric's; where LocalAWS cannot enter their
 * networks, each is in a bridge network of the engine's for its own.
 */
export class DockerMachines implements MachineDriver {
  readonly kind = "docker";
  readonly volumes: VolumeFolders;
  readonly #engine: Engine;
  readonly #docker: Docker;
  readonly #owner: Ownership;
  readonly #notes = new Set<string>();
  /** Whether folders of this host can be mounted in machines, as far as is known. */
  #seesFiles: boolean;
  readonly #images: MachineImages;
  readonly #bridges: BridgeNetworks;
  readonly #networks: MachineNetworks;
  readonly #fabric: NetworkFabric;
  readonly #ports: ContainerPorts;
  readonly #containers: MachineContainers;
  readonly #exits: MachineExits;
  readonly #marks: StopMarks;
  readonly #files: MachineFiles;

  constructor(engine: Engine, options: DockerMachinesOptions) {
    this.#engine = engine;
    this.volumes = new VolumeFolders(join(options.dataDir, "ebs"));
    this.#notes.add("The sizes of volumes are not limited, and their devices are folders below /mnt/ebs.");
    this.#docker = engine.docker;
    this.#images = new MachineImages(engine.docker);
    this.#seesFiles = engine.isLocal;
    this.#owner = { folder: options.folder, kind: "machine" };
    this.#networks = options.networks;
    this.#fabric = options.fabric;
    this.#ports = new ContainerPorts(options, (note) => this.#notes.add(note));
    this.#bridges = new BridgeNetworks(engine.docker, options.folder, () =>
      this.#notes.add("A VPC's CIDR block is in use on this host: its instances have addresses of another block."),
    );
    this.#containers = new MachineContainers(engine.docker, this.#owner, engine.cpus);
    this.#exits = new MachineExits(engine.docker, this.#owner, options.log);
    this.#marks = new StopMarks(options.dataDir);
    this.#files = new MachineFiles(options.dataDir);
  }

  get limitations(): readonly string[] {
    return [...this.#engine.limitations, ...this.#networks.limitations, ...this.#fabric.limitations, ...this.#notes];
  }

  prepareImage(image: string, progress: (line: string) => void, signal?: AbortSignal): Promise<void> {
    return this.#images.prepare(image, progress, signal);
  }

  localImages(): Promise<LocalImage[]> {
    return listLocalImages(this.#docker);
  }

  async saveImage(id: string, reference: string): Promise<void> {
    const container = await this.#containerOf(id);
    await saveContainer(this.#docker, container, { reference, folder: this.#owner.folder });
  }

  removeImage(reference: string): Promise<void> {
    return removeSaved(this.#docker, reference);
  }

  async launch(spec: MachineSpec, packets?: MachinePackets): Promise<Machine> {
    if (spec.cpus > this.#engine.cpus) {
      this.#notes.add(`The engine has ${this.#engine.cpus} CPUs: instance types with more are given those.`);
    }
    try {
      return await this.#launch(spec, packets).catch((error: unknown) => {
        if (!this.#seesFiles || !isHidden.test(engineWords(error))) throw error;
        // As where LocalAWS is in a container, with the socket of the engine that runs it.
        this.#seesFiles = false;
        this.#notes.add("The engine does not see this host's files: volumes hold nothing.");
        this.#networks.refuse(enginesElsewhere);
        return this.#launch(spec, packets);
      });
    } catch (error) {
      await this.#bridges.release(spec.network.id);
      throw launchError(error);
    }
  }

  async #launch(spec: MachineSpec, packets: MachinePackets | undefined): Promise<Machine> {
    const volumes = this.#seesFiles ? await this.volumes.machineFolder(spec.id) : undefined;
    if (!this.#networks.refused) {
      const port = firstPortOf(spec.network);
      const { hostName, network } = spec;
      const names = { hostName, names: network.names ?? [], address: port.addresses[0] ?? "" };
      const place = { port, files: await this.#files.write(spec.id, names) };
      const machine = await this.#run(spec.id, packets, () => this.#containers.create(spec, place, volumes));
      if (machine !== undefined) return machine;
    }
    const create = () =>
      this.#bridges.withPlace(spec.network, (place) => this.#containers.create(spec, place, volumes));
    const machine = await this.#run(spec.id, packets, create);
    if (machine === undefined) throw new Error(enginesElsewhere);
    return machine;
  }

  /** A new container that runs, with its network; undefined where that turns out not to be possible. */
  async #run(
    id: string,
    packets: MachinePackets | undefined,
    create: () => Promise<Docker.Container>,
  ): Promise<Machine | undefined> {
    const container = await create();
    try {
      await container.start();
      const info = await this.#ports.connectStarted(id, container, packets);
      if (info !== undefined) return await this.#started(id, info);
      await removeContainer(container);
      return undefined;
    } catch (error) {
      await removeContainer(container);
      await this.#networks.disconnect(id);
      throw error;
    }
  }

  async start(id: string, size?: MachineSize, packets?: MachinePackets): Promise<Machine> {
    const container = await this.#containerOf(id);
    try {
      if (size !== undefined) await this.#containers.resize(container, size);
      // 304: it runs already.
      await unlessStatus(container.start(), 304);
    } catch (error) {
      throw launchError(error);
    }
    await this.#marks.delete(id);
    return await this.#connectStarted(id, container, packets);
  }

  /** A machine that cannot have its network would wait for it for ever. */
  async #connectStarted(
    id: string,
    container: Docker.Container,
    packets: MachinePackets | undefined,
  ): Promise<Machine> {
    const info = await this.#ports.connectStarted(id, container, packets);
    if (info !== undefined) return await this.#started(id, info);
    await this.stop(id, 0);
    throw new MachineLaunchError(
      "Server.InternalError",
      "The machine was made with a network that is not to be had now.",
    );
  }

  async stop(id: string, graceSeconds = 10): Promise<void> {
    const { container, info } = (await this.#inspect(id)) ?? {};
    if (container === undefined || info?.State.Running !== true) return;
    await this.#marks.set(id);
    try {
      await this.#exits.expected(id, () => unlessStatus(container.stop({ t: graceSeconds }), 304, 404));
    } catch (error) {
      await this.#marks.delete(id);
      throw error;
    }
    await this.#networks.disconnect(id);
  }

  async reboot(id: string, packets?: MachinePackets): Promise<void> {
    const container = await this.#containerOf(id);
    await this.#exits.expected(id, () => container.restart({ t: 10 }));
    await this.#networks.disconnect(id);
    await this.#marks.delete(id);
    await this.#connectStarted(id, container, packets);
  }

  async remove(id: string): Promise<void> {
    const found = await this.#inspect(id);
    if (found !== undefined) {
      await this.#exits.expected(id, () => removeContainer(found.container));
      await this.#bridges.release(found.info.Config.Labels[networkLabel] ?? "");
    }
    await this.#networks.disconnect(id);
    await Promise.all([this.#marks.delete(id), this.#files.delete(id)]);
    await this.volumes.releaseMachine(id);
  }

  async get(id: string): Promise<Machine | undefined> {
    const found = await this.#inspect(id);
    return found && (await this.#toMachine(id, found.info));
  }

  get serves(): boolean {
    return !this.#networks.refused;
  }

  serve(port: number, serve: ServeMachine): void {
    this.#networks.serve(port, serve);
  }

  answerNames(answer: AnswerName): void {
    this.#fabric.answerNames(answer);
  }

  async connect(id: string, packets?: MachinePackets): Promise<void> {
    const found = await this.#inspect(id);
    if (found === undefined) throw noMachine(id);
    await this.#ports.connect(id, found, packets);
  }

  routeNetworks(plan: NetworkPlan): Promise<void> {
    return this.#ports.route(plan);
  }

  async filterPackets(id: string, packets: MachinePackets): Promise<void> {
    await this.#networks.filterPackets(id, packets);
  }

  connectFrom(id: string, target: { host: string; port: number }): Promise<Socket | undefined> {
    return this.#networks.connectFrom(id, target);
  }

  listenFor(id: string, place: { host: string; port: number }): Promise<Server | undefined> {
    return this.#networks.listenFor(id, place);
  }

  async list(): Promise<Machine[]> {
    const containers = await this.#list();
    const machines = containers.map(async (container) => {
      const info = await unlessStatus(this.#docker.getContainer(container.Id).inspect(), 404);
      return info && (await this.#toMachine(container.Labels[idLabel] ?? "", info));
    });
    return (await Promise.all(machines)).filter((machine) => machine !== undefined);
  }

  async exec(id: string, argv: readonly string[], options: { env?: Record<string, string> } = {}): Promise<ExecResult> {
    const container = await this.#containerOf(id);
    return await execInContainer(container, argv, options.env);
  }

  async spawn(
    id: string,
    argv: readonly string[],
    options: { env?: Record<string, string> } = {},
  ): Promise<MachineProgram> {
    const container = await this.#containerOf(id);
    return await spawnInContainer(container, argv, options.env);
  }

  async stats(id: string): Promise<MachineStats | undefined> {
    const found = await this.#inspect(id);
    return found && (await containerStats(found.container));
  }

  async openTerminal(id: string, options: TerminalOptions): Promise<Terminal> {
    const found = await this.#inspect(id);
    if (found === undefined) throw TerminalError.notFound(id);
    if (!found.info.State.Running) throw TerminalError.notRunning(id);
    return await openDockerTerminal(found.container, options);
  }

  async consoleOutput(id: string): Promise<string> {
    const container = await this.#containerOf(id);
    return await readLog(this.#docker, container.id, consoleLimit);
  }

  watch(onExit: (id: string, exitCode: number) => void): () => void {
    return this.#exits.watch((id, exitCode) => {
      void this.#networks.disconnect(id);
      onExit(id, exitCode);
    });
  }

  async removeAll(): Promise<void> {
    const containers = await this.#list();
    const removals = containers.map((container) =>
      this.#exits.expected(container.Labels[idLabel] ?? "", () =>
        removeContainer(this.#docker.getContainer(container.Id)),
      ),
    );
    await Promise.all(removals);
    await this.#networks.close();
    await Promise.all([this.#bridges.removeAll(), this.#marks.clear(), this.#files.clear(), this.volumes.removeAll()]);
    await removeAllSaved(this.#docker, this.#owner.folder);
  }

  async close(): Promise<void> {
    this.#exits.close();
    await this.#networks.close();
  }

  /** What the engine says of an end after `info` comes as an event. */
  async #started(id: string, info: Docker.ContainerInspectInfo): Promise<Machine> {
    this.#exits.started(id, info.State);
    return await this.#toMachine(id, info);
  }

  async #toMachine(id: string, info: Docker.ContainerInspectInfo): Promise<Machine> {
    const { State, NetworkSettings } = info;
    if (State.Running) {
      const address = portOf(info)?.addresses[0] ?? Object.values(NetworkSettings.Networks)[0]?.IPAddress;
      return { id, state: "running", ...(address ? { privateIpAddress: address } : {}) };
    }
    if (State.Status === "created") return { id, state: "created" };
    return { id, state: "stopped", ...((await this.#marks.has(id)) ? {} : { exitCode: State.ExitCode }) };
  }

  async #containerOf(id: string): Promise<Docker.Container> {
    const found = await this.#inspect(id);
    if (found === undefined) throw noMachine(id);
    return found.container;
  }

  #inspect(id: string): Promise<Inspected | undefined> {
    return inspectNamed(this.#docker, machineName(id), ownLabels(this.#owner, id));
  }

  #list(): Promise<Docker.ContainerInfo[]> {
    return this.#docker.listContainers({ all: true, filters: ownFilter(this.#owner) });
  }
}

function noMachine(id: string): Error {
  return new Error(`There is no machine ${id}.`);
}
