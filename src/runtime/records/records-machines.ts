import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  type ExecResult,
  type Machine,
  type MachineDriver,
  MachineLaunchError,
  type MachineProgram,
  type MachineSize,
  type MachineSpec,
} from "../machine-driver.ts";
import type { RuntimeKind } from "../runtime-kind.ts";
import { type Terminal, TerminalError } from "../terminal.ts";
import { noVolumes } from "../volume-driver.ts";
import { RecordFolder } from "./record-folder.ts";

interface MachineRecord {
  readonly spec: MachineSpec;
  readonly state: "running" | "stopped";
}

interface RecordsMachinesOptions {
  readonly dataDir: string;
  readonly kind: RuntimeKind;
  readonly limitations: readonly string[];
}

/** Machines as states only: every change is done at once, nothing runs. */
export class RecordsMachines implements MachineDriver {
  readonly kind: RuntimeKind;
  readonly limitations: readonly string[];
  readonly volumes = noVolumes;
  readonly #folder: RecordFolder<MachineRecord>;
  readonly #records: Map<string, MachineRecord>;

  constructor({ dataDir, kind, limitations }: RecordsMachinesOptions) {
    this.kind = kind;
    this.limitations = limitations;
    // Another name than the embedded runtime's: what it has in the same folders is left for when it is chosen again.
    this.#folder = new RecordFolder(join(dataDir, "ec2"), "records.json");
    this.#records = this.#folder.readAll().records;
  }

  async prepareImage(): Promise<void> {}

  async localImages(): Promise<never[]> {
    return [];
  }

  async saveImage(): Promise<void> {}

  async removeImage(): Promise<void> {}

  async launch(spec: MachineSpec): Promise<Machine> {
    if (this.#records.has(spec.id))
      throw new MachineLaunchError("Server.InternalError", `There is a machine ${spec.id} already.`);
    return this.#put({ spec, state: "running" });
  }

  async start(id: string, size?: MachineSize): Promise<Machine> {
    const { spec } = this.#record(id);
    return this.#put({ spec: { ...spec, ...size }, state: "running" });
  }

  async stop(id: string): Promise<void> {
    if (this.#records.get(id)?.state === "running") this.#put({ ...this.#record(id), state: "stopped" });
  }

  async reboot(id: string): Promise<void> {
    await this.start(id);
  }

  async remove(id: string): Promise<void> {
    if (this.#records.delete(id)) rmSync(this.#folder.path(id), { recursive: true, force: true });
  }

  async get(id: string): Promise<Machine | undefined> {
    const record = this.#records.get(id);
    return record === undefined ? undefined : toMachine(record);
  }

  readonly serves = false;

  serve(): void {}

  answerNames(): void {}

  async connect(): Promise<void> {}

  async filterPackets(): Promise<void> {}

  async routeNetworks(): Promise<void> {}

  async connectFrom(): Promise<undefined> {}

  async listenFor(): Promise<undefined> {}

  async list(): Promise<Machine[]> {
    return [...this.#records.values()].map(toMachine);
  }

  async exec(id: string): Promise<ExecResult> {
    this.#record(id);
    throw this.#cannotRun(id);
  }

  async spawn(id: string): Promise<MachineProgram> {
    this.#record(id);
    throw this.#cannotRun(id);
  }

  /** Nothing runs, so nothing is used. */
  async stats(): Promise<undefined> {}

  async openTerminal(id: string): Promise<Terminal> {
    const { state } = this.#records.get(id) ?? {};
    if (state === undefined) throw TerminalError.notFound(id);
    if (state !== "running") throw TerminalError.notRunning(id);
    throw new TerminalError("Unavailable", `${id} has no terminal: ${this.limitations.join(" ")}`);
  }

  async consoleOutput(id: string): Promise<string> {
    this.#record(id);
    return "";
  }

  /** Nothing runs, so nothing ends by itself. */
  watch(): () => void {
    return () => {};
  }

  async removeAll(): Promise<void> {
    for (const id of [...this.#records.keys()]) await this.remove(id);
  }

  async close(): Promise<void> {}

  #cannotRun(id: string): Error {
    return new Error(`${id} cannot run a program: ${this.limitations.join(" ")}`);
  }

  #record(id: string): MachineRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`There is no machine ${id}.`);
    return record;
  }

  #put(record: MachineRecord): Machine {
    this.#folder.write(record.spec.id, record);
    this.#records.set(record.spec.id, record);
    return toMachine(record);
  }
}

function toMachine({ spec, state }: MachineRecord): Machine {
  const machine: Machine = { id: spec.id, state };
  return state === "running" ? { ...machine, privateIpAddress: spec.network.privateIpAddress } : machine;
}
