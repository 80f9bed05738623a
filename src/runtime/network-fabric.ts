import type { Logger } from "pino";
import { addressAt } from "./cidr-block.ts";
import { FabricEdge, type Uplink } from "./fabric-edge.ts";
import type { MachinePort } from "./machine-driver.ts";
import type { ServeMachine } from "./machine-networks.ts";
import type { NetworkHub, NetworkPlan, PacketRoute } from "./machine-packets.ts";
import type { NetworkNamespace } from "./network-namespace.ts";
import { type AnswerName, NetworkServices } from "./network-services.ts";
import { NetworkSpace } from "./network-space.ts";
import { OneAtATime } from "./one-at-a-time.ts";

interface Plugging {
  readonly ports: readonly MachinePort[];
  /** By the names of the ports. */
  readonly routes: ReadonlyMap<string, readonly PacketRoute[] | undefined>;
  /** Resolved when nothing passes that is not to. */
  readonly rules: Promise<void>;
}

const noPlan: NetworkPlan = { links: [], hubs: [], addresses: [] };

/** The networks of machines, wherever they lead: spaces, the edge between them and the host, and LocalAWS's services in each. */
export class NetworkFabric {
  readonly #services: NetworkServices;
  readonly #oneAtATime = new OneAtATime();
  readonly #spaces = new Map<string, NetworkSpace>();
  /** The ids of the spaces that are joined, with a space between them. */
  readonly #links = new Map<string, readonly [string, string]>();
  #linkNumber = 0;
  readonly #edge: FabricEdge;
  #plan = noPlan;
  /** The ids of the spaces that are hubs. */
  readonly #hubs = new Set<string>();
  /** Spaces that are being opened: the edge stays. */
  #reserving = 0;

  constructor({ uplink, log }: { readonly uplink: Uplink; readonly log: Logger }) {
    this.#edge = new FabricEdge(uplink, log, this.#spaces);
    this.#services = new NetworkServices(log);
  }

  /** What turned out not to be possible, in sentences. */
  get limitations(): readonly string[] {
    return this.#edge.limitations;
  }

  serve(port: number, serve: ServeMachine): void {
    this.#services.serve(port, serve);
  }

  answerNames(answer: AnswerName): void {
    this.#services.answerNames(answer);
  }

