import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { engineStatus, engineWords, unlessStatus } from "./engine.ts";
import { idLabel, type Ownership, ownFilter } from "./labels.ts";

/** The container of this id, running or not. */
export async function findContainer(
  docker: Docker,
  owner: Ownership,
  id: string,
): Promise<Docker.Container | undefined> {
  const [found] = await docker.listContainers({ all: true, filters: ownFilter(owner, { [idLabel]: id }) });
  return found && docker.getContainer(found.Id);
}

/**
 * A container by its name, with what the engine says of it, where it has this owner's labels: that costs the engine less than a list
 * of all that it has.
 */
export async function inspectNamed(
  docker: Docker,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<{ container: Docker.Container; info: Docker.ContainerInspectInfo } | undefined> {
  const info = await unlessStatus(docker.getContainer(name).inspect(), 404);
  if (info === undefined) return undefined;
  const isOwn = Object.entries(labels).every(([key, value]) => info.Config.Labels[key] === value);
  return isOwn ? { container: docker.getContainer(info.Id), info } : undefined;
}

/** Ends a container and removes it with its own (unnamed) volumes; resolves when it is gone, whoever removes it. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    // 409: another call is removing it.
    if (engineStatus(error) !== 409 && engineStatus(error) !== 404) throw error;
    while ((await unlessStatus(container.inspect(), 404)) !== undefined) await delay(20);
  }
}

/**
 * Has all of a container stand still. A kernel that freezes processes one after the other (cgroup v1) can miss one that has just begun;
 * the engine's runtime then undoes it and leaves it to its callers to try again (https://github.com/opencontainers/runc/pull/4388).
 */
export async function pauseContainer(container: Docker.Container, tries = 30): Promise<void> {
  try {
    await container.pause();
  } catch (error) {
    if (tries <= 1 || !/freeze/i.test(engineWords(error))) throw error;
    await delay(200);
    await pauseContainer(container, tries - 1);
  }
}

/** Whether a container, running or not, has something at a path. */
export async function hasFile(container: Docker.Container, path: string): Promise<boolean> {
  const answer: unknown = await unlessStatus(container.infoArchive({ path }), 404);
  // Nobody reads the body of the answer: without this its connection stays open.
  if (answer instanceof Readable) answer.destroy();
  return answer !== undefined;
}
