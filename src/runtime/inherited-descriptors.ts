import { openSync, readdirSync, readFileSync } from "node:fs";

let blanks: Map<number, number> | undefined;

type Descriptor = number | "ignore" | "pipe" | "ipc";

/**
 * File descriptors that this process inherited and that `spawn` would pass on, each mapped to one of `/dev/null`: what
 * LocalAWS was started with must not be open in a machine or a database. Node.js closes its own, and the low ones.
 */
export function blankInheritedDescriptors(stdio: readonly Descriptor[]): Descriptor[] {
  blanks ??= findInherited();
  const all = [...stdio];
  for (const [descriptor, blank] of blanks) {
    if (descriptor < stdio.length) continue;
    while (all.length < descriptor) all.push("ignore");
    all[descriptor] = blank;
  }
  return all;
}

function findInherited(): Map<number, number> {
  const found = new Map<number, number>();
  if (process.platform !== "linux") return found;
  // Octal, as the kernel prints it: the flag that closes a descriptor on exec.
  const closeOnExec = 0o2000000;
  for (const name of readdirSync("/proc/self/fd")) {
    const flags = /flags:\s*(\d+)/.exec(infoOf(name))?.[1];
    if (flags !== undefined && Number(name) > 2 && (Number.parseInt(flags, 8) & closeOnExec) === 0) {
      found.set(Number(name), openSync("/dev/null", "r"));
    }
  }
  return found;
}

function infoOf(descriptor: string): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8");
  } catch {
    // The one that listed the folder.
    return "";
  }
}
