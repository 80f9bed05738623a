import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { openDatabase } from "../../../src/db/open-database.ts";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusalCode } from "./s3-support.ts";

const mebibyte = 1024 * 1024;

describe("s3 storage", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const blobs = (server = aws) => filesUnder(join(server.dataDir, "s3"));
  const holds = (count: number) => eventually(`${count} blobs on disk`, async () => (await blobs()).length === count);
  const read = async (Key: string, server = aws) =>
    (await server.s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  /** Beyond what is kept in the database. */
  const large = (text: string) => Buffer.alloc(100_000, text);
  const remove = (Key: string) => aws.s3.send(new DeleteObjectCommand({ Bucket, Key }));
  const multipart = async (Key: string, bodies: Buffer[]) => {
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const Parts = [];
    for (const [at, Body] of bodies.entries()) {
      const part = { Bucket, Key, UploadId, PartNumber: at + 1 };
      const { ETag } = await aws.s3.send(new UploadPartCommand({ ...part, Body }));
      Parts.push({ PartNumber: at + 1, ETag });
    }
    return { UploadId, Parts };
  };

  it("keeps one file for each object, and none for what is replaced or deleted", async () => {
    const before = (await blobs()).length;
    for (let time = 0; time < 5; time++) await put(aws, Bucket, "replaced", { Body: large(`${time}`) });
    await holds(before + 1);
    await remove("replaced");
    await holds(before);
  });

  it("keeps one file of many writers of one key", async () => {
    const before = (await blobs()).length;
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => put(aws, Bucket, "contested", { Body: large(`${at % 10}`) })),
    );
    expect(await read("contested"))
      .to.match(/^(\d)\1*$/)
      .and.have.length(large("0").length);
    await holds(before + 1);
    await remove("contested");
    await holds(before);
  });

  it("shares the file of a copy until the last of both is gone", async () => {
    const before = (await blobs()).length;
    await put(aws, Bucket, "original", { Body: large("original") });
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/original` }));
    expect(await blobs()).to.have.lengthOf(before + 1);
    await remove("original");
    expect(await read("copy")).to.equal(large("original").toString());
    await remove("copy");
    await holds(before);
  });

  it("keeps the parts of a completed upload as they are, and drops those that it does not list", async () => {
    const before = (await blobs()).length;
    const { UploadId, Parts } = await multipart("parts", [
      Buffer.alloc(5 * mebibyte),
      Buffer.from("b"),
      Buffer.from("c"),
    ]);
    await holds(before + 3);
    const MultipartUpload = { Parts: Parts.slice(0, 2) };
    await aws.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload }));
    await holds(before + 2);
    await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "parts" }] } }));
    await holds(before);
  });

  it("drops the parts of an aborted upload", async () => {
    const before = (await blobs()).length;
    const { UploadId } = await multipart("aborted", [Buffer.from("a"), Buffer.from("b")]);
    await aws.s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "aborted", UploadId }));
    await holds(before);
  });

  it("keeps nothing of uploads that are refused after their bytes", async () => {
    const before = (await blobs()).length;
    const wrong = put(aws, Bucket, "refused", { ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==" });
    expect(await refusalCode(wrong)).to.equal("BadDigest 400");
    await holds(before);
  });

  it("keeps nothing of an upload whose client goes away", async () => {
    const before = (await blobs()).length;
    const Body = new Readable({ read() {} });
    const stopped = new AbortController();
    const input = { Bucket, Key: "interrupted", Body, ContentLength: 50 * mebibyte };
    const upload = aws.s3
      .send(new PutObjectCommand(input), { abortSignal: stopped.signal })
      .catch((error: Error) => error);
    Body.push(Buffer.alloc(3 * mebibyte));
    await holds(before + 1);
    stopped.abort();
    expect(await upload).to.be.instanceOf(Error);
    await holds(before);
    expect(await refusalCode(aws.s3.send(new GetObjectCommand({ Bucket, Key: "interrupted" })))).to.equal(
      "NoSuchKey 404",
    );
  });

  for (const kind of ["in one", "in parts"]) {
    it(`sends an object ${kind} to its end, though it be deleted and replaced meanwhile`, async () => {
      const before = (await blobs()).length;
      const bodies = ["1", "2", "3"].map((text) => Buffer.alloc(10 * mebibyte, text));
      if (kind === "in one") await put(aws, Bucket, "leaving", { Body: Buffer.concat(bodies) });
      else {
        const { UploadId, Parts } = await multipart("leaving", bodies);
        const completion = { Bucket, Key: "leaving", UploadId, MultipartUpload: { Parts } };
        await aws.s3.send(new CompleteMultipartUploadCommand(completion));
      }
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "leaving" }));
      const stream = Body as IncomingMessage;
      await once(stream, "readable");
      await put(aws, Bucket, "leaving", { Body: "new" });
      await remove("leaving");
      let length = 0;
      for await (const chunk of stream) length += chunk.length;
      expect(length).to.equal(30 * mebibyte);
      await holds(before);
    });
  }

  it("lets go of an object whose reader goes away", async () => {
    const before = (await blobs()).length;
    const { UploadId, Parts } = await multipart("unread", [Buffer.alloc(20 * mebibyte), Buffer.alloc(5 * mebibyte)]);
    const completion = { Bucket, Key: "unread", UploadId, MultipartUpload: { Parts } };
    await aws.s3.send(new CompleteMultipartUploadCommand(completion));
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "unread" }));
    await once(Body as IncomingMessage, "readable");
    (Body as IncomingMessage).destroy();
    await remove("unread");
    await holds(before);
  });

  it("moves bytes without holding them: 256 MiB up and down in less than half of that", async function () {
    this.timeout(240_000);
    const size = 256 * mebibyte;
    const chunk = Buffer.alloc(mebibyte, "localaws");
    await put(aws, Bucket, "warm", { Body: chunk });
    const before = process.memoryUsage.rss();
    let peak = before;
    const sample = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 20);
    try {
      const Body = Readable.from(repeat(chunk, size / chunk.length), { objectMode: false });
      await aws.s3.send(new PutObjectCommand({ Bucket, Key: "large", Body, ContentLength: size }));
      const output = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
      let length = 0;
      await pipeline(output.Body as IncomingMessage, async (stream) => {
        for await (const received of stream) length += received.length;
      });
      expect(length).to.equal(size);
    } finally {
      clearInterval(sample);
    }
    // Client and server are one process here: this is the memory of both.
    expect(peak - before).to.be.below(size / 2);
    await remove("large");
  });

  it("finds its objects again after a restart, and removes what a crash left", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-restart-"));
    try {
      const first = await startLocalAws({ dataDir });
      const own = await newBucket(first);
      await put(first, own, "kept", { Body: "kept", Metadata: { a: "1" } });
      await put(first, own, "large", { Body: large("large") });
      await first.close();
      const orphan = join(dataDir, "s3", "blobs", "00", "0".repeat(32));
      await mkdir(join(orphan, ".."), { recursive: true });
      await writeFile(orphan, "half of an upload");
      const second = await startLocalAws({ dataDir });
      expect(await blobs(second)).to.have.lengthOf(1);
      const output = await second.s3.send(new GetObjectCommand({ Bucket: own, Key: "kept" }));
      expect([await output.Body?.transformToString(), output.Metadata]).to.deep.equal(["kept", { a: "1" }]);
      await second.close();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("completes an upload after a restart, and goes on answering", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-restart-"));
    try {
      const first = await startLocalAws({ dataDir });
      const own = await newBucket(first);
      const object = { Bucket: own, Key: "object" };
      const { UploadId } = await first.s3.send(new CreateMultipartUploadCommand(object));
      const part = { ...object, UploadId, PartNumber: 1 };
      const { ETag } = await first.s3.send(new UploadPartCommand({ ...part, Body: "part" }));
      await first.close();
      const second = await startLocalAws({ dataDir });
      // The first that the new process hears of the bucket.
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await second.s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
      const output = await second.s3.send(new GetObjectCommand(object));
      expect(await output.Body?.transformToString()).to.equal("part");
      await second.close();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("gives small objects names after all that there were, though the clock was set back meanwhile", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-restart-"));
    try {
      const first = await startLocalAws({ dataDir });
      const own = await newBucket(first);
      await put(first, own, "of-tomorrow");
      await first.close();
      const db = await openDatabase(dataDir);
      const { id } = await db.selectFrom("s3_small_contents").select("id").executeTakeFirstOrThrow();
      const later = id + 24 * 60 * 60 * 1_000_000;
      await db.updateTable("s3_small_contents").set({ id: later }).execute();
      await db
        .updateTable("s3_objects")
        .set({ content_id: `${later}` })
        .execute();
      await db.destroy();
      const second = await startLocalAws({ dataDir });
      await put(second, own, "of-today");
      await second.close();
      const after = await openDatabase(dataDir);
      const ids = await after.selectFrom("s3_small_contents").select("id").orderBy("id").execute();
      await after.destroy();
      expect(ids.map((row) => row.id)).to.deep.equal([later, later + 1]);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("drops buckets and bytes at a reset", async () => {
    const own = await startLocalAws();
    const name = await newBucket(own);
    await put(own, name, "object");
    await put(own, name, "large", { Body: large("large") });
    const answer = await fetch(`${own.endpoint}/_localaws/reset`, { method: "POST" });
    expect(answer.status).to.be.within(200, 204);
    expect(await blobs(own)).to.deep.equal([]);
    const head = own.s3.send(new HeadBucketCommand({ Bucket: name }));
    expect((await refusalCode(head)).endsWith("404")).to.equal(true);
    await own.stop();
  });
});

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function* repeat(chunk: Buffer, times: number): Generator<Buffer> {
  for (let time = 0; time < times; time++) yield chunk;
}
