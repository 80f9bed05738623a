import { createHash } from "node:crypto";
import { addressAt } from "./cidr-block.ts";
import type { MachinePort } from "./machine-driver.ts";
import type { PacketRoute, PublicAddress } from "./machine-packets.ts";
import { type EdgeLeg, edgeAddress, forwarding, hostAddress, type NetworkEdge } from "./network-edge.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import {
  addressRoutes,
  answerTable,
  forwardingOf,
  gatewayOf,
  interfaceCommands,
  mac,
  withoutRules,
} from "./port-commands.ts";
import { routerTable } from "./router-rules.ts";

/** Of LocalAWS's services in every space. */
export const serviceAddress = "169.254.169.254";
/** Of the name server. */
export const resolverAddress = "169.254.169.253";

interface Port {
  readonly machineId: string;
  spec: MachinePort;
  readonly device: string;
  /** Of its own routing table. */
  readonly table: number;
  /** What its table has. */
  routes: string;
  wanted: readonly PacketRoute[] | undefined;
}

interface Leg {
  readonly device: string;
  /** The other's address on it. */
  readonly there: string;
  /** What the routing table has, of what comes by it. */
  readonly table: number;
  routes: string;
}

/** A port to be made. */
interface PortPlan {
  readonly spec: MachinePort;
  readonly wanted: readonly PacketRoute[] | undefined;
  /** The machine's end comes up afterwards. */
  readonly rules: Promise<void>;
}

/**
 * A VPC as a network namespace that this process alone holds open: a router with a port for each interface of its machines. Blocks of
 * different spaces may be the same.
 */
export class NetworkSpace {
  readonly id: string;
  readonly namespace: NetworkNamespace;
  readonly leg: EdgeLeg;
  /** The blocks of its subnets' VPC. */
  readonly blocks = new Set<string>();
  /** Machines that have, or are about to have, a port. */
  readonly machines = new Set<string>();
  readonly #host: string;
  readonly #ports = new Map<string, Port>();
  readonly #legs = new Map<string, Leg>();
  #tables = 1000;
  #rules = "";

  private constructor(id: string, namespace: NetworkNamespace, { leg, host }: { leg: EdgeLeg; host: string }) {
    this.id = id;
    this.namespace = namespace;
    this.leg = leg;
    this.#host = host;
  }

  /** @throws Error with what `ip` says */
  static async open(id: string, edge: NetworkEdge, resolver: string | undefined): Promise<NetworkSpace> {
    const namespace = await NetworkNamespace.create();
    try {
      const addresses = [serviceAddress, resolverAddress, ...(resolver === undefined ? [] : [resolver])];
      await namespace.run(
        ["sh", "-e"],
        `${forwarding}
echo 1 >/proc/sys/net/ipv4/conf/default/proxy_arp
ip rule add lookup main pref 100
${addresses.map((address) => `ip address add ${address}/32 dev lo\n`).join("")}`,
      );
      const space = new NetworkSpace(id, namespace, { leg: await edge.join(namespace), host: edge.host });
      await space.translate([]);
      return space;
    } catch (error) {
      namespace.close();
      throw error;
    }
  }

  /** The machine whose interface has an address. */
  machineAt(address: string | undefined): string | undefined {
    for (const { machineId, spec } of this.#ports.values()) {
      if (address !== undefined && spec.addresses.includes(address)) return machineId;
    }
    return undefined;
  }

  /** Gives a machine an interface; its program waits for the default route of the first. @throws Error with what `ip` says */
  async plug(machineId: string, machine: NetworkNamespace, plan: PortPlan): Promise<void> {
    try {
      await this.#plug(machineId, machine, plan);
    } catch (error) {
      // The kernel takes a moment to drop the interface of a LocalAWS that has ended just now.
      if (!(error instanceof Error && error.message.includes("File exists"))) throw error;
      await machine.run(["ip", "-force", "-batch", "-"], `link delete ${plan.spec.name}\n`).catch(() => {});
      await this.#plug(machineId, machine, plan);
    }
  }

