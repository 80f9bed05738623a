import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { rawRequest, refusalCode } from "./s3-support.ts";

const MiB = 1024 * 1024;

describe("s3 objects whose files were cut off", () => {
  const Bucket = "damaged";
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ logLevel: "silent" });
    await aws.s3.send(new CreateBucketCommand({ Bucket }));
  });
  after(() => aws?.stop());

  const files = () =>
    readdirSync(aws.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /^[0-9a-f]{32}$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));

  /** Halves the files that come to be while `write` is under way. */
  async function halved(write: () => Promise<unknown>): Promise<void> {
    const before = new Set(files());
    await write();
    for (const file of files()) if (!before.has(file)) truncateSync(file, statSync(file).size / 2);
  }

  async function read(Key: string, Range?: string): Promise<string> {
    try {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key, Range }));
      return `${(await Body?.transformToByteArray())?.length} bytes`;
    } catch (error) {
      return (error as Error).name;
    }
  }

  async function head(Key: string, Range?: string): Promise<string> {
    const path = `/${Bucket}/${Key}`;
    const { status } = await rawRequest(aws, { method: "HEAD", path, ...(Range && { headers: { Range } }) });
    return String(status);
  }

  for (const size of [40_000, 3 * MiB]) {
    it(`are an internal error where their bytes are missing, and are read before that (${size} bytes)`, async () => {
      const Key = `of-${size}`;
      await halved(() => aws.s3.send(new PutObjectCommand({ Bucket, Key, Body: randomBytes(size) })));
      // The second is answered from what was kept of the first.
      for (let time = 0; time < 2; time++) expect(await read(Key)).to.equal("InternalError");
      expect(await read(Key, "bytes=-10")).to.equal("InternalError");
      expect(await read(Key, "bytes=0-9")).to.equal("10 bytes");
      expect(await head(Key)).to.equal("500");
      expect(await head(Key, "bytes=0-9")).to.equal("206");
      const copy = new CopyObjectCommand({ Bucket, Key: `${Key}-copy`, CopySource: `${Bucket}/${Key}` });
      expect(await refusalCode(aws.s3.send(copy))).to.equal("InternalError 500");
    });
  }

  for (const size of [40_000, 3 * MiB]) {
    it(`are an internal error for every read where the file is gone, until they are written again (${size} bytes)`, async () => {
      const Key = `gone-${size}`;
      const write = () => aws.s3.send(new PutObjectCommand({ Bucket, Key, Body: randomBytes(size) }));
      const before = new Set(files());
      await write();
      for (const file of files()) if (!before.has(file)) rmSync(file);
      for (let time = 0; time < 2; time++) {
        expect(await read(Key)).to.equal("InternalError");
        expect(await head(Key)).to.equal("500");
      }
      expect(await read(Key, "bytes=0-9")).to.equal("InternalError");
      await write();
      expect(await read(Key)).to.equal(`${size} bytes`);
      expect(await head(Key)).to.equal("200");
    });
  }

  it("are never whole where they have parts", async () => {
    const Key = "of-parts";
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = async (PartNumber: number) => {
      const Body = randomBytes(5 * MiB);
      const { ETag } = await aws.s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
      return { PartNumber, ETag };
    };
    const first = await part(1);
    let second: typeof first | undefined;
    await halved(async () => {
      second = await part(2);
    });
    const Parts = second === undefined ? [] : [first, second];
    await aws.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    expect(await read(Key, `bytes=0-${5 * MiB - 1}`)).to.equal(`${5 * MiB} bytes`);
    expect(await read(Key, "bytes=-10")).to.equal("InternalError");
    expect(await read(Key)).to.equal("InternalError");
    expect(await head(Key)).to.equal("500");
  });
});
