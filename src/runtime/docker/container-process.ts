import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type Docker from "dockerode";

/**
 * A process of the container, as this process counts; undefined where the engine counts otherwise, because LocalAWS is in a
 * container or the engine in a virtual machine. `known`: what the engine has said of it just now.
 * @throws Error for a container that does not run
 */
export async function processOf(
  container: Docker.Container,
  known?: Docker.ContainerInspectInfo,
): Promise<number | undefined> {
  const { Id, State } = known ?? (await container.inspect());
  if (!State.Running) throw new Error(`The container ${Id} does not run.`);
  if (await isOf(Id, State.Pid)) return State.Pid;
  // The engine notices an end a moment after the kernel.
  for (let tries = 0; tries < 20; tries++) {
    const now = (await container.inspect()).State;
    if (!now.Running || now.Pid !== State.Pid) throw new Error(`The container ${Id} has ended meanwhile.`);
    await setTimeout(100);
  }
  return undefined;
}

/** The number alone could be another process's here. The engine mounts files of the container's own folder into it. */
async function isOf(containerId: string, pid: number): Promise<boolean> {
  const mounts = await readFile(`/proc/${pid}/mountinfo`, "utf8").catch(() => "");
  return mounts.includes(containerId);
}
