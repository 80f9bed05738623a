import { chmodSync, mkdirSync } from "node:fs";
import { access, chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { copyFolders } from "./copied-folders.ts";
import type { VolumeDriver, VolumePlace } from "./volume-driver.ts";

/**
 * Volumes as folders. An attached volume's folder stands in its machine's own, which the machine has as a mount: moving it
 * there and back is what attaches and detaches, with no rights on the host and no restart.
 */
export class VolumeFolders implements VolumeDriver {
  readonly #volumes: string;
  readonly #snapshots: string;
  readonly #machines: string;

  constructor(root: string) {
    this.#volumes = join(root, "volumes");
    this.#snapshots = join(root, "snapshots");
    this.#machines = join(root, "machines");
    for (const folder of [this.#volumes, this.#snapshots, this.#machines]) mkdirSync(folder, { recursive: true });
    // Nobody else on the host passes; machines come in by their mounts.
    chmodSync(root, 0o700);
  }

  /** The folder that is mounted in the machine: each volume in it has its device's name. */
  async machineFolder(machineId: string): Promise<string> {
    const folder = join(this.#machines, machineId);
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    return folder;
  }

  async create(volumeId: string, snapshotId?: string): Promise<void> {
    if ((await this.#find(volumeId)) !== undefined) return;
    const folder = join(this.#volumes, volumeId);
    const source = snapshotId === undefined ? undefined : join(this.#snapshots, snapshotId);
    if (source !== undefined && (await exists(source))) return await copy(source, folder);
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
  }

  async remove(volumeId: string): Promise<void> {
    await this.detach(volumeId);
    await rm(join(this.#volumes, volumeId), { recursive: true, force: true });
  }

  async attach(volumeId: string, { machineId, device }: VolumePlace): Promise<void> {
    const target = join(await this.machineFolder(machineId), device);
    const there = await this.#find(volumeId);
    if (there === undefined || there === target) return;
    await this.detach(volumeId);
    // What the machine has put where the volume goes.
    await rm(target, { recursive: true, force: true });
    // The note first: after a crash between the two, the volume is found where it was.
    await mkdir(join(this.#note(volumeId), machineId, device), { recursive: true });
    await rename(join(this.#volumes, volumeId), target);
  }

  async detach(volumeId: string): Promise<void> {
    const there = await this.#find(volumeId);
    const home = join(this.#volumes, volumeId);
    if (there !== undefined && there !== home) await rename(there, home);
    await rm(this.#note(volumeId), { recursive: true, force: true });
  }

  /** The machine's end: what is still attached stays, detached. */
  async releaseMachine(machineId: string): Promise<void> {
    const folder = join(this.#machines, machineId);
    if (!(await exists(folder))) return;
    for (const name of await readdir(this.#volumes)) {
      if (!name.startsWith(".")) continue;
      const [holder] = await readdir(join(this.#volumes, name)).catch(() => []);
      if (holder === machineId) await this.detach(name.slice(1));
    }
    await rm(folder, { recursive: true, force: true });
  }

  async snapshot(volumeId: string, snapshotId: string): Promise<void> {
    const there = await this.#find(volumeId);
    if (there !== undefined) await copy(there, join(this.#snapshots, snapshotId));
  }

  async copySnapshot(snapshotId: string, copyId: string): Promise<void> {
    const source = join(this.#snapshots, snapshotId);
    if (await exists(source)) await copy(source, join(this.#snapshots, copyId));
  }

  async removeSnapshot(snapshotId: string): Promise<void> {
    await rm(join(this.#snapshots, snapshotId), { recursive: true, force: true });
  }

  async removeAll(): Promise<void> {
    for (const folder of [this.#machines, this.#volumes, this.#snapshots]) {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  /** Where an attached volume is, as folders in each other: machine, device. */
  #note(volumeId: string): string {
    return join(this.#volumes, `.${volumeId}`);
  }

  async #find(volumeId: string): Promise<string | undefined> {
    const home = join(this.#volumes, volumeId);
    if (await exists(home)) return home;
    const [machineId] = await readdir(this.#note(volumeId)).catch(() => []);
    if (machineId === undefined) return undefined;
    const [device] = await readdir(join(this.#note(volumeId), machineId));
    const there = join(this.#machines, machineId, device ?? "");
    return device !== undefined && (await exists(there)) ? there : undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** With owners, modes, links and times; to a name of its own first, so that half a copy is never taken for one. */
async function copy(source: string, target: string): Promise<void> {
  const half = `${target}.half`;
  await rm(half, { recursive: true, force: true });
  await copyFolders("cp", "-a", "--", source, half);
  await rename(half, target);
}
