import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { WebhookMessage } from "./webhooks.ts";

/** Messages that wait: beyond this the newest are dropped. */
const capacity = 10_000;
/** Milliseconds before each further try. */
const pauses = [200, 1000, 5000];
/** Milliseconds that an answer may take. */
const patience = 10_000;
/** Milliseconds that all that is left at the end may take. */
const grace = 2000;

/** Why a message has not arrived, and whether it may the next time. */
interface Failure {
  readonly reason: string;
  readonly transient: boolean;
}

/** One URL and what is on its way to it. */
export class HttpWebhook {
  readonly #url: string;
  readonly #log: Logger;
  #waiting: WebhookMessage[] = [];
  #running: Promise<void> | undefined;
  #overflowed = false;
  #closing = false;
  /** Grows when all is dropped. */
  #generation = 0;
  #pause = new AbortController();
  #try = new AbortController();

  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
  }

  post(message: WebhookMessage): void {
    if (this.#waiting.length >= capacity) {
      if (!this.#overflowed)
        this.#log.warn({ webhook: this.#url, capacity }, "a webhook is too slow: events are dropped");
      this.#overflowed = true;
      return;
    }
    this.#overflowed = false;
    this.#waiting.push(message);
    this.#running ??= this.#run();
  }

  clear(): void {
    this.#generation++;
    this.#waiting = [];
    this.#pause.abort();
    this.#try.abort();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#pause.abort();
    const timer = setTimeout(() => {
      this.#log.warn({ webhook: this.#url, lost: this.#waiting.length + 1 }, "events have not reached a webhook");
      this.clear();
    }, grace);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
      await this.#deliver(message);
    }
    // At once: what is posted from now on starts another run.
    this.#running = undefined;
  }

  /** Resolves when the message has arrived, or is given up. */
  async #deliver(message: WebhookMessage): Promise<void> {
    const generation = this.#generation;
    for (const pause of [...pauses, undefined]) {
      const failure = await this.#attempt(message);
      if (generation !== this.#generation) return;
      if (failure === undefined) {
        message.ended?.("settled");
        return;
      }
      if (!failure.transient || pause === undefined || this.#closing) {
        this.#log.warn({ webhook: this.#url, reason: failure.reason }, "an event has not reached a webhook");
        message.ended?.(failure.transient ? "failed" : "settled");
        return;
      }
      this.#pause = new AbortController();
      // Cut short, the last try follows at once.
      await delay(pause, undefined, { signal: this.#pause.signal }).catch(() => undefined);
      if (generation !== this.#generation) return;
    }
  }

  async #attempt({ body, headers }: WebhookMessage): Promise<Failure | undefined> {
    const attempt = new AbortController();
    this.#try = attempt;
    const timer = setTimeout(() => attempt.abort(new Error(`no answer within ${patience} ms`)), patience);
    try {
      const answer = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
        redirect: "manual",
        signal: attempt.signal,
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : { reason: `status ${answer.status}`, transient: isTransient(answer.status) };
    } catch (error) {
      return { reason: reasonOf(error), transient: true };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Other refusals are of the message: it would be refused again. */
function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** `fetch` says nothing but that it failed; why is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String(Reflect.get(error.cause, "code")) : error.message;
}
