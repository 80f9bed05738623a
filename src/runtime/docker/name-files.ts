import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

/** The files by which machines know names, which the engine makes for its own networks alone. They stay as long as their container does. */
export class NameFiles {
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
      hosts: `${usualHosts}\n${address} ${own}`,
      "resolv.conf": resolverFile({ resolver: resolverAddress, names }),
    };
    const paths = new Map<string, string>();
    for (const [name, text] of Object.entries(texts)) {
      const file = join(folder, name);
      await writeFile(file, `${text}\n`);
      // Not by `mode`, which the umask would cut: every user of the machine reads it.
      await chmod(file, 0o644);
      paths.set(`/etc/${name}`, file);
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
