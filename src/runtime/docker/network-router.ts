import { spawn } from "node:child_process";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import type { NetworkPlan } from "../machine-packets.ts";
import { hostEnvironment, NetworkNamespace } from "../network-namespace.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { routerTable } from "../router-rules.ts";
import { runProgram } from "../run-program.ts";
import { addressAt } from "./cidr-block.ts";

/** A network of the engine, on this host. */
export interface Bridge {
  /** The interface: `br-0123456789ab`. */
  readonly name: string;
  readonly cidrBlock: string;
}

/** The place of the router in each network: AWS keeps it, so that no machine has it. */
const place = 3;

/** Whom machines see when the host asks for their public addresses: the last of the block that those are of, which nobody is given. */
const hostAddress = "198.19.255.255";

/** The router's address in a network. */
export function routerAddress(cidrBlock: string): string {
  return addressAt(cidrBlock, place);
}

/**
 * What joins networks and translates public addresses: a network namespace that this process alone holds open, with a leg
 * into each bridge. It ends with the process, and all that was on the host for it: the legs, and the routes to them.
 */
export class NetworkRouter {
  readonly #oneAtATime = new OneAtATime();
  #namespace: NetworkNamespace | undefined;
  /** The host's own leg, and its addresses on both sides. */
  #host: { readonly link: string; readonly here: string; readonly there: string } | undefined;
  /** By network: the bridge that its leg is in. */
  readonly #legs = new Map<string, string>();
  #routed = new Set<string>();

  /** Carries packets as `plan` says from now on; `find` tells of the networks that there are. @throws Error with what `ip` or `nft` says */
  async apply(plan: NetworkPlan, find: (networkId: string) => Promise<Bridge | undefined>): Promise<void> {
    await this.#oneAtATime.run("router", async () => {
      const wanted = new Set([...plan.links.flat(), ...plan.addresses.map(({ networkId }) => networkId)]);
      if (wanted.size === 0) return this.#drop();
      const namespace = this.#namespace ?? (await this.#open());
      for (const id of this.#legs.keys()) if (!wanted.has(id)) await this.#removeLeg(namespace, id);
      for (const id of wanted) await this.#addLeg(namespace, id, await find(id));
      const links = plan.links.filter((pair) => pair.every((id) => this.#legs.has(id)));
      const from = this.#host?.here ?? "";
      await namespace.applyPacketRules(
        routerTable({
          links: links.map(([one, other]) => [legName(one), legName(other)]),
          addresses: plan.addresses,
          host: { from, to: hostAddress },
        }),
      );
      await this.#routeFromHost(plan.addresses.filter(({ inward }) => inward).map(({ address }) => address));
    });
  }

  async close(): Promise<void> {
    await this.#oneAtATime.run("router", async () => this.#drop());
  }

  /** The namespace ends where nobody holds it. */
  #drop(): void {
    this.#namespace?.close();
    this.#namespace = undefined;
    this.#host = undefined;
    this.#legs.clear();
    this.#routed.clear();
  }

  async #open(): Promise<NetworkNamespace> {
    const namespace = await newNamespace();
    const pair = randomInt(2 ** 12) * 2;
    const ofPair = (index: number) => `169.254.${128 + Math.floor((pair + index) / 256)}.${(pair + index) % 256}`;
    const host = { link: newLink(), here: ofPair(0), there: ofPair(1) };
    try {
      await namespace.run(
        ["sh", "-e"],
        `echo 1 >/proc/sys/net/ipv4/ip_forward
echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
echo 0 >/proc/sys/net/ipv4/conf/default/send_redirects
ip link set lo up
ip link add host type veth peer name ${host.link} netns ${process.pid}
ip address add ${host.there}/31 dev host
ip link set host up
`,
      );
      await onHost(`address add ${host.here}/31 dev ${host.link}\nlink set ${host.link} up\n`);
    } catch (error) {
      namespace.close();
      throw error;
    }
    this.#host = host;
    this.#namespace = namespace;
    return namespace;
  }

  async #addLeg(namespace: NetworkNamespace, id: string, bridge: Bridge | undefined): Promise<void> {
    const there = this.#legs.get(id);
    if (there === bridge?.name) return;
    if (there !== undefined) await this.#removeLeg(namespace, id);
    if (bridge === undefined) return;
    const name = legName(id);
    const link = newLink();
    const length = bridge.cidrBlock.split("/")[1];
    await namespace.run(
      ["ip", "-batch", "-"],
      `link add ${name} address ${macAddress(id)} type veth peer name ${link} netns ${process.pid}
address add ${routerAddress(bridge.cidrBlock)}/${length} dev ${name}
link set ${name} up
`,
    );
    this.#legs.set(id, bridge.name);
    await onHost(`link set ${link} master ${bridge.name} up\n`);
  }

  async #removeLeg(namespace: NetworkNamespace, id: string): Promise<void> {
    this.#legs.delete(id);
    await namespace.run(["ip", "-batch", "-"], `link delete ${legName(id)}\n`);
  }

  async #routeFromHost(addresses: readonly string[]): Promise<void> {
    const wanted = new Set(addresses);
    const { link, here, there } = this.#host ?? { link: "", here: "", there: "" };
    const gone = [...this.#routed].filter((address) => !wanted.has(address));
    const added = [...wanted].filter((address) => !this.#routed.has(address));
    this.#routed = wanted;
    const commands = [
      ...gone.map((address) => `route delete ${address}/32 dev ${link}\n`),
      ...added.map((address) => `route add ${address}/32 via ${there} dev ${link} src ${here}\n`),
    ];
    if (commands.length > 0) await onHost(commands.join(""));
  }
}

function legName(networkId: string): string {
  return `n${digest(networkId).slice(0, 10)}`;
}

/** The same after each start: machines remember it. */
function macAddress(networkId: string): string {
  return `02:${digest(networkId).slice(0, 10).match(/../g)?.join(":")}`;
}

function digest(networkId: string): string {
  return createHash("sha256").update(networkId).digest("hex");
}

/** The name of a link's end on the host. */
function newLink(): string {
  return `laws${randomBytes(4).toString("hex")}`;
}

async function onHost(commands: string): Promise<void> {
  const command = ["ip", "-batch", "-"] as const;
  const { exitCode, stderr } = await runProgram(command, { env: hostEnvironment, cwd: "/", input: commands });
  if (exitCode !== 0) throw new Error(stderr.trim() || `ip ended with exit code ${exitCode}.`);
}

/** A network with nothing in it, held open by this process alone. */
async function newNamespace(): Promise<NetworkNamespace> {
  const child = spawn("unshare", ["--net", "--", "sh", "-c", "echo && read _"], {
    env: hostEnvironment,
    cwd: "/",
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const failed = once(child, "error").then(([error]) => Promise.reject(error));
    await Promise.race([once(child.stdout, "data"), failed, once(child, "close").then(() => undefined)]);
    return new NetworkNamespace(child.pid ?? 0, false);
  } finally {
    child.stdin.destroy();
    child.kill("SIGKILL");
  }
}
