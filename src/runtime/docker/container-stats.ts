import type Docker from "dockerode";
import type { MachineStats } from "../machine-driver.ts";
import { unlessStatus } from "./engine.ts";

/** The parts of https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerStats that are read. */
interface ContainerStats {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}

/** One sample, without the engine's wait for a second one; undefined for a container that does not run. */
export async function containerStats(container: Docker.Container): Promise<MachineStats | undefined> {
  const options = { stream: false, "one-shot": true } as const;
  const answer: unknown = await unlessStatus(container.stats(options), 404, 409);
  const { cpu_stats: cpu, memory_stats: memory } = (answer ?? {}) as ContainerStats;
  const nanoseconds = cpu?.cpu_usage?.total_usage ?? 0;
  if (memory?.usage === undefined || nanoseconds === 0) return undefined;
  // As `docker stats` counts: version 1 of control groups, then version 2.
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  return { cpuSeconds: nanoseconds / 1e9, memoryBytes: Math.max(0, memory.usage - cache) };
}
