import { type Api, ApiError } from "../api.ts";
import { readEvents } from "../event-stream.ts";

export interface Following {
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onEvent: (type: string, data: unknown) => void;
  /** The connection has ended, or could not be made; it is made again after a while. */
  readonly onBreak?: () => void;
}

const firstDelayMs = 500;
const longestDelayMs = 15_000;

/** Reads a stream of server-sent events. A broken connection is made again, ever more slowly. Never rejects. */
export async function followEvents(api: Api, path: string, { signal, onEvent, onBreak }: Following): Promise<void> {
  let delay = firstDelayMs;
  while (!signal.aborted) {
    try {
      const { body } = await api.fetch("GET", path, { signal });
      if (body === null) throw new ApiError(0, "The answer has no body.");
      delay = firstDelayMs;
      for await (const event of readEvents(body)) onEvent(event.type, JSON.parse(event.data));
    } catch {
      // The end of a connection is no error to show.
    }
    if (signal.aborted) return;
    onBreak?.();
    await new Promise((resolve) => setTimeout(resolve, delay));
    delay = Math.min(delay * 2, longestDelayMs);
  }
}
