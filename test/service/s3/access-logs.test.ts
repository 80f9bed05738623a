import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListBucketsCommand,
  ListObjectsV2Command,
  type LoggingEnabled,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketVersioningCommand,
  PutBucketWebsiteCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusalCode } from "./s3-support.ts";

const fieldNames = [
  ...["owner", "bucket", "time", "remoteIp", "requester", "requestId", "operation", "key", "uri", "status", "error"],
  ...["bytesSent", "objectSize", "totalTime", "turnAroundTime", "referer", "userAgent", "versionId", "hostId"],
  ...["signature", "cipher", "authentication", "host", "tls", "accessPoint", "aclRequired", "sourceRegion"],
] as const;

type LogRecord = Record<(typeof fieldNames)[number], string>;

function recordOf(line: string): LogRecord {
  const fields = line.match(/\[[^\]]*\]|"[^"]*"|\S+/g) ?? [];
  expect(fields, line).to.have.lengthOf(fieldNames.length);
  return Object.fromEntries(fieldNames.map((name, at) => [name, fields[at]])) as LogRecord;
}

function log(aws: TestServer, Bucket: string, TargetBucket: string, more: Partial<LoggingEnabled> = {}) {
  const LoggingEnabled = { TargetPrefix: "logs/", ...more, TargetBucket };
  return aws.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
}

/** What has been delivered; deliveries of one second are in any order. */
async function delivered(aws: TestServer, Bucket: string): Promise<{ keys: string[]; records: LogRecord[] }> {
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket, Prefix: "logs/" }));
  const keys = Contents.map(({ Key = "" }) => Key);
  const texts = keys.map(async (Key) =>
    (await aws.s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString(),
  );
  const lines = (await Promise.all(texts)).flatMap((text = "") => text.trimEnd().split("\n"));
  return { keys, records: lines.map(recordOf) };
}

