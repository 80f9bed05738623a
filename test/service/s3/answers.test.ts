import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import {
  DeleteObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import aws4 from "aws4";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, xmlElement } from "./s3-support.ts";

describe("s3 answers", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
  });
  after(() => aws.stop());

  const elements = (xml: string) => [...xml.matchAll(/<(\w+)[ >]/g)].map(([, name]) => name);

  it("have their elements in the order of S3", async () => {
    const list = await rawRequest(aws, {
      method: "GET",
      path: `/${Bucket}?list-type=2&fetch-owner=true&start-after=a`,
    });
    expect(elements(list.text)).to.deep.equal([
      ...["ListBucketResult", "Name", "Prefix", "StartAfter", "KeyCount", "MaxKeys", "IsTruncated", "Contents", "Key"],
      ...["LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType", "Size", "Owner", "ID", "StorageClass"],
    ]);
    const versions = await rawRequest(aws, { method: "GET", path: `/${Bucket}?versions&prefix=none` });
    expect(elements(versions.text)).to.deep.equal([
      ...["ListVersionsResult", "Name", "Prefix", "KeyMarker", "VersionIdMarker", "MaxKeys", "IsTruncated"],
    ]);
    const buckets = await rawRequest(aws, { method: "GET", path: "/" });
    expect(elements(buckets.text).slice(0, 4)).to.deep.equal(["ListAllMyBucketsResult", "Owner", "ID", "Buckets"]);
  });

  it("list versions and delete markers in one order", async () => {
    const Bucket = await newBucket(aws);
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    for (const Key of ["a", "b"]) {
      await put(aws, Bucket, Key);
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    }
    const { text } = await rawRequest(aws, { method: "GET", path: `/${Bucket}?versions` });
    const entries = elements(text).filter((name) => name === "Version" || name === "DeleteMarker");
    expect(entries).to.deep.equal(["DeleteMarker", "Version", "DeleteMarker", "Version"]);
    const [, version = ""] = /<Version>(.*?)<\/Version>/.exec(text) ?? [];
    expect(elements(version)).to.deep.equal([
      ...["Key", "VersionId", "IsLatest", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType"],
      ...["Size", "StorageClass", "Owner", "ID"],
    ]);
  });

  it("tell the region of a bucket, and the type of what is left out, also where they are refused", async () => {
    for (const [method, query] of [
      ["HEAD", ""],
      ["GET", "?list-type=2"],
    ] as const) {
      // Without a signature.
      const { headers, status } = await fetch(`${aws.endpoint}/${Bucket}${query}`, { method });
      expect([status, headers.get("x-amz-bucket-region"), headers.get("content-type")]).to.deep.equal([
        ...[403, "us-east-1", "application/xml"],
      ]);
    }
    const missing = await rawRequest(aws, { method: "HEAD", path: `/${Bucket}/missing` });
    expect([missing.status, missing.headers["content-type"]]).to.deep.equal([404, "application/xml"]);
  });

  it("refuse a PUT with half of what makes an UploadPart", async () => {
    const upload = await rawRequest(aws, { method: "PUT", path: `/${Bucket}/key?uploadId=a`, body: "x" });
    expect([upload.status, xmlElement(upload.text, "Code"), xmlElement(upload.text, "ResourceType")]).to.deep.equal([
      ...[405, "MethodNotAllowed", "UPLOAD"],
    ]);
    const part = await rawRequest(aws, { method: "PUT", path: `/${Bucket}/key?partNumber=1`, body: "x" });
    expect([part.status, xmlElement(part.text, "Code"), xmlElement(part.text, "ArgumentValue")]).to.deep.equal([
      ...[400, "InvalidArgument", "partNumber"],
    ]);
  });

  it("give back an Expires as it was sent, and the one that the query asks for", async () => {
    const path = `/${await newBucket(aws)}/expires`;
    for (const expires of ["never", "Wed, 21 Oct 2026 07:28:00 GMT"]) {
      await rawRequest(aws, { method: "PUT", path, headers: { expires } });
      expect((await rawRequest(aws, { method: "HEAD", path })).headers.expires).to.equal(expires);
    }
    const { headers } = await rawRequest(aws, { method: "GET", path: `${path}?response-expires=123` });
    expect(headers.expires).to.equal("123");
    const copied = { method: "PUT", path: `${path}-copy`, headers: { "x-amz-copy-source": path } };
    await rawRequest(aws, copied);
    expect((await rawRequest(aws, { method: "HEAD", path: copied.path })).headers.expires).to.match(/^Wed/);
  });

  it("say a bucket's region", async () => {
    for (const query of ["", "?list-type=2"]) {
      const { headers } = await rawRequest(aws, { method: "GET", path: `/${Bucket}${query}` });
      expect(headers["x-amz-bucket-region"]).to.equal("us-east-1");
    }
    expect((await aws.s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).to.equal("us-east-1");
    const { headers } = await rawRequest(aws, { method: "HEAD", path: `/${Bucket}` });
    expect(headers["content-type"]).to.equal("application/xml");
  });

  it("tell methods that there are not from posts that are no forms", async () => {
    const answers = [];
    for (const [method, path] of [
      ["PUT", "/"],
      ["PATCH", `/${Bucket}`],
      ["POST", `/${Bucket}/key`],
      ["POST", `/${Bucket}`],
    ] as const) {
      const { status, text, headers } = await rawRequest(aws, { method, path });
      answers.push([status, xmlElement(text, "ResourceType") ?? xmlElement(text, "Condition"), headers.allow]);
    }
    expect(answers).to.deep.equal([
      [405, "SERVICE", "GET"],
      [405, "BUCKET", "HEAD, DELETE, POST, GET, PUT"],
      [405, "OBJECT", "HEAD, DELETE, GET, PUT"],
      [412, "Bucket POST must be of the enclosure-type multipart/form-data", undefined],
    ]);
  });

  it("refuse a region that is none, and take an empty token of a list of buckets for none", async () => {
    const region = await rawRequest(aws, { method: "GET", path: "/?bucket-region=eu-east-1" });
    expect(xmlElement(region.text, "Message")).to.equal("Argument value eu-east-1 is not a valid AWS Region");
    expect((await rawRequest(aws, { method: "GET", path: "/?continuation-token=&max-buckets=1" })).status).to.equal(
      200,
    );
  });

  it("refuse the header of an encryption where nothing is begun", async () => {
    const headers = { "x-amz-server-side-encryption": "AES256" };
    const { status, text } = await rawRequest(aws, { method: "GET", path: `/${Bucket}/key`, headers });
    expect([status, xmlElement(text, "Message")]).to.deep.equal([
      400,
      "x-amz-server-side-encryption header is not supported for this operation.",
    ]);
  });

  it("take an empty policy for one that is no JSON", async () => {
    const { text } = await rawRequest(aws, { method: "PUT", path: `/${Bucket}?policy` });
    expect(xmlElement(text, "Code")).to.equal("MalformedPolicy");
  });

  it("come to requests that expect anything", async () => {
    const sent = request(`${aws.endpoint}/${Bucket}/key`, { headers: { expect: "200-ok" } });
    sent.end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).to.equal(403);
  });

  it("let a body be sent when it is read, and not before a refusal", async () => {
    const firstLine = async (signed: boolean) => {
      const { hostname, port, host } = new URL(aws.endpoint);
      const options = { host, method: "PUT", path: `/${Bucket}/continued`, service: "s3", region: "us-east-1" };
      const unsigned = { "content-length": "3", expect: "100-continue", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      const credentials = { accessKeyId: "test", secretAccessKey: "test" };
      const { headers } = signed
        ? aws4.sign({ ...options, headers: unsigned }, credentials)
        : { headers: { host, ...unsigned } };
      const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      const socket = connect({ host: hostname, port: Number(port) });
      socket.write(`PUT ${options.path} HTTP/1.1\r\n${lines.join("")}\r\n`);
      const [bytes] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      return bytes.toString().split("\r\n")[0];
    };
    expect(await firstLine(false)).to.equal("HTTP/1.1 403 Forbidden");
    expect(await firstLine(true)).to.equal("HTTP/1.1 100 Continue");
  });

  it("take a limit without a value for none, and name one that is no number", async () => {
    const list = (query: string) => rawRequest(aws, { method: "GET", path: `/${Bucket}?${query}` });
    expect(xmlElement((await list("max-keys=")).text, "MaxKeys")).to.equal("1000");
    expect(xmlElement((await list("max-keys=many")).text, "Message")).to.equal(
      "Provided max-keys not an integer or within integer range",
    );
    expect(xmlElement((await list("max-keys=2147483648")).text, "ArgumentName")).to.equal("max-keys");
    expect(xmlElement((await list("max-keys=-1")).text, "ArgumentName")).to.equal("maxKeys");
    expect((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).to.equal(1);
  });
});
