import { createHash } from "node:crypto";
import {
  ChecksumAlgorithm,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { type ChecksumName, checksumAlgorithms, createChecksum } from "../../../src/aws/checksum.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, rawRequest, refusal, xmlElement } from "./s3-support.ts";

describe("s3 checksums", () => {
  let aws: TestServer;
  let plain: S3Client;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    // Sends no checksum of its own accord.
    plain = new S3Client({ ...aws.clientConfig, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const text = "123456789";
  // The check values of the catalogue of parametrised CRC algorithms, and of RFC 1321, 3174, 6234.
  const known: Readonly<Partial<Record<ChecksumName, string>>> = {
    CRC32: "y/Q5Jg==",
    CRC32C: "4waSgw==",
    CRC64NVME: "rosUhgp5mIg=",
    MD5: "JfnnlDI7RTiF9RgfG2JNCw==",
    SHA1: createHash("sha1").update(text).digest("base64"),
    SHA256: createHash("sha256").update(text).digest("base64"),
    SHA512: createHash("sha512").update(text).digest("base64"),
  };
  const digest = (name: ChecksumName) => {
    const checksum = createChecksum(name);
    checksum.update(Buffer.from(text));
    return checksum.digest();
  };
  const stored = (Key: string) => aws.s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  const putRaw = (path: string, headers: Record<string, string>, body = text) =>
    rawRequest(aws, { method: "PUT", path: `/${Bucket}/${path}`, headers, body });

  it("knows every algorithm that the SDK knows", () => {
    expect(checksumAlgorithms.map(({ name }) => name).sort()).to.deep.equal(Object.values(ChecksumAlgorithm).sort());
  });

  it("computes a CRC64NVME where the client sends none", async () => {
    const output = await plain.send(new PutObjectCommand({ Bucket, Key: "default", Body: text }));
    expect(output).to.deep.include({ ChecksumCRC64NVME: known.CRC64NVME, ChecksumType: "FULL_OBJECT" });
    expect(await stored("default")).to.deep.include({
      ChecksumCRC64NVME: known.CRC64NVME,
      ChecksumType: "FULL_OBJECT",
    });
  });

  it("shows a checksum only to who asks for it", async () => {
    await plain.send(new PutObjectCommand({ Bucket, Key: "shown", Body: text }));
    const quiet = await plain.send(new HeadObjectCommand({ Bucket, Key: "shown" }));
    expect([quiet.ChecksumCRC64NVME, quiet.ChecksumType]).to.deep.equal([undefined, undefined]);
    const part = await aws.s3.send(
      new GetObjectCommand({ Bucket, Key: "shown", Range: "bytes=0-3", ChecksumMode: "ENABLED" }),
    );
    expect(part.ChecksumCRC64NVME).to.equal(undefined);
    const all = await aws.s3.send(
      new GetObjectCommand({ Bucket, Key: "shown", Range: "bytes=0-8", ChecksumMode: "ENABLED" }),
    );
    expect(all.ChecksumCRC64NVME).to.equal(known.CRC64NVME);
  });

  it("lists the algorithm of each object", async () => {
    await plain.send(
      new PutObjectCommand({ Bucket, Key: "listed/sha", Body: text, ChecksumSHA256: known.SHA256 ?? "" }),
    );
    const { Contents } = await aws.s3.send(new ListObjectsV2Command({ Bucket, Prefix: "listed/" }));
    expect(Contents?.[0]).to.deep.include({ ChecksumAlgorithm: ["SHA256"], ChecksumType: "FULL_OBJECT" });
  });

  for (const { name, header, member } of checksumAlgorithms) {
    const value = known[name] ?? digest(name);

    it(`keeps ${name} as a header and gives it back`, async () => {
      const answer = await putRaw(`header-${name}`, { [header]: value });
      expect([answer.status, answer.headers[header], answer.headers["x-amz-checksum-type"]]).to.deep.equal([
        200,
        value,
        "FULL_OBJECT",
      ]);
      expect(await stored(`header-${name}`)).to.deep.include({ [member]: value, ChecksumType: "FULL_OBJECT" });
    });

    it(`keeps ${name} as a trailer`, async () => {
      const body = `9\r\n${text}\r\n0\r\n${header}:${value}\r\n\r\n`;
      const answer = await putRaw(`trailer-${name}`, trailerHeaders(header), body);
      expect([answer.status, answer.headers[header]]).to.deep.equal([200, value]);
      expect(await stored(`trailer-${name}`)).to.deep.include({ [member]: value });
    });

    it(`rejects a wrong ${name} with BadDigest, and stores nothing`, async () => {
      const wrong = Buffer.alloc(Buffer.from(value, "base64").length).toString("base64");
      const asHeader = await putRaw(`wrong-${name}`, { [header]: wrong });
      expect([asHeader.status, xmlElement(asHeader.text, "Code"), xmlElement(asHeader.text, "Message")]).to.deep.equal([
        400,
        "BadDigest",
        `The ${name} you specified did not match the calculated checksum.`,
      ]);
      const body = `9\r\n${text}\r\n0\r\n${header}:${wrong}\r\n\r\n`;
      const asTrailer = await putRaw(`wrong-${name}`, trailerHeaders(header), body);
      expect([asTrailer.status, xmlElement(asTrailer.text, "Code")]).to.deep.equal([400, "BadDigest"]);
      expect((await refusal(stored(`wrong-${name}`))).status).to.equal(404);
    });

    it(`rejects a ${name} of another length with InvalidRequest`, async () => {
      const answer = await putRaw(`length-${name}`, { [header]: "AA==" });
      expect([answer.status, xmlElement(answer.text, "Code"), xmlElement(answer.text, "Message")]).to.deep.equal([
        400,
        "InvalidRequest",
        `Value for ${header} header is invalid.`,
      ]);
    });
  }

  it("rejects two checksums with InvalidRequest", async () => {
    const headers = { "x-amz-checksum-crc32": known.CRC32 ?? "", "x-amz-checksum-sha1": known.SHA1 ?? "" };
    const answer = await putRaw("two", headers);
    expect(xmlElement(answer.text, "Message")).to.equal(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  });

  it("rejects an algorithm that is announced and does not come with InvalidRequest", async () => {
    const answer = await putRaw("announced", { "x-amz-sdk-checksum-algorithm": "CRC32" });
    expect(xmlElement(answer.text, "Message")).to.equal(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
    const other = { "x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": known.CRC32 ?? "" };
    expect(xmlElement((await putRaw("announced", other)).text, "Message")).to.equal(
      "Value for x-amz-sdk-checksum-algorithm header is invalid.",
    );
  });

  it("rejects the header of an algorithm that is none with InvalidRequest", async () => {
    const { status, text } = await putRaw("unknown", { "x-amz-checksum-sha256a": "x" });
    expect([status, xmlElement(text, "Message")]).to.deep.equal([
      ...[400, "The algorithm type you specified in x-amz-checksum- header is invalid."],
    ]);
  });

  it("rejects an algorithm that is none with InvalidRequest", async () => {
    const answer = await putRaw("none", { "x-amz-sdk-checksum-algorithm": "CRC16" });
    expect([answer.status, xmlElement(answer.text, "Code")]).to.deep.equal([400, "InvalidRequest"]);
  });

  describe("s3 Content-MD5", () => {
    it("is verified", async () => {
      expect((await putRaw("md5", { "content-md5": known.MD5 ?? "" })).status).to.equal(200);
    });

    it("rejects another's with BadDigest, and stores nothing", async () => {
      const wrong = Buffer.alloc(16).toString("base64");
      const answer = await putRaw("md5-wrong", { "content-md5": wrong });
      expect([answer.status, xmlElement(answer.text, "Code")]).to.deep.equal([400, "BadDigest"]);
      expect(xmlElement(answer.text, "CalculatedDigest")).to.equal(known.MD5);
      expect(xmlElement(answer.text, "ExpectedDigest")).to.equal("0".repeat(32));
      expect((await refusal(stored("md5-wrong"))).status).to.equal(404);
    });

    it("rejects what is no MD5 with InvalidDigest", async () => {
      const answer = await putRaw("md5-invalid", { "content-md5": "bm8gZGlnZXN0" });
      expect([answer.status, xmlElement(answer.text, "Code"), xmlElement(answer.text, "Message")]).to.deep.equal([
        400,
        "InvalidDigest",
        "The Content-MD5 you specified was invalid.",
      ]);
    });
  });
});

function trailerHeaders(trailer: string): Record<string, string> {
  return {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "9",
    "x-amz-trailer": trailer,
  };
}
