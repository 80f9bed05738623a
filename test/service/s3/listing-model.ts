/** What a listing is of, by S3's rules. */
interface ListingRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** List what comes after this key. */
  readonly after: string;
}

/** Keys and common prefixes in one order, as S3 counts and cuts them: computed the plain way, over all keys. */
export function expectedListing(keys: readonly string[], { prefix, delimiter, after }: ListingRequest): string[] {
  const entries = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = at < 0 ? key : key.slice(0, at + delimiter.length);
    // What is rolled up into the common prefix that a listing starts after is behind it too.
    if (compareKeys(key, after) > 0 && !(at >= 0 && entry === after)) entries.add(entry);
  }
  return [...entries].sort(compareKeys);
}

/** By the bytes of UTF-8, which is not the order of UTF-16 for characters beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  return Buffer.from(a).compare(Buffer.from(b));
}
