import type { Api, CallOptions } from "../api.ts";

/** Every page of a list, one after another; `member` is where an answer has its items. */
export async function listAll<Item>(
  api: Api,
  path: string,
  member: string,
  query: CallOptions["query"] = {},
): Promise<Item[]> {
  const items: Item[] = [];
  let token: string | undefined;
  do {
    const page = await api.call<Readonly<Record<string, unknown>>>("GET", path, {
      query: { ...query, next_token: token },
    });
    const found = page[member];
    // The route's schema says what its list holds; the caller names it.
    if (Array.isArray(found)) items.push(...(found as Item[]));
    token = typeof page.next_token === "string" ? page.next_token : undefined;
  } while (token !== undefined);
  return items;
}
