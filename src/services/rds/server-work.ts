import type { DatabaseDriver } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";

interface Work {
  /** How to give up on a server that is being made. */
  readonly creations: Map<string, AbortController>;
  /** The last work of each server that has any. Servers are told one thing at a time, in the order of the requests. */
  readonly turns: Map<string, Promise<void>>;
}

const workOfDriver = new WeakMap<DatabaseDriver, Work>();

function workOf(ctx: ServiceContext): Work {
  let work = workOfDriver.get(ctx.databases);
  if (work === undefined) {
    work = { creations: new Map(), turns: new Map() };
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
  const { turns } = workOf(ctx);
  const turn = (turns.get(id) ?? Promise.resolve()).then(work);
  const settled = turn
    .catch(() => {})
    .then(() => {
      if (turns.get(id) === settled) turns.delete(id);
    });
  turns.set(id, settled);
  ctx.background(name, () => turn);
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

/** Gives up on creations, and lets everything else end. */
export async function endAllWork(ctx: ServiceContext): Promise<void> {
  const { creations, turns } = workOf(ctx);
  for (const creation of creations.values()) creation.abort();
  await Promise.all(turns.values());
}
