import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, uniqueName, xmlElement } from "./s3-support.ts";

describe("s3 sub-resources", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
  });
  after(() => aws.stop());

  const send = (method: string, path: string, body = "") => rawRequest(aws, { method, path, body });

  const heads: Readonly<Record<string, string>> = {
    "?location": "GET",
    "?location=1": "GET",
    "?uploads": "POST, GET",
    "?versioning": "GET, PUT",
    "?acl": "GET, PUT",
    "?tagging": "DELETE, GET, PUT",
    "?policy": "DELETE, GET, PUT",
    "?versions": "GET",
    "/key?acl": "GET, PUT",
    "/key?tagging": "DELETE, GET, PUT",
    "/key?uploadId=abc123": "DELETE, POST, GET",
    "/key?encryption": "PUT",
    "/key?location": "GET",
    "/none?uploads": "POST, GET",
  };

  for (const [path, allow] of Object.entries(heads)) {
    it(`have no HEAD, but say their methods: ${path}`, async () => {
      const { status, headers, text } = await send("HEAD", `/${Bucket}${path}`);
      expect([status, headers.allow, text]).to.deep.equal([405, allow, ""]);
    });
  }

  it("tell their methods also of a bucket that is not there", async () => {
    const { status, headers } = await send("HEAD", `/${uniqueName()}?policy`);
    expect([status, headers.allow]).to.deep.equal([405, "DELETE, GET, PUT"]);
  });

  const writes: Readonly<Record<string, readonly [type: string, allow: string]>> = {
    "DELETE ?acl": ["ACL", "GET, PUT"],
    "DELETE ?versioning": ["VERSIONING", "GET, PUT"],
    "POST ?policy": ["BUCKETPOLICY", "DELETE, GET, PUT"],
    "GET ?delete": ["MULTI_OBJECT_DELETE", "POST"],
    "PUT ?versions": ["BUCKETVERSIONS", "GET"],
    "DELETE /key?acl": ["ACL", "GET, PUT"],
    "DELETE /key?restore": ["RESTORE", "POST"],
    "PUT /key?restore": ["RESTORE", "POST"],
    "PUT /key?uploads": ["UPLOADS", "POST, GET"],
    "PUT /key?uploadId=a": ["UPLOAD", "DELETE, POST, GET"],
    "PUT /key?versions": ["BUCKETVERSIONS", "GET"],
    "GET /key?restore": ["RESTORE", "POST"],
  };

  for (const [line, [type, allow]] of Object.entries(writes)) {
    it(`leave alone what they are of, where they have not the method: ${line}`, async () => {
      const [method = "", path = ""] = line.split(" ");
      const { status, headers, text } = await send(method, `/${Bucket}${path}`, method === "PUT" ? "other" : "");
      expect([status, xmlElement(text, "Code"), headers.allow]).to.deep.equal([405, "MethodNotAllowed", allow]);
      expect([xmlElement(text, "Method"), xmlElement(text, "ResourceType")]).to.deep.equal([method, type]);
      expect((await send("GET", `/${Bucket}/key`)).text).to.equal("key");
    });
  }

  it("are refused two at a time", async () => {
    for (const query of ["?versioning&acl", "?acl&versioning=1"]) {
      const { status, text } = await send("GET", `/${Bucket}${query}`);
      expect([status, xmlElement(text, "Code"), xmlElement(text, "Message")]).to.deep.equal([
        ...[400, "InvalidArgument", "Conflicting query string parameters: acl, versioning"],
      ]);
      expect([xmlElement(text, "ArgumentName"), xmlElement(text, "ArgumentValue")]).to.deep.equal([
        ...["ResourceType", "acl"],
      ]);
    }
    expect((await send("HEAD", `/${Bucket}/key?acl&location`)).status).to.equal(400);
    expect((await send("DELETE", `/${Bucket}/key?acl&tagging`)).status).to.equal(400);
  });

  it("of a bucket are found below a key, but for logging", async () => {
    const location = await send("GET", `/${Bucket}/key?location`);
    expect(location.text).to.include("<LocationConstraint");
    expect((await send("GET", `/${Bucket}/none?versioning`)).text).to.include("<VersioningConfiguration");
    expect(xmlElement((await send("DELETE", `/${Bucket}/key?policy`)).text, "Code")).to.equal(undefined);
    expect(xmlElement((await send("GET", `/${Bucket}/key?policy`)).text, "Code")).to.equal("NoSuchBucketPolicy");
    expect(xmlElement((await send("GET", `/${Bucket}/key?logging`)).text, "Code")).to.equal("NoLoggingStatusForKey");
    // These S3 does not know there.
    for (const name of ["metrics", "publicAccessBlock", "Location", "session"]) {
      expect((await send("GET", `/${Bucket}/key?${name}`)).text, name).to.equal("key");
    }
  });
});
