import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  type ServerSideEncryption,
  type ServerSideEncryptionRule,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode } from "./s3-support.ts";

describe("s3 encryption", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const key = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555";

  function encrypt(Bucket: string, ...Rules: ServerSideEncryptionRule[]) {
    return aws.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  }

  async function rulesOf(Bucket: string) {
    const answer = await aws.s3.send(new GetBucketEncryptionCommand({ Bucket }));
    return answer.ServerSideEncryptionConfiguration?.Rules;
  }

  describe("s3 PutBucketEncryption", () => {
    it("stores a rule that GetBucketEncryption gives back, until it is deleted", async () => {
      const Bucket = await newBucket(aws);
      const rule: ServerSideEncryptionRule = {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: key },
        BucketKeyEnabled: true,
        BlockedEncryptionTypes: { EncryptionType: ["SSE-C"] },
      };
      await encrypt(Bucket, rule);
      expect(await rulesOf(Bucket)).to.deep.equal([rule]);
      await aws.s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
      expect(await rulesOf(Bucket)).to.deep.equal([
        { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false },
      ]);
    });

    it("rejects a key for keys of S3 with InvalidArgument, and what is no rule with MalformedXML", async () => {
      const Bucket = await newBucket(aws);
      const s3Keys = { SSEAlgorithm: "AES256", KMSMasterKeyID: key } as const;
      const refused = await refusal(encrypt(Bucket, { ApplyServerSideEncryptionByDefault: s3Keys }));
      expect(refused).to.deep.include({
        code: "InvalidArgument",
        message: "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
      });
      const unknown = { SSEAlgorithm: "rot13" as ServerSideEncryption };
      expect(await refusalCode(encrypt(Bucket, { ApplyServerSideEncryptionByDefault: unknown }))).to.equal(
        "MalformedXML 400",
      );
      expect(await refusalCode(encrypt(Bucket))).to.equal("MalformedXML 400");
    });
  });

  describe("s3 an encrypted object", () => {
    it("says the key that was asked for, when it is put and when it is read", async () => {
      const Bucket = await newBucket(aws);
      const asked = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: key, BucketKeyEnabled: true } as const;
      expect(await put(aws, Bucket, "key", asked)).to.deep.include(asked);
      expect(await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "key" }))).to.deep.include(asked);
      const copy = await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/key` }));
      expect(copy.ServerSideEncryption).to.equal("AES256");
      const read = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "copy" }));
      expect([read.ServerSideEncryption, read.SSEKMSKeyId]).to.deep.equal(["AES256", undefined]);
      expect(await read.Body?.transformToString()).to.equal("key");
    });

    it("has the account's own key of S3 where none is named", async () => {
      const Bucket = await newBucket(aws);
      const one = await put(aws, Bucket, "one", { ServerSideEncryption: "aws:kms:dsse" });
      expect(one.ServerSideEncryption).to.equal("aws:kms:dsse");
      expect(one.SSEKMSKeyId).to.match(
        /^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      );
      expect((await put(aws, Bucket, "two", { ServerSideEncryption: "aws:kms" })).SSEKMSKeyId).to.equal(
        one.SSEKMSKeyId,
      );
    });

    it("follows the bucket's default, also where it came in parts", async () => {
      const Bucket = await newBucket(aws);
      await encrypt(Bucket, {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: key },
        BucketKeyEnabled: true,
      });
      const expected = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: key, BucketKeyEnabled: true };
      expect(await put(aws, Bucket, "key")).to.deep.include(expected);
      expect((await put(aws, Bucket, "key", { ServerSideEncryption: "AES256" })).ServerSideEncryption).to.equal(
        "AES256",
      );
      const upload = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
      expect(upload).to.deep.include(expected);
      const { UploadId } = upload;
      const part = await aws.s3.send(
        new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: 1, Body: "part" }),
      );
      expect(part).to.deep.include(expected);
      const Parts = [{ PartNumber: 1, ETag: part.ETag }];
      const complete = { Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } };
      expect(await aws.s3.send(new CompleteMultipartUploadCommand(complete))).to.deep.include(expected);
      expect(await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "parts" }))).to.deep.include(expected);
    });

    it("rejects a key without KMS, and other methods, with InvalidArgument", async () => {
      const Bucket = await newBucket(aws);
      const refused = await refusal(put(aws, Bucket, "key", { SSEKMSKeyId: key }));
      expect(refused).to.deep.include({
        code: "InvalidArgument",
        message:
          "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
      });
      const rot13 = "rot13" as ServerSideEncryption;
      expect(await refusalCode(put(aws, Bucket, "key", { ServerSideEncryption: rot13 }))).to.equal(
        "InvalidArgument 400",
      );
    });
  });

  it("takes the context of a KMS key, tells it back, and refuses what is none", async () => {
    const Bucket = await newBucket(aws);
    const context = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
    const kms = { ServerSideEncryption: "aws:kms" } as const;
    const SSEKMSEncryptionContext = context({ team: "a" });
    expect(await put(aws, Bucket, "key", { ...kms, SSEKMSEncryptionContext })).to.include({ SSEKMSEncryptionContext });
    const upload = new CreateMultipartUploadCommand({ Bucket, Key: "key", ...kms, SSEKMSEncryptionContext });
    expect(await aws.s3.send(upload)).to.include({ SSEKMSEncryptionContext });
    for (const wrong of [{ ...kms, SSEKMSEncryptionContext: context(["a"]) }, { SSEKMSEncryptionContext }]) {
      expect(await refusalCode(put(aws, Bucket, "key", wrong))).to.equal("InvalidArgument 400");
    }
  });
});
