import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { bytes, digest, mebibyte, multipartSteps } from "./multipart-support.ts";
import { newBucket, put, refusal, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 multipart uploads", () => {
  let aws: TestServer;
  let s3: S3Client;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    // Sends no checksums but those that a test gives.
    s3 = new S3Client({ ...aws.clientConfig, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const { begin, upload, complete, read } = multipartSteps(() => ({ s3, Bucket }));

  describe("s3 CompleteMultipartUpload", () => {
    it("makes an object of the parts in their order, whenever they came", async () => {
      const UploadId = await begin("whole", { ContentType: "text/plain", Metadata: { a: "1" }, Tagging: "t=1" });
      const [one, two, three] = [bytes(5 * mebibyte, "1"), bytes(6 * mebibyte, "2"), bytes(10, "3")];
      const third = await upload("whole", UploadId, 30, three);
      const first = await upload("whole", UploadId, 1, one);
      const second = await upload("whole", UploadId, 7, two);
      const completed = await complete("whole", UploadId, [first, second, third]);
      const md5s = [one, two, three].map((part) => createHash("md5").update(part).digest());
      const etag = `"${createHash("md5").update(Buffer.concat(md5s)).digest("hex")}-3"`;
      expect(completed).to.deep.include({ Bucket, Key: "whole", ETag: etag, ServerSideEncryption: "AES256" });
      expect(completed.Location).to.match(new RegExp(`^http://.*/${Bucket}/whole$`));
      const object = await read("whole");
      const expected = Buffer.concat([one, two, three]);
      expect(object.bytes.equals(expected)).to.equal(true);
      expect(object).to.deep.include({ ETag: etag, ContentType: "text/plain", Metadata: { a: "1" }, TagCount: 1 });
      // Ranges within a part, across two and across all.
      for (const [start, end] of [
        [3, 100],
        [5 * mebibyte - 10, 5 * mebibyte + 10],
        [5 * mebibyte, 11 * mebibyte - 1],
        [4 * mebibyte, expected.length - 5],
        [11 * mebibyte, expected.length - 1],
      ] as const) {
        const ranged = await read("whole", { Range: `bytes=${start}-${end}` });
        expect(ranged.bytes.equals(expected.subarray(start, end + 1))).to.equal(true);
      }
      const listed = s3.send(new ListPartsCommand({ Bucket, Key: "whole", UploadId }));
      expect(await refusalCode(listed)).to.equal("NoSuchUpload 404");
    });

    it("answers the same but for checksums when it is asked again, whatever its conditions are", async () => {
      const Key = "again and/again";
      const UploadId = await begin(Key);
      const part = await upload(Key, UploadId, 1, "only");
      const dropped = await upload(Key, UploadId, 2, "dropped");
      const { $metadata: _, ...first } = await complete(Key, UploadId, [part]);
      expect(first.Location).to.equal(`${aws.endpoint}/${Bucket}/again+and%2Fagain`);
      const { ChecksumCRC64NVME, ChecksumType, ...same } = first;
      expect([ChecksumCRC64NVME?.length, ChecksumType]).to.deep.equal([12, "FULL_OBJECT"]);
      for (const conditions of [{}, { IfNoneMatch: "*" }, { IfMatch: '"other"' }]) {
        const { $metadata: __, ...again } = await complete(Key, UploadId, [part], conditions);
        expect(again).to.deep.equal(same);
      }
      for (const parts of [[{ PartNumber: 1, ETag: '"other"' }], [dropped], [part, dropped]]) {
        expect(await refusalCode(complete(Key, UploadId, parts))).to.equal("NoSuchUpload 404");
      }
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      expect((await read(Key)).bytes.toString()).to.equal("only");
      await put(aws, Bucket, Key);
      expect(await refusalCode(complete(Key, UploadId, [part]))).to.equal("NoSuchUpload 404");
      const late = s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      expect(await refusalCode(late)).to.equal("NoSuchUpload 404");
    });

    it("takes the last of parts with one number, and drops what is not listed", async () => {
      const UploadId = await begin("replaced");
      await upload("replaced", UploadId, 1, "first");
      const part = await upload("replaced", UploadId, 1, "second");
      await upload("replaced", UploadId, 2, "unlisted");
      await complete("replaced", UploadId, [part]);
      expect((await read("replaced")).bytes.toString()).to.equal("second");
    });

    it("rejects parts in the wrong order with InvalidPartOrder", async () => {
      const UploadId = await begin("order");
      const first = await upload("order", UploadId, 1, bytes(5 * mebibyte, "1"));
      const second = await upload("order", UploadId, 2, "x");
      for (const parts of [
        [second, first],
        [first, first],
      ]) {
        expect(await refusalCode(complete("order", UploadId, parts))).to.equal("InvalidPartOrder 400");
      }
      await complete("order", UploadId, [first, second]);
    });

    it("rejects parts that are not there or have another ETag with InvalidPart", async () => {
      const UploadId = await begin("invalid");
      const part = await upload("invalid", UploadId, 1, "x");
      const missing = await refusal(complete("invalid", UploadId, [{ ...part, PartNumber: 2 }]));
      expect(missing).to.deep.include({ code: "InvalidPart", status: 400 });
      expect(missing.members).to.deep.include({ PartNumber: "2", UploadId });
      const other = complete("invalid", UploadId, [{ PartNumber: 1, ETag: '"00000000000000000000000000000000"' }]);
      expect(await refusalCode(other)).to.equal("InvalidPart 400");
    });

    it("rejects a small part that is not the last with EntityTooSmall, and keeps the upload", async () => {
      const UploadId = await begin("small");
      const first = await upload("small", UploadId, 1, bytes(5 * mebibyte - 1, "1"));
      const second = await upload("small", UploadId, 2, "x");
      const refused = await refusal(complete("small", UploadId, [first, second]));
      expect(refused).to.deep.include({
        code: "EntityTooSmall",
        status: 400,
        message: "Your proposed upload is smaller than the minimum allowed size",
      });
      expect(refused.members).to.deep.include({ MinSizeAllowed: "5242880", ProposedSize: "5242879", PartNumber: "1" });
      await complete("small", UploadId, [first]);
    });

    it("rejects a list without parts", async () => {
      const UploadId = await begin("none");
      expect(await refusalCode(complete("none", UploadId, []))).to.equal("MalformedXML 400");
      const empty = s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "none", UploadId }));
      expect(await refusalCode(empty)).to.equal("MalformedXML 400");
    });

    it("rejects an upload that is none, or another key's, with NoSuchUpload", async () => {
      const UploadId = await begin("mine");
      const part = await upload("mine", UploadId, 1, "x");
      expect(await refusalCode(complete("other", UploadId, [part]))).to.equal("NoSuchUpload 404");
      expect(await refusal(complete("mine", "nonsense", [part]))).to.deep.include({
        code: "NoSuchUpload",
        status: 404,
        message:
          "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      });
    });

    it("takes the conditions of a write", async () => {
      await put(aws, Bucket, "condition");
      const UploadId = await begin("condition");
      const part = await upload("condition", UploadId, 1, "x");
      const refused = complete("condition", UploadId, [part], { IfNoneMatch: "*" });
      expect(await refusalCode(refused)).to.equal("PreconditionFailed 412");
      await complete("condition", UploadId, [part]);
    });

    it("rejects a size that is not the object's with InvalidRequest", async () => {
      const UploadId = await begin("sized");
      const part = await upload("sized", UploadId, 1, "1234");
      expect(await refusal(complete("sized", UploadId, [part], { MpuObjectSize: 5 }))).to.deep.include({
        code: "InvalidRequest",
        message: "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4",
      });
      await complete("sized", UploadId, [part], { MpuObjectSize: 4 });
    });
  });

  describe("s3 UploadPart", () => {
    it("rejects part numbers below 1 and above 10000 with InvalidArgument", async () => {
      const UploadId = await begin("numbers");
      for (const number of [0, 10_001]) {
        expect(await refusal(upload("numbers", UploadId, number, "x"))).to.deep.include({
          code: "InvalidArgument",
          status: 400,
          message: "Part number must be an integer between 1 and 10000, inclusive",
        });
      }
      await upload("numbers", UploadId, 10_000, "x");
    });

    it("rejects an upload that was aborted while the part was sent", async () => {
      const UploadId = await begin("aborted");
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "aborted", UploadId }));
      expect(await refusalCode(upload("aborted", UploadId, 1, "x"))).to.equal("NoSuchUpload 404");
      const again = s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "aborted", UploadId }));
      expect(await refusalCode(again)).to.equal("NoSuchUpload 404");
    });
  });

  describe("s3 UploadPartCopy", () => {
    const copy = (Key: string, UploadId: string, PartNumber: number, more: object) =>
      s3.send(
        new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber, CopySource: `${Bucket}/source`, ...more }),
      );
    const source = bytes(6 * mebibyte, "source");
    before(() => put(aws, Bucket, "source", { Body: source }));

    it("takes ranges of an object for parts", async () => {
      const UploadId = await begin("pieces");
      const first = await copy("pieces", UploadId, 1, { CopySourceRange: `bytes=1-${5 * mebibyte}` });
      const second = await copy("pieces", UploadId, 2, { CopySourceRange: "bytes=0-9" });
      const parts = [first, second].map((part, at) => ({ PartNumber: at + 1, ETag: part.CopyPartResult?.ETag }));
      await complete("pieces", UploadId, parts);
      const expected = Buffer.concat([source.subarray(1, 5 * mebibyte + 1), source.subarray(0, 10)]);
      expect((await read("pieces")).bytes.equals(expected)).to.equal(true);
    });

    it("rejects ranges that the source does not have", async () => {
      const UploadId = await begin("ranges");
      for (const [CopySourceRange, code] of [
        [`bytes=0-${source.length}`, "InvalidArgument 400"],
        [`bytes=${source.length}-${source.length + 1}`, "InvalidRequest 400"],
        ["bytes=5-", "InvalidArgument 400"],
        ["0-5", "InvalidArgument 400"],
        ["bytes=5-4", "InvalidArgument 400"],
      ] as const) {
        expect(await refusalCode(copy("ranges", UploadId, 1, { CopySourceRange })), CopySourceRange).to.equal(code);
      }
    });

    it("rejects conditions that the source does not fulfil with PreconditionFailed", async () => {
      const UploadId = await begin("conditions");
      const refused = copy("conditions", UploadId, 1, { CopySourceIfMatch: '"other"' });
      expect(await refusalCode(refused)).to.equal("PreconditionFailed 412");
    });
  });

  describe("s3 GetObject", () => {
    it("reads parts by number, and rejects numbers beyond the last with InvalidPartNumber", async () => {
      const UploadId = await begin("by-part");
      const part = await upload("by-part", UploadId, 4, "only");
      await complete("by-part", UploadId, [part]);
      expect(await read("by-part", { PartNumber: 1 })).to.deep.include({ PartsCount: 1, ContentRange: "bytes 0-3/4" });
      expect(await refusalCode(read("by-part", { PartNumber: 2 }))).to.equal("InvalidPartNumber 416");
      expect(await refusalCode(read("by-part", { PartNumber: 1, Range: "bytes=0-1" }))).to.equal("InvalidRequest 400");
      await put(aws, Bucket, "in-one", { Body: "whole" });
      expect((await read("in-one", { PartNumber: 1 })).bytes.toString()).to.equal("whole");
      expect(await refusalCode(read("in-one", { PartNumber: 2 }))).to.equal("InvalidPartNumber 416");
    });
  });

  describe("s3 CopyObject", () => {
    it("makes an object in one of a multipart object, with digests of the whole", async () => {
      const UploadId = await begin("to-copy", { ChecksumAlgorithm: "SHA256" });
      const data = [bytes(5 * mebibyte, "a"), bytes(7, "b")];
      const parts = [];
      for (const [at, Body] of data.entries()) {
        const ChecksumSHA256 = digest("SHA256", Body);
        parts.push({ ...(await upload("to-copy", UploadId, at + 1, Body, { ChecksumSHA256 })), ChecksumSHA256 });
      }
      await complete("to-copy", UploadId, parts);
      const { CopyObjectResult } = await s3.send(
        new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/to-copy` }),
      );
      const whole = Buffer.concat(data);
      expect(CopyObjectResult).to.deep.include({
        ETag: `"${createHash("md5").update(whole).digest("hex")}"`,
        ChecksumSHA256: digest("SHA256", whole),
      });
      await put(aws, Bucket, "to-copy", { Body: "replaced" });
      expect((await read("copy")).bytes.equals(whole)).to.equal(true);
    });
  });

  describe("s3 ListParts", () => {
    it("pages through the parts", async () => {
      const UploadId = await begin("parts", { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
      for (const number of [2, 5, 9]) await upload("parts", UploadId, number, `${number}`);
      const list = (more: object) => s3.send(new ListPartsCommand({ Bucket, Key: "parts", UploadId, ...more }));
      const first = await list({ MaxParts: 2 });
      expect(first).to.deep.include({
        ...{ Bucket, Key: "parts", UploadId, MaxParts: 2, IsTruncated: true, PartNumberMarker: "0" },
        ...{ NextPartNumberMarker: "5", StorageClass: "STANDARD" },
        ...{ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" },
      });
      const [{ LastModified, ...part } = {}] = first.Parts ?? [];
      expect(LastModified).to.be.instanceOf(Date);
      expect(part).to.deep.equal({
        PartNumber: 2,
        Size: 1,
        ETag: `"${createHash("md5").update("2").digest("hex")}"`,
        ChecksumCRC32: digest("CRC32", Buffer.from("2")),
      });
      expect(first.Owner?.ID).to.equal(first.Initiator?.ID);
      const second = await list({ MaxParts: 2, PartNumberMarker: "5" });
      expect(second.Parts?.map(({ PartNumber }) => PartNumber)).to.deep.equal([9]);
      expect(second.IsTruncated).to.equal(false);
    });
  });

  describe("s3 ListMultipartUploads", () => {
    it("pages through uploads by key and start, and rolls them up", async () => {
      const own = await newBucket(aws);
      const ids = new Map<string, string[]>();
      for (const Key of ["b", "a/1", "a/2", "b", "c"]) {
        const { UploadId = "" } = await s3.send(new CreateMultipartUploadCommand({ Bucket: own, Key }));
        ids.set(Key, [...(ids.get(Key) ?? []), UploadId].sort());
      }
      const all = [...ids].flatMap(([Key, uploads]) => uploads.map((UploadId) => [Key, UploadId])).sort();
      const found: (string | undefined)[][] = [];
      let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
      for (let more = true; more; ) {
        const page = await s3.send(new ListMultipartUploadsCommand({ Bucket: own, MaxUploads: 2, ...markers }));
        found.push(...(page.Uploads ?? []).map(({ Key, UploadId }) => [Key, UploadId]));
        more = page.IsTruncated ?? false;
        markers = { KeyMarker: page.NextKeyMarker ?? "", UploadIdMarker: page.NextUploadIdMarker ?? "" };
      }
      expect(found).to.deep.equal(all);
      const rolled = await s3.send(new ListMultipartUploadsCommand({ Bucket: own, Delimiter: "/" }));
      expect(rolled.CommonPrefixes).to.deep.equal([{ Prefix: "a/" }]);
      expect(rolled.Uploads?.map(({ Key }) => Key)).to.deep.equal(["b", "b", "c"]);
      const prefixed = await s3.send(new ListMultipartUploadsCommand({ Bucket: own, Prefix: "a/2" }));
      expect(prefixed.Uploads?.map(({ Key }) => Key)).to.deep.equal(["a/2"]);
      const invalid = s3.send(new ListMultipartUploadsCommand({ Bucket: own, KeyMarker: "b", UploadIdMarker: "no" }));
      expect(await refusalCode(invalid)).to.equal("InvalidArgument 400");
    });

    it("loses the uploads of a bucket that is deleted", async () => {
      const own = await newBucket(aws, uniqueName());
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: own, Key: "k" }));
      await s3.send(new UploadPartCommand({ Bucket: own, Key: "k", UploadId, PartNumber: 1, Body: "x" }));
      await s3.send(new DeleteBucketCommand({ Bucket: own }));
    });
  });
});
