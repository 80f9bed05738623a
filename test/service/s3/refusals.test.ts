import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  GetObjectTaggingCommand,
  PutBucketPolicyCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, xmlElement } from "./s3-support.ts";

/** What S3 itself answers to requests that clients send by mistake. */
describe("s3 refusals", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
  });
  after(() => aws.stop());

  interface Refused {
    readonly method?: string;
    /** After the bucket. */
    readonly path: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
    readonly code: string;
    readonly message: string;
  }

  const cases: Readonly<Record<string, Refused>> = {
    "a header that no answer lets replace": {
      ...{ path: "/key?response-etag=x", code: "InvalidArgument 400" },
      message:
        "response-etag is not in the set of overridable response headers. Please refer to the S3 API documentation for a complete list of overridable response headers.",
    },
    "the versions of a key": {
      ...{ path: "/key?versions", code: "InvalidRequest 400" },
      message: "There is no such thing as the ?versions sub-resource for a key",
    },
    "the uploads of a key": {
      ...{ path: "/key?uploads", code: "InvalidRequest 400" },
      message: "Key is not expected for the GET method ?uploads subresource",
    },
    "attributes without their names": {
      ...{ path: "/key?attributes", code: "InvalidRequest 400" },
      message:
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    },
    "attributes with an empty header": {
      ...{ path: "/key?attributes", headers: { "x-amz-object-attributes": "" }, code: "InvalidRequest 400" },
      message:
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    },
    "a retention until no date": {
      ...{ method: "PUT", path: "/locked", code: "InvalidArgument 400" },
      headers: { "x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": "abc" },
      message: "The retain until date must be provided in ISO 8601 format",
    },
    "a copy of no bucket": {
      ...{ method: "PUT", path: "/copy", headers: { "x-amz-copy-source": "" }, code: "InvalidArgument 400" },
      message: "Invalid copy source bucket name",
    },
    "a copy of no key": {
      ...{ method: "PUT", path: "/copy", headers: { "x-amz-copy-source": "bucket" }, code: "InvalidArgument 400" },
      message: "Invalid copy source object key",
    },
    "a copy with a checksum of no algorithm": {
      ...{ method: "PUT", path: "/copy", headers: { "x-amz-copy-source": "b/k", "x-amz-checksum-algorithm": "" } },
      ...{ code: "InvalidRequest 400" },
      message:
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH64, XXHASH3, XXHASH128]",
    },
    "a listing of the first version after a key": {
      ...{ path: "?start-after=a", code: "InvalidArgument 400" },
      message: "startAfter only supported in REST.GET.BUCKET with list-type=2",
    },
    "a write of a version that is named": {
      ...{ method: "PUT", path: "/written?versionId=null", body: "x", code: "InvalidArgument 400" },
      message: "This operation does not accept a version-id.",
    },
    "a part that is of no upload": {
      ...{ method: "PUT", path: "/written?partNumber=1", body: "x", code: "InvalidArgument 400" },
      message: "This operation does not accept partNumber without uploadId",
    },
    "a list of grants that is no XML": {
      ...{ method: "PUT", path: "?acl", body: "<AccessControlPolicy", code: "MalformedACLError 400" },
      message: "The XML you provided was not well-formed or did not validate against our published schema",
    },
    "a copy with a body": {
      ...{ method: "PUT", path: "/copy", headers: { "x-amz-copy-source": "b/k" }, body: "x" },
      ...{ code: "InvalidRequest 400" },
      message: "The request included a body. Requests of this type must not include a non-empty body.",
    },
    "a size of an upload that is no number": {
      ...{ method: "POST", path: "/key?uploadId=a", headers: { "x-amz-mp-object-size": "size" } },
      ...{ code: "InvalidRequest 400", message: "Value for x-amz-mp-object-size header is invalid: 'size'" },
    },
    "unsigned chunks that are no object": {
      ...{ method: "PUT", path: "?tagging", code: "InvalidRequest 400" },
      headers: {
        ...{ "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "0" },
        "content-encoding": "aws-chunked",
      },
      ...{ body: "0\r\n\r\n", message: "The value of x-amz-content-sha256 header is invalid." },
    },
    "a part that is copied to no upload": {
      ...{ method: "PUT", path: "/copy?partNumber=1", headers: { "x-amz-copy-source": "bucket/key" } },
      ...{ code: "InvalidArgument 400", message: "This operation does not accept partNumber without uploadId" },
    },
    "a tagging with an element that it does not have": {
      ...{ method: "PUT", path: "/key?tagging", code: "MalformedXML 400" },
      body: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag><Abc>abc</Abc></TagSet></Tagging>",
      message: "The XML you provided was not well-formed or did not validate against our published schema",
    },
    "a tag with an element that it does not have": {
      ...{ method: "PUT", path: "/key?tagging", code: "MalformedXML 400" },
      body: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value><More/></Tag></TagSet></Tagging>",
      message: "The XML you provided was not well-formed or did not validate against our published schema",
    },
    "a versioning with text between its elements": {
      ...{ method: "PUT", path: "?versioning", code: "MalformedXML 400" },
      body: "<VersioningConfiguration>text<Status>Enabled</Status></VersioningConfiguration>",
      message: "The XML you provided was not well-formed or did not validate against our published schema",
    },
    "a tag without a key": {
      ...{ method: "PUT", path: "/tagged", headers: { "x-amz-tagging": "=value" }, code: "InvalidTag 400" },
      message: "The TagKey you have provided is invalid",
    },
  };

  for (const [name, { method = "GET", path, headers = {}, body = "", code, message }] of Object.entries(cases)) {
    it(`of ${name}`, async () => {
      const answer = await rawRequest(aws, { method, path: `/${Bucket}${path}`, headers, body });
      expect(`${xmlElement(answer.text, "Code")} ${answer.status}`).to.equal(code);
      expect(xmlElement(answer.text, "Message")).to.equal(message);
    });
  }

  it("of an empty location constraint", async () => {
    const body = "<CreateBucketConfiguration><LocationConstraint></LocationConstraint></CreateBucketConfiguration>";
    const answer = await rawRequest(aws, { method: "PUT", path: "/empty-constraint", body });
    expect(answer.status).to.equal(400);
    expect(xmlElement(answer.text, "Code")).to.equal("InvalidLocationConstraint");
    expect(xmlElement(answer.text, "LocationConstraint")).to.equal("");
  });

  it("of a request to the account by another method than GET say so", async () => {
    const answer = await rawRequest(aws, { method: "POST", path: "/", body: "x" });
    expect(answer.status).to.equal(405);
    expect(answer.headers.allow).to.equal("GET");
  });

  it("of a tag's value name the tag", async () => {
    const Tagging = { TagSet: [{ Key: "name", Value: "in&valid" }] };
    const { code, members } = await refusal(aws.s3.send(new PutObjectTaggingCommand({ Bucket, Key: "key", Tagging })));
    expect(code).to.equal("InvalidTag");
    expect(members).to.include({ TagKey: "name", TagValue: "in&valid" });
  });

  it("are none of tags without values, or of nothing between their separators", async () => {
    const headers = { "x-amz-tagging": "&one&two=&" };
    expect((await rawRequest(aws, { method: "PUT", path: `/${Bucket}/bare-tags`, headers })).status).to.equal(200);
    const { TagSet } = await aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key: "bare-tags" }));
    expect(TagSet).to.deep.equal([
      { Key: "one", Value: "" },
      { Key: "two", Value: "" },
    ]);
  });

  it("are none of conditions and limits that are no dates and numbers", async () => {
    const since = { "if-modified-since": "yesterday", "if-unmodified-since": "x" };
    expect((await rawRequest(aws, { method: "GET", path: `/${Bucket}/key`, headers: since })).status).to.equal(200);
    for (const limit of ["many", "-1"]) {
      const headers = { "x-amz-object-attributes": "ObjectParts", "x-amz-max-parts": limit };
      const answer = await rawRequest(aws, { method: "GET", path: `/${Bucket}/key?attributes`, headers });
      expect(answer.status).to.equal(200);
    }
  });

  it("of an upload that is completed with a part below the first", async () => {
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "upload" }));
    const MultipartUpload = { Parts: [{ PartNumber: 0, ETag: "etag" }] };
    const call = new CompleteMultipartUploadCommand({ Bucket, Key: "upload", UploadId, MultipartUpload });
    const { code, message } = await refusal(aws.s3.send(call));
    expect({ code, message }).to.deep.equal({ code: "InvalidArgument", message: "PartNumber must be >= 1" });
  });

  describe("of policies", () => {
    const putPolicy = (Action: string, key: string) => {
      const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
      const Condition = { StringEquals: { [key]: "value" } };
      const Statement = [{ Effect: "Deny", Principal: "*", Action, Resource, Condition }];
      return aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Statement }) }));
    };
    const refusedKeys = [
      ["s3:GetObject", "s3:unheard-of", "Policy has an invalid condition key"],
      ...[
        ["s3:GetObject", "s3:prefix"],
        ["s3:PutObject", "s3:ExistingObjectTag/name"],
        ["s3:ListBucket", "s3:x-amz-acl"],
        ["s3:GetObject", "s3:VersionId"],
      ].map((pair) => [...pair, "Conditions do not apply to combination of actions and resources in statement"]),
    ];
    for (const [action = "", key = "", expected] of refusedKeys) {
      it(`with ${key} for ${action}`, async () => {
        const { code, message } = await refusal(putPolicy(action, key));
        expect({ code, message }).to.deep.equal({ code: "MalformedPolicy", message: expected });
      });
    }

    it("are none where one of the actions has the key", async () => {
      await putPolicy("s3:*", "s3:prefix");
      await putPolicy("s3:List*", "s3:max-keys");
      await putPolicy("s3:GetObjectVersion", "s3:versionid");
      await putPolicy("s3:GetObject", "s3:authType");
      await putPolicy("s3:DeleteBucket", "s3:ResourceAccount");
      const { Policy = "" } = await aws.s3.send(new GetBucketPolicyCommand({ Bucket }));
      // A policy without a version is of the first.
      expect(JSON.parse(Policy)).to.include({ Version: "2008-10-17" });
    });
  });

  it("of bytes that are not those whose hash an anonymous caller says", async () => {
    const Bucket = await newBucket(aws);
    await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Statement = [{ Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    const send = (hash: string) =>
      fetch(`${aws.endpoint}/${Bucket}/key`, {
        ...{ method: "PUT", body: "body", headers: { "x-amz-content-sha256": hash } },
      });
    const refused = await send("invalid");
    expect(refused.status).to.equal(400);
    expect(xmlElement(await refused.text(), "Code")).to.equal("XAmzContentSHA256Mismatch");
    const right = createHash("sha256").update("body").digest("hex");
    for (const hash of [right, "UNSIGNED-PAYLOAD"]) expect((await send(hash)).status).to.equal(200);
  });

  it("of what is no HTTP have a code", async () => {
    const { hostname, port } = new URL(aws.endpoint);
    const send = async (head: string) => {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      socket.write(head);
      return text(socket);
    };
    const badLength = await send("PUT /bucket/key HTTP/1.1\r\nhost: s3\r\ncontent-length: -1\r\n\r\n");
    expect(badLength).to.match(/^HTTP\/1\.1 400 /);
    expect(xmlElement(badLength, "Code")).to.equal("BadRequest");
    const longHeader = await send(
      `GET /bucket/key HTTP/1.1\r\nhost: s3\r\nx-amz-meta-a: ${"v".repeat(20_000)}\r\n\r\n`,
    );
    expect(longHeader).to.match(/^HTTP\/1\.1 400 /);
    expect(xmlElement(longHeader, "Code")).to.equal("RequestHeaderSectionTooLarge");
    for (const head of ["GET /bucket/key HTTP/1.1\r\n\r\n", "GET /bucket/\u00e9 HTTP/1.1\r\nhost: s3\r\n\r\n"]) {
      const refused = await send(head);
      expect(refused).to.match(/^HTTP\/1\.1 400 /);
      expect(xmlElement(refused, "Code")).to.equal("BadRequest");
    }
  });
});
