import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, xmlElement } from "./s3-support.ts";

describe("s3 conditional requests", () => {
  let aws: TestServer;
  let Bucket: string;
  let etag: string;
  let modified: Date;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
    await put(aws, Bucket, "there", { Body: "there" });
    const { ETag = "", LastModified = new Date(0) } = await aws.s3.send(
      new HeadObjectCommand({ Bucket, Key: "there" }),
    );
    etag = ETag;
    modified = LastModified;
  });
  after(() => aws.stop());

  const earlier = () => new Date(modified.getTime() - 3_600_000);
  const outcome = async (call: Promise<{ $metadata: { httpStatusCode?: number | undefined } }>) => {
    try {
      return (await call).$metadata.httpStatusCode;
    } catch (error) {
      return (error as { $metadata: { httpStatusCode?: number } }).$metadata.httpStatusCode;
    }
  };

  describe("s3 GetObject", () => {
    const other = '"00000000000000000000000000000000"';
    // The table of https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
    const cases: [what: string, status: number, conditions: () => Partial<GetObjectCommand["input"]>][] = [
      ["If-Match with its ETag", 200, () => ({ IfMatch: etag })],
      ["If-Match with its ETag without quotes", 200, () => ({ IfMatch: etag.replaceAll('"', "") })],
      ["If-Match with a list that has its ETag", 200, () => ({ IfMatch: `${other}, ${etag}` })],
      ["If-Match with any", 200, () => ({ IfMatch: "*" })],
      ["If-Match with another ETag", 412, () => ({ IfMatch: other })],
      ["If-None-Match with its ETag", 304, () => ({ IfNoneMatch: etag })],
      ["If-None-Match with another ETag", 200, () => ({ IfNoneMatch: other })],
      ["If-Modified-Since before it was", 200, () => ({ IfModifiedSince: earlier() })],
      ["If-Modified-Since when it was", 304, () => ({ IfModifiedSince: modified })],
      ["If-Modified-Since in the future", 200, () => ({ IfModifiedSince: new Date(Date.now() + 3_600_000) })],
      ["If-Unmodified-Since when it was", 200, () => ({ IfUnmodifiedSince: modified })],
      ["If-Unmodified-Since before it was", 412, () => ({ IfUnmodifiedSince: earlier() })],
      ["If-Match outranking If-Unmodified-Since", 200, () => ({ IfMatch: etag, IfUnmodifiedSince: earlier() })],
      ["If-None-Match outranking If-Modified-Since", 200, () => ({ IfNoneMatch: other, IfModifiedSince: modified })],
      ["If-None-Match beside a true If-Modified-Since", 304, () => ({ IfNoneMatch: etag, IfModifiedSince: earlier() })],
    ];
    for (const [what, status, conditions] of cases) {
      it(`answers ${what} with ${status}`, async () => {
        const input = { Bucket, Key: "there", ...conditions() };
        expect(await outcome(aws.s3.send(new GetObjectCommand(input)))).to.equal(status);
        expect(await outcome(aws.s3.send(new HeadObjectCommand(input)))).to.equal(status);
      });
    }

    it("names the condition that failed", async () => {
      const refused = await refusal(aws.s3.send(new GetObjectCommand({ Bucket, Key: "there", IfMatch: other })));
      expect(refused).to.deep.include({
        code: "PreconditionFailed",
        message: "At least one of the pre-conditions you specified did not hold",
      });
      expect(refused.members).to.deep.include({ Condition: "If-Match" });
    });

    it("renews a cache's headers with the 304", async () => {
      const answer = await rawRequest(aws, {
        method: "GET",
        path: `/${Bucket}/there`,
        headers: { "if-none-match": etag },
      });
      expect([answer.status, answer.text]).to.deep.equal([304, ""]);
      expect(answer.headers).to.deep.include({ etag, "last-modified": modified.toUTCString() });
    });
  });

  describe("s3 PutObject", () => {
    const write = (Key: string, more: object) =>
      aws.s3.send(new PutObjectCommand({ Bucket, Key, Body: "new", ...more }));

    it("writes with If-None-Match: * what is not there, and only that", async () => {
      await write("once", { IfNoneMatch: "*" });
      const refused = await refusal(write("once", { IfNoneMatch: "*" }));
      expect(refused).to.deep.include({ code: "PreconditionFailed", status: 412 });
      expect(refused.members).to.deep.include({ Condition: "If-None-Match" });
    });

    it("lets one of many writers win who all want to be the first", async () => {
      const writers = Array.from({ length: 12 }, (_, at) =>
        outcome(aws.s3.send(new PutObjectCommand({ Bucket, Key: "race", Body: `writer ${at}`, IfNoneMatch: "*" }))),
      );
      const statuses = (await Promise.all(writers)).sort();
      expect(statuses).to.deep.equal([200, ...Array(11).fill(412)]);
    });

    it("writes with If-Match over the object that was meant, and only that", async () => {
      const first = await put(aws, Bucket, "swap", { Body: "first" });
      await write("swap", { IfMatch: first.ETag });
      expect(await refusalCode(write("swap", { IfMatch: first.ETag }))).to.equal("PreconditionFailed 412");
    });

    it("rejects If-Match for a key that is not there with NoSuchKey", async () => {
      expect(await refusalCode(write("nowhere", { IfMatch: etag }))).to.equal("NoSuchKey 404");
    });

    it("rejects conditions that a write does not take with NotImplemented", async () => {
      for (const conditions of [{ IfNoneMatch: etag }, { IfMatch: "*" }, { IfMatch: etag, IfNoneMatch: "*" }]) {
        expect(await refusalCode(write("there", conditions))).to.equal("NotImplemented 501");
      }
    });
  });

  describe("s3 CompleteMultipartUpload", () => {
    it("conflicts with what was written or deleted since the upload was begun", async () => {
      const begin = async (Key: string) => {
        const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
        const part = { Bucket, Key, UploadId, PartNumber: 1 };
        const { ETag } = await aws.s3.send(new UploadPartCommand({ ...part, Body: "x" }));
        const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
        return (conditions: { IfMatch?: string | undefined; IfNoneMatch?: string }) =>
          aws.s3.send(new CompleteMultipartUploadCommand({ ...part, MultipartUpload, ...conditions }));
      };
      await put(aws, Bucket, "gone");
      const overGone = await begin("gone");
      expect(await refusalCode(overGone({ IfNoneMatch: "*" }))).to.equal("PreconditionFailed 412");
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
      expect(await refusalCode(overGone({ IfNoneMatch: "*" }))).to.equal("ConditionalRequestConflict 409");

      const { ETag: IfMatch } = await put(aws, Bucket, "changed");
      const over = await begin("changed");
      await put(aws, Bucket, "changed");
      const { members } = await refusal(over({ IfMatch }));
      expect(members).to.deep.include({ Condition: "If-Match", Key: "changed" });
      await (await begin("changed"))({ IfMatch });
    });
  });

  describe("s3 CopyObject", () => {
    const copy = (more: object) =>
      aws.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/there`, ...more }));

    it("copies a source that fulfils its conditions", async () => {
      await copy({ CopySourceIfMatch: etag, CopySourceIfUnmodifiedSince: earlier() });
      await copy({ CopySourceIfNoneMatch: '"other"', CopySourceIfModifiedSince: modified });
    });

    it("rejects one that does not with PreconditionFailed", async () => {
      for (const conditions of [
        { CopySourceIfMatch: '"other"' },
        { CopySourceIfNoneMatch: etag },
        { CopySourceIfModifiedSince: modified },
        { CopySourceIfUnmodifiedSince: earlier() },
      ]) {
        expect(await refusalCode(copy(conditions))).to.equal("PreconditionFailed 412");
      }
    });

    it("takes the conditions of a write too", async () => {
      await copy({});
      expect(await refusalCode(copy({ IfNoneMatch: "*" }))).to.equal("PreconditionFailed 412");
    });
  });

  describe("s3 CopyObject from a source of a time", () => {
    it("takes a date of the future for no condition", async () => {
      const CopySourceIfModifiedSince = new Date(Date.now() + 3_600_000);
      const copy = { Bucket, Key: "later", CopySource: `${Bucket}/there`, CopySourceIfModifiedSince };
      expect(await outcome(aws.s3.send(new CopyObjectCommand(copy)))).to.equal(200);
    });
  });

  describe("s3 DeleteObject", () => {
    const remove = (Key: string, IfMatch: string) => aws.s3.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));

    it("deletes with If-Match what was meant, and only that", async () => {
      const { ETag = "" } = await put(aws, Bucket, "victim");
      expect(await refusalCode(remove("victim", '"other"'))).to.equal("PreconditionFailed 412");
      await remove("victim", ETag);
      expect(await refusalCode(remove("victim", "*"))).to.equal("NoSuchKey 404");
      await put(aws, Bucket, "victim");
      await remove("victim", "*");
    });

    it("rejects the conditions of directory buckets with NotImplemented", async () => {
      const answer = await rawRequest(aws, {
        method: "DELETE",
        path: `/${Bucket}/there`,
        headers: { "x-amz-if-match-size": "5" },
      });
      expect([answer.status, xmlElement(answer.text, "Code")]).to.deep.equal([501, "NotImplemented"]);
    });
  });
});
