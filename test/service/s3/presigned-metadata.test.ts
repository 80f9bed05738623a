import { GetObjectTaggingCommand, HeadObjectCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import aws4 from "aws4";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, presignedUrl, put, xmlElement } from "./s3-support.ts";

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

  it("give it its tags, its class, its list and its encryption", async () => {
    const query = [
      ...["X-Amz-Expires=60", "x-amz-tagging=a%3Db%26c%3Dd", "x-amz-storage-class=STANDARD_IA"],
      ...["x-amz-server-side-encryption=aws%3Akms", "x-amz-website-redirect-location=%2Felsewhere"],
    ].join("&");
    const url = presignedUrl(aws, `/${Bucket}/hoisted?${query}`, { method: "PUT" });
    const answer = await fetch(url, { method: "PUT", body: "x" });
    expect([answer.status, answer.headers.get("x-amz-server-side-encryption")]).to.deep.equal([200, "aws:kms"]);
    const { TagSet } = await aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key: "hoisted" }));
    expect(TagSet).to.deep.equal([
      { Key: "a", Value: "b" },
      { Key: "c", Value: "d" },
    ]);
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "hoisted" }));
    expect([head.StorageClass, head.WebsiteRedirectLocation]).to.deep.equal(["STANDARD_IA", "/elsewhere"]);

    const listed = presignedUrl(aws, `/${Bucket}/listed?X-Amz-Expires=60&x-amz-acl=public-read`, { method: "PUT" });
    const refused = await fetch(listed, { method: "PUT", body: "x" });
    expect(xmlElement(await refused.text(), "Code")).to.equal("AccessControlListNotSupported");
  });

  it("name the owner that is expected, in lower case alone", async () => {
    await put(aws, Bucket, "owned");
    const statusWith = async (parameter: string) =>
      (await fetch(presignedUrl(aws, `/${Bucket}/owned?X-Amz-Expires=60&${parameter}`))).status;
    expect(await statusWith("x-amz-expected-bucket-owner=000000000000")).to.equal(200);
    expect(await statusWith("x-amz-expected-bucket-owner=111122223333")).to.equal(403);
    expect(await statusWith("X-Amz-Expected-Bucket-Owner=111122223333")).to.equal(200);
  });

  it("name an owner or a payer there or in a header, not in both", async () => {
    const codeWith = async (name: string, value: string) => {
      const path = `/${Bucket}/owned?X-Amz-Expires=60&${name}=${value}`;
      const asked = { host: new URL(aws.endpoint).host, path, service: "s3", region: "us-east-1", signQuery: true };
      const keys = { accessKeyId: "test", secretAccessKey: "test" };
      const signed = aws4.sign({ ...asked, headers: { [name]: value } }, keys);
      const answer = await fetch(`${aws.endpoint}${signed.path}`, { headers: { [name]: value } });
      return `${xmlElement(await answer.text(), "Code")} ${answer.status}`;
    };
    expect(await codeWith("x-amz-expected-bucket-owner", "000000000000")).to.equal(
      "InvalidBucketOwnerAWSAccountID 400",
    );
    expect(await codeWith("x-amz-request-payer", "requester")).to.equal("InvalidArgument 400");
  });

  it("ask for no checksums", async () => {
    const url = presignedUrl(aws, `/${Bucket}/owned?X-Amz-Expires=60&x-amz-checksum-mode=ENABLED`);
    const { status, headers } = await fetch(url);
    expect([status, headers.get("x-amz-checksum-crc32")]).to.deep.equal([200, null]);
  });

  it("are what a policy's conditions are about", async () => {
    const Policied = await newBucket(aws);
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          ...{ Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: `arn:aws:s3:::${Policied}/*` },
          Condition: { StringNotEquals: { "s3:x-amz-storage-class": "STANDARD_IA" } },
        },
      ],
    });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket: Policied, Policy }));
    const statusWith = async (more: string) => {
      const url = presignedUrl(aws, `/${Policied}/a?X-Amz-Expires=60${more}`, { method: "PUT" });
      return (await fetch(url, { method: "PUT", body: "x" })).status;
    };
    expect(await statusWith("")).to.equal(403);
    expect(await statusWith("&x-amz-storage-class=STANDARD_IA")).to.equal(200);
  });

  it("give it neither a checksum nor a source, for which S3 wants headers", async () => {
    const query = `X-Amz-Expires=60&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-amz-copy-source=${Bucket}%2Fdescribed`;
    const url = presignedUrl(aws, `/${Bucket}/plain?${query}`, { method: "PUT" });
    expect((await fetch(url, { method: "PUT", body: "x" })).status).to.equal(200);
    const { ContentLength, ChecksumCRC32, Metadata } = await aws.s3.send(
      new HeadObjectCommand({ Bucket, Key: "plain", ChecksumMode: "ENABLED" }),
    );
    expect([ContentLength, ChecksumCRC32, Metadata]).to.deep.equal([1, undefined, {}]);
  });

  it("let no other header in that is not signed", async () => {
    const { headers } = new Request(aws.endpoint, { headers: { "x-amz-meta-a": "header" } });
    const url = presignedUrl(aws, `/${Bucket}/mixed?X-Amz-Expires=60&x-amz-meta-b=query`, { method: "PUT" });
    expect((await fetch(url, { method: "PUT", body: "x", headers })).status).to.equal(403);
  });
});
