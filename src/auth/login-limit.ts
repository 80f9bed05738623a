/** Slows down who tries passwords: so many failures from one address within a minute, and it has to wait. */
export interface LoginLimit {
  /** Counts a try; the seconds to wait before the next one, or 0 when this one may go on. */
  begin(address: string): number;
  /** A try that succeeded is no failure. */
  succeeded(address: string): void;
}

const windowMs = 60_000;
const maxFailures = 10;
/** Addresses that are remembered: beyond them the oldest is forgotten. */
const maxAddresses = 10_000;

/** `now`: milliseconds. */
export function createLoginLimit(now: () => number): LoginLimit {
  const tries = new Map<string, { since: number; count: number }>();
  return {
    begin(address) {
      const time = now();
      const found = tries.get(address);
      if (found === undefined || time - found.since >= windowMs) {
        tries.delete(address);
        const [oldest] = tries.keys();
        if (oldest !== undefined && tries.size >= maxAddresses) tries.delete(oldest);
        tries.set(address, { since: time, count: 1 });
        return 0;
      }
      if (found.count >= maxFailures) return Math.ceil((found.since + windowMs - time) / 1000);
      // Counted before the password is looked at: tries at the same time are as many tries.
      found.count++;
      return 0;
    },
    succeeded(address) {
      tries.delete(address);
    },
  };
}
