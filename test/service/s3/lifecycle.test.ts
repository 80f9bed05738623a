import { setTimeout as delay } from "node:timers/promises";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  type TransitionDefaultMinimumObjectSize,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, uniqueName } from "./s3-support.ts";

type Rule = Partial<LifecycleRule>;

function rulesOf(rules: readonly Rule[]): LifecycleRule[] {
  return rules.map((rule, index) => ({ ID: `rule ${index}`, Status: "Enabled", Filter: { Prefix: "" }, ...rule }));
}

function setRules(aws: TestServer, Bucket: string, rules: readonly Rule[], size?: TransitionDefaultMinimumObjectSize) {
  return aws.s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules: rulesOf(rules) },
      ...(size && { TransitionDefaultMinimumObjectSize: size }),
    }),
  );
}

describe("s3 lifecycle, as objects tell it", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
    await setRules(aws, Bucket, [
      { Expiration: { Days: 3 }, Filter: { Prefix: "three/" } },
      { Expiration: { Days: 1 }, Filter: { And: { Prefix: "three/", Tags: [{ Key: "short", Value: "yes" }] } } },
      { Expiration: { Date: new Date("2060-01-01T00:00:00Z") }, Filter: { ObjectSizeGreaterThan: 10 } },
      { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } },
      { Expiration: { Days: 1 }, Status: "Disabled" },
    ]);
  });
  after(() => aws.stop());

  const day = 86_400_000;
  const midnightAfter = (days: number) => new Date(Math.ceil((Date.now() + days * day) / day) * day).toUTCString();

  it("expire at the midnight after their days, by the rule that is first", async () => {
    const stored = await put(aws, Bucket, "three/a");
    const expected = `expiry-date="${midnightAfter(3)}", rule-id="rule%200"`;
    expect(stored.Expiration).to.equal(expected);
    expect((await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "three/a" }))).Expiration).to.equal(expected);
    const tagged = await put(aws, Bucket, "three/b", { Tagging: "short=yes&other=x" });
    expect(tagged.Expiration).to.equal(`expiry-date="${midnightAfter(1)}", rule-id="rule%201"`);
    const large = await put(aws, Bucket, "large", { Body: "more than ten" });
    expect(large.Expiration).to.equal('expiry-date="Thu, 01 Jan 2060 00:00:00 GMT", rule-id="rule%202"');
    expect((await put(aws, Bucket, "other")).Expiration).to.equal(undefined);
    expect((await aws.s3.send(new GetObjectCommand({ Bucket, Key: "other" }))).Expiration).to.equal(undefined);
  });

  it("say of an upload when it is aborted", async () => {
    const upload = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "upload" }));
    expect(upload.AbortDate?.toUTCString()).to.equal(midnightAfter(2));
    expect(upload.AbortRuleId).to.equal("rule 3");
    const parts = await aws.s3.send(new ListPartsCommand({ Bucket, Key: "upload", UploadId: upload.UploadId }));
    expect(parts.AbortDate?.toUTCString()).to.equal(midnightAfter(2));
  });
});

