import { setTimeout as delay } from "node:timers/promises";

/**
 * Polls until `probe` gives something; for what goes on in another process. Rejects after `timeout` milliseconds.
 * `longestPause`: milliseconds between two looks at what has been waited for a while; less for what is soon over again.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeout = 120_000,
  longestPause = 200,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    const waited = performance.now() - began;
    if (waited > timeout) throw new Error(`Not within ${timeout} ms: ${what}`);
    // A look may cost as much as what it waits for, on the same processors.
    await delay(Math.min(Math.max(waited / 8, 10), longestPause));
  }
}