  /** Gives a machine these ports and no others, not before its rules are there. @throws Error where it ends meanwhile */
  async plug(machineId: string, machine: NetworkNamespace, { ports, routes, rules }: Plugging): Promise<void> {
    const has = [...this.#spaces.values()].flatMap((space) => space.portsOf(machineId));
    const stays = (spec: MachinePort) => ports.some((port) => isSamePort(port, spec));
    if (!has.every(stays)) await this.#takeOut(machineId, stays);
    // The first comes last: the machine's programs wait for it.
    for (const port of [...ports].reverse()) {
      const there = has.find((spec) => isSamePort(port, spec));
      if (there !== undefined && sameText(port, there)) continue;
      const isNew = !this.#spaces.has(port.networkId);
      const space = await this.#reserve(machineId, port);
      if (isNew) await this.#oneAtATime.run("", () => this.#applyPlan());
      if (there === undefined) {
        await space.plug(machineId, machine, { spec: port, wanted: routes.get(port.name), rules });
      } else {
        await rules;
        await space.change(machineId, machine, port);
      }
      await this.#translate(space);
    }
  }

  /** Where what a machine sends goes, by the names of its ports. @throws Error */
  async route(machineId: string, routes: ReadonlyMap<string, readonly PacketRoute[] | undefined>): Promise<void> {
    for (const space of this.#spaces.values()) {
      for (const { name } of space.portsOf(machineId)) await space.route(machineId, name, routes.get(name));
    }
  }

  async unplug(machineId: string): Promise<void> {
    await this.#takeOut(machineId, () => false);
  }

  /** Joins spaces and translates addresses as `plan` says from now on, as far as there are machines in them. @throws Error */
  async apply(plan: NetworkPlan): Promise<void> {
    await this.#oneAtATime.run("", async () => {
      this.#plan = plan;
      await this.#applyPlan();
    });
  }

  async close(): Promise<void> {
    for (const id of [...this.#spaces.keys()]) await this.#oneAtATime.run(id, async () => this.#closeSpace(id));
    await this.#edge.close(() => this.#reserving > 0);
  }

  async #applyPlan(): Promise<void> {
    await this.#applyHubs();
    const links = [...this.#plan.links, ...this.#plan.hubs.flatMap(hubLinks)];
    const wanted = new Map(links.map((pair) => [pair.join(" "), pair]));
    for (const [key, [one, other]] of this.#links) {
      if (wanted.has(key) && this.#spaces.has(one) && this.#spaces.has(other)) continue;
      this.#links.delete(key);
      await this.#spaces.get(one)?.part(other);
      await this.#spaces.get(other)?.part(one);
    }
    for (const [key, pair] of wanted) {
      const [one, other] = pair.map((id) => this.#spaces.get(id));
      if (this.#links.has(key) || one === undefined || other === undefined) continue;
      await one.join(other, this.#linkNumber++);
      this.#links.set(key, pair);
    }
    for (const space of this.#spaces.values()) {
      await this.#translate(space);
      await space.refreshRoutes();
    }
    for (const { id, legs } of this.#plan.hubs) {
      await this.#spaces.get(id)?.routeLegs(new Map(legs.map(({ networkId, routes }) => [networkId, routes])));
    }
    await this.#edge.route(this.#plan.addresses);
  }

  /** A hub is there for as long as one of its networks is. */
  async #applyHubs(): Promise<void> {
    const wanted = this.#plan.hubs.filter(({ legs }) => legs.some(({ networkId }) => this.#spaces.has(networkId)));
    const ids = new Set(wanted.map(({ id }) => id));
    for (const id of [...this.#hubs].filter((hub) => !ids.has(hub))) {
      this.#hubs.delete(id);
      await this.#oneAtATime.run(id, async () => this.#closeSpace(id));
    }
    for (const id of [...ids].filter((hub) => !this.#hubs.has(hub))) {
      this.#hubs.add(id);
      this.#spaces.set(id, await NetworkSpace.open(id, await this.#edge.open(), undefined));
    }
  }

  async #translate(space: NetworkSpace): Promise<void> {
    await space.translate(this.#plan.addresses.filter(({ networkId }) => networkId === space.id));
  }

  /** The space of a port, which is not closed before the machine is unplugged. */
  async #reserve(machineId: string, { networkId, cidrBlock }: MachinePort): Promise<NetworkSpace> {
    this.#reserving += 1;
    const reserved = this.#oneAtATime.run(networkId, async () => {
      const there = this.#spaces.get(networkId);
      if (there !== undefined) {
        there.machines.add(machineId);
        if (!there.blocks.has(cidrBlock)) {
          there.blocks.add(cidrBlock);
          await this.#edge.route(this.#plan.addresses);
        }
        return there;
      }
      const resolver = addressAt(cidrBlock, 2);
      const space = await NetworkSpace.open(networkId, await this.#edge.open(), resolver);
      space.blocks.add(cidrBlock);
      space.machines.add(machineId);
      this.#spaces.set(networkId, space);
      await this.#services.open(space, resolver);
      await this.#edge.route(this.#plan.addresses);
      return space;
    });
    return await reserved.finally(() => {
      this.#reserving -= 1;
    });
  }

  async #takeOut(machineId: string, keep: (spec: MachinePort) => boolean): Promise<void> {
    const found = [...this.#spaces].filter(([, space]) => space.machines.has(machineId));
    if (found.length === 0) return;
    for (const [id, space] of found) {
      await this.#oneAtATime.run(id, async () => {
        await space.unplug(machineId, keep);
        if (space.portsOf(machineId).length > 0) return;
        space.machines.delete(machineId);
        if (space.machines.size > 0 || this.#spaces.get(id) !== space) return;
        await this.#closeSpace(id);
      });
    }
    if (this.#spaces.size > this.#hubs.size) return await this.#edge.route(this.#plan.addresses);
    for (const id of this.#hubs) await this.#closeSpace(id);
    this.#hubs.clear();
    await this.#edge.close(() => this.#reserving > 0);
  }

  async #closeSpace(id: string): Promise<void> {
    for (const [key, pair] of this.#links) {
      if (!pair.includes(id)) continue;
      this.#links.delete(key);
      for (const other of pair) await this.#spaces.get(other)?.part(pair.find((one) => one !== other) ?? "");
    }
    this.#services.close(id);
    this.#spaces.get(id)?.close();
    this.#spaces.delete(id);
  }
}

function hubLinks({ id, legs }: NetworkHub): (readonly [string, string])[] {
  return legs.map(({ networkId }) => [id, networkId]);
}

/** Whether one is the other, with other addresses perhaps. */
function isSamePort(one: MachinePort, other: MachinePort): boolean {
  return (
    one.name === other.name &&
    one.networkId === other.networkId &&
    one.subnetBlock === other.subnetBlock &&
    one.macAddress === other.macAddress
  );
}

function sameText(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
