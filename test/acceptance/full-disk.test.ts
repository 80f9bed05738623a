import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { openRuntimeIn } from "../runtime/runtimes.ts";
import { refusalCode } from "../service/s3/s3-support.ts";
import { clientEnvironment, newFolder, run } from "../support/acceptance.ts";
import { requires } from "../support/requirements.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";

const MiB = 1024 * 1024;
const Bucket = "small";

/** On a disk of its own, which takes root: whoever runs the tests without is told that these were left out. */
describe("a full disk", function () {
  this.timeout(180_000);
  this.slow(20_000);
  requires("awscli");
  let folder: string;
  let disk: string;
  let filler: string;
  let aws: TestServer;
  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    folder = await newFolder();
    disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "localaws-test", disk]);
    aws = await startLocalAws({ dataDir: join(disk, "data"), logLevel: "silent" });
    await aws.s3.send(new CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    if (aws === undefined) return;
    await aws.stop();
    execFileSync("umount", [disk]);
    rmSync(folder, { recursive: true });
  });

  const put = (Key: string, Body: Uint8Array) => aws.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const keys = async () =>
    ((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = "" }) => Key);
  /** Leaves no byte free, until the file is removed. */
  async function fill(): Promise<void> {
    filler = join(disk, "filler");
    const file = await open(filler, "w");
    try {
      // From the largest again after each that has room: what others free meanwhile would take millions of the smallest.
      const chunks = [MiB, 4096, 1].map((size) => Buffer.alloc(size));
      for (let at = 0; at < chunks.length; ) {
        const chunk = chunks[at] ?? Buffer.alloc(1);
        const isFull = await file.write(chunk).then(
          ({ bytesWritten }) => bytesWritten < chunk.length,
          () => true,
        );
        at = isFull ? at + 1 : 0;
      }
    } finally {
      await file.close();
    }
  }

  const files = () =>
    readdirSync(join(aws.dataDir, "s3"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

  it("refuses a body that it cannot hold, says why, and keeps nothing of it", async () => {
    await put("before", Buffer.alloc(MiB, "b"));
    const error = await put("too-large", Buffer.alloc(32 * MiB, "x")).then(
      () => expect.fail("It was taken."),
      (error: Error) => error,
    );
    expect(error).to.include({ name: "InternalError" });
    expect(error.message).to.match(/disk of the data folder is full/);
    expect(await keys()).to.deep.equal(["before"]);
    expect(files()).to.have.length(1);
  });

  it("tells the aws CLI so too, which waits for leave to send its body", async () => {
    const body = join(folder, "body");
    writeFileSync(body, "");
    truncateSync(body, 32 * MiB);
    const env = { ...clientEnvironment(aws.endpoint), AWS_MAX_ATTEMPTS: "1" };
    const failed = await run("aws", ["s3api", "put-object", "--bucket", Bucket, "--key", "k", "--body", body], {
      env,
    }).then(
      () => "It was taken.",
      (error: Error) => error.message,
    );
    expect(failed).to.match(/InternalError.*disk of the data folder is full/);
  });

  it("keeps an upload whose part, copied part or end it cannot hold, which goes on when there is room again", async () => {
    const Key = "upload";
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const upload = { Bucket, Key, UploadId };
    const part = (PartNumber: number, Body: Uint8Array) =>
      aws.s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    const { ETag } = await part(1, Buffer.alloc(5 * MiB, "p"));
    await fill();
    const refused = "InternalError 500";
    expect(await refusalCode(part(2, Buffer.alloc(2 * MiB, "q")))).to.equal(refused);
    const copied = new UploadPartCopyCommand({ ...upload, PartNumber: 2, CopySource: `${Bucket}/before` });
    expect(await refusalCode(aws.s3.send(copied))).to.equal(refused);
    const { Parts } = await aws.s3.send(new ListPartsCommand(upload));
    expect(Parts?.map(({ PartNumber }) => PartNumber)).to.deep.equal([1]);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const complete = () => aws.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    // The rows may still have found room in a page that was there: either it is whole, or it is as if it had not been asked for.
    const completed = await complete().then(
      () => true,
      (error: Error) => expect(error.name).to.equal("InternalError") && false,
    );
    expect(await keys()).to.deep.equal(completed ? ["before", Key] : ["before"]);
    rmSync(filler);
    await complete();
    expect(await keys()).to.deep.equal(["before", Key]);
    await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
  });

  it("keeps what was there where it cannot be replaced, by a copy or by a small object", async () => {
    await put("old", Buffer.alloc(1000, "o"));
    await fill();
    const read = async (Key: string) => {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    // Some pages of the log are there already: a few small ones may be taken.
    let last = Buffer.alloc(1000, "o");
    for (let index = 0; index < 400; index++) {
      const body = Buffer.alloc(16_000, String(index));
      const taken = await put("old", body).then(
        () => true,
        (error: Error) => expect(error.name).to.equal("InternalError") && false,
      );
      if (taken) last = body;
      else break;
    }
    expect((await read("old")).equals(last)).to.equal(true);
    const SSECustomerKey = Buffer.alloc(32, "k");
    const own = {
      SSECustomerAlgorithm: "AES256",
      SSECustomerKey: SSECustomerKey.toString("base64"),
      SSECustomerKeyMD5: createHash("md5").update(SSECustomerKey).digest("base64"),
    };
    const copy = new CopyObjectCommand({ Bucket, Key: "old", CopySource: `${Bucket}/before`, ...own });
    expect(await refusalCode(aws.s3.send(copy))).to.equal("InternalError 500");
    expect((await read("old")).equals(last)).to.equal(true);
    rmSync(filler);
    await put("old", Buffer.from("new"));
    expect((await read("old")).toString()).to.equal("new");
    await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "old" }] } }));
  });

  it("goes on when there is room again, with every object that it acknowledged", async () => {
    const acknowledged: string[] = ["before"];
    for (let index = 0; index < 40; index++) {
      const taken = await put(`k${index}`, Buffer.alloc(MiB / 2, "y")).catch(() => undefined);
      if (taken !== undefined) acknowledged.push(`k${index}`);
    }
    expect(acknowledged.length).to.be.within(2, 39);
    expect(await keys()).to.have.members(acknowledged);
    const Objects = acknowledged.map((Key) => ({ Key }));
    await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    await put("after", Buffer.from("room"));
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "after" }));
    expect(await Body?.transformToString()).to.equal("room");
  });

  it("keeps the embedded runtime from opening, which would take it for a want of namespaces", async () => {
    const dataDir = join(disk, "machines");
    mkdirSync(join(dataDir, "ec2"), { recursive: true });
    await fill();
    const opened = await openRuntimeIn("embedded", dataDir).then(
      () => "It was opened.",
      (error: NodeJS.ErrnoException) => error.code,
    );
    rmSync(filler);
    expect(opened).to.equal("ENOSPC");
  });
});
