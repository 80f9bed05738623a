import { decodePageToken, firstPage } from "../../aws/pagination.ts";
import { invalidParameterValue } from "./errors.ts";

interface PageRequest {
  /** What the pages are of: a marker of one list is none of another. */
  readonly kind: string;
  readonly MaxRecords?: number | undefined;
  readonly Marker?: string | undefined;
  /** 100, unless the operation's page of the API reference says otherwise. */
  readonly largest?: number;
}

/**
 * The page of `items` that is asked for; the order of `keyOf` is the order of the items, which are taken as far as the page goes. A
 * function gives those of a long list, and may leave out what is known to come before the key that it is given.
 */
export function page<Item>(
  items: Iterable<Item> | ((after: string | undefined) => Iterable<Item>),
  request: PageRequest,
  keyOf: (item: Item) => string,
): { items: Item[]; marker: string | undefined } {
  const { kind, largest = 100 } = request;
  const limit = request.MaxRecords ?? 100;
  if (limit < 20 || limit > largest) {
    throw invalidParameterValue(`Invalid value ${limit} for MaxRecords. Must be between 20 and ${largest}`);
  }
  const after = startAfter(request);
  const rest: Item[] = [];
  for (const item of typeof items === "function" ? items(after) : items) {
    if (after !== undefined && keyOf(item) <= after) continue;
    // One more says whether there is another page.
    if (rest.push(item) > limit) break;
  }
  const { items: found, nextToken } = firstPage(rest, { kind, limit, keyOf });
  return { items: found, marker: nextToken };
}

function startAfter({ kind, Marker }: PageRequest): string | undefined {
  if (Marker === undefined || Marker === "") return undefined;
  const key = decodePageToken(kind, Marker);
  if (key === undefined) throw invalidParameterValue(`The request contains an invalid marker: ${Marker}`);
  return key;
}
