import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { loadSqlite } from "../../src/db/sqlite.ts";
import { discard, newFolder, type RunningCommand, startCommand } from "../support/acceptance.ts";

const Bucket = "durable";
const writers = 200;
const MiB = 1024 * 1024;
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

/** What a key may hold: what was acknowledged last, or what was under way when the server died. Undefined: nothing. */
interface History {
  acknowledged: string | undefined;
  underWay?: { readonly state: string | undefined };
}

describe("S3 after kill -9 in the middle of 200 concurrent writers", function () {
  this.timeout(180_000);
  this.slow(60_000);
  let localAws: RunningCommand | undefined;
  let dataDir: string | undefined;
  afterEach(async () => {
    if (localAws !== undefined) await discard(localAws);
    localAws = undefined;
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });

  it("has every acknowledged write whole, no partial one, and no file that nothing refers to", async () => {
    dataDir = await newFolder();
    localAws = await startCommand({ runtime: "embedded", dataDir });
    const before = clientOf(localAws);
    await before.send(new CreateBucketCommand({ Bucket }));

    const histories = new Map<string, History>();
    let acknowledged = 0;
    let dead = false;
    const working = Array.from({ length: writers }, async (_, index) => {
      const key = `key-${index}`;
      const history: History = { acknowledged: undefined };
      histories.set(key, history);
      for (let round = index; !dead; round++) {
        const { state, work } = write(before, key, round);
        history.underWay = { state };
        try {
          await work();
        } catch (error) {
          // Of a server that is dead nothing else is to be expected; a refusal by one that lives is a finding.
          if (dead) return;
          throw error;
        }
        history.acknowledged = state;
        delete history.underWay;
        acknowledged++;
      }
    });
    const settled = Promise.allSettled(working);
    while (acknowledged < 3 * writers) await new Promise((resolve) => setTimeout(resolve, 5));
    dead = true;
    await localAws.kill();
    for (const result of await settled) expect(result).to.include({ status: "fulfilled" });
    before.destroy();
    expect([...histories.values()].filter(({ underWay }) => underWay !== undefined)).to.not.deep.equal([]);

    localAws = await startCommand({ runtime: "embedded", dataDir });
    const after = clientOf(localAws);
    const listed = new Set<string>();
    let large = 0;
    for await (const { Contents = [] } of paginateListObjectsV2({ client: after }, { Bucket })) {
      for (const { Key = "", Size = 0, ETag = "" } of Contents) {
        listed.add(Key);
        if (Size > 16 * 1024 || ETag.includes("-")) large++;
      }
    }
    for (const [key, { acknowledged: last, underWay }] of histories) {
      const found = await read(after, key);
      expect([last, ...(underWay === undefined ? [] : [underWay.state])], key).to.include(found);
      expect(listed.has(key), key).to.equal(found !== undefined);
    }
    expect(blobFiles(dataDir)).to.equal(large + (await uploadedParts(after)));
    after.destroy();
    await localAws.kill();
    localAws = undefined;
    expect(await smallContents(dataDir)).to.deep.equal({ kept: listed.size - large, unreferenced: 0 });
  });
});

/** One of the ways to change a key, and what the key holds then. */
function write(s3: S3Client, Key: string, round: number): { state: string | undefined; work: () => Promise<unknown> } {
  if (round % 7 === 3) return { state: undefined, work: () => s3.send(new DeleteObjectCommand({ Bucket, Key })) };
  const sizes = [1, 1000, 64 * 1024, 700_000, 1, 300, 5 * MiB];
  const Body = randomBytes(sizes[round % sizes.length] ?? 1);
  if (round % 20 === 19) return { state: md5(Body), work: () => multipart(s3, Key, Body) };
  return { state: md5(Body), work: () => s3.send(new PutObjectCommand({ Bucket, Key, Body })) };
}

async function multipart(s3: S3Client, Key: string, Body: Uint8Array): Promise<void> {
  const upload = { Bucket, Key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
  const { ETag } = await s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body }));
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
}

/** The MD5 of the whole object, whose checksum the SDK compares too. */
async function read(s3: S3Client, Key: string): Promise<string | undefined> {
  try {
    const { Body, ContentLength, ETag = "" } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    expect(bytes.length, Key).to.equal(ContentLength);
    if (!ETag.includes("-")) expect(ETag, Key).to.equal(`"${md5(bytes)}"`);
    return md5(bytes);
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

function blobFiles(dataDir: string): number {
  const entries = readdirSync(join(dataDir, "s3"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

/** Each part of an upload that goes on is a blob, as a large object is. */
async function uploadedParts(s3: S3Client): Promise<number> {
  const { Uploads = [], IsTruncated } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(IsTruncated).to.equal(false);
  let parts = 0;
  for (const { Key = "", UploadId = "" } of Uploads) {
    const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    parts += Parts.length;
  }
  return parts;
}

/** The contents that are in the database. */
async function smallContents(dataDir: string): Promise<unknown> {
  const Sqlite = await loadSqlite();
  const sqlite = new Sqlite(join(dataDir, "metadata", "localaws.db"));
  try {
    return sqlite
      .prepare(
        `select count(objects.id) as kept, count(*) - count(objects.id) as unreferenced from s3_small_contents as contents
        left join s3_objects as objects on content_kind = 'row' and content_id = cast(contents.id as text)`,
      )
      .get();
  } finally {
    sqlite.close();
  }
}

function clientOf({ endpoint }: RunningCommand): S3Client {
  return new S3Client({
    ...{ endpoint, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    requestHandler: { httpAgent: { maxSockets: writers, keepAlive: true } },
  });
}
