import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { pino } from "pino";
import { createApp } from "../../../src/app.ts";
import { loadSettings } from "../../../src/config.ts";
import type { App } from "../../../src/http/app.ts";
import { runLifecycles } from "../../../src/services/s3/lifecycle-run.ts";

describe("s3 lifecycle rules under way", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "localaws-lifecycle-"));
  let app: App;
  before(async () => {
    const settings = { dataDir, runtime: "records", listen: "127.0.0.1:0", sshListen: "off" } as const;
    app = await createApp(loadSettings(settings), pino({ level: "silent" }));
  });
  after(async () => {
    await app.close();
    rmSync(dataDir, { recursive: true });
  });

  it("end with the keys of one transaction, as the end of LocalAWS and a reset ask for, and go on with the rest", async () => {
    const ctx = app.serviceContext;
    const { db } = ctx;
    const { id: bucket_id } = await db
      .insertInto("buckets")
      .values({ name: "bucket", account_id: ctx.config.accountId, region: "us-east-1", created_at: 0 })
      .returning("id")
      .executeTakeFirstOrThrow();
    const rule = { ID: "all", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } };
    const body = JSON.stringify({ Rules: [rule] });
    await db.insertInto("s3_bucket_configurations").values({ bucket_id, name: "Lifecycle", body }).execute();
    const row = {
      ...{ bucket_id, version_id: "null", is_latest: 1, is_delete_marker: 0, size: 0, etag: "0", last_modified: 0 },
      ...{ storage_class: "STANDARD", attributes: JSON.stringify({ Metadata: {} }) },
    };
    const rows = Array.from({ length: 250 }, (_, index) => ({ ...row, key: Buffer.from(`k${index}`) }));
    await db.insertInto("s3_objects").values(rows).execute();
    const left = async () => (await db.selectFrom("s3_objects").select("id").execute()).length;
    let asked = 0;
    await runLifecycles(ctx, () => ++asked > 2);
    expect(await left()).to.equal(150);
    await runLifecycles(ctx, () => false);
    expect(await left()).to.equal(0);
  });
});
