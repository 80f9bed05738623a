import { readdirSync, readFileSync } from "node:fs";
import type { MachineStats } from "../machine-driver.ts";

/** The kernel's unit of CPU time in /proc; 100 on every platform that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/**
 * What a process and all below it use, by /proc: where there are no control groups. CPU time counts the children that
 * have been waited for. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processStats(pid: number): MachineStats | undefined {
  const stats = new Map<number, { parent: number; ticks: number; pages: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const line = readFileSync(`/proc/${name}/stat`, "latin1");
      // After the name in parentheses, which may hold anything.
      const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
      const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
      stats.set(Number(name), { parent: Number(fields[1]), ticks, pages: Number(fields[21]) });
    } catch {
      // It ended just now.
    }
  }
  if (!stats.has(pid)) return undefined;
  const belongs = (candidate: number): boolean => {
    for (let at = candidate; at > 1; at = stats.get(at)?.parent ?? 0) if (at === pid) return true;
    return false;
  };
  const own = [...stats].filter(([candidate]) => belongs(candidate)).map(([, stat]) => stat);
  return {
    cpuSeconds: own.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond,
    memoryBytes: own.reduce((sum, { pages }) => sum + pages, 0) * pageBytes,
  };
}
