/** A JSON document on its way to every webhook. */
export interface WebhookMessage {
  readonly body: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Called once, when it has reached every webhook or will reach none that refuses it (`settled`), or when one did not answer
   * however often it was tried (`failed`). Not called for what is dropped.
   */
  ended?(outcome: Outcome): void;
}

export type Outcome = "settled" | "failed";

/**
 * Where others want to be told what has happened. Each URL gets the messages in their order, by POST, from a queue in memory:
 * who posts a message learns what became of it, and keeps it until then.
 */
export interface Webhooks {
  /** Whether there are none: then no message need be made. */
  readonly none: boolean;
  /** Returns at once, and never throws. */
  post(message: WebhookMessage): void;
  /** Drops all that has not arrived. */
  clear(): void;
  /** Tries what is left once more, without a pause, for a short time. */
  close(): Promise<void>;
}
