import type { DatabaseDriver } from "../../runtime/database-driver.ts";
import { Retries } from "../retries.ts";
import type { ServiceContext } from "../service-context.ts";

interface Work {
  /** How to give up on a server that is being made. */
  readonly creations: Map<string, AbortController>;
  /** The last work of each server that has any. Servers are told one thing at a time, in the order of the requests. */
  readonly turns: Map<string, Promise<void>>;
  /** How many works of each server go on beside its turns. */
  readonly beside: Map<string, number>;
  /** Servers whose work could not arrive at an end, as on a full disk. */
  readonly retries: Retries;
  /** Goes on from the state that a server's row was left in; `since`: when its turn was asked for. */
  resume?: (id: string, since: Date) => Promise<void>;
}

const workOfDriver = new WeakMap<DatabaseDriver, Work>();

function workOf(ctx: ServiceContext): Work {
  let work = workOfDriver.get(ctx.databases);
  if (work === undefined) {
    work = { creations: new Map(), turns: new Map(), beside: new Map(), retries: new Retries() };
    workOfDriver.set(ctx.databases, work);
  }
  return work;
}

/** What the server `id` does when everything before has ended; `name` is for the log. */
export function takeTurn(
  ctx: ServiceContext,
  { id, name }: { readonly id: string; readonly name: string },
  work: () => Promise<void>,
): void {
  const { turns, retries } = workOf(ctx);
  const turn = (turns.get(id) ?? Promise.resolve()).then(work);
  const settled = turn
    .then(
      () => retries.done(id),
      () => retries.later(id, () => resume(ctx, id)),
    )
    .then(() => {
      if (turns.get(id) === settled) turns.delete(id);
    });
  turns.set(id, settled);
  ctx.background(name, () => turn);
}

/** What concerns the server `id` and waits for no turn: the taking of a snapshot. */
export function workBeside(
  ctx: ServiceContext,
  { id, name }: { readonly id: string; readonly name: string },
  work: () => Promise<void>,
): void {
  const { beside, retries } = workOf(ctx);
  beside.set(id, (beside.get(id) ?? 0) + 1);
  ctx.background(name, async () => {
    try {
      await work();
    } catch (error) {
      retries.later(id, () => resume(ctx, id));
      throw error;
    } finally {
      const left = (beside.get(id) ?? 1) - 1;
      if (left > 0) beside.set(id, left);
      else beside.delete(id);
    }
  });
}

/** What is done, in its turn, with a server whose work could not write down how it ended: it is tried until it succeeds. */
export function whenWorkFails(ctx: ServiceContext, resume: NonNullable<Work["resume"]>): void {
  workOf(ctx).resume = resume;
}

function resume(ctx: ServiceContext, id: string): void {
  const work = workOf(ctx);
  if (work.turns.has(id) || work.beside.has(id)) {
    work.retries.later(id, () => resume(ctx, id));
    return;
  }
  const since = ctx.now();
  takeTurn(ctx, { id, name: `rds resume ${id}` }, async () => work.resume?.(id, since));
}

/** Resolves when all that was to be done to a server so far has ended. */
export async function turnsOf(ctx: ServiceContext, id: string): Promise<void> {
  await workOf(ctx).turns.get(id);
}

/** The creation of the server `id`, from now until `end`. */
export function beginCreation(ctx: ServiceContext, id: string): { readonly signal: AbortSignal; end(): void } {
  const { creations } = workOf(ctx);
  const creation = new AbortController();
  creations.set(id, creation);
  return { signal: creation.signal, end: () => creations.delete(id) };
}

export function giveUpCreation(ctx: ServiceContext, id: string): void {
  workOf(ctx).creations.get(id)?.abort();
}

/** What has not arrived at its end is left to the next start. */
export function endRetries(ctx: ServiceContext): void {
  workOf(ctx).retries.close();
}

/** Gives up on creations, and lets everything else end. */
export async function endAllWork(ctx: ServiceContext): Promise<void> {
  const { creations, turns, retries } = workOf(ctx);
  retries.clear();
  for (const creation of creations.values()) creation.abort();
  await Promise.all(turns.values());
}
