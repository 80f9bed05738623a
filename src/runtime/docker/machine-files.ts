import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { commandsFile, commandsScript } from "../machine-commands.ts";
import { resolverAddress } from "../network-space.ts";
import { resolverFile } from "../resolver-file.ts";

/** What a machine finds itself and others by. */
interface MachineNames {
  readonly address: string;
  readonly hostName: string;
  readonly names: readonly string[];
}

/** What containers have on: https://docs.docker.com/reference/cli/docker/container/run/#add-host */
const usualHosts = `127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
fe00::0 ip6-localnet
ff00::0 ip6-mcastprefix
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters`;

/** The files of machines that LocalAWS makes: those of names, which the engine makes for its own networks alone, and the commands. They stay as long as their container does. */
export class MachineFiles {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, "docker", "names");
  }

  /** By their paths in the machine, those on this host. */
  async write(id: string, { address, hostName, names }: MachineNames): Promise<ReadonlyMap<string, string>> {
    const folder = join(this.#folder, id);
    await mkdir(folder, { recursive: true });
    const own = [...new Set([...names, hostName])].join(" ");
    const texts = {
      "/etc/hosts": `${usualHosts}\n${address} ${own}`,
      [commandsFile]: commandsScript,
      "/etc/resolv.conf": resolverFile({ resolver: resolverAddress, names }),
    };
    const paths = new Map<string, string>();
    for (const [path, text] of Object.entries(texts)) {
      const file = join(folder, basename(path));
      await writeFile(file, `${text}\n`);
      // Not by `mode`, which the umask would cut: every user of the machine reads it.
      await chmod(file, 0o644);
      paths.set(path, file);
    }
    return paths;
  }

  async delete(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
