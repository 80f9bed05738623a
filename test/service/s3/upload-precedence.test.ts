import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusalCode } from "./s3-support.ts";

/** Decision 0160 */
describe("s3 the order of writes and of uploads that were begun before them", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function begin(Bucket: string, Body: string) {
    const upload = { Bucket, Key: "key" };
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(upload));
    const { ETag } = await aws.s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    return () => aws.s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
  }
  const current = async (Bucket: string) => {
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "key" }));
    return Body?.transformToString();
  };
  async function versions(Bucket: string): Promise<string[]> {
    const { Versions = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions.map(({ IsLatest }) => IsLatest)).to.deep.equal(Versions.map((_, at) => at === 0));
    const bodies = Versions.map(async ({ VersionId }) => {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "key", VersionId }));
      return (await Body?.transformToString()) ?? "";
    });
    return Promise.all(bodies);
  }
  async function versioned() {
    const Bucket = await newBucket(aws);
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    return Bucket;
  }

  it("is that of their beginning: without versions, a later write keeps its place and the upload is gone", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key", { Body: "before" });
    const complete = await begin(Bucket, "upload");
    await put(aws, Bucket, "key", { Body: "after" });
    expect((await complete()).$metadata.httpStatusCode).to.equal(200);
    expect(await current(Bucket)).to.equal("after");
    expect(await refusalCode(complete())).to.equal("NoSuchUpload 404");
    const again = await begin(Bucket, "upload");
    await again();
    expect(await current(Bucket)).to.equal("upload");
  });

  it("is that of two uploads, whichever is completed first", async () => {
    const Bucket = await newBucket(aws);
    const first = await begin(Bucket, "first");
    const second = await begin(Bucket, "second");
    await first();
    expect(await current(Bucket)).to.equal("first");
    await second();
    expect(await current(Bucket)).to.equal("second");
    const third = await begin(Bucket, "third");
    const fourth = await begin(Bucket, "fourth");
    await fourth();
    await third();
    expect(await current(Bucket)).to.equal("fourth");
  });

  it("takes an upload whose object was deleted meanwhile", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
    const complete = await begin(Bucket, "upload");
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    await complete();
    expect(await current(Bucket)).to.equal("upload");
  });

  it("places a version behind those that were begun after it", async () => {
    const Bucket = await versioned();
    await put(aws, Bucket, "key", { Body: "1" });
    const second = await begin(Bucket, "2");
    const third = await begin(Bucket, "3");
    await put(aws, Bucket, "key", { Body: "4" });
    const fifth = await begin(Bucket, "5");
    const { VersionId } = await second();
    expect(await versions(Bucket)).to.deep.equal(["4", "2", "1"]);
    await third();
    expect(await versions(Bucket)).to.deep.equal(["4", "3", "2", "1"]);
    await fifth();
    await put(aws, Bucket, "key", { Body: "6" });
    expect(await versions(Bucket)).to.deep.equal(["6", "5", "4", "3", "2", "1"]);
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key", VersionId }));
    expect(await versions(Bucket)).to.deep.equal(["6", "5", "4", "3", "1"]);
  });

  it("hides a version behind a delete marker that came after its beginning", async () => {
    const Bucket = await versioned();
    await put(aws, Bucket, "key", { Body: "1" });
    const complete = await begin(Bucket, "2");
    const { VersionId } = await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    await complete();
    expect(await refusalCode(current(Bucket))).to.equal("NoSuchKey 404");
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key", VersionId }));
    expect(await versions(Bucket)).to.deep.equal(["2", "1"]);
  });

  it("says when an upload was begun as the time of its object", async () => {
    const Bucket = await newBucket(aws);
    const complete = await begin(Bucket, "upload");
    const begun = Date.now();
    await eventually("another second", () => Date.now() > begun + 1100);
    await complete();
    const { LastModified } = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "key" }));
    expect(LastModified?.getTime()).to.be.at.most(begun);
  });
});
