import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import type { MachineSpec } from "../../src/runtime/machine-driver.ts";
import { type Runtime, selectRuntime } from "../../src/runtime/select-runtime.ts";
import { keepTemplates, lendTemplates } from "../support/database-templates.ts";
import type { Requirement } from "../support/requirements.ts";

export interface RuntimeUnderTest {
  readonly kind: "docker" | "embedded" | "records";
  readonly needs: readonly Requirement[];
  /** Whether machines and databases are more than states. */
  readonly runs: boolean;
  /** Whether the machine's image is looked at. */
  readonly images: boolean;
  /** Whether machines of one subnet reach each other. */
  readonly networks: boolean;
  /** Whether they go on when LocalAWS ends. */
  readonly outlives: boolean;
}

/** What each runtime does of the contract; the rest of it, its `limitations` must tell. */
export const runtimes: readonly RuntimeUnderTest[] = [
  { kind: "docker", needs: ["docker"], runs: true, images: true, networks: true, outlives: true },
  {
    kind: "embedded",
    needs: ["namespaces"],
    runs: true,
    images: false,
    networks: process.getuid?.() === 0,
    outlives: false,
  },
  { kind: "records", needs: [], runs: false, images: false, networks: false, outlives: true },
];

export interface OpenRuntime extends Runtime {
  readonly dataDir: string;
  /** Ends the drivers and opens them again on the same data folder, as a restart of LocalAWS does. */
  reopen(): Promise<void>;
  /** Removes all that runs, and the data folder. */
  dispose(): Promise<void>;
}

/** With the database servers that are installed on this machine. */
export function openRuntimeIn(kind: RuntimeUnderTest["kind"], dataDir: string): Promise<Runtime> {
  const searchPath = (process.env.PATH ?? "").split(":");
  return selectRuntime({ kind, dataDir, searchPath, log: pino({ level: "silent" }) });
}

export async function openRuntime(kind: RuntimeUnderTest["kind"]): Promise<OpenRuntime> {
  const dataDir = await mkdtemp(join(tmpdir(), "localaws-runtime-"));
  lendTemplates(dataDir);
  let runtime = await openRuntimeIn(kind, dataDir);
  async function close(): Promise<void> {
    await Promise.all([runtime.machines.close(), runtime.databases.close()]);
  }
  return {
    dataDir,
    get machines() {
      return runtime.machines;
    },
    get databases() {
      return runtime.databases;
    },
    async reopen() {
      await close();
      runtime = await openRuntimeIn(kind, dataDir);
    },
    async dispose() {
      await Promise.all([runtime.machines.removeAll(), runtime.databases.removeAll()]);
      await close();
      keepTemplates(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A machine of its own in a subnet of its own: networks of one engine cannot overlap. */
export function machineSpec(changes: Partial<MachineSpec> = {}): MachineSpec {
  const block = `10.${randomInt(64, 255)}.${randomInt(255)}`;
  return {
    id: uniqueId("i"),
    image: "alpine:latest",
    hostName: "ip-10-0-0-20",
    cpus: 1,
    memoryBytes: 256 * 1024 * 1024,
    network: { id: uniqueId("subnet"), cidrBlock: `${block}.0/24`, privateIpAddress: `${block}.20` },
    env: {},
    labels: {},
    ...changes,
  };
}

export function uniqueId(prefix: string): string {
  return `${prefix}-${randomBytes(9).toString("hex").slice(0, 17)}`;
}
