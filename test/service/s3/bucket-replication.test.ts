import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketReplicationCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
  type ReplicationRule,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { openDatabase } from "../../../src/db/open-database.ts";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode, uniqueName } from "./s3-support.ts";

const Role = "arn:aws:iam::000000000000:role/replication";
const arn = (Bucket: string) => `arn:aws:s3:::${Bucket}`;

function ruleTo(Bucket: string, more: Partial<ReplicationRule> = {}): ReplicationRule {
  const destination = { ...more.Destination, Bucket: more.Destination?.Bucket ?? arn(Bucket) };
  return {
    Status: "Enabled",
    Priority: 1,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: { Status: "Disabled" },
    ...more,
    Destination: destination,
  };
}

async function versionedBucket(aws: Pick<TestServer, "s3">): Promise<string> {
  const Bucket = await newBucket(aws as TestServer);
  await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  return Bucket;
}

describe("s3 replication", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222", logLevel: "silent" });
  });
  after(() => aws.stop());

  const replicate = (Bucket: string, ...Rules: ReplicationRule[]) =>
    aws.s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role, Rules } }));
  const head = (Bucket: string, Key: string) => aws.s3.send(new HeadObjectCommand({ Bucket, Key }));

  /** A source and a destination under one rule. */
  async function pair(more: Partial<ReplicationRule> = {}): Promise<{ source: string; target: string }> {
    const [source, target] = [await versionedBucket(aws), await versionedBucket(aws)];
    await replicate(source, ruleTo(target, more));
    return { source, target };
  }

  /** What the source says of an object once its replication has ended. */
  function ended(Bucket: string, Key: string): Promise<string> {
    return eventually(`the replication of ${Key}`, async () => {
      const { ReplicationStatus: status } = await head(Bucket, Key);
      return status !== "PENDING" && (status ?? "none");
    });
  }

  async function versions(Bucket: string) {
    const { Versions = [], DeleteMarkers = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket }));
    return [
      ...Versions.map(({ Key, VersionId, IsLatest }) => `${Key} ${VersionId} ${IsLatest}`),
      ...DeleteMarkers.map(({ Key, VersionId, IsLatest }) => `-${Key} ${VersionId} ${IsLatest}`),
    ];
  }

  it("copies what is written, under its version id, with all that it has", async () => {
    const { source, target } = await pair();
    const more = { Body: "content", Tagging: "a=1", Metadata: { own: "x" }, ContentType: "text/x-own" };
    const { VersionId } = await put(aws, source, "object", more);
    expect(await ended(source, "object")).to.equal("COMPLETED");
    const read = await aws.s3.send(new GetObjectCommand({ Bucket: target, Key: "object" }));
    const { ETag, LastModified } = await head(source, "object");
    expect(read).to.deep.include({ VersionId, ETag, LastModified, ReplicationStatus: "REPLICA" });
    expect(read).to.deep.include({ Metadata: { own: "x" }, ContentType: "text/x-own" });
    expect(await read.Body?.transformToString()).to.equal("content");
    const tags = await aws.s3.send(new GetObjectTaggingCommand({ Bucket: target, Key: "object" }));
    expect(tags.TagSet).to.deep.equal([{ Key: "a", Value: "1" }]);
    // The bytes are there without the source's.
    await aws.s3.send(new DeleteObjectCommand({ Bucket: source, Key: "object", VersionId }));
    const again = await aws.s3.send(new GetObjectCommand({ Bucket: target, Key: "object" }));
    expect(await again.Body?.transformToString()).to.equal("content");
  });

  it("lets replicas have later changes of tags, ACLs and locks, and makes none again", async () => {
    const buckets = [uniqueName(), uniqueName()] as const;
    for (const Bucket of buckets) {
      const locked = { Bucket, ObjectLockEnabledForBucket: true, ObjectOwnership: "ObjectWriter" as const };
      await aws.s3.send(new CreateBucketCommand(locked));
      await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    }
    const [source, target] = buckets;
    await replicate(source, ruleTo(target));
    await put(aws, source, "object", { Tagging: "a=1" });
    expect(await ended(source, "object")).to.equal("COMPLETED");
    const object = { Bucket: source, Key: "object" };
    const replica = { Bucket: target, Key: "object" };
    const TagSet = [{ Key: "b", Value: "2" }];
    await aws.s3.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet } }));
    await aws.s3.send(new PutObjectAclCommand({ ...object, ACL: "public-read" }));
    await aws.s3.send(new PutObjectLegalHoldCommand({ ...object, LegalHold: { Status: "ON" } }));
    const { Metadata: _, ...legal } = await eventually("the legal hold of the replica", async () => {
      const found = await aws.s3.send(new HeadObjectCommand(replica));
      return found.ObjectLockLegalHoldStatus === "ON" && found;
    });
    expect(legal).to.include({ ReplicationStatus: "REPLICA", TagCount: 1 });
    expect((await aws.s3.send(new GetObjectTaggingCommand(replica))).TagSet).to.deep.equal(TagSet);
    expect((await aws.s3.send(new GetObjectAclCommand(replica))).Grants).to.have.length(2);
    expect((await head(source, "object")).ReplicationStatus).to.equal("COMPLETED");

    await aws.s3.send(new PutObjectLegalHoldCommand({ ...object, LegalHold: { Status: "OFF" } }));
    const VersionId = legal.VersionId ?? "";
    await eventually("the end of the replica's legal hold", async () => {
      return (await aws.s3.send(new HeadObjectCommand(replica))).ObjectLockLegalHoldStatus === "OFF";
    });
    await aws.s3.send(new DeleteObjectCommand({ ...replica, VersionId }));
    await aws.s3.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [] } }));
    await put(aws, source, "later");
    expect(await ended(source, "later")).to.equal("COMPLETED");
    expect(await versions(target)).to.have.length(1);
  });

  it("lets changes of replicas go back to their source where a rule says so", async () => {
    const tags = async (Bucket: string, Key: string) =>
      (await aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
    const tag = (Bucket: string, Key: string, Value: string) =>
      aws.s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: "tag", Value }] } }));
    const back = { SourceSelectionCriteria: { ReplicaModifications: { Status: "Enabled" } } } as const;
    for (const [more, expected] of [
      [back, "changed"],
      [{}, "first"],
    ] as const) {
      const { source, target } = await pair();
      await replicate(target, ruleTo(source, more));
      await put(aws, source, "object", { Tagging: "tag=first" });
      expect(await ended(source, "object")).to.equal("COMPLETED");
      await tag(target, "object", "changed");
      // What comes after it in the same direction has gone: so has it.
      await put(aws, target, "later");
      expect(await ended(target, "later")).to.equal("COMPLETED");
      expect(await tags(source, "object")).to.deep.equal([{ Key: "tag", Value: expected }]);
      expect((await head(target, "object")).ReplicationStatus).to.equal("REPLICA");
      expect((await head(source, "object")).ReplicationStatus).to.equal("COMPLETED");
    }
  });

  it("copies objects of parts, and copies", async () => {
    const { source, target } = await pair();
    const object = { Bucket: source, Key: "parts" };
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(object));
    const { ETag } = await aws.s3.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: "part" }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await aws.s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
    await aws.s3.send(new CopyObjectCommand({ Bucket: source, Key: "copy", CopySource: `${source}/parts` }));
    for (const key of ["parts", "copy"]) {
      expect(await ended(source, key)).to.equal("COMPLETED");
      const read = await aws.s3.send(new GetObjectCommand({ Bucket: target, Key: key, PartNumber: 1 }));
      expect(await read.Body?.transformToString()).to.equal("part");
      expect(read.ETag).to.equal((await head(source, key)).ETag);
    }
  });

  it("leaves out what was there before, and what no rule is for", async () => {
    const [source, target] = [await versionedBucket(aws), await versionedBucket(aws)];
    await put(aws, source, "in/before");
    const rule = (more: Partial<ReplicationRule>) => ruleTo(target, more);
    await replicate(
      source,
      rule({ ID: "prefix", Filter: { Prefix: "in/" } }),
      rule({ Priority: 2, Filter: { And: { Prefix: "tagged/", Tags: [{ Key: "go", Value: "yes" }] } } }),
      rule({ Priority: 3, Filter: { Prefix: "off/" }, Status: "Disabled" }),
    );
    await put(aws, source, "out/a");
    await put(aws, source, "off/a");
    await put(aws, source, "tagged/no");
    await put(aws, source, "tagged/yes", { Tagging: "go=yes" });
    await put(aws, source, "kms", { ServerSideEncryption: "aws:kms" });
    await put(aws, source, "in/after");
    for (const key of ["in/before", "out/a", "off/a", "tagged/no", "kms"]) {
      expect(await ended(source, key), key).to.equal("none");
    }
    for (const key of ["tagged/yes", "in/after"]) expect(await ended(source, key), key).to.equal("COMPLETED");
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: target }));
    expect(Contents.map(({ Key }) => Key)).to.deep.equal(["in/after", "tagged/yes"]);
  });

  it("goes by the rule of the highest priority, whose storage class the replica has", async () => {
    const [source, target] = [await versionedBucket(aws), await versionedBucket(aws)];
    const classed = (Priority: number, StorageClass: "GLACIER_IR" | "STANDARD_IA") =>
      ruleTo(target, { Priority, Destination: { Bucket: arn(target), StorageClass } });
    await replicate(source, classed(5, "GLACIER_IR"), classed(2, "STANDARD_IA"));
    await put(aws, source, "a");
    expect(await ended(source, "a")).to.equal("COMPLETED");
    expect((await head(target, "a")).StorageClass).to.equal("GLACIER_IR");
    expect((await head(source, "a")).StorageClass).to.equal(undefined);
  });

  it("takes along what KMS encrypts where the rule says so, under the destination's key", async () => {
    const ReplicaKmsKeyID = "arn:aws:kms:us-east-1:000000000000:key/replica";
    const { source, target } = await pair({
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: "Enabled" } },
      Destination: { Bucket: undefined, EncryptionConfiguration: { ReplicaKmsKeyID } },
    });
    await put(aws, source, "a", { ServerSideEncryption: "aws:kms" });
    expect(await ended(source, "a")).to.equal("COMPLETED");
    expect(await head(target, "a")).to.deep.include({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: ReplicaKmsKeyID });
  });

  it("takes delete markers along where it is to, in their order, and deletes no versions", async () => {
    const { source, target } = await pair({ DeleteMarkerReplication: { Status: "Enabled" } });
    const { VersionId } = await put(aws, source, "a");
    await put(aws, source, "a", { Body: "again" });
    await aws.s3.send(new DeleteObjectCommand({ Bucket: source, Key: "a" }));
    await put(aws, source, "last");
    await ended(source, "last");
    const all = await versions(source);
    expect(all).to.have.lengthOf(4);
    expect(await versions(target)).to.deep.equal(all);
    await aws.s3.send(new DeleteObjectCommand({ Bucket: source, Key: "a", VersionId }));
    await put(aws, source, "later");
    await ended(source, "later");
    expect(await versions(target)).to.include(`a ${VersionId} false`);

    const without = await pair();
    await put(aws, without.source, "a");
    await aws.s3.send(new DeleteObjectCommand({ Bucket: without.source, Key: "a" }));
    await put(aws, without.source, "last");
    await ended(without.source, "last");
    const keys = (await aws.s3.send(new ListObjectsV2Command({ Bucket: without.target }))).Contents;
    expect(keys?.map(({ Key }) => Key)).to.deep.equal(["a", "last"]);
  });

  it("goes to several destinations, not on from one to another, and says when one of them fails", async () => {
    const [source, one, two] = [await versionedBucket(aws), await versionedBucket(aws), await versionedBucket(aws)];
    const beyond = await versionedBucket(aws);
    await replicate(one, ruleTo(beyond));
    await replicate(source, ruleTo(one), ruleTo(two, { Priority: 2 }));
    await put(aws, source, "a");
    expect(await ended(source, "a")).to.equal("COMPLETED");
    for (const target of [one, two]) expect((await head(target, "a")).ReplicationStatus).to.equal("REPLICA");
    await put(aws, one, "own");
    expect(await ended(one, "own")).to.equal("COMPLETED");
    expect(await versions(beyond)).to.have.lengthOf(1);

    const gone = await pair();
    await aws.s3.send(new DeleteBucketCommand({ Bucket: gone.target }));
    await put(aws, gone.source, "a");
    expect(await ended(gone.source, "a")).to.equal("FAILED");
    const CopySource = `${gone.source}/a`;
    const plain = await newBucket(aws);
    await aws.s3.send(new CopyObjectCommand({ Bucket: plain, Key: "copy", CopySource }));
    expect((await head(plain, "copy")).ReplicationStatus).to.equal(undefined);
  });

  it("needs leave of the policy of another account's bucket", async () => {
    const credentials = { accessKeyId: "other", secretAccessKey: "secret" };
    const other = new S3Client({ ...aws.clientConfig, credentials, forcePathStyle: true });
    try {
      const target = await versionedBucket({ s3: other });
      const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
      await other.send(new PutBucketOwnershipControlsCommand({ Bucket: target, OwnershipControls }));
      const source = await versionedBucket(aws);
      const AccessControlTranslation = { Owner: "Destination" as const };
      const Destination = { Bucket: arn(target), Account: "222222222222", AccessControlTranslation };
      await replicate(source, ruleTo(target, { Destination }));
      await put(aws, source, "refused");
      expect(await ended(source, "refused")).to.equal("FAILED");
      const Statement = [
        { Effect: "Allow", Principal: { AWS: Role }, Action: "s3:ReplicateObject", Resource: `${arn(target)}/*` },
      ];
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
      await other.send(new PutBucketPolicyCommand({ Bucket: target, Policy }));
      await put(aws, source, "taken");
      expect(await ended(source, "taken")).to.equal("COMPLETED");
      const acl = await other.send(new GetObjectAclCommand({ Bucket: target, Key: "taken" }));
      expect(acl.Grants?.[0]?.Grantee?.ID).to.equal(acl.Owner?.ID);
      const { Contents = [] } = await other.send(new ListObjectsV2Command({ Bucket: target, FetchOwner: true }));
      expect(Contents.map(({ Key }) => Key)).to.deep.equal(["taken"]);
    } finally {
      other.destroy();
    }
  });

  it("goes on after a restart", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-replication-"));
    try {
      const first = await startLocalAws({ dataDir });
      const [source, target] = [await versionedBucket(first), await versionedBucket(first)];
      const { VersionId = "" } = await put(first, source, "a");
      await first.close();
      // What a process leaves that ends between a write and its replication.
      const db = await openDatabase(dataDir);
      const { id } = await db.selectFrom("buckets").select("id").where("name", "=", source).executeTakeFirstOrThrow();
      const plan = JSON.stringify({ Role, Destination: { Bucket: arn(target) } });
      const row = { bucket_id: id, key: Buffer.from("a"), version_id: VersionId, plan };
      await db.insertInto("s3_replications").values(row).execute();
      await db.destroy();
      const second = await startLocalAws({ dataDir });
      const copied = await eventually("the replica", () =>
        second.s3.send(new HeadObjectCommand({ Bucket: target, Key: "a" })).catch(() => undefined),
      );
      expect(copied).to.deep.include({ VersionId, ReplicationStatus: "REPLICA" });
      await second.close();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe("s3 PutBucketReplication", () => {
  let aws: TestServer;
  let source: string;
  let target: string;
  before(async () => {
    aws = await startLocalAws();
    source = await versionedBucket(aws);
    target = await versionedBucket(aws);
  });
  after(() => aws.stop());

  const configure = (Rules: ReplicationRule[], more: { Role?: string; Bucket?: string } = {}) =>
    aws.s3.send(
      new PutBucketReplicationCommand({
        Bucket: more.Bucket ?? source,
        ReplicationConfiguration: { Role: more.Role ?? Role, Rules },
      }),
    );

  it("reads back, with ids for the rules that have none, until it is deleted", async () => {
    await configure([ruleTo(target)]);
    const { ReplicationConfiguration } = await aws.s3.send(new GetBucketReplicationCommand({ Bucket: source }));
    const [rule] = ReplicationConfiguration?.Rules ?? [];
    expect(rule?.ID).to.have.lengthOf(48);
    expect(ReplicationConfiguration).to.deep.equal({ Role, Rules: [{ ...ruleTo(target), ID: rule?.ID }] });
    const suspended = new PutBucketVersioningCommand({
      Bucket: source,
      VersioningConfiguration: { Status: "Suspended" },
    });
    expect(await refusalCode(aws.s3.send(suspended))).to.equal("InvalidBucketState 409");
    await aws.s3.send(new DeleteBucketReplicationCommand({ Bucket: source }));
    const missing = aws.s3.send(new GetBucketReplicationCommand({ Bucket: source }));
    expect(await refusalCode(missing)).to.equal("ReplicationConfigurationNotFoundError 404");
  });

  it("needs versioning in both buckets", async () => {
    const plain = await newBucket(aws);
    expect((await refusal(configure([ruleTo(target)], { Bucket: plain }))).message).to.equal(
      "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    );
    const refused = await refusal(configure([ruleTo(plain)]));
    expect([refused.code, refused.message]).to.deep.equal([
      "InvalidRequest",
      "Destination bucket must have versioning enabled.",
    ]);
    expect((await refusal(configure([ruleTo("there-is-no-such-bucket")]))).message).to.equal(
      "Destination bucket must exist.",
    );
  });

  const refused: [what: string, rule: (to: string) => ReplicationRule[], code: string][] = [
    ["no rules", () => [], "MalformedXML 400"],
    ["a filter without a priority", (to) => [ruleTo(to, { Priority: undefined })], "InvalidRequest 400"],
    [
      "a filter that says nothing of delete markers",
      (to) => [ruleTo(to, { DeleteMarkerReplication: undefined })],
      "InvalidRequest 400",
    ],
    [
      "delete markers by tag",
      (to) => [
        ruleTo(to, { Filter: { Tag: { Key: "a", Value: "b" } }, DeleteMarkerReplication: { Status: "Enabled" } }),
      ],
      "InvalidRequest 400",
    ],
    ["two rules of one priority", (to) => [ruleTo(to), ruleTo(to)], "InvalidRequest 400"],
    [
      "two rules of one id",
      (to) => [ruleTo(to, { ID: "a" }), ruleTo(to, { ID: "a", Priority: 2 })],
      "InvalidArgument 400",
    ],
    ["a name for an ARN", (to) => [ruleTo(to, { Destination: { Bucket: to } })], "InvalidArgument 400"],
  ];
  for (const [what, rules, code] of refused) {
    it(`rejects ${what} with ${code}`, async () => {
      expect(await refusalCode(configure(rules(target)))).to.equal(code);
    });
  }

  it("rejects the bucket itself, and what is no role of the account", async () => {
    expect(await refusalCode(configure([ruleTo(source)]))).to.equal("InvalidRequest 400");
    expect(await refusalCode(configure([ruleTo(target)], { Role: "replication" }))).to.equal("InvalidArgument 400");
    const foreign = configure([ruleTo(target)], { Role: "arn:aws:iam::222222222222:role/replication" });
    expect(await refusalCode(foreign)).to.equal("AccessDenied 403");
  });
});
