import {
  type BucketAbacStatus,
  DeleteBucketTaggingCommand,
  GetBucketAbacCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  PutBucketAbacCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusalCode } from "./s3-support.ts";

describe("s3 PutBucketAbac", () => {
  let aws: TestServer;
  let other: S3Client;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
    const credentials = { accessKeyId: "other", secretAccessKey: "secret" };
    other = new S3Client({ ...aws.clientConfig, forcePathStyle: true, credentials });
  });
  after(async () => {
    other.destroy();
    await aws.stop();
  });

  function setAbac(Bucket: string, Status: BucketAbacStatus) {
    return aws.s3.send(new PutBucketAbacCommand({ Bucket, AbacStatus: { Status } }));
  }

  async function abacOf(Bucket: string) {
    return (await aws.s3.send(new GetBucketAbacCommand({ Bucket }))).AbacStatus?.Status;
  }

  function tag(Bucket: string, Value: string) {
    return aws.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "team", Value }] } }));
  }

  it("is disabled until it is enabled, and again", async () => {
    const Bucket = await newBucket(aws);
    expect(await abacOf(Bucket)).to.equal("Disabled");
    await setAbac(Bucket, "Enabled");
    expect(await abacOf(Bucket)).to.equal("Enabled");
    await setAbac(Bucket, "Disabled");
    expect(await abacOf(Bucket)).to.equal("Disabled");
  });

  it("rejects another status with MalformedXML", async () => {
    const Bucket = await newBucket(aws);
    expect(await refusalCode(setAbac(Bucket, "enabled" as "Enabled"))).to.equal("MalformedXML 400");
    expect(await abacOf(Bucket)).to.equal("Disabled");
  });

  it("keeps the tags as they are while it is enabled", async () => {
    const Bucket = await newBucket(aws);
    await tag(Bucket, "a");
    await setAbac(Bucket, "Enabled");
    expect(await refusalCode(tag(Bucket, "b"))).to.equal("MethodNotAllowed 405");
    const remove = aws.s3.send(new DeleteBucketTaggingCommand({ Bucket }));
    expect(await refusalCode(remove)).to.equal("MethodNotAllowed 405");
    const { TagSet } = await aws.s3.send(new GetBucketTaggingCommand({ Bucket }));
    expect(TagSet).to.deep.equal([{ Key: "team", Value: "a" }]);
    await setAbac(Bucket, "Disabled");
    await tag(Bucket, "b");
  });

  for (const key of ["aws:ResourceTag/team", "s3:BucketTag/team"]) {
    it(`lets policies know the tags of the bucket as ${key}`, async () => {
      const Bucket = await newBucket(aws);
      await put(aws, Bucket, "key");
      await tag(Bucket, "a");
      const policy = (value: string) => ({
        Version: "2012-10-17",
        Statement: {
          ...{ Effect: "Allow", Principal: { AWS: "222222222222" }, Action: "s3:GetObject" },
          Resource: `arn:aws:s3:::${Bucket}/*`,
          Condition: { StringEquals: { [key]: value } },
        },
      });
      const allow = (value: string) =>
        aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy(value)) }));
      const read = () => other.send(new GetObjectCommand({ Bucket, Key: "key" }));
      await allow("a");
      expect(await refusalCode(read())).to.equal("AccessDenied 403");
      await setAbac(Bucket, "Enabled");
      expect(await (await read()).Body?.transformToString()).to.equal("key");
      await allow("b");
      expect(await refusalCode(read())).to.equal("AccessDenied 403");
    });
  }
});
