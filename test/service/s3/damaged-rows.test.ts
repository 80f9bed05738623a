import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { openDatabase } from "../../../src/db/open-database.ts";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { put, refusalCode } from "./s3-support.ts";

const Bucket = "rubbish";
const broken = "bad";

describe("s3 objects whose rows hold rubbish", () => {
  let aws: TestServer;
  let dataDir: string;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-test-"));
    const settings = { dataDir, logLevel: "silent", lifecycleDay: "1" };
    const first = await startLocalAws(settings);
    await first.s3.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await first.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    for (const key of ["a", broken, "c", "empty"]) await put(first, Bucket, key, { Tagging: "a=1" });
    await first.close();
    const db = await openDatabase(dataDir);
    const rubbish = { attributes: '{"Restoration":', tags: "[", storage_class: "GLACIER" };
    await db.updateTable("s3_objects").set(rubbish).where("key", "=", Buffer.from(broken)).execute();
    const { content_id } = await db
      .selectFrom("s3_objects")
      .select("content_id")
      .where("key", "=", Buffer.from("empty"))
      .executeTakeFirstOrThrow();
    await db.deleteFrom("s3_small_contents").where("id", "=", Number(content_id)).execute();
    await db.destroy();
    aws = await startLocalAws({ ...settings, eventWebhooks: "http://127.0.0.1:9/" });
  });
  after(async () => {
    await aws?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("are an internal error, and no others are", async () => {
    for (let time = 0; time < 2; time++) {
      const Key = broken;
      expect(await refusalCode(aws.s3.send(new GetObjectCommand({ Bucket, Key })))).to.equal("InternalError 500");
      const tagging = aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
      expect(await refusalCode(tagging)).to.equal("InternalError 500");
      const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key })).catch((error) => error);
      expect(head.$metadata.httpStatusCode).to.equal(500);
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
      expect(await Body?.transformToString()).to.equal("a");
    }
  });

  it("are one, too, where their bytes are missing", async () => {
    for (let time = 0; time < 2; time++) {
      const get = aws.s3.send(new GetObjectCommand({ Bucket, Key: "empty" }));
      expect(await refusalCode(get)).to.equal("InternalError 500");
      const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "empty" })).catch((error) => error);
      expect(head.$metadata.httpStatusCode).to.equal(500);
    }
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "empty" }));
  });

  it("are listed with all others", async () => {
    const listing = new ListObjectsV2Command({ Bucket, OptionalObjectAttributes: ["RestoreStatus"] });
    const { Contents = [] } = await aws.s3.send(listing);
    expect(Contents.map(({ Key }) => Key)).to.deep.equal(["a", broken, "c"]);
  });

  it("keep no others from being deleted", async () => {
    const { Versions = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = Versions.filter(({ Key = "" }) => ["a", broken].includes(Key)).map(({ Key, VersionId }) => ({
      Key,
      VersionId,
    }));
    const { Deleted, Errors } = await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => Key)).to.deep.equal(["a"]);
    expect(Errors?.map(({ Key, Code }) => [Key, Code])).to.deep.equal([[broken, "InternalError"]]);
  });

  it("keep no others from what lifecycle rules have due", async () => {
    const Rules = [{ Status: "Enabled" as const, Filter: {}, Expiration: { Days: 1 } }];
    const LifecycleConfiguration = { Rules };
    await aws.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    const keys = async () =>
      ((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key);
    await eventually("the object after it to expire", async () => !(await keys()).includes("c"));
    expect(await keys()).to.deep.equal([broken]);
  });

  it("can be written over", async () => {
    await put(aws, Bucket, broken);
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: broken }));
    expect(await Body?.transformToString()).to.equal(broken);
  });
});
