import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Kysely, Migrator, SqliteDialect } from "kysely";
import type { Database } from "../../../src/db/database.ts";
import { migrations } from "../../../src/db/migrations/index.ts";
import { openDatabase } from "../../../src/db/open-database.ts";
import { loadSqlite } from "../../../src/db/sqlite.ts";

const name = "0581-s3-fewer-indexes";

/** A data folder as it was before the migration, with what `fill` puts there. */
async function makeOlder(dataDir: string, fill: (db: Kysely<Database>) => Promise<void>): Promise<void> {
  mkdirSync(join(dataDir, "metadata"));
  const Sqlite = await loadSqlite();
  const database = new Sqlite(join(dataDir, "metadata", "localaws.db"));
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database }) });
  try {
    const older = Object.fromEntries(Object.entries(migrations).filter(([key]) => key < name));
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => older } }).migrateToLatest();
    if (error !== undefined) throw error;
    await fill(db);
  } finally {
    await db.destroy();
  }
}

const bucket = { id: 7, name: "bucket", account_id: "1", region: "us-east-1", created_at: 0, versioning: "Enabled" };
const object = {
  ...{ bucket_id: 7, is_latest: 1, is_delete_marker: 0, size: 1, etag: "e", last_modified: 0, attributes: "{}" },
  ...{ storage_class: "STANDARD", version_id: "null", content_kind: "row" as const, tags: "[]", owner: "1" },
};

describe("the metadata of objects of before", () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-db-"));
  });

  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it("keep their ids and all that they say, and get contents of their own", async () => {
    await makeOlder(dataDir, async (db) => {
      await db.insertInto("buckets").values(bucket).execute();
      const contents = ["one", "two"].map((text, index) => ({ id: 1000 + index, bytes: Buffer.from(text) }));
      await db.insertInto("s3_small_contents").values(contents).execute();
      const rows = [
        { ...object, key: Buffer.from("a"), content_id: "1000" },
        { ...object, key: Buffer.from("copy of a"), content_id: "1000" },
        { ...object, key: Buffer.from("b"), content_id: "1001", is_latest: 0 },
        { ...object, key: Buffer.from("b"), content_id: "1000", version_id: "v2" },
        { ...object, key: Buffer.from("file"), content_id: "ab12", content_kind: "blob" as const },
        { ...object, key: Buffer.from("copy of file"), content_id: "ab12", content_kind: "blob" as const },
        { ...object, key: Buffer.from("gone"), content_id: null },
      ];
      for (const row of rows) await db.insertInto("s3_objects").values(row).execute();
      await db.deleteFrom("s3_objects").where("key", "=", Buffer.from("gone")).execute();
    });
    const db = await openDatabase(dataDir);
    try {
      const rows = await db.selectFrom("s3_objects").selectAll().orderBy("id").execute();
      expect(rows.map(({ id, key, version_id }) => [id, String(key), version_id])).to.deep.equal([
        [1, "a", "null"],
        [2, "copy of a", "null"],
        [3, "b", "null"],
        [4, "b", "v2"],
        [5, "file", "null"],
        [6, "copy of file", "null"],
      ]);
      for (const row of rows) expect(row).to.include({ owner: "1", tags: "[]", attributes: "{}", acl: null });
      const contents = await db.selectFrom("s3_small_contents").selectAll().execute();
      const texts = new Map(contents.map(({ id, bytes }) => [String(id), Buffer.from(bytes).toString()]));
      const small = rows.filter((row) => row.content_kind === "row");
      expect(small.map((row) => texts.get(row.content_id ?? ""))).to.deep.equal(["one", "one", "two", "one"]);
      expect(new Set(small.map((row) => row.content_id))).to.have.property("size", 4);
      expect(texts).to.have.property("size", 4);
      expect(rows.slice(4).map((row) => row.content_id)).to.deep.equal(["ab12", "ab12"]);
      const added = { ...object, key: Buffer.from("new"), content_id: "1", version_id: "v3" };
      const { id } = await db.insertInto("s3_objects").values(added).returning("id").executeTakeFirstOrThrow();
      expect(id).to.equal(8);
    } finally {
      await db.destroy();
    }
  });

  it("may be none", async () => {
    await makeOlder(dataDir, async () => {});
    const db = await openDatabase(dataDir);
    try {
      await db.insertInto("buckets").values(bucket).execute();
      const row = { ...object, key: Buffer.from("a"), content_id: "1" };
      const { id } = await db.insertInto("s3_objects").values(row).returning("id").executeTakeFirstOrThrow();
      expect(id).to.equal(1);
    } finally {
      await db.destroy();
    }
  });
});
