import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { copyMachineFolder, removeMachineFolder } from "./machine-process.ts";

/** What of a machine's folder is its disk: the root, and what lies over the host's userland. */
const parts = ["disk", "layers"] as const;

/** Disks of machines, kept as folders under the names of images. */
export class SavedDisks {
  readonly #root: string;
  readonly #userNamespace: boolean;

  constructor(root: string, userNamespace: boolean) {
    this.#root = root;
    this.#userNamespace = userNamespace;
  }

  async save(machineFolder: string, reference: string): Promise<void> {
    const folder = this.#folder(reference);
    const half = `${folder}.half`;
    await removeMachineFolder(half, this.#userNamespace);
    mkdirSync(half, { recursive: true });
    await this.#copy(machineFolder, half);
    await rename(half, folder);
  }

  /** Nothing for a name that no disk was saved under. */
  async restore(reference: string, machineFolder: string): Promise<void> {
    const folder = this.#folder(reference);
    if (existsSync(folder)) await this.#copy(folder, machineFolder);
  }

  async remove(reference: string): Promise<void> {
    await removeMachineFolder(this.#folder(reference), this.#userNamespace);
  }

  async removeAll(): Promise<void> {
    if (!existsSync(this.#root)) return;
    for (const name of readdirSync(this.#root)) await removeMachineFolder(join(this.#root, name), this.#userNamespace);
  }

  async #copy(from: string, to: string): Promise<void> {
    const there = parts.filter((part) => existsSync(join(from, part)));
    await copyMachineFolder(
      there.map((part) => join(from, part)),
      to,
      this.#userNamespace,
    );
  }

  #folder(reference: string): string {
    return join(this.#root, encodeURIComponent(reference));
  }
}
