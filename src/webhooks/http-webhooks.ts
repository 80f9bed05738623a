import type { Logger } from "pino";
import { HttpWebhook } from "./http-webhook.ts";
import type { Outcome, Webhooks } from "./webhooks.ts";

/** Webhooks at `http:` or `https:` URLs, which hold no user names. One that is slow or gone does not hold up the others. */
export function createHttpWebhooks(urls: readonly string[], log: Logger): Webhooks {
  const webhooks = urls.map((url) => new HttpWebhook(url, log));
  return {
    none: webhooks.length === 0,
    post({ ended, ...message }) {
      let left = webhooks.length;
      let outcome: Outcome = "settled";
      const endedAtOne = (atOne: Outcome) => {
        if (atOne === "failed") outcome = atOne;
        left--;
        if (left === 0) ended?.(outcome);
      };
      for (const webhook of webhooks) webhook.post({ ...message, ended: endedAtOne });
    },
    clear() {
      for (const webhook of webhooks) webhook.clear();
    },
    async close() {
      await Promise.all(webhooks.map((webhook) => webhook.close()));
    },
  };
}
