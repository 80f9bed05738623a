import {
  CompleteMultipartUploadCommand,
  GetObjectAttributesCommand,
  HeadObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import type { ChecksumName } from "../../../src/aws/checksum.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { bytes, digest, mebibyte, multipartSteps } from "./multipart-support.ts";
import { newBucket, refusal, refusalCode } from "./s3-support.ts";

describe("s3 multipart uploads with checksums", () => {
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

  describe("s3 checksums of multipart uploads", () => {
    const parts = [bytes(5 * mebibyte, "c1"), bytes(5 * mebibyte + 3, "c2"), bytes(100, "c3")];
    const whole = Buffer.concat(parts);
    const run = async (
      Key: string,
      algorithm: ChecksumName | undefined,
      type: "FULL_OBJECT" | "COMPOSITE" | undefined,
    ) => {
      const UploadId = await begin(Key, {
        ...(algorithm && { ChecksumAlgorithm: algorithm }),
        ...(type && { ChecksumType: type }),
      });
      const uploaded = [];
      for (const [at, Body] of parts.entries()) {
        const member = algorithm === undefined ? {} : { [`Checksum${algorithm}`]: digest(algorithm, Body) };
        uploaded.push({ ...(await upload(Key, UploadId, at + 1, Body, member)), ...member });
      }
      await complete(Key, UploadId, uploaded);
      return s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    };

    it("is a CRC64NVME of the full object where the client names none", async () => {
      expect(await run("default", undefined, undefined)).to.deep.include({
        ChecksumCRC64NVME: digest("CRC64NVME", whole),
        ChecksumType: "FULL_OBJECT",
      });
    });

    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
      it(`is the ${algorithm} of the full object, combined from the parts'`, async () => {
        expect(await run(`full-${algorithm}`, algorithm, "FULL_OBJECT")).to.deep.include({
          [`Checksum${algorithm}`]: digest(algorithm, whole),
          ChecksumType: "FULL_OBJECT",
        });
      });
    }

    for (const algorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
      it(`is the ${algorithm} of the parts' digests where it is composite`, async () => {
        const digests = parts.map((part) => Buffer.from(digest(algorithm, part), "base64"));
        const composite = `${digest(algorithm, Buffer.concat(digests))}-3`;
        expect(await run(`composite-${algorithm}`, algorithm, undefined)).to.deep.include({
          [`Checksum${algorithm}`]: composite,
          ChecksumType: "COMPOSITE",
        });
      });
    }

    it("is told of each part, by GetObjectAttributes and by a read of the part", async () => {
      await run("told", "SHA256", undefined);
      const { ObjectParts, Checksum } = await s3.send(
        new GetObjectAttributesCommand({
          Bucket,
          Key: "told",
          ObjectAttributes: ["ObjectParts", "Checksum"],
          MaxParts: 2,
        }),
      );
      expect(ObjectParts).to.deep.include({ TotalPartsCount: 3, IsTruncated: true, MaxParts: 2 });
      expect(ObjectParts?.Parts).to.deep.equal(
        parts.slice(0, 2).map((part, at) => ({
          PartNumber: at + 1,
          Size: part.length,
          ChecksumSHA256: digest("SHA256", part),
        })),
      );
      expect(Checksum?.ChecksumType).to.equal("COMPOSITE");
      const second = await read("told", { PartNumber: 2, ChecksumMode: "ENABLED" });
      expect(second).to.deep.include({
        ChecksumSHA256: digest("SHA256", parts[1] ?? Buffer.alloc(0)),
        PartsCount: 3,
        ContentRange: `bytes ${5 * mebibyte}-${10 * mebibyte + 2}/${whole.length}`,
      });
      expect(second.$metadata.httpStatusCode).to.equal(206);
    });

    it("is told without the parts where it is of the whole object", async () => {
      for (const algorithm of ["CRC32", undefined] as const) {
        await run("whole", algorithm, algorithm && "FULL_OBJECT");
        const read = new GetObjectAttributesCommand({ Bucket, Key: "whole", ObjectAttributes: ["ObjectParts"] });
        expect((await s3.send(read)).ObjectParts).to.deep.equal({ TotalPartsCount: 3 });
      }
    });

    it("rejects a part of another algorithm with InvalidRequest", async () => {
      const UploadId = await begin("other", { ChecksumAlgorithm: "SHA256" });
      const refused = upload("other", UploadId, 1, "x", {
        ChecksumAlgorithm: "SHA1",
        ChecksumSHA1: digest("SHA1", Buffer.from("x")),
      });
      expect((await refusal(refused)).message).to.equal(
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: sha1",
      );
      expect((await refusal(upload("other", UploadId, 1, "x"))).message).to.equal(
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null",
      );
    });

    it("rejects types that an algorithm does not have with InvalidRequest", async () => {
      expect((await refusal(begin("x", { ChecksumAlgorithm: "SHA1", ChecksumType: "FULL_OBJECT" }))).message).to.equal(
        "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.",
      );
      expect(await refusalCode(begin("x", { ChecksumAlgorithm: "CRC64NVME", ChecksumType: "COMPOSITE" }))).to.equal(
        "InvalidRequest 400",
      );
      expect(await refusalCode(begin("x", { ChecksumType: "COMPOSITE" }))).to.equal("InvalidRequest 400");
      expect(await refusalCode(begin("x", { ChecksumAlgorithm: "CRC16" as never }))).to.equal("InvalidRequest 400");
    });

    it("rejects a composite upload whose list lacks a part's checksum with InvalidRequest", async () => {
      const UploadId = await begin("lacking", { ChecksumAlgorithm: "SHA256" });
      const ChecksumSHA256 = digest("SHA256", Buffer.from("x"));
      const part = await upload("lacking", UploadId, 1, "x", { ChecksumSHA256 });
      expect((await refusal(complete("lacking", UploadId, [part]))).message).to.equal(
        "The upload was created using a sha256 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.",
      );
      const wrong = { ...part, ChecksumSHA256: digest("SHA256", Buffer.from("y")) };
      expect(await refusalCode(complete("lacking", UploadId, [wrong]))).to.equal("InvalidPart 400");
      await complete("lacking", UploadId, [{ ...part, ChecksumSHA256 } as typeof part]);
    });

    it("rejects a checksum of the whole that is not the object's with BadDigest", async () => {
      const UploadId = await begin("bad", { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
      const part = await upload("bad", UploadId, 1, "x");
      const refused = complete("bad", UploadId, [part], { ChecksumCRC32: digest("CRC32", Buffer.from("y")) });
      expect(await refusalCode(refused)).to.equal("BadDigest 400");
      await complete("bad", UploadId, [part], { ChecksumCRC32: digest("CRC32", Buffer.from("x")) });
    });

    it("tells no checksum of a part, and takes none for it, where the upload was begun without an algorithm", async () => {
      const UploadId = await begin("without");
      const own = { ChecksumCRC64NVME: digest("CRC64NVME", Buffer.from("x")) };
      const send = (more: object) =>
        s3.send(new UploadPartCommand({ Bucket, Key: "without", UploadId, PartNumber: 1, Body: "x", ...more }));
      expect(await send({})).not.to.have.property("ChecksumCRC64NVME");
      const { ETag, ...told } = await send(own);
      expect(told).to.include(own);
      const part = { PartNumber: 1, ETag };
      expect(await refusalCode(complete("without", UploadId, [{ ...part, ...own }]))).to.equal("InvalidPart 400");
      const wrong = { ChecksumCRC64NVME: digest("CRC64NVME", Buffer.from("y")) };
      expect(await refusalCode(complete("without", UploadId, [part], wrong))).to.equal("BadDigest 400");
      expect(await complete("without", UploadId, [part], own)).to.include({ ...own, ChecksumType: "FULL_OBJECT" });
    });

    it("fails where the parts of a composite checksum have gaps, and keeps the upload", async () => {
      const once = new S3Client({ ...aws.clientConfig, forcePathStyle: true, maxAttempts: 1 });
      const UploadId = await begin("gaps", { ChecksumAlgorithm: "SHA256" });
      const ChecksumSHA256 = digest("SHA256", Buffer.from("x"));
      const part = async (PartNumber: number) => ({
        ...(await upload("gaps", UploadId, PartNumber, "x", { ChecksumSHA256 })),
        ChecksumSHA256,
      });
      const list = { Bucket, Key: "gaps", UploadId, MultipartUpload: { Parts: [await part(2)] } };
      expect(await refusalCode(once.send(new CompleteMultipartUploadCommand(list)))).to.equal("InternalError 500");
      once.destroy();
      await complete("gaps", UploadId, [await part(1)]);
    });
  });
});
