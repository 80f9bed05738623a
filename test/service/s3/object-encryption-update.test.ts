import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type ObjectEncryption,
  PutBucketVersioningCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  UpdateObjectEncryptionCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 UpdateObjectEncryption", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const KMSKeyArn = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555";
  const withKms: ObjectEncryption = { SSEKMS: { KMSKeyArn } };

  function update(Bucket: string, ObjectEncryption = withKms, VersionId?: string) {
    return aws.s3.send(new UpdateObjectEncryptionCommand({ Bucket, Key: "k", ObjectEncryption, VersionId }));
  }

  async function head(Bucket: string, VersionId?: string) {
    const { $metadata: _, ...answer } = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "k", VersionId }));
    return answer;
  }

  it("changes the key and nothing else of an object", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "k", { Metadata: { a: "b" }, ContentType: "text/plain" });
    const before = await head(Bucket);
    await update(Bucket, { SSEKMS: { KMSKeyArn, BucketKeyEnabled: true } });
    const kms = { ...before, ServerSideEncryption: "aws:kms", SSEKMSKeyId: KMSKeyArn };
    expect(await head(Bucket)).to.deep.equal({ ...kms, BucketKeyEnabled: true });
    const { Body, SSEKMSKeyId } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "k" }));
    expect([await Body?.transformToString(), SSEKMSKeyId]).to.deep.equal(["k", KMSKeyArn]);
    await update(Bucket);
    expect(await head(Bucket)).to.deep.equal(kms);
  });

  it("changes the version that it names", async () => {
    const Bucket = await newBucket(aws);
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const { VersionId } = await put(aws, Bucket, "k");
    await put(aws, Bucket, "k");
    await update(Bucket, withKms, VersionId);
    expect((await head(Bucket, VersionId)).ServerSideEncryption).to.equal("aws:kms");
    expect((await head(Bucket)).ServerSideEncryption).to.equal("AES256");
  });

  const doubly: Partial<PutObjectCommandInput> = { ServerSideEncryption: "aws:kms:dsse" };
  const ownKey: Partial<PutObjectCommandInput> = {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: Buffer.alloc(32, "k").toString("base64"),
  };
  for (const [what, how] of [
    ["twice", doubly],
    ["with a customer's key", ownKey],
  ] as const) {
    it(`refuses an object that is encrypted ${what} with InvalidRequest`, async () => {
      const Bucket = await newBucket(aws);
      await put(aws, Bucket, "k", how);
      const { code, status, message } = await refusal(update(Bucket));
      expect([code, status]).to.deep.equal(["InvalidRequest", 400]);
      expect(message).to.match(/doesn't support source objects with the encryption type DSSE-KMS or SSE-C/);
    });
  }

  it("refuses other encryptions, other names of keys, keys of other accounts and objects that are not there", async () => {
    const Bucket = await newBucket(aws);
    expect(await refusalCode(update(Bucket))).to.equal("NoSuchKey 404");
    await put(aws, Bucket, "k");
    const before = await head(Bucket);
    const byAlias = { SSEKMS: { KMSKeyArn: "alias/mine" } };
    const foreign = { SSEKMS: { KMSKeyArn: KMSKeyArn.replace("000000000000", "111111111111") } };
    expect([
      await refusalCode(update(Bucket, {} as ObjectEncryption)),
      await refusalCode(update(Bucket, byAlias)),
      await refusalCode(update(Bucket, foreign)),
    ]).to.deep.equal(["InvalidRequest 400", "InvalidRequest 400", "AccessDenied 403"]);
    expect(await head(Bucket)).to.deep.equal(before);
  });

  it("refuses an object under Object Lock with AccessDenied", async () => {
    const Bucket = uniqueName();
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await put(aws, Bucket, "k", { ObjectLockLegalHoldStatus: "ON" });
    expect(await refusalCode(update(Bucket))).to.equal("AccessDenied 403");
    const released = { Bucket, Key: "k", LegalHold: { Status: "OFF" } } as const;
    await aws.s3.send(new PutObjectLegalHoldCommand(released));
    await update(Bucket);
    expect((await head(Bucket)).ServerSideEncryption).to.equal("aws:kms");
  });
});
