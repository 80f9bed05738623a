import type { Logger } from "pino";
import { HttpWebhook } from "./http-webhook.ts";
import type { Webhooks } from "./webhooks.ts";

/** Webhooks at `http:` or `https:` URLs, which hold no user names. One that is slow or gone does not hold up the others. */
export function createHttpWebhooks(urls: readonly string[], log: Logger): Webhooks {
  const webhooks = urls.map((url) => new HttpWebhook(url, log));
  return {
    none: webhooks.length === 0,
    post(message) {
      for (const webhook of webhooks) webhook.post(message);
    },
    clear() {
      for (const webhook of webhooks) webhook.clear();
    },
    async close() {
      await Promise.all(webhooks.map((webhook) => webhook.close()));
    },
  };
}
