import type Docker from "dockerode";
import { MachineLaunchError } from "../machine-driver.ts";
import { pullMissingImage } from "./images.ts";

/** Has there what machines are made from. */
export class MachineImages {
  readonly #docker: Docker;
  readonly #lookups = new Map<string, Promise<boolean>>();

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** @throws MachineLaunchError `Client.ImageNotFound` */
  async prepare(image: string, progress: (line: string) => void, signal?: AbortSignal): Promise<void> {
    if (await this.#isThere(image)) return;
    try {
      await pullMissingImage(this.#docker, image, progress, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const words = error instanceof Error ? error.message : String(error);
      throw new MachineLaunchError("Client.ImageNotFound", `The image ${image} cannot be had: ${words}`, {
        cause: error,
      });
    }
  }

  /** Whether the engine has an image; asked once for all who want to know at the same time. */
  #isThere(image: string): Promise<boolean> {
    const asked = this.#lookups.get(image);
    if (asked !== undefined) return asked;
    const found = this.#docker.getImage(image).inspect();
    const lookup = found
      .then(
        () => true,
        () => false,
      )
      .finally(() => this.#lookups.delete(image));
    this.#lookups.set(image, lookup);
    return lookup;
  }
}
