import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { sql } from "kysely";
import type { Page } from "playwright-core";
import { openDatabase } from "../../src/db/open-database.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { startLocalAws } from "../support/server.ts";
import { logIn } from "./support/browser.ts";
import { useConsole } from "./support/console.ts";

const bucket = "a-hundred-thousand";
const count = 100_000;
const pageSize = 1000;

/** One object is really put. Its row is written again under other keys, as copies of it would be: 100,000 uploads take minutes. */
async function fillBucket(dataDir: string): Promise<void> {
  const server = await startLocalAws({ dataDir });
  try {
    await server.s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await server.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "object-000000", Body: "x" }));
  } finally {
    await server.close();
  }
  const db = await openDatabase(dataDir);
  try {
    const { id: _, key: __, ...row } = await db.selectFrom("s3_objects").selectAll().executeTakeFirstOrThrow();
    const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)));
    await sql`
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count - 1})
      insert into s3_objects (key, ${columns})
      select cast(printf('object-%06d', n) as blob), ${columns} from numbers, s3_objects
    `.execute(db);
  } finally {
    await db.destroy();
  }
}

describe("console bucket of 100,000 objects", function () {
  this.timeout(180_000);
  requires("chromium");
  let dataDir: string;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-large-bucket-"));
    await fillBucket(dataDir);
  });
  const console = useConsole({
    get dataDir() {
      return dataDir;
    },
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  it("asks for a page at a time, each once, and has elements for what can be seen alone", async () => {
    const answers: { objects: unknown[]; next_token: string | null }[] = [];
    const { page } = await console.open("/");
    page.on("response", async (response) => {
      if (new URL(response.url()).pathname === `/s3/buckets/${bucket}/objects`) answers.push(await response.json());
    });
    await logIn(page, console.server.endpoint, `/console/buckets/${bucket}`);
    await page.getByRole("button", { name: "object-000000" }).waitFor();
    expect(await rows(page)).to.be.within(5, 80);
    // One page; asked for again when the stream of changes has begun, since something may have changed before.
    expect(answers.length, "answers before one scrolls").to.be.within(1, 2);

    let loaded = pageSize;
    while (loaded < count) {
      await scrollTo(page, "document.body.scrollHeight");
      loaded = await eventually(
        `more than ${loaded} items`,
        async () => {
          const now = await itemCount(page);
          return now > loaded && now;
        },
        60_000,
      );
      expect(await rows(page), `rows of ${loaded}`).to.be.below(80);
    }
    await scrollTo(page, "document.body.scrollHeight");
    await page.getByRole("button", { name: "object-099999" }).waitFor();
    await page.getByText("100,000 items", { exact: true }).waitFor();
    expect(new Set(answers.map((answer) => answer.next_token)).size).to.equal(count / pageSize);
    expect(answers.length).to.be.at.most(count / pageSize + 1);
    for (const { objects } of answers) expect(objects).to.have.lengthOf(pageSize);

    await scrollTo(page, "0");
    await page.getByRole("button", { name: "object-000000" }).waitFor();
    await page.getByLabel("Select all that are loaded").check();
    await page.getByText("100,000 selected").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete 100,000 items?" });
    await dialog.getByText("object-000000").waitFor();
    expect(await dialog.getByRole("listitem").count()).to.be.below(80);
  });
});

const rows = (page: Page) => page.getByRole("row").count();

const scrollTo = (page: Page, y: string) => page.evaluate(`scrollTo(0, ${y})`);

/** As the page says it: `12,000 items and more`. */
async function itemCount(page: Page): Promise<number> {
  const text = await page.locator(".pane-head").textContent();
  return Number(/([\d,]+) items/.exec(text ?? "")?.[1]?.replaceAll(",", "") ?? 0);
}
