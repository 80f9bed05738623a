import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Database } from "../../db/database.ts";
import { preparedQuery } from "../../db/prepared-query.ts";
import { successor } from "./listing.ts";
import type { ObjectRow } from "./object-rows.ts";

/** What a listing says of an object; `attributes` where they are asked for. */
export type ListedRow = Pick<
  ObjectRow,
  "key" | "size" | "etag" | "last_modified" | "storage_class" | "checksum_algorithm" | "checksum_type" | "owner"
> &
  Partial<Pick<ObjectRow, "attributes">>;

interface Kind {
  /** Whether a row with the key `from` itself is listed. */
  readonly inclusive: boolean;
  readonly attributes: boolean;
}

interface Query {
  /** The bucket's. */
  readonly id: number;
  readonly from: Buffer;
  /** Keys are below it; undefined is the end of the bucket. */
  readonly end: Buffer | undefined;
  readonly count: number;
  readonly delimiter: Buffer;
  /** Bytes, which all keys of the listing have in common. */
  readonly prefixLength: number;
}

/**
 * The next `count` objects of a bucket, in the order of their keys. With a delimiter one alone of those that have a common
 * prefix: of its row nothing but the key is looked at. The database leaps from one to the next within one query, since a query
 * each takes ten times as long as a leap.
 */
export function listedRows(db: Kysely<Database>, { inclusive, attributes }: Kind, query: Query) {
  const leaps = query.delimiter.length > 0;
  const name = `${inclusive} ${attributes} ${query.end !== undefined} ${leaps}`;
  let listing = listings.get(name);
  if (listing === undefined) {
    listing = prepareListing({ inclusive, attributes, end: query.end !== undefined, leaps });
    listings.set(name, listing);
  }
  return listing(db, { ...query, leap: successor(query.delimiter) });
}

type Listing = ReturnType<typeof preparedQuery<ListingParameters, ListedRow>>;

const listings = new Map<string, Listing>();

interface ListingParameters extends Query {
  /** The delimiter's successor. */
  readonly leap: Buffer | undefined;
}

const names = ["size", "etag", "last_modified", "storage_class", "checksum_algorithm", "checksum_type", "owner"];

function prepareListing({ inclusive, attributes, end, leaps }: Kind & { end: boolean; leaps: boolean }): Listing {
  return preparedQuery<ListingParameters, ListedRow>((db, parameter) => {
    // The literals are those of the index over what is listed.
    const inBucket = sql`is_latest = 1 and is_delete_marker = 0 and bucket_id = ${parameter("id")}`;
    const listed = end ? sql`${inBucket} and key < ${parameter("end")}` : inBucket;
    const from = sql`key ${sql.raw(inclusive ? ">=" : ">")} ${parameter("from")}`;
    const columns = sql.join([...names, ...(attributes ? ["attributes"] : [])].map((name) => sql.ref(name)));
    const count = parameter("count");
    const plain = sql`select key, ${columns} from s3_objects where ${listed} and ${from} order by key limit ${count}`;
    if (!leaps) return { compile: () => asListing(plain).compile(db) };
    const { delimiter, next } = afterCommonPrefix(parameter);
    const query = sql`
      with recursive walk (at) as (
        select * from (select key from s3_objects where ${listed} and ${from} order by key limit 1)
        union all
        select (select key from s3_objects where ${listed} and key >= ${next} order by key limit 1)
        from walk where at is not null limit ${count}
      )
      select at as key, ${columns} from walk left join s3_objects
        on ${inBucket} and key = at and ${delimiter} = 0 where at is not null`;
    return { compile: () => asListing(query).compile(db) };
  });
}

/** Where the delimiter is in the rest of a key, 0 where it is not; and the first key that is not in what the key stands for. */
function afterCommonPrefix(parameter: <Name extends keyof ListingParameters>(name: Name) => ListingParameters[Name]) {
  const length = parameter("prefixLength");
  const delimiter = sql`instr(substr(at, ${length} + 1), ${parameter("delimiter")})`;
  const next = sql`case ${delimiter}
    when 0 then cast(at || x'00' as blob)
    else cast(substr(at, 1, ${length} + ${delimiter} - 1) || ${parameter("leap")} as blob) end`;
  return { delimiter, next };
}

/** The columns are those of the row, whose type the text of a query does not have. */
function asListing(query: RawBuilder<unknown>): RawBuilder<ListedRow> {
  return query as RawBuilder<ListedRow>;
}
