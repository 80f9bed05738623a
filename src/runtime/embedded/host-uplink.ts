import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { addressAt } from "../cidr-block.ts";
import type { Uplink } from "../fabric-edge.ts";
import { blankInheritedDescriptors } from "../inherited-descriptors.ts";
import type { Bridge } from "../network-edge.ts";
import { hostEnvironment } from "../network-shell.ts";

/**
 * A way out by the host itself, which translates: in a table of nftables that belongs to a process, and that the kernel drops with it,
 * however this process ends: https://wiki.nftables.org/wiki-nftables/index.php/Configuring_tables. The host's way to the Internet has to
 * forward; that is set back at the end.
 */
export class HostUplink implements Uplink {
  #owner: ChildProcess | undefined;
  /** The interfaces that did not forward before. */
  #changed: string[] = [];

  async open(): Promise<Bridge> {
    const number = randomInt(2 ** 10);
    const cidrBlock = `169.254.${160 + Math.floor(number / 32)}.${(number % 32) * 8}/29`;
    try {
      await this.#translate(cidrBlock, `localaws_${number}`);
      for (const device of await outwardDevices()) {
        if ((await readFile(forwardingOf(device), "utf8")).trim() === "1") continue;
        await writeFile(forwardingOf(device), "1");
        this.#changed.push(device);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return { cidrBlock, gateway: addressAt(cidrBlock, 1) };
  }

  async close(): Promise<void> {
    const owner = this.#owner;
    this.#owner = undefined;
    if (owner !== undefined && owner.exitCode === null && owner.signalCode === null) {
      const closed = once(owner, "close");
      owner.stdin?.end();
      await closed;
    }
    for (const device of this.#changed.splice(0)) await writeFile(forwardingOf(device), "0").catch(() => {});
  }

  /** @throws Error with what nft says, which knows tables with owners since 0.9.9, and Linux since 5.12 */
  async #translate(cidrBlock: string, table: string): Promise<void> {
    const owner = spawn("nft", ["-i"], {
      cwd: "/",
      env: hostEnvironment,
      detached: true,
      stdio: blankInheritedDescriptors(["pipe", "pipe", "pipe"]),
    });
    this.#owner = owner;
    owner.stdin?.on("error", () => {});
    owner.stdin?.write(
      `create table ip ${table} { flags owner; }
add chain ip ${table} postrouting { type nat hook postrouting priority 100; }
add rule ip ${table} postrouting ip saddr ${cidrBlock} masquerade
list chain ip ${table} postrouting
`,
    );
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Error(said.trim() || "nft keeps no table for its own."));
      owner.once("error", reject);
      owner.once("close", fail);
      owner.stdout?.on("data", (text) => {
        said += text;
        if (said.includes("masquerade")) resolve();
      });
      owner.stderr?.on("data", (text) => {
        said += text;
        fail();
      });
    });
  }
}

/** The interfaces of the host's default routes. */
async function outwardDevices(): Promise<string[]> {
  const lines = (await readFile("/proc/net/route", "latin1")).split("\n").slice(1);
  const devices = lines.flatMap((line) => {
    const [device = "", destination, , , , , , mask] = line.split("\t");
    return destination === "00000000" && mask === "00000000" ? [device] : [];
  });
  return [...new Set(devices)];
}

function forwardingOf(device: string): string {
  return `/proc/sys/net/ipv4/conf/${device}/forwarding`;
}
