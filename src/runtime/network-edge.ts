import { randomBytes, randomInt } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { addressAt, blocksOverlap } from "./cidr-block.ts";
import { NetworkNamespace, runOnHost } from "./network-namespace.ts";
import { table } from "./packet-rules.ts";

/** A network of this host by which packets leave it. */
export interface Bridge {
  /** The interface of a bridge: `br-0123456789ab`. Without: the host itself is the gateway, at the end of the link. */
  readonly name?: string;
  readonly cidrBlock: string;
  readonly gateway: string;
}

/** A space's leg into the edge, as the edge sees it. */
export interface EdgeLeg {
  readonly device: string;
  /** The space's address on it. */
  readonly address: string;
}

/** Of the edge, on every leg to a space. */
export const edgeAddress = "169.254.0.1";

/** Whom machines see when the host asks for their public addresses: the last of the block that those are of, which nobody is given. */
export const hostAddress = "198.19.255.255";

/** The edge's place in the engine's network. */
const place = 3;

/** The block of public addresses. */
const publicBlock = "198.18.0.0/15";

/**
 * Where the spaces of VPCs meet the host, the outside and each other's public addresses: a network namespace that this process alone holds
 * open. It ends with the process, and all that was on the host for it: the legs, and the routes to them.
 */
export class NetworkEdge {
  readonly namespace: NetworkNamespace;
  /** The host's own address, which machines never see. */
  readonly host: string;
  readonly #link: string;
  readonly #there: string;
  #legs = 0;
  /** By address or block, the commands' words that lead there. */
  #routed = new Map<string, EdgeLeg>();

  private constructor(namespace: NetworkNamespace, host: { link: string; here: string; there: string }) {
    this.namespace = namespace;
    this.host = host.here;
    this.#link = host.link;
    this.#there = host.there;
  }

  /** @throws Error with what `ip` or `nft` says */
  static async open(): Promise<NetworkEdge> {
    const namespace = await NetworkNamespace.create();
    const pair = randomInt(2 ** 12) * 2;
    const ofPair = (index: number) => `169.254.${128 + Math.floor((pair + index) / 256)}.${(pair + index) % 256}`;
    const host = { link: newLink(), here: ofPair(0), there: ofPair(1) };
    try {
      await namespace.run(
        ["sh", "-e"],
        `${forwarding}
ip address add ${edgeAddress}/32 dev lo
ip link add host type veth peer name ${host.link} netns ${process.pid}
ip address add ${host.there}/31 dev host
ip link set host up
`,
      );
      await namespace.applyPacketRules(rules);
      await onHost(`address add ${host.here}/31 dev ${host.link}\nlink set ${host.link} up\n`);
    } catch (error) {
      namespace.close();
      throw error;
    }
    return new NetworkEdge(namespace, host);
  }

  /** Has packets leave by the bridge. @throws Error */
  async openUplink(bridge: Bridge): Promise<void> {
    const link = newLink();
    const length = bridge.cidrBlock.split("/")[1];
    await this.namespace.run(
      ["ip", "-batch", "-"],
      `link add uplink type veth peer name ${link} netns ${process.pid}
address add ${addressAt(bridge.cidrBlock, place)}/${length} dev uplink
link set uplink up
route add default via ${bridge.gateway}
`,
    );
    if (bridge.name !== undefined) return await onHost(`link set ${link} master ${bridge.name} up\n`);
    await onHost(`address add ${bridge.gateway}/${length} dev ${link}\nlink set ${link} up\n`);
    await writeFile(`/proc/sys/net/ipv4/conf/${link}/forwarding`, "1");
  }

  /** Gives a space a leg, `edge`, that its packets leave by. @throws Error */
  async join(space: NetworkNamespace): Promise<EdgeLeg> {
    const number = this.#legs++;
    const device = `s${number}`;
    const address = `169.254.${192 + (Math.floor(number / 254) % 32)}.${(number % 254) + 1}`;
    await space.run(
      ["ip", "-batch", "-"],
      `link add edge type veth peer name ${device} netns ${this.namespace.path}
address add ${address}/32 dev edge
link set edge up
`,
      this.namespace,
    );
    await this.namespace.run(
      ["ip", "-batch", "-"],
      `link set ${device} up\nroute replace ${address}/32 dev ${device}\n`,
    );
    return { device, address };
  }

  /** Leads to these addresses and blocks from now on, and to no others, from the host too. @throws Error */
  async route(wanted: ReadonlyMap<string, EdgeLeg>): Promise<void> {
    const gone = [...this.#routed].filter(([block, leg]) => wanted.get(block)?.device !== leg.device);
    const added = [...wanted].filter(([block, leg]) => this.#routed.get(block)?.device !== leg.device);
    if (gone.length === 0 && added.length === 0) return;
    const command = ["ip", "-force", "-batch", "-"] as const;
    if (gone.length > 0) {
      for (const [block] of gone) this.#routed.delete(block);
      const flushes = gone.map(([block]) => `route flush exact ${block}\n`);
      // The kernel may drop a route, with the leg of a space that is closed, before it is told to.
      await this.namespace.run(command, flushes.join("")).catch(() => {});
      await onHost(gone.map(([block]) => `route flush exact ${block} dev ${this.#link}\n`).join("")).catch(() => {});
    }
    if (added.length === 0) return;
    const ways = added.map(([block, leg]) => `route replace ${block} via ${leg.address} dev ${leg.device}\n`);
    await this.namespace.run(command, ways.join(""));
    const ofHost = added.map(
      ([block]) => `route replace ${block} via ${this.#there} dev ${this.#link} src ${this.host}\n`,
    );
    await onHost(ofHost.join(""));
    // Not before: what has failed is tried again.
    for (const [block, leg] of added) this.#routed.set(block, leg);
  }

  hasWayTo(block: string): boolean {
    return this.#routed.has(block);
  }

  close(): void {
    this.namespace.close();
  }
}

/** What makes a namespace a router, in the words of a shell. */
export const forwarding = `echo 1 >/proc/sys/net/ipv4/ip_forward
for name in all default; do
  echo 0 >/proc/sys/net/ipv4/conf/$name/send_redirects
  echo 0 >/proc/sys/net/ipv4/conf/$name/rp_filter
done
ip link set lo up
`;

/** From the host to spaces, from spaces out, and between spaces by public addresses alone. */
const rules = table(
  "ip",
  "localaws_router",
  `chain forward {
type filter hook forward priority 0; policy drop;
ct state established,related accept
iifname "host" accept
iifname "s*" oifname "s*" ip daddr ${publicBlock} accept
iifname "s*" oifname "uplink" accept
}
chain postrouting {
type nat hook postrouting priority 100;
oifname "uplink" masquerade
}
`,
);

/** The blocks that this host has routes to, other than by a default route. */
export async function hostRoutes(): Promise<string[]> {
  const lines = (await readFile("/proc/net/route", "latin1")).split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, destination = "", , , , , , mask = ""] = line.split("\t");
    if (destination === "" || mask === "00000000") return [];
    const length = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
    return [`${Buffer.from(destination, "hex").reverse().join(".")}/${length}`];
  });
}

/** Whether the host has no other way to a block. */
export function isFree(block: string, taken: readonly string[]): boolean {
  return !taken.some((one) => blocksOverlap(one, block));
}

/** The name of a link's end on the host. */
function newLink(): string {
  return `laws${randomBytes(4).toString("hex")}`;
}

async function onHost(commands: string): Promise<void> {
  await runOnHost(["ip", "-force", "-batch", "-"], commands);
}
