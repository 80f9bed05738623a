import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import fc from "fast-check";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, uniqueName, xmlElement } from "./s3-support.ts";

describe("s3 objects", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const get = async (Key: string, more = {}) => {
    const output = await aws.s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return { ...output, text: (await output.Body?.transformToString()) ?? "" };
  };
  const head = (Key: string, more = {}) => aws.s3.send(new HeadObjectCommand({ Bucket, Key, ...more }));

  describe("s3 PutObject", () => {
    it("stores an object and says its ETag and encryption", async () => {
      const output = await put(aws, Bucket, "hello", { Body: "hello" });
      expect(output.ETag).to.equal('"5d41402abc4b2a76b9719d911017c592"');
      expect(output.ServerSideEncryption).to.equal("AES256");
      expect(output.VersionId).to.equal(undefined);
      expect((await get("hello")).text).to.equal("hello");
    });

    it("stores zero bytes", async () => {
      await put(aws, Bucket, "empty", { Body: "" });
      const object = await get("empty");
      expect(object.text).to.equal("");
      expect(object.ContentLength).to.equal(0);
      expect(object.ETag).to.equal('"d41d8cd98f00b204e9800998ecf8427e"');
    });

    it("replaces an object with everything that belonged to it", async () => {
      await put(aws, Bucket, "twice", { Body: "one", Metadata: { a: "1" }, Tagging: "t=1", ContentType: "text/plain" });
      await put(aws, Bucket, "twice", { Body: "second" });
      const object = await get("twice");
      expect(object.text).to.equal("second");
      expect(object.Metadata).to.deep.equal({});
      expect(object.TagCount).to.equal(undefined);
      expect(object.ContentType).to.equal("application/octet-stream");
    });

    it("takes a body without a type for binary/octet-stream", async () => {
      expect((await rawRequest(aws, { method: "PUT", path: `/${Bucket}/untyped`, body: "x" })).status).to.equal(200);
      expect((await head("untyped")).ContentType).to.equal("binary/octet-stream");
    });

    it("keeps system and user metadata", async () => {
      const metadata = {
        CacheControl: "max-age=60",
        ContentDisposition: 'attachment; filename="a.txt"',
        ContentEncoding: "gzip",
        ContentLanguage: "de",
        ContentType: "text/plain; charset=utf-8",
        Expires: new Date("2030-01-02T03:04:05Z"),
        WebsiteRedirectLocation: "/elsewhere",
        StorageClass: "STANDARD_IA",
        Metadata: { one: "1", "two-words": "a b" },
      } as const;
      await put(aws, Bucket, "metadata", metadata);
      const { Expires: _, ...rest } = metadata;
      expect(await head("metadata")).to.deep.include({ ...rest, ExpiresString: "Wed, 02 Jan 2030 03:04:05 GMT" });
      expect(await get("metadata")).to.deep.include(rest);
    });

    it("answers a write with its storage class, unless it is STANDARD", async () => {
      const path = `/${Bucket}/classed`;
      const copied = { "x-amz-copy-source": path };
      for (const more of [{}, copied]) {
        const written = async (storageClass: string) => {
          const headers = { ...more, "x-amz-storage-class": storageClass };
          const at = more === copied ? `${path}-copy` : path;
          const answer = await rawRequest(aws, { method: "PUT", path: at, headers });
          expect(answer.status).to.equal(200);
          return answer.headers["x-amz-storage-class"];
        };
        expect(await written("STANDARD_IA")).to.equal("STANDARD_IA");
        expect(await written("STANDARD")).to.equal(undefined);
      }
    });

    it("does not keep aws-chunked, which is about the transfer", async () => {
      const path = `/${Bucket}/chunked`;
      const headers = { "content-encoding": "gzip,aws-chunked", "content-type": "text/plain" };
      expect((await rawRequest(aws, { method: "PUT", path, headers, body: "x" })).status).to.equal(200);
      expect((await head("chunked")).ContentEncoding).to.equal("gzip");
    });

    it("gives metadata beyond ASCII back as an encoded word", async () => {
      const headers = { "x-amz-meta-name": "ü" };
      const signed = await rawRequest(aws, { method: "PUT", path: `/${Bucket}/encoded`, headers, body: "x" });
      expect(signed.status).to.equal(200);
      // Each of the two bytes of UTF-8 counts as a character, as on AWS.
      expect((await head("encoded")).Metadata).to.deep.equal({ name: "=?UTF-8?B?w4PCvA==?=" });
    });

    it("rejects metadata over 2 KB with MetadataTooLarge, and stores nothing", async () => {
      await put(aws, Bucket, "fits", { Metadata: { k: "v".repeat(2047) } });
      const refused = await refusal(put(aws, Bucket, "too-much", { Metadata: { k: "v".repeat(2048) } }));
      expect(refused).to.deep.include({ code: "MetadataTooLarge", status: 400 });
      expect(refused.members).to.deep.include({ Size: "2049", MaxSizeAllowed: "2048" });
      expect((await refusal(head("too-much"))).status).to.equal(404);
    });

    it("takes keys of 1024 bytes and rejects longer ones with KeyTooLongError", async () => {
      const Key = "é".repeat(512);
      await put(aws, Bucket, Key);
      expect((await get(Key)).text).to.equal(Key);
      const refused = await refusal(put(aws, Bucket, `${Key}x`));
      expect(refused).to.deep.include({ code: "KeyTooLongError", status: 400, message: "Your key is too long" });
      expect(refused.members).to.deep.include({ Size: "1025", MaxSizeAllowed: "1024" });
    });

    it("takes any UTF-8 for a key, and none for a path", async () => {
      const keys = [
        "..",
        "../../etc/passwd",
        "/leading",
        "a//b",
        "a/./b",
        "a/../b",
        "\u0001",
        "a\nb",
        "🎉/ü",
        "%2F",
        "a+b c",
        ".",
      ];
      const own = await newBucket(aws);
      for (const Key of keys) {
        const path = `/${own}/${Key.split("/").map(encoded).join("/")}`;
        expect((await rawRequest(aws, { method: "PUT", path, body: Key })).status, Key).to.equal(200);
      }
      for (const Key of keys) {
        const path = `/${own}/${Key.split("/").map(encoded).join("/")}`;
        expect((await rawRequest(aws, { method: "GET", path })).text).to.equal(Key);
      }
    });

    it("rejects a storage class that is none with InvalidStorageClass", async () => {
      expect(await refusalCode(put(aws, Bucket, "k", { StorageClass: "COLD" as never }))).to.equal(
        "InvalidStorageClass 400",
      );
    });

    it("rejects a redirect to nowhere with InvalidArgument", async () => {
      expect(await refusalCode(put(aws, Bucket, "k", { WebsiteRedirectLocation: "elsewhere" }))).to.equal(
        "InvalidArgument 400",
      );
    });

    it("rejects ACLs that grant anything with AccessControlListNotSupported", async () => {
      await put(aws, Bucket, "acl", { ACL: "bucket-owner-full-control" });
      expect(await refusal(put(aws, Bucket, "acl", { ACL: "public-read" }))).to.deep.include({
        code: "AccessControlListNotSupported",
        status: 400,
        message: "The bucket does not allow ACLs",
      });
    });

    it("rejects what is not emulated with NotImplemented, rather than to ignore it", async () => {
      const appended = put(aws, Bucket, "appended", { WriteOffsetBytes: 0 });
      expect(await refusalCode(appended)).to.equal("NotImplemented 501");
      expect((await refusal(head("appended"))).status).to.equal(404);
    });

    it("rejects a body of more than 5 GiB with EntityTooLarge before it is sent", async () => {
      const path = `/${Bucket}/huge`;
      const headers = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" };
      const length = { "x-amz-decoded-content-length": String(5 * 1024 ** 3 + 1), "content-encoding": "aws-chunked" };
      const answer = await rawRequest(aws, {
        method: "PUT",
        path,
        headers: { ...headers, ...length },
        body: "0\r\n\r\n",
      });
      expect([answer.status, xmlElement(answer.text, "Code")]).to.deep.equal([400, "EntityTooLarge"]);
      expect(xmlElement(answer.text, "MaxSizeAllowed")).to.equal("5368709120");
    });

    it("rejects aws-chunked bodies that are shorter than they say with IncompleteBody", async () => {
      const path = `/${Bucket}/short`;
      const headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content-encoding": "aws-chunked",
      };
      const answer = await rawRequest(aws, {
        ...{ method: "PUT", path, body: "3\r\nabc\r\n0\r\n\r\n" },
        headers: { ...headers, "x-amz-decoded-content-length": "5" },
      });
      expect(answer.status).to.equal(400);
      expect(xmlElement(answer.text, "Code")).to.equal("IncompleteBody");
      expect((await refusal(head("short"))).status).to.equal(404);
    });

    it("rejects a body without a length with MissingContentLength", async () => {
      const path = `/${Bucket}/no-length`;
      const headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content-encoding": "aws-chunked",
      };
      const answer = await rawRequest(aws, { method: "PUT", path, headers, body: "3\r\nabc\r\n0\r\n\r\n" });
      expect(answer.status).to.equal(411);
      expect(xmlElement(answer.text, "Code")).to.equal("MissingContentLength");
    });

    it("rejects a bucket that is not there with NoSuchBucket", async () => {
      expect(await refusalCode(put(aws, uniqueName(), "k"))).to.equal("NoSuchBucket 404");
    });
  });

  describe("s3 GetObject", () => {
    it("rejects a key that is not there with NoSuchKey", async () => {
      const refused = await refusal(get("nowhere"));
      expect(refused).to.deep.include({
        code: "NoSuchKey",
        status: 404,
        message: "The specified key does not exist.",
      });
      expect(refused.members).to.deep.include({ Key: "nowhere" });
    });

    it("rejects anonymous callers with AccessDenied, whether or not there is such a key", async () => {
      await put(aws, Bucket, "private");
      for (const key of ["private", "nowhere"]) {
        const answer = await fetch(`${aws.endpoint}/${Bucket}/${key}`);
        expect([answer.status, xmlElement(await answer.text(), "Code")]).to.deep.equal([403, "AccessDenied"]);
      }
    });

    it("tells when it was written, in whole seconds", async () => {
      const before = Math.floor(Date.now() / 1000) * 1000;
      await put(aws, Bucket, "dated");
      const { LastModified } = await get("dated");
      expect(LastModified?.getTime()).to.be.within(before, Date.now());
      expect(LastModified?.getMilliseconds()).to.equal(0);
    });

    it("lets the query replace headers of the answer", async () => {
      await put(aws, Bucket, "override", { ContentType: "text/plain", CacheControl: "no-store" });
      const object = await get("override", {
        ResponseContentType: "application/json",
        ResponseContentDisposition: "attachment",
        ResponseContentLanguage: "en",
        ResponseContentEncoding: "identity",
        ResponseCacheControl: "max-age=1",
        ResponseExpires: new Date("2031-02-03T04:05:06Z"),
      });
      expect(object).to.deep.include({
        ContentType: "application/json",
        ContentDisposition: "attachment",
        ContentLanguage: "en",
        ContentEncoding: "identity",
        CacheControl: "max-age=1",
        ExpiresString: "Mon, 03 Feb 2031 04:05:06 GMT",
      });
    });

    it("reads the null version, and rejects other versions of a bucket without versioning", async () => {
      await put(aws, Bucket, "versioned");
      expect((await get("versioned", { VersionId: "null" })).text).to.equal("versioned");
      expect(await refusalCode(get("versioned", { VersionId: "nonsense" }))).to.equal("InvalidArgument 400");
      expect(await refusalCode(get("versioned", { VersionId: `0mwyp346d${"a".repeat(23)}` }))).to.equal(
        "NoSuchVersion 404",
      );
    });

    it("rejects archived objects with InvalidObjectState, and shows their head", async () => {
      await put(aws, Bucket, "archived", { StorageClass: "GLACIER" });
      const refused = await refusal(get("archived"));
      expect(refused).to.deep.include({ code: "InvalidObjectState", status: 403 });
      expect(refused.members).to.deep.include({ StorageClass: "GLACIER" });
      expect((await head("archived")).StorageClass).to.equal("GLACIER");
    });

    it("gives any range of an object, as HTTP has it", async () => {
      const body = Buffer.alloc(300_000, "0123456789");
      await put(aws, Bucket, "ranged", { Body: body });
      const offsets = fc.record({ a: fc.nat(body.length - 1), b: fc.nat(body.length + 100) });
      await fc.assert(
        fc.asyncProperty(offsets, async ({ a, b }) => {
          const [start, end] = [Math.min(a, b), Math.max(a, b)];
          const output = await aws.s3.send(
            new GetObjectCommand({ Bucket, Key: "ranged", Range: `bytes=${start}-${end}` }),
          );
          const expected = body.subarray(start, end + 1);
          expect(output.$metadata.httpStatusCode).to.equal(206);
          expect(output.ContentRange).to.equal(`bytes ${start}-${Math.min(end, body.length - 1)}/${body.length}`);
          expect(output.ContentLength).to.equal(expected.length);
          expect(Buffer.from((await output.Body?.transformToByteArray()) ?? []).equals(expected)).to.equal(true);
        }),
        { numRuns: 25 },
      );
    });

    for (const [Range, text, ContentRange] of [
      ["bytes=2-", "cdef", "bytes 2-5/6"],
      ["bytes=-2", "ef", "bytes 4-5/6"],
      ["bytes=-100", "abcdef", "bytes 0-5/6"],
      ["bytes=0-0", "a", "bytes 0-0/6"],
      ["bytes=5-100", "f", "bytes 5-5/6"],
      ["bytes=0-1,3-4", "abcdef", undefined],
      ["bytes=4-2", "abcdef", undefined],
      ["bytes=a-b", "abcdef", undefined],
      ["lines=0-1", "abcdef", undefined],
    ] as const) {
      it(`answers the range ${Range} with ${ContentRange ?? "the whole"}`, async () => {
        await put(aws, Bucket, "six", { Body: "abcdef" });
        const output = await get("six", { Range });
        expect([output.text, output.ContentRange]).to.deep.equal([text, ContentRange]);
        const { ContentLength, ...headed } = await head("six", { Range });
        expect([ContentLength, headed.ContentRange]).to.deep.equal([text.length, ContentRange]);
      });
    }

    it("answers a range of another version than If-Range has with the whole", async () => {
      const { ETag = "" } = await put(aws, Bucket, "six", { Body: "abcdef" });
      const modified = (await head("six")).LastModified?.toUTCString() ?? "";
      for (const [validator, text] of [
        [ETag, "ab"],
        [modified, "ab"],
        ['"another"', "abcdef"],
        [`W/${ETag}`, "abcdef"],
        ["Sat, 01 Jan 2000 00:00:00 GMT", "abcdef"],
      ] as const) {
        const headers = { range: "bytes=0-1", "if-range": validator };
        const answer = await rawRequest(aws, { method: "GET", path: `/${Bucket}/six`, headers });
        expect([answer.status, answer.text], validator).to.deep.equal([text === "ab" ? 206 : 200, text]);
      }
    });

    it("rejects a range beyond the end with InvalidRange", async () => {
      await put(aws, Bucket, "six", { Body: "abcdef" });
      const refused = await refusal(get("six", { Range: "bytes=6-" }));
      expect(refused).to.deep.include({ code: "InvalidRange", status: 416 });
      expect(refused.members).to.deep.include({ RangeRequested: "bytes=6-", ActualObjectSize: "6" });
      expect(await refusalCode(get("six", { Range: "bytes=-0" }))).to.equal("InvalidRange 416");
      await put(aws, Bucket, "none", { Body: "" });
      expect(await refusalCode(get("none", { Range: "bytes=0-0" }))).to.equal("InvalidRange 416");
    });
  });

  describe("s3 HeadObject", () => {
    it("rejects a key that is not there with 404 and no body", async () => {
      const answer = await rawRequest(aws, { method: "HEAD", path: `/${Bucket}/nowhere` });
      expect(answer.status).to.equal(404);
      expect(answer.text).to.equal("");
    });

    it("tells what a GetObject would", async () => {
      await put(aws, Bucket, "same", { Body: "abc", Metadata: { a: "b" }, Tagging: "x=1&y=2" });
      const { Body: _, $metadata: __, text: ___, ...got } = await get("same");
      const { $metadata: ____, ...headed } = await head("same", { ChecksumMode: "ENABLED" });
      expect(headed).to.deep.equal(got);
      expect(headed.TagCount).to.equal(2);
    });
  });

  describe("s3 DeleteObject", () => {
    it("deletes, and does not mind what is not there", async () => {
      await put(aws, Bucket, "gone");
      for (let time = 0; time < 2; time++) {
        const { $metadata } = await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
        expect($metadata.httpStatusCode).to.equal(204);
      }
      expect(await refusalCode(get("gone"))).to.equal("NoSuchKey 404");
    });

    it("deletes the null version by its id, and nothing by another", async () => {
      await put(aws, Bucket, "kept");
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "kept", VersionId: `0mwyp346d${"b".repeat(23)}` }));
      await head("kept");
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "kept", VersionId: "null" }));
      expect(await refusalCode(get("kept"))).to.equal("NoSuchKey 404");
    });
  });

  describe("s3 DeleteObjects", () => {
    const remove = (Objects: { Key: string; ETag?: string; VersionId?: string }[], Quiet?: boolean) =>
      aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, ...(Quiet !== undefined && { Quiet }) } }));

    it("deletes what is there and reports also what is not", async () => {
      await put(aws, Bucket, "many/1");
      await put(aws, Bucket, "many/2");
      const output = await remove([{ Key: "many/1" }, { Key: "many/2" }, { Key: "many/3" }]);
      expect(output.Deleted?.map(({ Key }) => Key)).to.deep.equal(["many/1", "many/2", "many/3"]);
      expect(output.Errors).to.equal(undefined);
      expect(await refusalCode(get("many/1"))).to.equal("NoSuchKey 404");
    });

    it("reports errors alone when quiet", async () => {
      await put(aws, Bucket, "quiet/1");
      await put(aws, Bucket, "quiet/2");
      const output = await remove([{ Key: "quiet/1" }, { Key: "quiet/2", ETag: '"nonsense"' }], true);
      expect(output.Deleted).to.equal(undefined);
      expect(output.Errors?.map(({ Key, Code }) => [Key, Code])).to.deep.equal([["quiet/2", "PreconditionFailed"]]);
      await head("quiet/2");
    });

    it("rejects none and more than a thousand with MalformedXML", async () => {
      expect(await refusalCode(remove([]))).to.equal("MalformedXML 400");
      const keys = Array.from({ length: 1001 }, (_, at) => ({ Key: `k${at}` }));
      expect(await refusalCode(remove(keys))).to.equal("MalformedXML 400");
    });

    it("rejects a document that nothing protects with InvalidRequest", async () => {
      const body = "<Delete><Object><Key>k</Key></Object></Delete>";
      const answer = await rawRequest(aws, { method: "POST", path: `/${Bucket}?delete`, body });
      expect([answer.status, xmlElement(answer.text, "Code")]).to.deep.equal([400, "InvalidRequest"]);
    });
  });

  describe("s3 GetObjectAttributes", () => {
    it("tells what was asked for, and the ETag without quotes", async () => {
      await put(aws, Bucket, "attributes", { Body: "hello" });
      const {
        $metadata: _,
        LastModified,
        ...attributes
      } = await aws.s3.send(
        new GetObjectAttributesCommand({
          Bucket,
          Key: "attributes",
          ObjectAttributes: ["ETag", "ObjectSize", "StorageClass", "Checksum", "ObjectParts"],
        }),
      );
      expect(LastModified).to.be.instanceOf(Date);
      expect(attributes).to.deep.equal({
        ETag: "5d41402abc4b2a76b9719d911017c592",
        ObjectSize: 5,
        StorageClass: "STANDARD",
        Checksum: { ChecksumCRC32: "NhCmhg==", ChecksumType: "FULL_OBJECT" },
      });
    });

    it("rejects an attribute that is none with InvalidArgument", async () => {
      await put(aws, Bucket, "attributes");
      const command = new GetObjectAttributesCommand({
        Bucket,
        Key: "attributes",
        ObjectAttributes: ["Colour" as never],
      });
      expect(await refusalCode(aws.s3.send(command))).to.equal("InvalidArgument 400");
    });
  });

  describe("s3 GetObjectAcl", () => {
    it("grants the owner full control", async () => {
      await put(aws, Bucket, "acl-read");
      const { Owner, Grants } = await aws.s3.send(new GetObjectAclCommand({ Bucket, Key: "acl-read" }));
      expect(Owner?.ID).to.match(/^[0-9a-f]{64}$/);
      expect(Grants).to.deep.equal([{ Grantee: { ID: Owner?.ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }]);
      const missing = aws.s3.send(new GetObjectAclCommand({ Bucket, Key: "nowhere" }));
      expect(await refusalCode(missing)).to.equal("NoSuchKey 404");
    });
  });

  describe("s3 GetObjectRetention", () => {
    it("rejects buckets without Object Lock with InvalidRequest", async () => {
      await put(aws, Bucket, "unlocked");
      expect(await refusal(aws.s3.send(new GetObjectRetentionCommand({ Bucket, Key: "unlocked" })))).to.deep.include({
        code: "InvalidRequest",
        status: 400,
        message: "Bucket is missing Object Lock Configuration",
      });
    });
  });
});

/** Percent-encoded as S3's signature wants it. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
