import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { MachineProcess, removeMachineFolder } from "./machine-process.ts";
import { seedSettings } from "./machine-seed.ts";

/** How machines are kept apart from this host. */
export interface Isolation {
  readonly userNamespace: boolean;
  /** Whether a machine gets its private address. */
  readonly addresses: boolean;
}

/**
 * Tries to set up a machine under `root` (an absolute path), and removes it: about 0.1 s.
 * @throws Error with a sentence that says what is missing and what would help; the file system's own where the disk is full
 */
export async function findIsolation(root: string): Promise<Isolation> {
  if (process.platform !== "linux") {
    throw new Error("Without Docker, machines need the namespaces of Linux. Install Docker (or Podman, or Colima).");
  }
  if (/^\/(usr(?!\/local\/)|etc|lib|bin|sbin)/.test(root)) {
    throw new Error(`The data folder is in ${root}, which machines share with the host. Choose another with --data.`);
  }
  const reasons: string[] = [];
  // Root may lack the right to mount, as in a container, where a user namespace may still be had.
  for (const userNamespace of process.getuid?.() === 0 ? [false, true] : [true]) {
    try {
      return { userNamespace, addresses: await tryMachine(root, userNamespace) };
    } catch (error) {
      if (isFullDisk(error)) throw error;
      reasons.push(error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : String(error));
    }
  }
  throw new Error(
    `Namespaces cannot be had here (${reasons.join("; ")}). Install Docker, or util-linux 2.38 and allow user namespaces.`,
  );
}

/** Which says nothing of what can be had here. */
export function isFullDisk(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}

async function tryMachine(root: string, userNamespace: boolean): Promise<boolean> {
  const folder = await mkdtemp(join(root, ".probe-"));
  try {
    const machine = { id: "probe", hostName: "probe", address: "169.254.0.1", names: [] };
    await seedSettings(join(folder, "seed"), machine);
    const process = await MachineProcess.start({
      folder,
      userNamespace,
      cgroups: [],
      hostName: machine.hostName,
      address: `${machine.address}/16`,
      macAddress: "0a:00:00:00:00:01",
      env: {},
      volumes: join(folder, "disk"),
      processes: 64,
      init: "test $$ = 1",
    });
    const code = await process.exited;
    if (code !== 0) throw new Error(`a program in a machine of its own ended with exit code ${code}`);
    return process.address !== undefined;
  } finally {
    await removeMachineFolder(folder, userNamespace).catch(() => {});
  }
}
