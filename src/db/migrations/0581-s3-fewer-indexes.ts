import { type Kysely, sql } from "kysely";

/**
 * An object of a bucket without versions stood in five trees of the database, and its content in a sixth; each write went to all of
 * them. Small contents are their version's own now, so that nobody has to find out who else refers to them, and the index over
 * version ids has no null versions, of which a key has one. docs/decisions/0080-fewer-indexes.md
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // A table is made anew, which must not end halfway.
  await db.transaction().execute(async (trx) => {
    await separateContents(trx);
    const last = await sql<{ seq: number }>`select seq from sqlite_sequence where name = 's3_objects'`.execute(trx);
    await rebuildObjects(trx);
    // No id is given twice.
    await sql`delete from sqlite_sequence where name = 's3_objects'`.execute(trx);
    await sql`insert into sqlite_sequence (name, seq) values ('s3_objects', ${last.rows[0]?.seq ?? 0})`.execute(trx);
  });
}

/** Copies of small objects shared a row with them: all but the oldest get one of their own, below the ids that are given out. */
async function separateContents(db: Kysely<unknown>): Promise<void> {
  await sql`
    create temp table separated as
    select id, content_id, (select min(id) from s3_small_contents) - row_number() over (order by id) as own
    from s3_objects as copies
    where content_kind = 'row'
      and exists (select 1 from s3_objects as older where older.content_id = copies.content_id and older.id < copies.id)
  `.execute(db);
  await sql`
    insert into s3_small_contents (id, bytes)
    select own, bytes from separated join s3_small_contents as shared on shared.id = cast(content_id as integer)
  `.execute(db);
  await sql`
    update s3_objects set content_id = cast(separated.own as text) from separated where separated.id = s3_objects.id
  `.execute(db);
  await sql`drop table separated`.execute(db);
}

const columns = [
  ...[
    "id",
    "bucket_id",
    "key",
    "version_id",
    "is_latest",
    "is_delete_marker",
    "content_id",
    "content_kind",
    "size",
    "etag",
  ],
  ...["last_modified", "storage_class", "checksum_algorithm", "checksum_type", "checksum_value", "parts_count", "tags"],
  ...["attributes", "owner", "acl"],
];

/** The index of a constraint goes with its table alone. */
async function rebuildObjects(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("s3_objects_anew")
    .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    .addColumn("bucket_id", "integer", (c) => c.notNull().references("buckets.id"))
    .addColumn("key", "blob", (c) => c.notNull())
    .addColumn("version_id", "text", (c) => c.notNull())
    .addColumn("is_latest", "integer", (c) => c.notNull())
    .addColumn("is_delete_marker", "integer", (c) => c.notNull())
    .addColumn("content_id", "text")
    .addColumn("content_kind", "text")
    .addColumn("size", "bigint", (c) => c.notNull())
    .addColumn("etag", "text", (c) => c.notNull())
    .addColumn("last_modified", "bigint", (c) => c.notNull())
    .addColumn("storage_class", "text", (c) => c.notNull())
    .addColumn("checksum_algorithm", "text")
    .addColumn("checksum_type", "text")
    .addColumn("checksum_value", "text")
    .addColumn("parts_count", "integer")
    .addColumn("tags", "text")
    .addColumn("attributes", "text", (c) => c.notNull())
    .addColumn("owner", "text")
    .addColumn("acl", "text")
    .execute();
  const all = sql.join(columns.map((name) => sql.ref(name)));
  await sql`insert into s3_objects_anew (${all}) select ${all} from s3_objects order by id`.execute(db);
  await db.schema.dropTable("s3_objects").execute();
  await db.schema.alterTable("s3_objects_anew").renameTo("s3_objects").execute();
  await createIndexes(db);
}

async function createIndexes(db: Kysely<unknown>): Promise<void> {
  const index = (name: string) => db.schema.createIndex(`s3_objects_${name}`).on("s3_objects");
  // The newest version of a key, and its versions in order.
  await index("history").columns(["bucket_id", "key", "id desc"]).execute();
  // What a listing shows, whatever older versions and delete markers lie between.
  await index("listed")
    .unique()
    .columns(["bucket_id", "key"])
    .where(sql.ref("is_latest"), "=", sql.lit(1))
    .where(sql.ref("is_delete_marker"), "=", sql.lit(0))
    .execute();
  const versionId = sql.ref("version_id");
  await index("version")
    .unique()
    .columns(["bucket_id", "key", "version_id"])
    .where(versionId, "<>", sql.lit("null"))
    .execute();
  // The null version of a key that has newer ones.
  await index("older_null")
    .unique()
    .columns(["bucket_id", "key"])
    .where(versionId, "=", sql.lit("null"))
    .where(sql.ref("is_latest"), "=", sql.lit(0))
    .execute();
  await index("content").column("content_id").where(sql.ref("content_kind"), "<>", sql.lit("row")).execute();
  await index("archived")
    .column("id")
    .where(sql.ref("storage_class"), "in", [sql.lit("GLACIER"), sql.lit("DEEP_ARCHIVE")])
    .execute();
}
