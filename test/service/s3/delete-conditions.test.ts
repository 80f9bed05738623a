import { createHash } from "node:crypto";
import { DeleteObjectsCommand, HeadObjectCommand, type ObjectIdentifier } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, xmlElement } from "./s3-support.ts";

describe("s3 DeleteObjects", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("refuses the conditions of directory buckets key by key, rather than to delete without looking at them", async () => {
    const Bucket = await newBucket(aws);
    for (const key of ["dated", "sized", "free"]) await put(aws, Bucket, key);
    const Objects: ObjectIdentifier[] = [
      { Key: "dated", LastModifiedTime: new Date(0) },
      { Key: "sized", Size: 1 },
      { Key: "free" },
    ];
    const { Deleted, Errors } = await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => Key)).to.deep.equal(["free"]);
    expect(Errors?.map(({ Key, Code }) => [Key, Code])).to.deep.equal([
      ["dated", "NotImplemented"],
      ["sized", "NotImplemented"],
    ]);
    for (const Key of ["dated", "sized"]) await aws.s3.send(new HeadObjectCommand({ Bucket, Key }));
  });

  it("takes no list with an element that it does not know", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
    const send = async (body: string) => {
      const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
      const { status, text } = await rawRequest(aws, { method: "POST", path: `/${Bucket}?delete`, body, headers });
      return `${xmlElement(text, "Code") ?? ""} ${status}`.trim();
    };
    for (const body of [
      "<Delete><Object><Key>key</Key><Other/></Object></Delete>",
      "<Delete><Object><Key>key</Key></Object><Other/></Delete>",
    ]) {
      expect(await send(body)).to.equal("MalformedXML 400");
    }
    await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "key" }));
    expect(await send("<Delete><Object><Key>key</Key></Object></Delete>")).to.equal("200");
  });
});
