import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import type { TerminalOptions } from "../runtime/terminal.ts";
import { TerminalSession } from "./terminal-session.ts";

/** Milliseconds that a terminal waits for somebody to come back. */
const keepMilliseconds = 60_000;

/** The open terminals of all machines. */
export class TerminalSessions {
  readonly #machines: Pick<MachineDriver, "openTerminal">;
  readonly #log: Logger;
  readonly #keep: number;
  readonly #sessions = new Map<string, TerminalSession>();
  readonly #opening = new Set<Promise<TerminalSession>>();
  #closed = false;

  constructor(options: { machines: Pick<MachineDriver, "openTerminal">; log: Logger; keep?: number }) {
    this.#machines = options.machines;
    this.#log = options.log;
    this.#keep = options.keep ?? keepMilliseconds;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @throws TerminalError, RangeError as `MachineDriver.openTerminal` does */
  async open(machineId: string, owner: string, options: TerminalOptions): Promise<TerminalSession> {
    const opening = this.#open(machineId, owner, options);
    this.#opening.add(opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(opening);
    }
  }

  /** The session of this id, if it is this owner's and of this machine. */
  find(id: string, machineId: string, owner: string): TerminalSession | undefined {
    const session = this.#sessions.get(id);
    return session?.machineId === machineId && session.owner === owner ? session : undefined;
  }

  /** Hangs up all of them, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#opening);
    await Promise.all([...this.#sessions.values()].map((session) => this.#hangUp(session)));
  }

  async #open(machineId: string, owner: string, options: TerminalOptions): Promise<TerminalSession> {
    const terminal = await this.#machines.openTerminal(machineId, options);
    const id = randomBytes(16).toString("hex");
    const session = new TerminalSession({
      ...{ id, machineId, owner, terminal, keep: this.#keep },
      onEnd: () => this.#sessions.delete(id),
    });
    this.#sessions.set(id, session);
    if (this.#closed) await this.#hangUp(session);
    return session;
  }

  async #hangUp(session: TerminalSession): Promise<void> {
    await session.close().catch((error: unknown) => {
      this.#log.warn({ err: error, instance: session.machineId }, "a terminal could not be hung up");
    });
  }
}
