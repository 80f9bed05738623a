import { createHmac } from "node:crypto";
import {
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, xmlElement } from "./s3-support.ts";

/** https://github.com/pottava/aws-s3-proxy/issues/46 has an answer of S3. */
describe("s3 objects that KMS encrypts", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
    await put(aws, Bucket, "of-kms", { ServerSideEncryption: "aws:kms" });
    await put(aws, Bucket, "of-s3");
    await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Statement = { Effect: "Allow", Principal: "*", Action: ["s3:GetObject", "s3:PutObject"], Resource };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  });
  after(() => aws.stop());

  const message =
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.";

  async function answered(method: string, key: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${aws.endpoint}/${Bucket}/${key}`, { method, headers });
    const xml = await answer.text();
    return { status: answer.status, message: xmlElement(xml, "Message"), value: xmlElement(xml, "ArgumentValue") };
  }

  function signedV2(method: string, key: string, amz: Record<string, string> = {}) {
    const date = new Date().toUTCString();
    const lines = Object.entries({ ...amz, "x-amz-date": date }).map(([name, value]) => `${name}:${value}\n`);
    const text = `${method}\n\n\n\n${lines.sort().join("")}/${Bucket}/${key}`;
    const signature = createHmac("sha1", "test").update(text).digest("base64");
    return { ...amz, "x-amz-date": date, authorization: `AWS test:${signature}` };
  }

  it("are not read by who signs nothing, or by Version 2", async () => {
    expect(await answered("GET", "of-kms")).to.deep.equal({ status: 400, message, value: "null" });
    expect((await answered("HEAD", "of-kms")).status).to.equal(400);
    const headers = signedV2("GET", "of-kms");
    const value = headers.authorization;
    expect(await answered("GET", "of-kms", headers)).to.deep.equal({ status: 400, message, value });
    expect((await answered("GET", "of-s3")).status).to.equal(200);
    expect((await answered("GET", "of-s3", signedV2("GET", "of-s3"))).status).to.equal(200);
  });

  it("are not written by them, whether the request says so or the bucket", async () => {
    const kms = { "x-amz-server-side-encryption": "aws:kms" };
    expect((await answered("PUT", "new", kms)).message).to.equal(message);
    expect((await answered("PUT", "new", signedV2("PUT", "new", kms))).message).to.equal(message);
    const copy = { "x-amz-copy-source": `${Bucket}/of-kms` };
    expect((await answered("PUT", "new", signedV2("PUT", "new", copy))).message).to.equal(message);
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const } }];
    const ServerSideEncryptionConfiguration = { Rules };
    await aws.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
    expect((await answered("PUT", "new", signedV2("PUT", "new"))).message).to.equal(message);
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "of-kms" }));
    expect(await Body?.transformToString()).to.equal("of-kms");
  });
});
