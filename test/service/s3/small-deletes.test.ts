import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusalCode } from "./s3-support.ts";

describe("s3 deletes in buckets without versions", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
  });
  after(() => aws.stop());

  /** A delete by the short way, or by the one that all other requests go: a header that means nothing decides. */
  async function remove(path: string, longWay = false) {
    const answer = await rawRequest(aws, { method: "DELETE", path, headers: longWay ? { "x-other": "1" } : {} });
    const { date: _, "x-amz-request-id": id, ...headers } = answer.headers;
    expect(id).to.match(/^[0-9A-F]{16}$/);
    return { status: answer.status, text: answer.text, headers };
  }

  async function keysOf(Bucket: string): Promise<(string | undefined)[]> {
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key }) => Key);
  }

  it("are answered as all others are, and take what they name", async () => {
    const Bucket = await newBucket(aws);
    const bodies = { small: "x", empty: "", "folder/key": "y", large: "z".repeat(100_000), kept: "k" };
    for (const longWay of [false, true]) {
      for (const [key, Body] of Object.entries(bodies)) await put(aws, Bucket, key, { Body });
      for (const key of ["small", "empty", "folder/key", "large", "nothing"]) {
        const path = `/${Bucket}/${key}`;
        const answer = await remove(path, longWay);
        expect(answer).to.deep.equal({ ...(await remove(path, !longWay)), status: 204, text: "" });
        expect((await rawRequest(aws, { method: "GET", path })).status).to.equal(404);
      }
      expect(await keysOf(Bucket)).to.deep.equal(["kept"]);
    }
  });

  it("leave markers as soon as there are versions", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
    expect((await remove(`/${Bucket}/key`)).headers).not.to.have.property("x-amz-version-id");
    await put(aws, Bucket, "key");
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    expect((await remove(`/${Bucket}/key`)).headers).to.include({ "x-amz-delete-marker": "true" });
    const { Versions = [], DeleteMarkers = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect([Versions.length, DeleteMarkers.length]).to.deep.equal([1, 1]);
  });

  it("go on beside each other, and beside what makes versions", async () => {
    const Bucket = await newBucket(aws);
    const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => put(aws, Bucket, key)));
    const versioning = { Bucket, VersioningConfiguration: { Status: "Enabled" } } as const;
    const answers = await Promise.all(
      keys.map(async (Key, index) => {
        if (index === 30) await aws.s3.send(new PutBucketVersioningCommand(versioning));
        return { Key, marker: (await aws.s3.send(new DeleteObjectCommand({ Bucket, Key }))).DeleteMarker === true };
      }),
    );
    expect(await keysOf(Bucket)).to.deep.equal([]);
    // What was answered with a marker has kept its object below that, and nothing else has.
    const { Versions = [], DeleteMarkers = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket }));
    const marked = answers.flatMap(({ Key, marker }) => (marker ? [Key] : [])).sort();
    expect(DeleteMarkers.map(({ Key }) => Key)).to.deep.equal(marked);
    expect(Versions.map(({ Key }) => Key)).to.deep.equal(marked);
  });

  it("are refused where a policy denies them, and to strangers", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
    expect((await remove(`/${Bucket}/other`)).status).to.equal(204);
    const deletion = new DeleteObjectCommand({ Bucket, Key: "key" });
    const clients = [
      ["other", "secret", "AccessDenied 403"],
      ["test", "wrong", "SignatureDoesNotMatch 403"],
    ] as const;
    for (const [accessKeyId, secretAccessKey, refused] of clients) {
      const credentials = { accessKeyId, secretAccessKey };
      const client = new S3Client({ ...aws.clientConfig, forcePathStyle: true, credentials });
      try {
        expect(await refusalCode(client.send(deletion))).to.equal(refused);
      } finally {
        client.destroy();
      }
    }
    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Statement = [{ Effect: "Deny", Principal: "*", Action: "s3:DeleteObject", Resource }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect(await refusalCode(aws.s3.send(deletion))).to.equal("AccessDenied 403");
    await aws.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    expect(await keysOf(Bucket)).to.deep.equal(["key"]);
    await aws.s3.send(deletion);
    expect(await keysOf(Bucket)).to.deep.equal([]);
  });

  it("are refused in what is no bucket, and of keys that are too long", async () => {
    const Bucket = await newBucket(aws);
    expect((await remove(`/${Bucket}-other/key`)).text).to.include("<Code>NoSuchBucket</Code>");
    expect((await remove(`/${Bucket}/${"k".repeat(1025)}`)).text).to.include("<Code>KeyTooLongError</Code>");
    expect((await remove(`/${Bucket}/${"k".repeat(1024)}`)).status).to.equal(204);
  });
});
