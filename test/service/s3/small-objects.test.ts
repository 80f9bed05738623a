import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 reads of small objects", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
  });
  after(() => aws.stop());

  /** A read by the short way, or by the one that all other requests go: a header that means nothing decides. */
  async function read(path: string, { method = "GET", longWay = false, checksum = false } = {}) {
    const headers = { ...(longWay && { "x-other": "1" }), ...(checksum && { "x-amz-checksum-mode": "ENABLED" }) };
    const answer = await rawRequest(aws, { method, path, headers });
    const { date: _, "x-amz-request-id": id, ...told } = answer.headers;
    expect(id).to.match(/^[0-9A-F]{16}$/);
    return { status: answer.status, text: answer.text, headers: told };
  }

  it("are answered as all others are", async () => {
    const Bucket = await newBucket(aws);
    const objects: Partial<PutObjectCommandInput>[] = [
      {},
      { Body: "" },
      { Metadata: { name: "välue" }, ContentType: "text/plain", CacheControl: "no-cache", ContentEncoding: "gzip" },
      { Expires: new Date("2030-01-01T00:00:00Z"), Tagging: "a=b&c=d", StorageClass: "STANDARD_IA" },
      { ServerSideEncryption: "aws:kms", SSEKMSKeyId: "key" },
      { WebsiteRedirectLocation: "/elsewhere", ChecksumAlgorithm: "SHA256" },
    ];
    for (const [index, more] of objects.entries()) await put(aws, Bucket, `plain-${index}`, more);
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    for (const [index, more] of objects.entries()) await put(aws, Bucket, `versioned-${index}`, more);
    for (const kind of ["plain", "versioned"]) {
      for (const index of objects.keys()) {
        const path = `/${Bucket}/${kind}-${index}`;
        for (const options of [{}, { method: "HEAD" }, { checksum: true }, { method: "HEAD", checksum: true }]) {
          const short = await read(path, options);
          expect(short).to.deep.equal(await read(path, { ...options, longWay: true }));
          expect(short.status).to.equal(200);
        }
      }
    }
  });

  it("see every change at once", async () => {
    const Bucket = uniqueName();
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const path = `/${Bucket}/key`;
    expect((await read(path)).status).to.equal(404);
    for (let count = 0; count < 20; count++) {
      await put(aws, Bucket, "key", { Body: String(count) });
      expect((await read(path)).text).to.equal(String(count));
    }
    await aws.s3.send(
      new PutObjectTaggingCommand({ Bucket, Key: "key", Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }),
    );
    expect((await read(path)).headers["x-amz-tagging-count"]).to.equal("1");
    await aws.s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: "key", LegalHold: { Status: "ON" } }));
    expect((await read(path)).headers["x-amz-object-lock-legal-hold"]).to.equal("ON");
    const Rules = [{ ID: "all", Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 10 } }];
    await aws.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    expect((await read(path)).headers["x-amz-expiration"]).to.match(/rule-id="all"/);
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    expect((await read(path)).status).to.equal(404);
  });

  it("are refused where a policy denies them, and to strangers", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
    const path = `/${Bucket}/key`;
    expect((await read(path)).status).to.equal(200);
    const other = new S3Client({
      ...aws.clientConfig,
      forcePathStyle: true,
      credentials: { accessKeyId: "other", secretAccessKey: "secret" },
    });
    const forged = new S3Client({
      ...aws.clientConfig,
      forcePathStyle: true,
      credentials: { accessKeyId: "test", secretAccessKey: "wrong" },
    });
    try {
      const get = new GetObjectCommand({ Bucket, Key: "key" });
      expect(await refusalCode(other.send(get))).to.equal("AccessDenied 403");
      expect(await refusalCode(forged.send(get))).to.equal("SignatureDoesNotMatch 403");
    } finally {
      other.destroy();
      forged.destroy();
    }
    const Statement = [
      { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` },
    ];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect((await read(path)).status).to.equal(403);
    await aws.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    expect((await read(path)).status).to.equal(200);
  });

  it("are whole, old or new, while their object is replaced again and again", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key", { Body: "0".repeat(500) });
    let done = false;
    const writing = (async () => {
      for (let count = 1; count <= 100; count++) {
        await aws.s3.send(
          new PutObjectCommand({
            Bucket,
            Key: "key",
            Body: String.fromCharCode(48 + (count % 10)).repeat(500 + count),
          }),
        );
      }
    })().finally(() => {
      done = true;
    });
    let least = 500;
    while (!done) {
      const { status, text, headers } = await read(`/${Bucket}/key`);
      expect(status).to.equal(200);
      expect(text).to.equal(text.charAt(0).repeat(text.length));
      expect(text.length).to.be.at.least(least);
      expect(headers["content-length"]).to.equal(String(text.length));
      least = text.length;
    }
    await writing;
    expect((await read(`/${Bucket}/key`)).text).to.equal("0".repeat(600));
  });
});
