import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { DatabaseLaunchError, type DatabaseSpec } from "../database-driver.ts";
import { readLog } from "./container-log.ts";
import { removeContainer } from "./containers.ts";
import { engineWords, unlessStatus } from "./engine.ts";
import { pullMissingImage } from "./images.ts";
import { idLabel } from "./labels.ts";

/** Milliseconds that a server has, from its container's start, to accept a connection: a crash's recovery included. */
const readyTimeout = 180_000;

/** @throws DatabaseLaunchError with the engine's words; the signal's reason when that was aborted */
export async function pullDatabaseImage(
  docker: Docker,
  image: string,
  progress: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await pullMissingImage(docker, image, progress, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new DatabaseLaunchError(`The image ${image} cannot be had: ${engineWords(error)}`, { cause: error });
  }
}

/** What PostgreSQL writes down of each who asks before it is ready, as LocalAWS does ten times a second: it would hide why it ended. */
const ofAsking =
  /FATAL: +the database system is |DETAIL: +(?:Consistent recovery state has not|Recovery snapshot is not|Hot standby mode is disabled)/;

/** Starts a container; resolves with what `ask` says of its server as soon as that is something. @throws DatabaseLaunchError */
export async function startUntil(
  docker: Docker,
  container: Docker.Container,
  ask: () => Promise<string | undefined>,
  signal?: AbortSignal,
): Promise<string> {
  // 304: it runs already.
  await unlessStatus(container.start(), 304);
  const deadline = performance.now() + readyTimeout;
  for (;;) {
    signal?.throwIfAborted();
    const said = await ask();
    if (said !== undefined) return said;
    if (!(await container.inspect()).State.Running || performance.now() > deadline) {
      const log = await readLog(docker, container.id, 4096);
      const lines = log.trim().split("\n");
      const words = lines.filter((line) => !ofAsking.test(line)).slice(-5);
      throw new DatabaseLaunchError(`The server did not come up: ${words.join("\n")}`);
    }
    await delay(100);
  }
}

/** For one that was made: one that cannot be made is not tried again. A crash has an exit code, a stop is none. */
export async function restartAfterCrash(container: Docker.Container): Promise<void> {
  await container.update({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } });
}

/** What a container is made of again, by the port that it has inside; what the data have of it is not looked at. */
export function specOfContainer(
  { Config, HostConfig }: Docker.ContainerInspectInfo,
  inside: number,
): Omit<DatabaseSpec, "engine" | "engineVersion"> {
  const [bound] = HostConfig.PortBindings?.[`${inside}/tcp`] ?? [];
  return {
    ...{ id: Config.Labels[idLabel] ?? "", labels: Config.Labels, masterUsername: "", masterPassword: "" },
    ...{ listenAddress: bound?.HostIp ?? "", port: Number(bound?.HostPort) },
    ...{ memoryBytes: HostConfig.Memory ?? 0, cpus: (HostConfig.NanoCpus ?? 0) / 1e9 },
  };
}

/** The engine sets a container's ports when it makes it: another one takes over the volume of one that is stopped. */
export async function moveContainer(
  docker: Docker,
  container: Docker.Container,
  port: { readonly inside: number; readonly outside: number },
): Promise<Docker.Container> {
  const { Config, HostConfig, Name } = await container.inspect();
  const [hostIp] = HostConfig.PortBindings?.[`${port.inside}/tcp`] ?? [];
  const moved = await docker.createContainer({
    ...Config,
    name: `${Name.slice(1)}-moving`,
    HostConfig: {
      ...HostConfig,
      PortBindings: { [`${port.inside}/tcp`]: [{ ...hostIp, HostPort: String(port.outside) }] },
    },
  });
  await removeContainer(container);
  await moved.rename({ name: Name.slice(1) });
  return moved;
}

export async function removeVolumes(docker: Docker, filters: { label: string[] }): Promise<void> {
  const { Volumes } = await docker.listVolumes({ filters });
  await Promise.all((Volumes ?? []).map(({ Name }) => unlessStatus(docker.getVolume(Name).remove(), 404)));
}

/** Has errors of the engine be DatabaseLaunchErrors. */
export async function speaking<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw databaseLaunchError(error);
  }
}

export function databaseLaunchError(error: unknown): DatabaseLaunchError {
  if (error instanceof DatabaseLaunchError) return error;
  const words = engineWords(error);
  const taken = /port is already allocated|address already in use/i.test(words);
  return new DatabaseLaunchError(taken ? `The port is in use by another program: ${words}` : words, { cause: error });
}
