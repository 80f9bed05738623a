import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { sql } from "kysely";
import { DataFolderError, openDatabase } from "../../../src/db/open-database.ts";
import { watchRows } from "../../../src/db/prepared-query.ts";

describe("the metadata", () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-db-"));
  });

  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it("refuses a data folder that another LocalAWS uses", async () => {
    const first = await openDatabase(dataDir);
    try {
      const second = await openDatabase(dataDir).catch((error: unknown) => error);
      expect(second).to.be.instanceOf(DataFolderError);
    } finally {
      await first.destroy();
    }
  });

  it("refuses what is no database, and leaves it as it is", async () => {
    const file = join(dataDir, "metadata", "localaws.db");
    const rubbish = Buffer.alloc(100_000, "rubbish");
    await mkdir(join(dataDir, "metadata"));
    await writeFile(file, rubbish);
    const error = await openDatabase(dataDir).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(DataFolderError);
    expect((error as Error).message).to.include(`${file} is damaged`);
    expect((await readFile(file)).equals(rubbish)).to.equal(true);
    await rm(file);
    await mkdir(file);
    const unreadable = await openDatabase(dataDir).catch((error: unknown) => error);
    expect(unreadable).to.be.instanceOf(DataFolderError);
    expect((unreadable as Error).message).to.include("cannot be read and written");
  });

  it("refuses a data folder whose objects would be lost, since their metadata is gone", async () => {
    await (await openDatabase(dataDir)).destroy();
    await mkdir(join(dataDir, "s3", "blobs", "00"), { recursive: true });
    await (await openDatabase(dataDir)).destroy();
    await writeFile(join(dataDir, "metadata", "localaws.db"), "");
    await (await openDatabase(dataDir)).destroy();
    await writeFile(join(dataDir, "s3", "blobs", "00", "00000000000000000000000000000000"), "bytes");
    await writeFile(join(dataDir, "metadata", "localaws.db"), "");
    const error = await openDatabase(dataDir).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(DataFolderError);
    expect((error as Error).message).to.include("is gone");
  });

  it("writes nothing more where its file was removed or replaced, which would be lost", async () => {
    const db = await openDatabase(dataDir);
    const insert = (name: string) =>
      db.insertInto("buckets").values({ name, account_id: "1", region: "us-east-1", created_at: 0 }).execute();
    const outcome = (work: Promise<unknown>) =>
      work.then(
        () => "written",
        (error: { code: string }) => error.code,
      );
    const elsewhere = `${dataDir}-moved`;
    try {
      await insert("before");
      await rename(dataDir, elsewhere);
      expect(await outcome(insert("moved"))).to.equal("DATA_FOLDER_GONE");
      expect(await outcome(db.transaction().execute((trx) => trx.deleteFrom("buckets").execute()))).to.equal(
        "DATA_FOLDER_GONE",
      );
      await mkdir(join(dataDir, "metadata"), { recursive: true });
      await writeFile(join(dataDir, "metadata", "localaws.db"), "another");
      expect(await outcome(insert("replaced"))).to.equal("DATA_FOLDER_GONE");
      await rm(dataDir, { recursive: true });
      await rename(elsewhere, dataDir);
      expect(await outcome(insert("back"))).to.equal("written");
      const names = await db.selectFrom("buckets").select("name").orderBy("name").execute();
      expect(names.map(({ name }) => name)).to.deep.equal(["back", "before"]);
    } finally {
      await db.destroy();
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it("tells of every row that changes, whatever changes it", async () => {
    const db = await openDatabase(dataDir);
    try {
      const { id } = await db
        .insertInto("buckets")
        .values({ name: "bucket", account_id: "1", region: "us-east-1", created_at: 0 })
        .returning("id")
        .executeTakeFirstOrThrow();
      const told: string[] = [];
      watchRows(db, "s3_bucket_configurations", ["bucket_id", "name"], (bucket: number, name: string) => {
        told.push(`${bucket === id} ${name}`);
      });
      const since = () => told.splice(0);
      const row = (name: string) => ({ bucket_id: id, name, body: "1" });
      await db
        .insertInto("s3_bucket_configurations")
        .values([row("CORS"), row("ACL")])
        .execute();
      expect(since()).to.deep.equal(["true CORS", "true ACL"]);
      await db.updateTable("s3_bucket_configurations").set({ name: "Website" }).where("name", "=", "CORS").execute();
      expect(since()).to.deep.equal(["true CORS", "true Website"]);
      await db.replaceInto("s3_bucket_configurations").values(row("ACL")).execute();
      expect(since()).to.deep.equal(["true ACL", "true ACL"]);
      await db
        .transaction()
        .execute(async (trx) => {
          await trx.deleteFrom("s3_bucket_configurations").where("name", "=", "ACL").execute();
          throw new Error("rolled back");
        })
        .catch(() => {});
      expect(since()).to.deep.equal(["true ACL"]);
      await db.deleteFrom("buckets").execute();
      expect(since().sort()).to.deep.equal(["true ACL", "true Website"]);
      await db.selectFrom("s3_bucket_configurations").selectAll().execute();
      expect(since()).to.deep.equal([]);
    } finally {
      await db.destroy();
    }
  });

  it("tells that the disk is full, though the transaction has been undone by then", async () => {
    const db = await openDatabase(dataDir);
    try {
      await sql`pragma max_page_count = 1`.execute(db);
      const row = (name: string) => ({ name, account_id: "1", region: "us-east-1", created_at: 0 });
      const filling = db.transaction().execute(async (trx) => {
        for (let index = 0; index < 10_000; index++)
          await trx
            .insertInto("buckets")
            .values(row(`${index}`))
            .execute();
      });
      const error = await filling.catch((error: unknown) => error);
      expect(error).to.include({ code: "SQLITE_FULL" });
      await sql`pragma max_page_count = 1000000`.execute(db);
      await db.transaction().execute((trx) => trx.insertInto("buckets").values(row("bucket")).execute());
      expect(await db.selectFrom("buckets").select("name").execute()).to.deep.equal([{ name: "bucket" }]);
    } finally {
      await db.destroy();
    }
  });

  it("lets everything else have its turns while thousands of queries are under way", async () => {
    const db = await openDatabase(dataDir);
    try {
      let turns = 0;
      let ended = false;
      const count = () => {
        turns += 1;
        if (!ended) setImmediate(count);
      };
      setImmediate(count);
      const query = (from: typeof db) => from.selectFrom("buckets").select("name").execute();
      for (let index = 0; index < 5000; index++) await query(db);
      const before = turns;
      await db.transaction().execute(async (trx) => {
        for (let index = 0; index < 5000; index++) await query(trx);
      });
      ended = true;
      expect(before).to.be.greaterThan(1);
      expect(turns - before).to.be.greaterThan(1);
    } finally {
      await db.destroy();
    }
  });

  it("opens again after it was closed", async () => {
    await (await openDatabase(dataDir)).destroy();
    await (await openDatabase(dataDir)).destroy();
  });
});
