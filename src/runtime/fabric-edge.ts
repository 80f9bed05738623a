import type { Logger } from "pino";
import type { PublicAddress } from "./machine-packets.ts";
import { type Bridge, type EdgeLeg, hostRoutes, isFree, NetworkEdge } from "./network-edge.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import type { NetworkSpace } from "./network-space.ts";
import { OneAtATime } from "./one-at-a-time.ts";

/** A way out of this host, made for the first machine. */
export interface Uplink {
  open(): Promise<Bridge | undefined>;
  /** After the last machine. */
  close(): Promise<void>;
}

/** The edge between a fabric's spaces and the host, which is there for as long as there are spaces. */
export class FabricEdge {
  readonly #uplink: Uplink;
  readonly #log: Logger;
  readonly #spaces: ReadonlyMap<string, NetworkSpace>;
  readonly #oneAtATime = new OneAtATime();
  #edge: Promise<NetworkEdge> | undefined;
  #limitations: readonly string[] = [];

  /** `spaces`: those that are open, now and later. */
  constructor(uplink: Uplink, log: Logger, spaces: ReadonlyMap<string, NetworkSpace>) {
    this.#uplink = uplink;
    this.#log = log;
    this.#spaces = spaces;
  }

  get limitations(): readonly string[] {
    return this.#limitations;
  }

  /** Leads the host to these addresses, and to blocks that it knows no other way to. @throws Error */
  async route(addresses: readonly PublicAddress[]): Promise<void> {
    await this.#oneAtATime.run("", async () => {
      const edge = await this.#edge;
      if (edge === undefined) return;
      const ways = new Map<string, EdgeLeg>();
      for (const { address, networkId } of addresses) {
        const space = this.#spaces.get(networkId);
        if (space !== undefined) ways.set(`${address}/32`, space.leg);
      }
      const taken = (await hostRoutes()).filter((block) => !edge.hasWayTo(block));
      for (const space of this.#spaces.values()) {
        for (const block of space.blocks) {
          if (!isFree(block, [...taken, ...ways.keys()])) continue;
          ways.set(block, space.leg);
        }
      }
      const spaces = [...this.#spaces.values()];
      try {
        await edge.route(ways);
      } catch (error) {
        // One that has been closed meanwhile is no failure: what closes it routes again.
        if (spaces.every((space) => this.#spaces.get(space.id) === space)) throw error;
      }
    });
  }

  async open(): Promise<NetworkEdge> {
    return await this.#oneAtATime.run("", async () => {
      this.#edge ??= this.#newEdge();
      this.#edge.catch(() => {
        this.#edge = undefined;
      });
      return await this.#edge;
    });
  }

  async #newEdge(): Promise<NetworkEdge> {
    const edge = await NetworkEdge.open();
    try {
      const bridge = await this.#uplink.open();
      if (bridge !== undefined) await edge.openUplink(bridge);
      this.#limitations = [];
    } catch (error) {
      this.#limitations = [`No way leads out of this host for instances: ${sentenceOf(error)}.`];
      this.#log.warn({ err: error }, "there is no network by which instances get out");
    }
    return edge;
  }

  /** `isWanted`: whether a space is being opened meanwhile. */
  async close(isWanted: () => boolean): Promise<void> {
    await this.#oneAtATime.run("", async () => {
      if (this.#spaces.size > 0 || isWanted() || this.#edge === undefined) return;
      const edge = await this.#edge;
      this.#edge = undefined;
      edge.close();
      await this.#uplink.close();
    });
  }
}

/** What keeps this process from making networks, as a sentence. */
export async function fabricRefusal(): Promise<string | undefined> {
  try {
    const namespace = await NetworkNamespace.create();
    await namespace.run(["ip", "link", "add", "one", "type", "veth", "peer", "name", "other"], "").finally(() => {
      namespace.close();
    });
    return undefined;
  } catch (error) {
    return `Networks cannot be made: install iproute2, and have the kernel allow it (${sentenceOf(error)}).`;
  }
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").replace(/\.$/, "");
}
