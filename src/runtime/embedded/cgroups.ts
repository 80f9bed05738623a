import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineSize, MachineStats } from "../machine-driver.ts";

const controllers = ["cpu", "memory", "pids"] as const;
type Controller = (typeof controllers)[number];

/** CPU time is given out in periods of 100 ms, the kernel's default. */
const cpuPeriodMicroseconds = 100_000;

/** The machines' control groups, of version 1 or 2, whichever the host mounts. */
export class Cgroups {
  readonly #parents: ReadonlyMap<string, Controller[]>;
  readonly #version: 1 | 2;

  private constructor(version: 1 | 2, parents: ReadonlyMap<string, Controller[]>) {
    this.#version = version;
    this.#parents = parents;
  }

  /** The control groups that this process may make; undefined when it may not limit all of CPU, memory and processes. */
  static find(): Cgroups | undefined {
    try {
      return Cgroups.#version2() ?? Cgroups.#version1();
    } catch {
      return undefined;
    }
  }

  static #version2(): Cgroups | undefined {
    const root = "/sys/fs/cgroup";
    if (!existsSync(join(root, "cgroup.controllers"))) return undefined;
    const parent = join(root, "localaws");
    const all = controllers.map((name) => `+${name}`).join(" ");
    writeFileSync(join(root, "cgroup.subtree_control"), all);
    mkdirSync(parent, { recursive: true });
    accessSync(parent, constants.W_OK);
    writeFileSync(join(parent, "cgroup.subtree_control"), all);
    return new Cgroups(2, new Map([[parent, [...controllers]]]));
  }

  static #version1(): Cgroups | undefined {
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    const own = readFileSync("/proc/self/cgroup", "utf8").split("\n");
    const parents = new Map<string, Controller[]>();
    for (const controller of controllers) {
      const mount = mounts.map((line) => line.split(" ")).find((fields) => isMountOf(fields, controller))?.[4];
      if (mount === undefined) return undefined;
      // Below this process's own group, so that limits set on LocalAWS hold for its machines.
      const path = own.map((line) => line.split(":")).find((fields) => fields[1]?.split(",").includes(controller))?.[2];
      const group = existsSync(join(mount, path ?? "")) ? join(mount, path ?? "") : mount;
      const parent = join(group, "localaws");
      mkdirSync(parent, { recursive: true });
      accessSync(parent, constants.W_OK);
      parents.set(parent, [...(parents.get(parent) ?? []), controller]);
    }
    return new Cgroups(1, parents);
  }

  /** Makes one machine's groups. Who writes a process id to their `cgroup.procs` comes under the limits. */
  create(id: string, limits: MachineSize): string[] {
    return [...this.#parents].map(([parent, here]) => {
      const folder = join(parent, id);
      mkdirSync(folder, { recursive: true });
      for (const controller of here) {
        for (const [file, value] of this.#settings(controller, limits)) writeFileSync(join(folder, file), value);
      }
      return folder;
    });
  }

  /** What one machine uses; undefined where its groups do not tell: version 1 counts CPU time in a controller of its own. */
  stats(id: string): MachineStats | undefined {
    if (this.#version === 1) return undefined;
    const [parent] = this.#parents.keys();
    try {
      const text = (file: string) => readFileSync(join(parent ?? "", id, file), "latin1");
      const field = (file: string, name: string) =>
        Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text(file))?.[1] ?? Number.NaN);
      const microseconds = field("cpu.stat", "usage_usec");
      const memoryBytes = Number(text("memory.current")) - field("memory.stat", "inactive_file");
      if (Number.isNaN(microseconds + memoryBytes)) return undefined;
      return { cpuSeconds: microseconds / 1e6, memoryBytes: Math.max(0, memoryBytes) };
    } catch {
      return undefined;
    }
  }

  /** After the machine's last process has ended. */
  remove(id: string): void {
    for (const parent of this.#parents.keys()) removeGroup(join(parent, id));
  }

  /** Drops the groups above, which other LocalAWS processes may still be using: then they stay. */
  close(): void {
    for (const parent of this.#parents.keys()) removeGroup(parent);
  }

  #settings(controller: Controller, { cpus, memoryBytes }: MachineSize): [file: string, value: string][] {
    const quota = Math.round(cpus * cpuPeriodMicroseconds);
    switch (controller) {
      case "cpu":
        return this.#version === 2
          ? [["cpu.max", `${quota} ${cpuPeriodMicroseconds}`]]
          : [
              ["cpu.cfs_period_us", `${cpuPeriodMicroseconds}`],
              ["cpu.cfs_quota_us", `${quota}`],
            ];
      case "memory":
        return [[this.#version === 2 ? "memory.max" : "memory.limit_in_bytes", `${memoryBytes}`]];
      case "pids":
        return [["pids.max", `${processLimit(memoryBytes)}`]];
    }
  }
}

/** How many processes a machine may have: one for each half MiB, at least 64, so that a fork bomb stays inside. */
export function processLimit(memoryBytes: number): number {
  return Math.max(64, Math.floor(memoryBytes / (512 * 1024)));
}

function isMountOf(fields: readonly string[], controller: string): boolean {
  const separator = fields.indexOf("-");
  return fields[separator + 1] === "cgroup" && (fields[separator + 3]?.split(",").includes(controller) ?? false);
}

function removeGroup(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Gone already, or still in use: an empty group costs nothing and is taken again at the next start.
  }
}
