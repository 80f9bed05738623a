import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "../../../src/db/database.ts";
import { openDatabase } from "../../../src/db/open-database.ts";
import { isSettled } from "../../../src/db/prepared-query.ts";
import { shareTransaction } from "../../../src/db/shared-transaction.ts";

describe("a transaction that several share", () => {
  let dataDir: string;
  let db: Kysely<Database>;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-db-"));
    db = await openDatabase(dataDir);
  });

  beforeEach(() => db.deleteFrom("buckets").execute());

  after(async () => {
    await db.destroy();
    await rm(dataDir, { recursive: true, force: true });
  });

  const insert = (trx: Transaction<Database>, name: string) =>
    trx.insertInto("buckets").values({ name, account_id: "1", region: "us-east-1", created_at: 0 }).execute();
  const names = async (from: Kysely<Database> = db) =>
    (await from.selectFrom("buckets").select("name").orderBy("name").execute()).map(({ name }) => name);

  it("is committed before any of them is told, and undoes what fails by itself", async () => {
    const failure = new Error("refused");
    let transaction: unknown;
    const outcomes = await Promise.allSettled([
      shareTransaction(db, async (trx) => {
        transaction = trx;
        await insert(trx, "first");
        return "first";
      }).then((result) => [result, isSettled(db)]),
      shareTransaction(db, async (trx) => {
        await insert(trx, "second");
        throw failure;
      }),
      shareTransaction(db, async (trx) => {
        await insert(trx, "third");
        return [trx === transaction, await names(trx)];
      }),
    ]);
    expect(outcomes).to.deep.equal([
      { status: "fulfilled", value: ["first", true] },
      { status: "rejected", reason: failure },
      { status: "fulfilled", value: [true, ["first", "third"]] },
    ]);
    expect(await names()).to.deep.equal(["first", "third"]);
  });

  it("takes in what comes while another one is under way", async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const other = db.transaction().execute(() => ended);
    const transactions: unknown[] = [];
    const join = () => shareTransaction(db, async (trx) => transactions.push(trx));
    const first = join();
    await new Promise((resolve) => setImmediate(resolve));
    const second = join();
    end();
    await Promise.all([other, first, second]);
    expect(transactions).to.have.length(2);
    expect(transactions[0]).to.equal(transactions[1]);
  });

  it("fails as a whole, and leaves nothing, where it cannot be committed", async () => {
    const outcomes = await Promise.allSettled([
      shareTransaction(db, (trx) => insert(trx, "first")),
      shareTransaction(db, async (trx) => {
        await sql`pragma defer_foreign_keys = on`.execute(trx);
        await trx.insertInto("s3_bucket_configurations").values({ bucket_id: -1, name: "CORS", body: "1" }).execute();
      }),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).to.have.nested.property("reason.code", "SQLITE_CONSTRAINT_FOREIGNKEY");
    }
    expect(await names()).to.deep.equal([]);
    await shareTransaction(db, (trx) => insert(trx, "later"));
    expect(await names()).to.deep.equal(["later"]);
  });
});
