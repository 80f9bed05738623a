import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectRetentionCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { put, refusalCode, uniqueName } from "./s3-support.ts";

const denied = "AccessDenied 403";
const inAnHour = () => new Date(Date.now() + 3_600_000);

/** What a policy has to allow beside the operation itself. */
describe("s3 requests that do more than one thing", () => {
  let aws: TestServer;
  let other: S3Client;
  const Bucket = uniqueName();
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
    const credentials = { accessKeyId: "other", secretAccessKey: "secret" };
    other = new S3Client({ ...aws.clientConfig, forcePathStyle: true, credentials });
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await put(aws, Bucket, "source", { Tagging: "a=1" });
  });
  after(async () => {
    other?.destroy();
    await aws?.stop();
  });

  async function allow(...actions: string[]): Promise<void> {
    const Statement = [
      {
        Effect: "Allow",
        Principal: { AWS: "222222222222" },
        Action: actions.map((action) => `s3:${action}`),
        Resource: `arn:aws:s3:::${Bucket}/*`,
      },
    ];
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Statement }) }));
  }

  const writes = {
    PutObjectTagging: { Tagging: "a=1" },
    PutObjectRetention: { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: inAnHour() },
    PutObjectLegalHold: { ObjectLockLegalHoldStatus: "ON" },
  } as const;
  for (const [action, more] of Object.entries(writes)) {
    it(`need ${action} where an object is written with what that sets`, async () => {
      const write = () => put({ s3: other } as TestServer, Bucket, "written", more);
      await allow("PutObject");
      expect(await refusalCode(write())).to.equal(denied);
      await put({ s3: other } as TestServer, Bucket, "written");
      await allow("PutObject", action);
      await write();
    });
  }

  it("need it for the tags that a copy replaces, and not for those that it takes along", async () => {
    await allow("PutObject", "GetObject");
    const copy = { Bucket, Key: "copy", CopySource: `${Bucket}/source`, Tagging: "b=2" };
    await other.send(new CopyObjectCommand(copy));
    const replacing = other.send(new CopyObjectCommand({ ...copy, TaggingDirective: "REPLACE" }));
    expect(await refusalCode(replacing)).to.equal(denied);
  });

  it("lift GOVERNANCE where BypassGovernanceRetention is allowed, and not denied to the owner", async () => {
    const locked = { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: inAnHour() } as const;
    const { VersionId } = await put(aws, Bucket, "locked", locked);
    const version = { Bucket, Key: "locked", VersionId };
    const lift = (s3: S3Client) => s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }));
    await allow("DeleteObjectVersion", "PutObjectRetention");
    expect(await refusalCode(lift(other))).to.equal(denied);
    const shorter = () =>
      other.send(new PutObjectRetentionCommand({ ...version, BypassGovernanceRetention: true, Retention: {} }));
    expect(await refusalCode(shorter())).to.equal(denied);

    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Statement = { Effect: "Deny", Principal: "*", Action: "s3:BypassGovernanceRetention", Resource };
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Statement }) }));
    expect(await refusalCode(lift(aws.s3))).to.equal(denied);
    const Objects = [{ Key: "locked", VersionId }];
    const all = new DeleteObjectsCommand({ Bucket, Delete: { Objects }, BypassGovernanceRetention: true });
    expect((await aws.s3.send(all)).Errors?.[0]?.Code).to.equal("AccessDenied");

    await allow("DeleteObjectVersion", "BypassGovernanceRetention");
    await lift(other);
  });

  it("tell of tags and locks whom they are open to", async () => {
    await put(aws, Bucket, "held", { Tagging: "a=1&b=2", ObjectLockLegalHoldStatus: "ON" });
    const head = async () => {
      const { TagCount, ObjectLockLegalHoldStatus } = await other.send(new HeadObjectCommand({ Bucket, Key: "held" }));
      return { TagCount, ObjectLockLegalHoldStatus };
    };
    await allow("GetObject");
    expect(await head()).to.deep.equal({ TagCount: undefined, ObjectLockLegalHoldStatus: undefined });
    await allow("GetObject", "GetObjectTagging", "GetObjectLegalHold");
    expect(await head()).to.deep.equal({ TagCount: 2, ObjectLockLegalHoldStatus: "ON" });
  });
});