describe("s3 server access logs", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ accessLogInterval: "0.1", logLevel: "silent" });
  });
  after(() => aws.stop());

  /** A bucket whose requests are logged into another. */
  async function logged(logging: Partial<LoggingEnabled> = {}): Promise<{ Bucket: string; TargetBucket: string }> {
    const [Bucket, TargetBucket] = [await newBucket(aws), await newBucket(aws)];
    await log(aws, Bucket, TargetBucket, logging);
    return { Bucket, TargetBucket };
  }

  async function recordsOf(TargetBucket: string, count: number): Promise<LogRecord[]> {
    return eventually(`${count} records`, async () => {
      const { records } = await delivered(aws, TargetBucket);
      return records.length >= count && records;
    });
  }

  it("have each request with all of AWS's fields", async () => {
    const { Bucket, TargetBucket } = await logged();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { $metadata } = await put(aws, Bucket, "a folder/ü", { Body: "content" });
    const [record] = await recordsOf(TargetBucket, 1);
    const { time = "", totalTime, turnAroundTime, userAgent, requester, ...fixed } = record ?? {};
    expect(fixed).to.deep.equal({
      ...{ owner: requester, bucket: Bucket, remoteIp: "127.0.0.1" },
      ...{ requestId: $metadata.requestId, operation: "REST.PUT.OBJECT", key: "a+folder/%C3%BC" },
      ...{ uri: `"PUT /${Bucket}/a%20folder/%C3%BC?x-id=PutObject HTTP/1.1"`, status: "200", error: "-" },
      ...{ bytesSent: "-", objectSize: "7", referer: '"-"', versionId: "-", hostId: $metadata.extendedRequestId },
      ...{ signature: "SigV4", cipher: "-", authentication: "AuthHeader", host: new URL(aws.endpoint).host },
      ...{ tls: "-", accessPoint: "-", aclRequired: "-", sourceRegion: "-" },
    });
    // The root of an account is known by the canonical id.
    const { Owner } = await aws.s3.send(new ListBucketsCommand({}));
    expect(requester).to.equal(Owner?.ID);
    expect(userAgent).to.match(/^"aws-sdk-js\/3/);
    const [, day, month, year, clock] = /^\[(\d\d)\/(\w{3})\/(\d{4}):([\d:]{8}) \+0000\]$/.exec(time) ?? [];
    expect(Date.parse(`${day} ${month} ${year} ${clock} UTC`)).to.be.within(before, Date.now());
    expect(totalTime).to.match(/^\d+$/);
    expect(Number(turnAroundTime)).to.be.at.most(Number(totalTime));
  });

  it("name operations, sizes and versions as AWS does", async () => {
    const { Bucket, TargetBucket } = await logged();
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const object = { Bucket, Key: "a" };
    const { VersionId = "" } = await put(aws, Bucket, "a", { Body: "content" });
    const read = await aws.s3.send(new GetObjectCommand({ ...object, Range: "bytes=0-2" }));
    await read.Body?.transformToString();
    await aws.s3.send(new HeadObjectCommand(object));
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "b", CopySource: `${Bucket}/a` }));
    await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "c" }));
    await aws.s3.send(new ListObjectsV2Command({ Bucket }));
    await aws.s3.send(new GetBucketVersioningCommand({ Bucket }));
    await aws.s3.send(new DeleteObjectCommand({ ...object, VersionId }));
    const records = (await recordsOf(TargetBucket, 10)).filter(({ operation }) => !operation.endsWith("_GET"));
    const line = ({ operation, key, status, bytesSent, objectSize, versionId }: LogRecord) =>
      [operation, key, status, bytesSent, objectSize, versionId].join(" ");
    const anySize = records
      .map(line)
      .map((text) => text.replace(/(?<=^REST\.(?:GET|COPY|POST)\.\w+ \S+ 200) \d+/, " n"));
    const copy = records.find(({ operation }) => operation === "REST.COPY.OBJECT");
    expect(anySize).to.have.members([
      "REST.PUT.VERSIONING - 200 - - -",
      `REST.PUT.OBJECT a 200 - 7 ${VersionId}`,
      `REST.GET.OBJECT a 206 3 7 ${VersionId}`,
      `REST.HEAD.OBJECT a 200 - 7 ${VersionId}`,
      `REST.COPY.OBJECT b 200 n - ${copy?.versionId}`,
      "REST.POST.UPLOADS c 200 n - -",
      "REST.GET.BUCKET - 200 n - -",
      "REST.GET.VERSIONING - 200 n - -",
      `REST.DELETE.OBJECT a 204 - - ${VersionId}`,
    ]);
    expect(copy?.versionId).to.match(/^[\w.]{32}$/);
  });

  it("have what was copied from a bucket, and each key of a DeleteObjects", async () => {
    const { Bucket, TargetBucket } = await logged();
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const { VersionId } = await put(aws, Bucket, "a", { Body: "content" });
    const plain = await newBucket(aws);
    const copied = await aws.s3.send(new CopyObjectCommand({ Bucket: plain, Key: "b", CopySource: `${Bucket}/a` }));
    const Objects = [
      { Key: "a", VersionId },
      { Key: "c", VersionId: "of-another-kind" },
    ];
    const removed = await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(removed.Errors).to.have.lengthOf(1);
    const records = await recordsOf(TargetBucket, 6);
    const parts = records
      .filter(({ userAgent }) => userAgent === "-")
      .map((record) =>
        [
          record.requestId,
          record.operation,
          record.key,
          record.uri,
          record.status,
          record.error,
          record.objectSize,
          record.versionId,
        ].join(" "),
      );
    expect(parts).to.have.members([
      `${copied.$metadata.requestId} REST.COPY.OBJECT_GET a - 200 - 7 ${VersionId}`,
      `${removed.$metadata.requestId} BATCH.DELETE.OBJECT a - 204 - - ${VersionId}`,
      `${removed.$metadata.requestId} BATCH.DELETE.OBJECT c - 404 NoSuchVersion - of-another-kind`,
    ]);
    const posts = records.filter(({ operation }) => operation === "REST.POST.MULTI_OBJECT_DELETE");
    expect(posts.map(({ status }) => status)).to.deep.equal(["200"]);
  });

  it("have who was refused, and why, and whoever signs nothing", async () => {
    const { Bucket, TargetBucket } = await logged();
    const stranger = new S3Client({
      ...aws.clientConfig,
      credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" },
      forcePathStyle: true,
    });
    const get = new GetObjectCommand({ Bucket, Key: "missing" });
    expect(await refusalCode(aws.s3.send(get))).to.equal("NoSuchKey 404");
    expect(await refusalCode(stranger.send(get))).to.equal("InvalidAccessKeyId 403");
    stranger.destroy();
    const anonymous = await fetch(`${aws.endpoint}/${Bucket}/missing`, {
      headers: { referer: 'https://a.example/"x', "user-agent": "own" },
    });
    expect(anonymous.status).to.equal(403);
    const records = await recordsOf(TargetBucket, 3);
    const [own, unknown, nobody] = ["NoSuchKey", "InvalidAccessKeyId", "AccessDenied"].map((code) => {
      const record = records.find(({ error }) => error === code);
      return record && { ...record, known: record.requester !== "-" };
    });
    expect(own).to.deep.include({ known: true, status: "404", error: "NoSuchKey", objectSize: "-" });
    expect(unknown).to.deep.include({ known: false, status: "403", error: "InvalidAccessKeyId", signature: "-" });
    expect(nobody).to.deep.include({
      ...{ known: false, status: "403", error: "AccessDenied", signature: "-", authentication: "-" },
      ...{ referer: '"https://a.example/%22x"', userAgent: '"own"' },
    });
    expect(Number(nobody?.bytesSent)).to.equal((await anonymous.text()).length);
  });

  it("have no record but their own of a client that chooses its texts to forge one", async () => {
    const { Bucket, TargetBucket } = await logged();
    const headers = { "user-agent": 'own" - - "', referer: '"\t[', host: '" x' };
    await rawRequest(aws, { method: "GET", path: `/${Bucket}/a"%0Ab%20c`, headers });
    const [record] = await recordsOf(TargetBucket, 1);
    expect(record).to.deep.include({
      ...{ key: "a%22%0Ab+c", userAgent: '"own%22 - - %22"', referer: '"%22%09["', host: "%22%20x" },
      uri: `"GET /${Bucket}/a%22%0Ab%20c HTTP/1.1"`,
    });
  });

  it("have visits of a website, and browsers that ask for leave", async () => {
    const { Bucket, TargetBucket } = await logged();
    const WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" } };
    await aws.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
    const { hostname, port } = new URL(aws.endpoint);
    const headers = { host: `${Bucket}.s3-website.localhost:${port}` };
    await new Promise((resolve, reject) => {
      const visit = request({ hostname, port, path: "/page", headers }, (answer) => answer.resume().on("end", resolve));
      visit.on("error", reject).end();
    });
    const preflight = { origin: "https://a.example", "access-control-request-method": "GET" };
    await rawRequest(aws, { method: "OPTIONS", path: `/${Bucket}/page`, headers: preflight });
    const records = await recordsOf(TargetBucket, 3);
    expect(records.map(({ operation, key, status, error }) => [operation, key, status, error])).to.have.deep.members([
      ["REST.PUT.WEBSITE", "-", "200", "-"],
      ["WEBSITE.GET.OBJECT", "page", "403", "AccessDenied"],
      ["REST.OPTIONS.PREFLIGHT", "page", "403", "AccessForbidden"],
    ]);
  });

  it("are objects of the target under the prefix and the time", async () => {
    const { Bucket, TargetBucket } = await logged();
    await put(aws, Bucket, "a");
    await recordsOf(TargetBucket, 1);
    const { keys } = await delivered(aws, TargetBucket);
    expect(keys[0]).to.match(/^logs\/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}$/);
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket: TargetBucket, Key: keys[0] }));
    expect(head).to.deep.include({ ContentType: "text/plain", ServerSideEncryption: "AES256" });
  });

  for (const PartitionDateSource of ["EventTime", "DeliveryTime"] as const) {
    it(`are partitioned by ${PartitionDateSource}`, async () => {
      const { Bucket, TargetBucket } = await logged({
        TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource } },
      });
      await put(aws, Bucket, "a");
      await recordsOf(TargetBucket, 1);
      const { keys } = await delivered(aws, TargetBucket);
      const [, year, month, day, time] =
        new RegExp(
          `^logs/000000000000/us-east-1/${Bucket}/(\\d{4})/(\\d\\d)/(\\d\\d)/\\1-\\2-\\3-(\\d\\d-\\d\\d-\\d\\d)-[0-9A-F]{16}$`,
        ).exec(keys[0] ?? "") ?? [];
      expect(Math.abs(Date.parse(`${year}-${month}-${day}`) - Date.now())).to.be.below(2 * 86_400_000);
      if (PartitionDateSource === "EventTime") expect(time).to.equal("00-00-00");
    });
  }

  it("have nothing of their own delivery, of other buckets, and of what comes after they are turned off", async () => {
    const Bucket = await newBucket(aws);
    await log(aws, Bucket, Bucket);
    await put(aws, await newBucket(aws), "elsewhere");
    await put(aws, Bucket, "first");
    // Reading the logs is logged too: two deliveries have been since the first record.
    await recordsOf(Bucket, 1);
    await eventually("a second delivery", async () => (await delivered(aws, Bucket)).keys.length > 1);
    await aws.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} }));
    const { records } = await delivered(aws, Bucket);
    const puts = records.filter(({ operation }) => operation === "REST.PUT.OBJECT").map(({ key }) => key);
    expect(puts).to.deep.equal(["first"]);
    expect(new Set(records.map(({ bucket }) => bucket))).to.deep.equal(new Set([Bucket]));

    const other = await logged();
    await put(aws, other.Bucket, "before");
    await aws.s3.send(new PutBucketLoggingCommand({ Bucket: other.Bucket, BucketLoggingStatus: {} }));
    await put(aws, other.Bucket, "between");
    // The record of the request that turned them off is there after they were: it goes where it was to go.
    await recordsOf(other.TargetBucket, 2);
    await log(aws, other.Bucket, other.TargetBucket);
    await put(aws, other.Bucket, "after");
    const keys = (await recordsOf(other.TargetBucket, 3)).map(({ operation, key }) => `${operation} ${key}`);
    expect(keys).to.have.members(["REST.PUT.OBJECT before", "REST.PUT.LOGGING_STATUS -", "REST.PUT.OBJECT after"]);
  });

  it("survive that their bucket is gone", async () => {
    const { Bucket, TargetBucket } = await logged();
    await aws.s3.send(new DeleteBucketCommand({ Bucket: TargetBucket }));
    await put(aws, Bucket, "a");
    const other = await logged();
    await put(aws, other.Bucket, "b");
    expect((await recordsOf(other.TargetBucket, 1))[0]?.key).to.equal("b");
    await put(aws, Bucket, "c");
  });

  it("are delivered when the server stops, and go on after it starts again", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-logs-"));
    try {
      const settings = { accessLogInterval: "3600", dataDir };
      const first = await startLocalAws(settings);
      const [Bucket, TargetBucket] = [await newBucket(first), await newBucket(first)];
      await log(first, Bucket, TargetBucket);
      await put(first, Bucket, "a");
      expect((await delivered(first, TargetBucket)).records).to.deep.equal([]);
      await first.close();
      const second = await startLocalAws(settings);
      expect((await delivered(second, TargetBucket)).records.map(({ key }) => key)).to.deep.equal(["a"]);
      await put(second, Bucket, "b");
      await second.close();
      const third = await startLocalAws(settings);
      const keys = (await delivered(third, TargetBucket)).records.map(({ key }) => key);
      expect(keys).to.have.members(["a", "b"]);
      await third.close();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe("s3 server access logs of lifecycle rules", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ accessLogInterval: "0.1", lifecycleDay: "1", logLevel: "silent" });
  });
  after(() => aws.stop());

  it("have what S3 does by itself", async () => {
    const [Bucket, TargetBucket] = [await newBucket(aws), await newBucket(aws)];
    await log(aws, Bucket, TargetBucket);
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await put(aws, Bucket, "plain/old", { Body: "12345" });
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const { VersionId } = await put(aws, Bucket, "hidden/key");
    await put(aws, Bucket, "cold/key");
    await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "upload" }));
    const rule = (Prefix: string) => ({ Status: "Enabled", Filter: { Prefix } }) as const;
    const Rules: LifecycleRule[] = [
      { ...rule("plain/"), Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      { ...rule("hidden/"), Expiration: { Days: 1 } },
      {
        ...rule("cold/"),
        Filter: { And: { Prefix: "cold/", ObjectSizeGreaterThan: 0 } },
        Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }],
      },
      { ...rule("upload"), AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ];
    await aws.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    const wanted = {
      "plain/old": ["S3.CREATE.DELETEMARKER", "S3.EXPIRE.OBJECT"],
      "hidden/key": ["S3.CREATE.DELETEMARKER"],
      "cold/key": ["S3.TRANSITION_GIR.OBJECT"],
      upload: ["S3.DELETE.UPLOAD"],
    };
    const own = await eventually("the records of every rule", async () => {
      const records = (await delivered(aws, TargetBucket)).records.filter(({ requester }) => requester === "AmazonS3");
      const has = (key: string, operation: string) =>
        records.some((record) => record.key === key && record.operation === operation);
      return Object.entries(wanted).every(([key, all]) => all.every((name) => has(key, name))) && records;
    });
    const expired = own.find(({ operation, versionId }) => operation === "S3.EXPIRE.OBJECT" && versionId === "null");
    expect(expired).to.include({ objectSize: "5", remoteIp: "-", uri: "-", status: "-", signature: "-" });
    const hidden = own.find(({ key }) => key === "hidden/key");
    expect(hidden?.versionId).to.not.equal(VersionId);
  });
});
