import type { ServiceContext } from "../service-context.ts";

const dayMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Of snapshots, which are in their order, those that are still needed: the last of those that are older than the retention period is
 * what moments since then begin with.
 */
export function stillNeeded<Snapshot extends { readonly finished: string }>(
  snapshots: readonly Snapshot[],
  oldest: string,
): readonly Snapshot[] {
  return snapshots.slice(Math.max(0, snapshots.filter(({ finished }) => finished <= oldest).length - 1));
}

/** Drops the others. Resolves with the first that is left. */
export async function dropOldest<Snapshot extends { readonly finished: string }>(
  snapshots: readonly Snapshot[],
  oldest: string,
  drop: (snapshot: Snapshot) => Promise<void>,
): Promise<Snapshot | undefined> {
  const needed = stillNeeded(snapshots, oldest);
  for (const snapshot of snapshots) if (!needed.includes(snapshot)) await drop(snapshot);
  return needed[0];
}

/** ISO 8601: what is older is too old. */
export const expiry = ({ now }: ServiceContext, days = 1) =>
  new Date(now().getTime() - days * dayMilliseconds).toISOString();
