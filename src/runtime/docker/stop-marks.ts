import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Which stopped machines were stopped by LocalAWS: the engine knows only that they ended. Kept in the data folder, since
 * a container's labels cannot be changed.
 */
export class StopMarks {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, "docker", "stopped");
  }

  async set(id: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, id), "");
  }

  async has(id: string): Promise<boolean> {
    return await access(join(this.#folder, id)).then(
      () => true,
      () => false,
    );
  }

  async delete(id: string): Promise<void> {
    await rm(join(this.#folder, id), { force: true });
  }

  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
