import { GetObjectTaggingCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, presignedUrl } from "./s3-support.ts";

/** Signers put what a request has as headers into the query; the client then sends none of them. */
describe("s3 presigned URLs with headers in their query", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  it("give an object its metadata", async () => {
    const query = "X-Amz-Expires=60&x-amz-meta-color=light%20blue&X-Amz-Meta-Size=2";
    const url = presignedUrl(aws, `/${Bucket}/described?${query}`, { method: "PUT" });
    expect((await fetch(url, { method: "PUT", body: "x" })).status).to.equal(200);
    const { Metadata } = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "described" }));
    expect(Metadata).to.deep.equal({ color: "light blue", size: "2" });
  });

  it("give it neither tags nor a checksum, for which S3 wants headers", async () => {
    const query =
      "X-Amz-Expires=60&x-amz-tagging=a%3Db&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32";
    const url = presignedUrl(aws, `/${Bucket}/plain?${query}`, { method: "PUT" });
    expect((await fetch(url, { method: "PUT", body: "x" })).status).to.equal(200);
    expect((await aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key: "plain" }))).TagSet).to.deep.equal([]);
  });

  it("let no other header in that is not signed", async () => {
    const { headers } = new Request(aws.endpoint, { headers: { "x-amz-meta-a": "header" } });
    const url = presignedUrl(aws, `/${Bucket}/mixed?X-Amz-Expires=60&x-amz-meta-b=query`, { method: "PUT" });
    expect((await fetch(url, { method: "PUT", body: "x", headers })).status).to.equal(403);
  });
});
