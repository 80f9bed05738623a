/** A page and, when there is more, the token that asks for what follows. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextToken: string | undefined;
}

/**
 * The first `limit` items; the token names the last one by its key, so that a page stays right while items come and go
 * before it. The items are what follows the caller's own token, in the order of their keys.
 */
export function firstPage<Item>(
  items: readonly Item[],
  options: { kind: string; limit: number | undefined; keyOf: (item: Item) => string },
): Page<Item> {
  const { kind, limit, keyOf } = options;
  const last = limit === undefined ? undefined : items[limit - 1];
  if (limit === undefined || last === undefined || items.length <= limit) {
    return { items: [...items], nextToken: undefined };
  }
  return { items: items.slice(0, limit), nextToken: encodePageToken(kind, keyOf(last)) };
}

/** `kind` says what the pages are of: a token of one operation is no token of another. */
function encodePageToken(kind: string, key: string): string {
  return Buffer.from(JSON.stringify([kind, key])).toString("base64url");
}

/** The key that a page starts after; undefined for a token that was never given out for this `kind`. */
export function decodePageToken(kind: string, token: string): string | undefined {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (!Array.isArray(decoded) || decoded.length !== 2) return undefined;
    const [tokenKind, key]: unknown[] = decoded;
    return tokenKind === kind && typeof key === "string" ? key : undefined;
  } catch {
    return undefined;
  }
}