describe("s3 lifecycle, carried out", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ lifecycleDay: "0.5" });
  });
  after(() => aws.stop());

  const isGone = async (Bucket: string, Key: string) => {
    try {
      await aws.s3.send(new HeadObjectCommand({ Bucket, Key }));
      return false;
    } catch {
      return true;
    }
  };

  async function versionedBucket(): Promise<string> {
    const Bucket = await newBucket(aws);
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    return Bucket;
  }

  const versions = async (Bucket: string) => {
    const { Versions = [], DeleteMarkers = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket }));
    return `${Versions.map(({ Key }) => Key)} ${DeleteMarkers.map(({ Key }) => `-${Key}`)}`.trim();
  };

  it("expires the objects that a rule names, and no others", async () => {
    const Bucket = await newBucket(aws);
    for (const key of ["logs/a", "logs/b", "kept/a"]) await put(aws, Bucket, key);
    await put(aws, Bucket, "tagged", { Tagging: "temporary=yes" });
    await setRules(aws, Bucket, [
      { Filter: { Prefix: "logs/" }, Expiration: { Days: 1 } },
      { Filter: { Tag: { Key: "temporary", Value: "yes" } }, Expiration: { Days: 1 } },
      { Filter: { Prefix: "kept/" }, Expiration: { Days: 1 }, Status: "Disabled" },
    ]);
    for (const key of ["logs/a", "logs/b", "tagged"]) {
      await eventually(`${key} is gone`, () => isGone(Bucket, key));
    }
    expect(await isGone(Bucket, "kept/a")).to.equal(false);
    expect((await refusal(aws.s3.send(new GetObjectCommand({ Bucket, Key: "logs/a" })))).code).to.equal("NoSuchKey");
  });

  it("expires by a date that is past at once", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "old");
    await setRules(aws, Bucket, [{ Expiration: { Date: new Date("2020-01-01T00:00:00Z") } }]);
    await eventually("old is gone", () => isGone(Bucket, "old"));
  });

  it("hides current versions behind markers, removes noncurrent ones but for the newest, and markers with nothing behind", async () => {
    const Bucket = await versionedBucket();
    await put(aws, Bucket, "hidden");
    await setRules(aws, Bucket, [{ Filter: { Prefix: "hidden" }, Expiration: { Days: 1 } }]);
    await eventually("it is hidden", async () => (await versions(Bucket)) === "hidden -hidden");

    for (const body of ["1", "2", "3", "4"]) await put(aws, Bucket, "many", { Body: body });
    await setRules(aws, Bucket, [
      { Filter: { Prefix: "many" }, NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 1 } },
      { Filter: { Prefix: "hidden" }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      { Filter: { Prefix: "hidden" }, Expiration: { ExpiredObjectDeleteMarker: true } },
    ]);
    await eventually("only the newest are left", async () => (await versions(Bucket)) === "many,many");
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "many" }));
    expect(await Body?.transformToString()).to.equal("4");
  });

  it("keeps versions that Object Lock protects", async () => {
    const Bucket = uniqueName();
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await put(aws, Bucket, "held");
    await aws.s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: "held", LegalHold: { Status: "ON" } }));
    await put(aws, Bucket, "free");
    for (const Key of ["held", "free"]) await aws.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await setRules(aws, Bucket, [{ NoncurrentVersionExpiration: { NoncurrentDays: 1 } }]);
    await eventually("what is free goes", async () => (await versions(Bucket)) === "held -free,-held");
  });

  it("aborts uploads that were not completed", async () => {
    const Bucket = await newBucket(aws);
    const upload = { Bucket, Key: "begun" };
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(upload));
    await aws.s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: "part" }));
    await setRules(aws, Bucket, [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }]);
    await eventually("it is aborted", async () => {
      const { Uploads = [] } = await aws.s3.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.length === 0;
    });
  });

  it("moves objects to colder classes, small ones only where the configuration says so", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "small");
    await put(aws, Bucket, "large", { Body: "x".repeat(130 * 1024) });
    const classOf = async (Key: string) =>
      (await aws.s3.send(new HeadObjectCommand({ Bucket, Key }))).StorageClass ?? "STANDARD";
    const Transitions: LifecycleRule["Transitions"] = [
      { Days: 0, StorageClass: "INTELLIGENT_TIERING" },
      { Days: 1, StorageClass: "GLACIER" },
    ];
    await setRules(aws, Bucket, [{ Transitions }]);
    await eventually("large is in GLACIER", async () => (await classOf("large")) === "GLACIER");
    expect(await classOf("small")).to.equal("STANDARD");
    await setRules(aws, Bucket, [{ Transitions }], "varies_by_storage_class");
    await eventually("small is in GLACIER", async () => (await classOf("small")) === "GLACIER");
  });

  it("goes on after a restart", async () => {
    const own = await startLocalAws({ lifecycleDay: "1" });
    const Bucket = await newBucket(own);
    await put(own, Bucket, "late");
    await setRules(own, Bucket, [{ Expiration: { Days: 1 } }]);
    await own.close();
    await delay(2000);
    const again = await startLocalAws({ lifecycleDay: "1", dataDir: own.dataDir });
    try {
      await eventually("late is gone", async () => {
        const { Versions = [] } = await again.s3.send(new ListObjectVersionsCommand({ Bucket }));
        return Versions.length === 0;
      });
    } finally {
      await again.stop();
    }
  });
});
