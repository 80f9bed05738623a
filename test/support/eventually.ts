import { setTimeout as delay } from "node:timers/promises";

/** Polls until `probe` gives something; for what goes on in another process. Rejects after `timeout` milliseconds. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeout = 120_000,
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`Not within ${timeout} ms: ${what}`);
    await delay(20);
  }
}
