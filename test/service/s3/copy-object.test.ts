import { createHash } from "node:crypto";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 CopyObject", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
    Bucket = await newBucket(aws);
    await put(aws, Bucket, "source", {
      Body: "bytes",
      ContentType: "text/plain",
      Metadata: { a: "1" },
      WebsiteRedirectLocation: "/elsewhere",
      StorageClass: "STANDARD_IA",
    });
  });
  after(() => aws.stop());

  const copy = (Key: string, more: Partial<CopyObjectCommand["input"]> = {}) =>
    aws.s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/source`, ...more }));
  const head = (Key: string) => aws.s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  const read = async (Key: string) =>
    (await aws.s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

  it("copies bytes, metadata and checksum, but neither redirect nor storage class", async () => {
    const { CopyObjectResult, ServerSideEncryption } = await copy("copied");
    const source = await head("source");
    expect(CopyObjectResult).to.deep.include({
      ETag: source.ETag,
      ChecksumCRC32: source.ChecksumCRC32,
    });
    expect(ServerSideEncryption).to.equal("AES256");
    const copied = await head("copied");
    expect(copied).to.deep.include({ ContentType: "text/plain", Metadata: { a: "1" }, ETag: source.ETag });
    expect([copied.WebsiteRedirectLocation, copied.StorageClass]).to.deep.equal([undefined, undefined]);
    expect(await read("copied")).to.equal("bytes");
  });

  it("replaces metadata when told to", async () => {
    await copy("replaced", {
      MetadataDirective: "REPLACE",
      ContentType: "text/html",
      Metadata: { b: "2" },
      StorageClass: "ONEZONE_IA",
      WebsiteRedirectLocation: "/there",
    });
    expect(await head("replaced")).to.deep.include({
      ContentType: "text/html",
      Metadata: { b: "2" },
      StorageClass: "ONEZONE_IA",
      WebsiteRedirectLocation: "/there",
    });
  });

  it("computes a checksum that the source does not have", async () => {
    const { CopyObjectResult } = await copy("checksummed", { ChecksumAlgorithm: "SHA256" });
    const ChecksumSHA256 = createHash("sha256").update("bytes").digest("base64");
    expect(CopyObjectResult).to.deep.include({ ChecksumSHA256 });
    expect(await head("checksummed")).to.deep.include({ ChecksumSHA256, ChecksumType: "FULL_OBJECT" });
  });

  it("keeps its bytes when the source is deleted, and the source's when the copy is", async () => {
    await put(aws, Bucket, "original", { Body: "shared" });
    await copy("first", { CopySource: `${Bucket}/original` });
    await copy("second", { CopySource: `${Bucket}/first` });
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "original" }));
    expect(await read("first")).to.equal("shared");
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "first" }));
    expect(await read("second")).to.equal("shared");
  });

  it("copies whole objects while their source is deleted and written again", async () => {
    const [one, two] = ["x".repeat(200_000), "y".repeat(200_000)];
    await put(aws, Bucket, "moving", { Body: one });
    const busy = Array.from({ length: 20 }, async (_, at) => {
      if (at % 2 === 0) await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "moving" }));
      else await put(aws, Bucket, "moving", { Body: at % 4 === 1 ? one : two });
    });
    const copies = Array.from({ length: 40 }, async (_, at) => {
      const Key = `moved/${at}`;
      const more = { CopySource: `${Bucket}/moving`, ChecksumAlgorithm: at % 3 === 0 ? "SHA1" : undefined } as const;
      try {
        await copy(Key, more);
      } catch (error) {
        expect(error).to.have.property("name", "NoSuchKey");
        return;
      }
      expect([one, two]).to.include(await read(Key));
    });
    await Promise.all([...busy, ...copies]);
  });

  it("takes a source with any characters, with or without a slash before it", async () => {
    const Key = "a b+c/ü?versionId=no/..";
    await put(aws, Bucket, Key, { Body: "odd" });
    await copy("odd", { CopySource: `/${Bucket}/${encodeURIComponent(Key)}` });
    expect(await read("odd")).to.equal("odd");
    await copy("null", { CopySource: `${Bucket}/source?versionId=null` });
  });

  it("copies an object to itself to change something, and rejects it otherwise with InvalidRequest", async () => {
    await put(aws, Bucket, "self", { Body: "me" });
    const self = { CopySource: `${Bucket}/self` };
    await copy("self", { ...self, MetadataDirective: "REPLACE", Metadata: { now: "this" } });
    expect((await head("self")).Metadata).to.deep.equal({ now: "this" });
    await copy("self", { ...self, StorageClass: "STANDARD_IA" });
    expect(await read("self")).to.equal("me");
    const refused = await refusal(copy("self", self));
    expect(refused).to.deep.include({ code: "InvalidRequest", status: 400 });
    expect(refused.message).to.match(/^This copy request is illegal because it is trying to copy an object to itself/);
  });

  it("rejects sources that are none", async () => {
    expect(await refusalCode(copy("x", { CopySource: `${Bucket}/nowhere` }))).to.equal("NoSuchKey 404");
    expect(await refusalCode(copy("x", { CopySource: `${uniqueName()}/k` }))).to.equal("NoSuchBucket 404");
    expect(await refusalCode(copy("x", { CopySource: Bucket }))).to.equal("InvalidArgument 400");
    expect(await refusalCode(copy("x", { CopySource: `${Bucket}/%zz` }))).to.equal("InvalidArgument 400");
  });

  it("rejects a source in another account's bucket with AccessDenied", async () => {
    const credentials = { accessKeyId: "other", secretAccessKey: "secret" };
    const other = new S3Client({ ...aws.clientConfig, forcePathStyle: true, credentials });
    const copied = other.send(new CopyObjectCommand({ Bucket, Key: "stolen", CopySource: `${Bucket}/source` }));
    expect(await refusalCode(copied)).to.equal("AccessDenied 403");
    expect(await refusalCode(copy("x", { ExpectedSourceBucketOwner: "222222222222" }))).to.equal("AccessDenied 403");
  });

  it("rejects directives that are none with InvalidArgument", async () => {
    expect(await refusalCode(copy("x", { MetadataDirective: "KEEP" as never }))).to.equal("InvalidArgument 400");
    expect(await refusalCode(copy("x", { TaggingDirective: "KEEP" as never }))).to.equal("InvalidArgument 400");
  });
});