  async #plug(machineId: string, machine: NetworkNamespace, { spec, wanted, rules }: PortPlan): Promise<void> {
    const key = `${machineId}/${spec.name}`;
    const device = `p${createHash("sha256").update(key).digest("hex").slice(0, 12)}`;
    const table = this.#tables++;
    const routes = this.#routesOf({ table, wanted });
    const port: Port = { machineId, spec, device, table, routes, wanted };
    this.blocks.add(spec.cidrBlock);
    await this.namespace.run(
      ["sh", "-e"],
      `ip -batch - <<END
link add ${device} type veth peer name ${spec.name} ${mac(spec)}netns ${machine.path}
link set ${device} up
address replace ${gatewayOf(spec)}/32 dev lo
route replace unreachable ${spec.cidrBlock}
${addressRoutes(spec, device)}rule add iif ${device} lookup ${table} pref ${table}
${routes}END
echo ${spec.forwards === true ? 0 : 1} >/proc/sys/net/ipv4/conf/${device}/rp_filter
echo 0 >/proc/sys/net/ipv4/neigh/${device}/proxy_delay
`,
      machine,
    );
    this.#ports.set(key, port);
    await rules;
    await machine.run(
      ["sh", "-e"],
      `${forwardingOf(spec)}${withoutRules(spec)}ip -batch - <<END\n${interfaceCommands(spec)}END\n`,
    );
  }

  /** Gives a port other addresses, or has it forward. @throws Error with what `ip` says */
  async change(machineId: string, machine: NetworkNamespace, spec: MachinePort): Promise<void> {
    const port = this.#ports.get(`${machineId}/${spec.name}`);
    if (port === undefined) return;
    const gone = port.spec.addresses.filter((address) => !spec.addresses.includes(address));
    const length = spec.subnetBlock.split("/")[1];
    const before = port.spec.name === "eth0" ? [] : port.spec.addresses;
    port.spec = spec;
    await this.namespace.run(
      ["sh", "-e"],
      `ip -force -batch - <<END || true
${gone.map((address) => `route delete ${address}/32 dev ${port.device}\n`).join("")}END
ip -batch - <<END
${addressRoutes(spec, port.device)}END
echo ${spec.forwards === true ? 0 : 1} >/proc/sys/net/ipv4/conf/${port.device}/rp_filter
`,
    );
    await machine.run(
      ["sh", "-e"],
      `${forwardingOf(spec)}ip -force -batch - <<END || true
${gone.map((address) => `address delete ${address}/${length} dev ${spec.name}\n`).join("")}${before.map(() => `rule delete pref ${answerTable(spec)}\n`).join("")}END
ip -batch - <<END
${interfaceCommands(spec)}END
`,
    );
  }

  /** Takes a machine's ports; its own end of them may be gone already. */
  async unplug(machineId: string, keep: (spec: MachinePort) => boolean = () => false): Promise<void> {
    const gone = [...this.#ports].filter(([, port]) => port.machineId === machineId && !keep(port.spec));
    for (const [key] of gone) this.#ports.delete(key);
    if (gone.length === 0) return;
    const commands = gone.map(
      ([, { device, table }]) => `link delete ${device}\nrule delete pref ${table}\nroute flush table ${table}\n`,
    );
    await this.namespace.run(["ip", "-force", "-batch", "-"], commands.join("")).catch(() => {});
  }

  /** The ports that a machine has here. */
  portsOf(machineId: string): MachinePort[] {
    return [...this.#ports.values()].filter((port) => port.machineId === machineId).map(({ spec }) => spec);
  }

  /** Where what a port sends goes: the first of the routes that has the destination, as far as it passes. Without: out. */
  async route(machineId: string, name: string, routes: readonly PacketRoute[] | undefined): Promise<void> {
    const port = this.#ports.get(`${machineId}/${name}`);
    if (port === undefined) return;
    port.wanted = routes;
    await this.#applyRoutes([port]);
  }

  /** Joins this space and another. @throws Error */
  async join(other: NetworkSpace, number: number): Promise<void> {
    const [one, two] = [linkAddress(2 * number), linkAddress(2 * number + 1)];
    const [here, there] = [`l${number}a`, `l${number}b`];
    await this.namespace.run(
      ["ip", "-batch", "-"],
      `link add ${here} type veth peer name ${there} netns ${other.namespace.path}\naddress add ${one}/31 dev ${here}\nlink set ${here} up\n`,
      other.namespace,
    );
    await other.namespace.run(["ip", "-batch", "-"], `address add ${two}/31 dev ${there}\nlink set ${there} up\n`);
    this.#legs.set(other.id, { device: here, there: two, table: this.#tables++, routes: "" });
    other.#legs.set(this.id, { device: there, there: one, table: other.#tables++, routes: "" });
  }

  /** Where what comes from other spaces goes, by their ids: nowhere without. @throws Error with what `ip` says */
  async routeLegs(wanted: ReadonlyMap<string, readonly PacketRoute[]>): Promise<void> {
    for (const [id, leg] of this.#legs) {
      const routes = this.#routesOf({ table: leg.table, wanted: wanted.get(id) ?? [] });
      if (routes === leg.routes) continue;
      const rule = leg.routes === "" ? `rule add iif ${leg.device} lookup ${leg.table} pref ${leg.table}\n` : "";
      const empty = leg.routes === "" ? "" : `route flush table ${leg.table}\n`;
      await this.namespace.run(["ip", "-batch", "-"], `${rule}${empty}${routes}`);
      leg.routes = routes;
    }
  }

  /** Parts it from a space that may be gone. */
  async part(otherId: string): Promise<void> {
    const leg = this.#legs.get(otherId);
    this.#legs.delete(otherId);
    if (leg === undefined) return;
    const rule = leg.routes === "" ? "" : `rule delete pref ${leg.table}\nroute flush table ${leg.table}\n`;
    await this.namespace.run(["ip", "-force", "-batch", "-"], `link delete ${leg.device}\n${rule}`).catch(() => {});
  }

  /** Translates public addresses as these say. @throws Error with what `nft` says */
  async translate(addresses: readonly PublicAddress[]): Promise<void> {
    const [block] = this.blocks;
    const gateway = block === undefined ? undefined : addressAt(block, 1);
    const rules = routerTable({ addresses, host: { from: this.#host, gateway, shown: hostAddress } });
    if (rules === this.#rules) return;
    await this.namespace.applyPacketRules(rules);
    this.#rules = rules;
  }

  /** After spaces have been joined or parted, or machines have come and gone. @throws Error */
  async refreshRoutes(): Promise<void> {
    await this.#applyRoutes([...this.#ports.values()]);
  }

  async #applyRoutes(ports: readonly Port[]): Promise<void> {
    const changes = ports.flatMap((port) => {
      const routes = this.#routesOf(port);
      return routes === port.routes ? [] : [{ port, routes }];
    });
    if (changes.length === 0) return;
    const commands = changes.map(({ port, routes }) => `route flush table ${port.table}\n${routes}`);
    await this.namespace.run(["ip", "-force", "-batch", "-"], commands.join(""));
    for (const { port, routes } of changes) port.routes = routes;
  }

  #routesOf({ table, wanted }: Pick<Port, "table" | "wanted">): string {
    const out = `via ${edgeAddress} dev edge onlink`;
    if (wanted === undefined) return `route replace default ${out} table ${table}\n`;
    const ways = new Map<string, string>();
    for (const { destinations, passes, by } of wanted) {
      const way = by === undefined ? out : this.#way(by);
      for (const block of destinations) {
        if (!ways.has(block)) ways.set(block, passes && way !== undefined ? way : "");
      }
    }
    return [...ways]
      .map(
        ([block, way]) => `route replace ${way === "" ? `unreachable ${block}` : `${block} ${way}`} table ${table}\n`,
      )
      .join("");
  }

  #way(by: NonNullable<PacketRoute["by"]>): string | undefined {
    if ("network" in by) {
      const leg = this.#legs.get(by.network);
      return leg && `via ${leg.there} dev ${leg.device}`;
    }
    const port = [...this.#ports.values()].find(({ spec }) => spec.addresses.includes(by.address));
    return port && `via ${by.address} dev ${port.device} onlink`;
  }

  close(): void {
    this.namespace.close();
  }
}

function linkAddress(number: number): string {
  return `169.254.${64 + (Math.floor(number / 256) % 64)}.${number % 256}`;
}
