import assert from "node:assert";
import { addAbortSignal, Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import type { Logger } from "pino";
import { engineWords } from "./engine.ts";
import { jsonLines } from "./json-lines.ts";
import { idLabel, type Ownership, ownFilter } from "./labels.ts";

/** https://docs.docker.com/reference/api/engine/version/v1.41/#tag/System/operation/SystemEvents */
interface DieEvent {
  readonly timeNano: number;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

type ExitListener = (id: string, exitCode: number) => void;

/** What a container ends with that was killed, and what is said of one that is gone. */
const killed = 137;

/** More than are started at the same time. */
const maxEarly = 1000;

/** Tells of machines that end by themselves, from the engine's events; also of those that ended while there was no connection. */
export class MachineExits {
  readonly #docker: Docker;
  readonly #owner: Ownership;
  readonly #log: Logger;
  readonly #listeners = new Set<ExitListener>();
  /** The machines that are to run, with the time of their start in milliseconds: an event from before it tells of an earlier run. */
  readonly #running = new Map<string, number>();
  /** Ends of machines that were not known to run, the last of each: one may end before its start is told of. */
  readonly #early = new Map<string, { readonly time: number; readonly exitCode: number }>();
  /** The machines that LocalAWS is ending. */
  readonly #ending = new Set<string>();
  #connection: AbortController | undefined;

  constructor(docker: Docker, owner: Ownership, log: Logger) {
    this.#docker = docker;
    this.#owner = owner;
    this.#log = log;
  }

  watch(onExit: ExitListener): () => void {
    this.#listeners.add(onExit);
    if (this.#connection === undefined) {
      this.#connection = new AbortController();
      void this.#follow(this.#connection.signal);
    }
    return () => {
      this.#listeners.delete(onExit);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#connection?.abort();
    this.#connection = undefined;
  }

  /** To be told after each start, with what the engine says then. */
  started(id: string, { Running, StartedAt, ExitCode }: Docker.ContainerInspectInfo["State"]): void {
    const startedAt = Date.parse(StartedAt);
    this.#running.set(id, startedAt);
    const early = this.#early.get(id);
    this.#early.delete(id);
    if (!Running) this.#exited(id, ExitCode);
    else if (early !== undefined && early.time >= startedAt) this.#exited(id, early.exitCode);
  }

  /** Runs `end`, by which LocalAWS ends the machine: that is not reported. */
  async expected<T>(id: string, end: () => Promise<T>): Promise<T> {
    const startedAt = this.#running.get(id);
    this.#running.delete(id);
    this.#ending.add(id);
    try {
      return await end();
    } catch (error) {
      if (startedAt !== undefined) this.#running.set(id, startedAt);
      throw error;
    } finally {
      this.#ending.delete(id);
    }
  }

  #exited(id: string, exitCode: number): void {
    this.#running.delete(id);
    for (const listener of this.#listeners) listener(id, exitCode);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let pause = 100;
    while (!signal.aborted) {
      try {
        const filters = JSON.stringify({ ...ownFilter(this.#owner), type: ["container"], event: ["die"] });
        const events = await this.#docker.getEvents({ filters });
        assert(events instanceof Readable);
        addAbortSignal(signal, events);
        await this.#catchUp();
        pause = 100;
        for await (const event of jsonLines<DieEvent>(events)) this.#onDie(event);
      } catch (error) {
        if (!signal.aborted) this.#log.warn({ reason: engineWords(error) }, "lost the connection to the Docker engine");
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, 5000);
    }
  }

  #onDie({ timeNano, Actor }: DieEvent): void {
    const id = Actor?.Attributes?.[idLabel];
    if (id === undefined) return;
    const startedAt = this.#running.get(id);
    const time = timeNano / 1e6;
    const exitCode = Number(Actor?.Attributes?.exitCode ?? killed);
    if (startedAt === undefined) this.#keep(id, { time, exitCode });
    else if (time >= startedAt) this.#exited(id, exitCode);
  }

  #keep(id: string, end: { readonly time: number; readonly exitCode: number }): void {
    this.#early.delete(id);
    this.#early.set(id, end);
    const [oldest] = this.#early.keys();
    if (this.#early.size > maxEarly && oldest !== undefined) this.#early.delete(oldest);
  }

  /** Learns which machines run, and reports those that ran when there was last a connection and do no more. */
  async #catchUp(): Promise<void> {
    const containers = await this.#docker.listContainers({ all: true, filters: ownFilter(this.#owner) });
    const byId = new Map(containers.map((container) => [container.Labels[idLabel] ?? "", container]));
    for (const [id, { State }] of byId) {
      if (State === "running" && !this.#running.has(id) && !this.#ending.has(id)) this.#running.set(id, 0);
    }
    for (const id of [...this.#running.keys()]) {
      if (byId.get(id)?.State === "running") continue;
      const exitCode = await this.#exitCode(id);
      if (this.#running.has(id) && exitCode !== undefined) this.#exited(id, exitCode);
    }
  }

  /** Asks anew: a machine may have been launched or started since the list was made, and then has no exit code. */
  async #exitCode(id: string): Promise<number | undefined> {
    const filters = ownFilter(this.#owner, { [idLabel]: id });
    const [container] = await this.#docker.listContainers({ all: true, filters });
    if (container === undefined) return killed;
    const { State } = await this.#docker.getContainer(container.Id).inspect();
    return State.Running ? undefined : State.ExitCode;
  }
}
