import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resolverFile } from "../resolver-file.ts";

/** Who is no person on the host: `useradd` gives people 1000 and up, and 65534 is `nobody`. */
const isSystemId = (id: number) => id < 1000 || id === 65_534;

/**
 * The files of `/etc` that are a machine's own: they lie over the host's and under what the machine writes. Users have no
 * passwords, and the host's people are not among them.
 */
export async function seedSettings(
  seed: string,
  machine: {
    readonly id: string;
    readonly hostName: string;
    readonly address: string;
    readonly names: readonly string[];
    /** Of a name server; without, names are looked up in `/etc/hosts` alone. */
    readonly resolver?: string | undefined;
  },
): Promise<void> {
  await rm(seed, { recursive: true, force: true });
  const etc = join(seed, "etc");
  await mkdir(etc, { recursive: true });
  const users = (await lines("/etc/passwd")).filter((fields) => isSystemId(Number(fields[2])));
  const groups = (await lines("/etc/group")).filter((fields) => isSystemId(Number(fields[2])));
  const files: Record<string, string> = {
    "machine-id": createHash("sha256").update(machine.id).digest("hex").slice(0, 32),
    "resolv.conf": resolverFile(machine),
    group: groups.map(([name, , gid]) => `${name}:x:${gid}:`).join("\n"),
    gshadow: groups.map(([name]) => `${name}:*::`).join("\n"),
    hostname: machine.hostName,
    hosts: `127.0.0.1 localhost\n::1 localhost\n${machine.address} ${[...new Set([...machine.names, machine.hostName])].join(" ")}`,
    passwd: users.map((fields) => [fields[0], "x", ...fields.slice(2)].join(":")).join("\n"),
    shadow: users.map(([name]) => `${name}:*:19000:0:99999:7:::`).join("\n"),
  };
  for (const [name, text] of Object.entries(files)) {
    const file = join(etc, name);
    await writeFile(file, `${text}\n`);
    // Not by `mode`, which the umask would cut.
    await chmod(file, name.endsWith("shadow") ? 0o600 : 0o644);
  }
  await chmod(etc, 0o755);
}

async function lines(file: string): Promise<string[][]> {
  const text = await readFile(file, "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(":")]));
}
