import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type EncryptionType,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, xmlElement } from "./s3-support.ts";

const MiB = 1024 * 1024;

function newKey() {
  const key = randomBytes(32);
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: key.toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(key).digest("base64"),
  };
}

const ofSource = (key: ReturnType<typeof newKey>) => ({
  CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
  CopySourceSSECustomerKey: key.SSECustomerKey,
  CopySourceSSECustomerKeyMD5: key.SSECustomerKeyMD5,
});

describe("s3 SSE-C", () => {
  let aws: TestServer;
  let Bucket: string;
  const key = newKey();
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const get = async (Key: string, more: object = key) => {
    const { Body, ...output } = await aws.s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return { ...output, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []) };
  };

  function onDisk(text: string): boolean {
    const folder = join(aws.dataDir, "s3");
    return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
      (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text),
    );
  }

  it("keeps the bytes encrypted, and gives them and the key's MD5 back to who brings the key", async () => {
    const text = "a text that nobody but its owner reads";
    const stored = await put(aws, Bucket, "secret", { Body: text, ...key });
    const said = { SSECustomerAlgorithm: "AES256", SSECustomerKeyMD5: key.SSECustomerKeyMD5 };
    expect(stored).to.deep.include(said);
    expect(stored.ServerSideEncryption).to.equal(undefined);
    expect(onDisk(text)).to.equal(false);
    const read = await get("secret");
    expect(read).to.deep.include(said);
    expect(read.bytes.toString()).to.equal(text);
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "secret", ...key }));
    expect(head).to.deep.include({ ...said, ContentLength: text.length });
    const attributes = await aws.s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: "secret", ObjectAttributes: ["ObjectSize"], ...key }),
    );
    expect(attributes.ObjectSize).to.equal(text.length);
  });

  it("gives any range of a small and of a large object", async () => {
    for (const size of [1000, 300_000]) {
      const bytes = randomBytes(size);
      await put(aws, Bucket, "ranges", { Body: bytes, ...key });
      expect((await get("ranges")).bytes.equals(bytes)).to.equal(true);
      for (const [start, end] of [
        [0, 0],
        [1, 15],
        [15, 17],
        [16, 31],
        [333, size - 2],
        [size - 1, size - 1],
      ] as const) {
        const { bytes: part } = await get("ranges", { ...key, Range: `bytes=${start}-${end}` });
        expect(part.equals(bytes.subarray(start, end + 1)), `${start}-${end} of ${size}`).to.equal(true);
      }
    }
  });

  it("refuses reads without the key, with another, and with one where none is needed", async () => {
    await put(aws, Bucket, "locked", key);
    await put(aws, Bucket, "open");
    const missing = await refusal(get("locked", {}));
    expect(missing).to.include({ code: "InvalidRequest", status: 400 });
    expect(missing.message).to.match(/^The object was stored using a form of Server Side Encryption/);
    expect(await refusalCode(get("locked", newKey()))).to.equal("AccessDenied 403");
    expect(await refusalCode(get("open"))).to.equal("InvalidRequest 400");
    const head = (more: object) => refusal(aws.s3.send(new HeadObjectCommand({ Bucket, Key: "locked", ...more })));
    expect([(await head({})).status, (await head(newKey())).status]).to.deep.equal([400, 403]);
    const copy = aws.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/locked` }));
    expect(await refusalCode(copy)).to.equal("InvalidRequest 400");
  });

  it("copies under another key, under none, and from none under one", async () => {
    const other = newKey();
    await put(aws, Bucket, "from", { Body: "copied", ...key });
    const copy = (Key: string, CopySource: string, more: object) =>
      aws.s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${CopySource}`, ...more }));
    const copied = await copy("to", "from", { ...ofSource(key), ...other });
    expect(copied.SSECustomerKeyMD5).to.equal(other.SSECustomerKeyMD5);
    expect((await get("to", other)).bytes.toString()).to.equal("copied");
    expect(await refusalCode(get("to", key))).to.equal("AccessDenied 403");
    await copy("plain", "from", ofSource(key));
    expect(await get("plain", {})).to.include({ ServerSideEncryption: "AES256" });
    await copy("again", "plain", key);
    expect((await get("again")).bytes.toString()).to.equal("copied");
    // To itself, under a new key.
    await copy("from", "from", { ...ofSource(key), ...other });
    expect((await get("from", other)).bytes.toString()).to.equal("copied");
  });

  it("takes multipart uploads whose every part brings the key", async () => {
    const upload = { Bucket, Key: "parts" };
    const begun = await aws.s3.send(new CreateMultipartUploadCommand({ ...upload, ...key }));
    expect(begun.SSECustomerKeyMD5).to.equal(key.SSECustomerKeyMD5);
    const { UploadId } = begun;
    const bytes = randomBytes(5 * MiB);
    const part = (more: object) =>
      aws.s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: bytes, ...more }));
    expect(await refusalCode(part({}))).to.equal("InvalidRequest 400");
    expect(await refusalCode(part(newKey()))).to.equal("InvalidRequest 400");
    const first = await part(key);
    await put(aws, Bucket, "piece", { Body: "the end", ...key });
    const second = await aws.s3.send(
      new UploadPartCopyCommand({
        ...{ ...upload, UploadId, PartNumber: 2, CopySource: `${Bucket}/piece` },
        ...{ ...key, ...ofSource(key) },
      }),
    );
    const Parts = [
      { PartNumber: 1, ETag: first.ETag },
      { PartNumber: 2, ETag: second.CopyPartResult?.ETag },
    ];
    await aws.s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts }, ...key }));
    const whole = Buffer.concat([bytes, Buffer.from("the end")]);
    expect((await get("parts")).bytes.equals(whole)).to.equal(true);
    const range = await get("parts", { ...key, Range: `bytes=${5 * MiB - 20}-${5 * MiB + 2}` });
    expect(range.bytes.equals(whole.subarray(5 * MiB - 20, 5 * MiB + 3))).to.equal(true);
    expect((await get("parts", { ...key, PartNumber: 2 })).bytes.toString()).to.equal("the end");
    expect(await refusalCode(get("parts", {}))).to.equal("InvalidRequest 400");
  });

  it("rejects keys that are none, and stores nothing", async () => {
    const attempt = (more: object) =>
      refusalCode(aws.s3.send(new PutObjectCommand({ Bucket, Key: "none", Body: "x", ...key, ...more })));
    expect(await attempt({ SSECustomerAlgorithm: "AES128" })).to.equal("InvalidEncryptionAlgorithmError 400");
    expect(await attempt({ ServerSideEncryption: "AES256" })).to.equal("InvalidArgument 400");
    const prefix = "x-amz-server-side-encryption-customer-";
    const good = { algorithm: "AES256", key: key.SSECustomerKey, "key-md5": key.SSECustomerKeyMD5 };
    const { algorithm, key: own, "key-md5": md5 } = good;
    for (const bad of [
      { algorithm, key: own },
      { algorithm, "key-md5": md5 },
      { key: own, "key-md5": md5 },
      { ...good, "key-md5": newKey().SSECustomerKeyMD5 },
      { ...good, key: "c2hvcnQ=" },
    ]) {
      const headers = Object.fromEntries(Object.entries(bad).map(([name, value]) => [prefix + name, value]));
      const answer = await rawRequest(aws, { method: "PUT", path: `/${Bucket}/none`, headers, body: "x" });
      expect(`${xmlElement(answer.text, "Code")} ${answer.status}`, JSON.stringify(bad)).to.equal(
        "InvalidArgument 400",
      );
    }
    expect(await refusalCode(get("none", {}))).to.equal("NoSuchKey 404");
  });

  describe("as AWS was recorded to answer (decision 0159)", () => {
    const prefix = "x-amz-server-side-encryption-customer-";
    const headersOf = ({ SSECustomerKey, SSECustomerKeyMD5 }: ReturnType<typeof newKey>) => ({
      [`${prefix}algorithm`]: "AES256",
      [`${prefix}key`]: SSECustomerKey,
      [`${prefix}key-md5`]: SSECustomerKeyMD5,
    });
    const raw = async (method: string, path: string, headers: Record<string, string>, body = "") => {
      const answer = await rawRequest(aws, { method, path: `/${Bucket}/${path}`, headers, body });
      return { ...answer, code: `${xmlElement(answer.text, "Code") ?? ""} ${answer.status}`.trim() };
    };

    it("reads by a key without its MD5, and takes one of another length for a wrong one", async () => {
      await put(aws, Bucket, "by-key", { Body: "read", ...key });
      const { [`${prefix}key-md5`]: md5, ...withoutMd5 } = headersOf(key);
      const read = await raw("GET", "by-key", withoutMd5);
      expect(read.text).to.equal("read");
      expect(read.headers[`${prefix}key-md5`]).to.equal(md5);
      const short = { [`${prefix}algorithm`]: "AES256", [`${prefix}key`]: "YWJj" };
      expect((await raw("GET", "by-key", short)).code).to.equal("AccessDenied 403");
      expect((await raw("PUT", "by-key", withoutMd5, "x")).code).to.equal("InvalidArgument 400");
    });

    it("looks at conditions and ranges before it looks whether the key is right, and whether there is one before", async () => {
      await put(aws, Bucket, "order", { Body: "0123456789", ...key });
      const wrong = headersOf(newKey());
      const beyond = { Range: "bytes=9999-" };
      expect((await raw("GET", "order", { ...wrong, ...beyond })).code).to.equal("InvalidRange 416");
      expect((await raw("GET", "order", beyond)).code).to.equal("InvalidRequest 400");
      expect((await raw("GET", "order?partNumber=2", wrong)).code).to.equal("InvalidPartNumber 416");
      expect((await raw("GET", "order", { ...wrong, "If-Match": '"no"' })).code).to.equal("PreconditionFailed 412");
      expect((await raw("GET", "order", wrong)).code).to.equal("AccessDenied 403");
    });

    it("says of a whole object in GLACIER that it is not readable, whatever the key, and of a range that it is wrong", async () => {
      await put(aws, Bucket, "frozen", { StorageClass: "GLACIER", ...key });
      const wrong = headersOf(newKey());
      for (const headers of [{}, wrong, headersOf(key)]) {
        expect((await raw("GET", "frozen", headers)).code).to.equal("InvalidObjectState 403");
      }
      const range = { Range: "bytes=0-2" };
      expect((await raw("GET", "frozen", { ...wrong, ...range })).code).to.equal("AccessDenied 403");
      expect((await raw("GET", "frozen", range)).code).to.equal("InvalidRequest 400");
      expect((await raw("GET", "frozen", { ...headersOf(key), ...range })).code).to.equal("InvalidObjectState 403");
    });

    it("copies nothing by another key of the source", async () => {
      await put(aws, Bucket, "of-another", key);
      const copy = aws.s3.send(
        new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/of-another`, ...ofSource(newKey()) }),
      );
      expect(await refusal(copy)).to.include({
        ...{ code: "InvalidRequest", status: 400 },
        message: "The provided encryption parameters did not match the ones used originally.",
      });
    });

    async function uploadOf(Key: string, more: object = {}) {
      const upload = { Bucket, Key };
      const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ ...upload, ...key, ...more }));
      const part = { ...upload, UploadId, PartNumber: 1, Body: "x", ...key, ...more };
      const { ETag, ChecksumSHA256 } = await aws.s3.send(new UploadPartCommand(part));
      const Parts = [{ PartNumber: 1, ETag, ChecksumSHA256 }];
      return { ...upload, UploadId, MultipartUpload: { Parts } };
    }

    it("completes an upload without its key, unless it has checksums, and never with another", async () => {
      const upload = await uploadOf("whole");
      const complete = (more: object) => aws.s3.send(new CompleteMultipartUploadCommand({ ...upload, ...more }));
      expect(await refusalCode(complete(newKey()))).to.equal("InvalidRequest 400");
      const ETag = upload.MultipartUpload.Parts[0]?.ETag;
      const list = `<Part><PartNumber>1</PartNumber><ETag>${ETag}</ETag></Part>`;
      const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`;
      const path = `whole?uploadId=${upload.UploadId}`;
      const completed = await raw("POST", path, {}, body);
      expect(completed.status).to.equal(200);
      expect(completed.headers).to.include({ [`${prefix}algorithm`]: "AES256" });
      expect(completed.headers).not.to.have.any.keys(`${prefix}key-md5`, "x-amz-server-side-encryption");
      const again = await raw("POST", path, headersOf(key), body);
      expect(again.headers[`${prefix}key-md5`]).to.equal(key.SSECustomerKeyMD5);

      const checked = await uploadOf("checked", { ChecksumAlgorithm: "SHA256" });
      const completeChecked = (more: object) =>
        aws.s3.send(new CompleteMultipartUploadCommand({ ...checked, ...more }));
      expect(await refusalCode(completeChecked({}))).to.equal("InvalidRequest 400");
      await completeChecked(key);
    });

    it("is blocked for what is written, the next part of an upload included, and never for what is read", async () => {
      const own = await newBucket(aws);
      const bucket = { Bucket: own };
      const blocked = (...EncryptionType: EncryptionType[]) =>
        aws.s3.send(
          new PutBucketEncryptionCommand({
            ...bucket,
            ServerSideEncryptionConfiguration: { Rules: [{ BlockedEncryptionTypes: { EncryptionType } }] },
          }),
        );
      await put(aws, own, "before", key);
      const upload = { ...bucket, Key: "pending" };
      const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ ...upload, ...key }));
      await blocked("SSE-C");
      const part = { ...upload, UploadId, PartNumber: 1, Body: "x", ...key };
      expect(await refusalCode(aws.s3.send(new UploadPartCommand(part)))).to.equal("AccessDenied 403");
      expect(await refusalCode(put(aws, own, "after", key))).to.equal("AccessDenied 403");
      await aws.s3.send(new GetObjectCommand({ ...bucket, Key: "before", ...key }));
      for (const types of [[], ["NONE", "NONE"], ["NONE", "SSE-C"]] as EncryptionType[][]) {
        expect(await refusalCode(blocked(...types))).to.equal("InvalidArgument 400");
      }
      await blocked("NONE");
      await put(aws, own, "after", key);
    });
  });
});
