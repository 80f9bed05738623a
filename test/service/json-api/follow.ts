import { eventually } from "../../support/eventually.ts";
import type { JsonApi } from "./json-api.ts";

interface SentEvent {
  type: string;
  data: Record<string, unknown>;
}

/** Follows the events of a path, by a token or by its query, until it is closed. */
export async function follow(
  api: JsonApi,
  path: string,
  headers: Record<string, string> = { authorization: `Bearer ${api.token}` },
) {
  const aborted = new AbortController();
  const answer = await fetch(api.aws.endpoint + path, { headers, signal: aborted.signal });
  const events: SentEvent[] = [];
  let ended = false;
  async function read() {
    let text = "";
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, type = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (type !== "") events.push({ type, data: JSON.parse(data) });
      }
    }
  }
  const reading = (answer.ok ? read() : Promise.resolve())
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  if (answer.ok) await eventually("the events begin", () => events.length > 0);
  return {
    ...{ answer, events },
    hasEnded: () => ended,
    seen: (type: string, members: object = {}) =>
      eventually(`${type} ${JSON.stringify(members)} in ${JSON.stringify(events)}`, () =>
        events.find(
          (event) =>
            event.type === type && Object.entries(members).every(([name, value]) => event.data[name] === value),
        ),
      ),
    async close() {
      aborted.abort();
      await reading;
    },
  };
}
