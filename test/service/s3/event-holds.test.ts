import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  type EventHoldDuration,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type ObjectLockRetention,
  PutBucketPolicyCommand,
  type PutObjectCommandInput,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { put, refusalCode, uniqueName } from "./s3-support.ts";

const day = 24 * 60 * 60 * 1000;
const inDays = (days: number) => new Date(Date.now() + days * day);
const held = { ObjectLockMode: "GOVERNANCE", ObjectLockEventHold: "ON", ObjectLockEventHoldDurationDays: 30 } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html */
describe("s3 Object Lock event holds", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const lockBucket = async () => {
    const Bucket = uniqueName("held");
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    return Bucket;
  };
  const write = (Bucket: string, more: Partial<PutObjectCommandInput>) => put(aws, Bucket, "key", more);
  const retain = (Bucket: string, Retention: ObjectLockRetention, BypassGovernanceRetention?: boolean) =>
    aws.s3.send(new PutObjectRetentionCommand({ Bucket, Key: "key", Retention, BypassGovernanceRetention }));
  const retention = async (Bucket: string) =>
    (await aws.s3.send(new GetObjectRetentionCommand({ Bucket, Key: "key" }))).Retention ?? {};
  const head = (Bucket: string, Key = "key") => aws.s3.send(new HeadObjectCommand({ Bucket, Key }));
  const remove = (Bucket: string, VersionId: string | undefined, BypassGovernanceRetention = false) =>
    aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key", VersionId, BypassGovernanceRetention }));
  /** Whole days from now, as near as a test is quick. */
  const daysUntil = (date: Date | undefined) => Math.round(((date?.getTime() ?? 0) - Date.now()) / day);

  it("keep a version, and its retention as far ahead as they are long", async () => {
    const Bucket = await lockBucket();
    const { VersionId } = await write(Bucket, held);
    const first = await head(Bucket);
    expect(first).to.include(held);
    expect(daysUntil(first.ObjectLockRetainUntilDate)).to.equal(30);
    const { RetainUntilDate, ...others } = await retention(Bucket);
    expect(others).to.deep.equal({ Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration: { Days: 30 } });
    expect(RetainUntilDate?.getTime()).to.be.at.least(first.ObjectLockRetainUntilDate?.getTime() ?? Number.NaN);
    expect(await refusalCode(remove(Bucket, VersionId))).to.equal("AccessDenied 403");
    await remove(Bucket, VersionId, true);
  });

  it("end no sooner than a date that is asked for beside them", async () => {
    const Bucket = await lockBucket();
    await write(Bucket, { ...held, ObjectLockRetainUntilDate: inDays(90) });
    expect(daysUntil((await retention(Bucket)).RetainUntilDate)).to.equal(90);
  });

  it("leave a fixed date when they are released, for which nobody needs a bypass", async () => {
    const Bucket = await lockBucket();
    await write(Bucket, { ...held, ObjectLockMode: "COMPLIANCE" });
    await retain(Bucket, { Mode: "COMPLIANCE", EventHold: "OFF" });
    const released = await retention(Bucket);
    expect([released.EventHold, released.EventHoldDuration]).to.deep.equal(["OFF", undefined]);
    expect(daysUntil(released.RetainUntilDate)).to.equal(30);
    expect((await retention(Bucket)).RetainUntilDate).to.deep.equal(released.RetainUntilDate);
    expect(await refusalCode(retain(Bucket, { Mode: "COMPLIANCE", EventHold: "OFF" }))).to.equal("MalformedXML 400");
  });

  it("are made longer by anybody, and shorter or off before their time by a bypass alone", async () => {
    const Bucket = await lockBucket();
    await write(Bucket, held);
    const hold = (EventHoldDuration: EventHoldDuration, bypass?: boolean) =>
      retain(Bucket, { Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration }, bypass);
    await hold({ Years: 1 });
    expect(daysUntil((await retention(Bucket)).RetainUntilDate)).to.equal(365);
    const earlier = { Mode: "GOVERNANCE", EventHold: "OFF", RetainUntilDate: inDays(2) } as const;
    expect(await refusalCode(hold({ Days: 364 }))).to.equal("AccessDenied 403");
    expect(await refusalCode(retain(Bucket, earlier))).to.equal("AccessDenied 403");
    await hold({ Days: 3 }, true);
    await retain(Bucket, earlier, true);
    expect(daysUntil((await retention(Bucket)).RetainUntilDate)).to.equal(2);
    await retain(Bucket, {}, true);
    expect(await refusalCode(retention(Bucket))).to.equal("NoSuchObjectLockConfiguration 404");
  });

  it("are what new versions have by their bucket's default, and copies are not held as their sources are", async () => {
    const Bucket = await lockBucket();
    const configure = (DefaultEventHold: EventHoldDuration) =>
      aws.s3.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: {
            ObjectLockEnabled: "Enabled",
            Rule: { DefaultRetention: { Mode: "GOVERNANCE", DefaultEventHold } },
          },
        }),
      );
    await write(Bucket, held);
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/key` }));
    expect((await head(Bucket, "copy")).ObjectLockEventHold).to.equal(undefined);
    await configure({ Years: 2 });
    const { ObjectLockConfiguration } = await aws.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration?.Rule?.DefaultRetention).to.deep.equal({
      ...{ Mode: "GOVERNANCE", DefaultEventHold: { Years: 2 } },
    });
    await write(Bucket, {});
    expect(await head(Bucket)).to.include({ ObjectLockEventHold: "ON", ObjectLockEventHoldDurationYears: 2 });
    for (const [wrong, code] of [
      [{}, "MalformedXML 400"],
      [{ Days: 1, Years: 1 }, "MalformedXML 400"],
      [{ Days: 0 }, "InvalidArgument 400"],
      [{ Years: 101 }, "InvalidArgument 400"],
    ] as const) {
      expect(await refusalCode(configure(wrong)), JSON.stringify(wrong)).to.equal(code);
    }
  });

  it("need a mode and one duration to be on, and a date and none to be off", async () => {
    const Bucket = await lockBucket();
    await write(Bucket, {});
    const { ObjectLockMode, ...withoutMode } = held;
    const headers: Partial<PutObjectCommandInput>[] = [
      withoutMode,
      { ObjectLockMode, ObjectLockEventHold: "ON" },
      { ...held, ObjectLockEventHoldDurationYears: 1 },
      { ...held, ObjectLockEventHoldDurationDays: 36_501 },
      { ...held, ObjectLockEventHold: "OFF", ObjectLockRetainUntilDate: inDays(1) },
      { ObjectLockMode, ObjectLockEventHold: "OFF" },
      { ObjectLockEventHoldDurationDays: 1 },
    ];
    for (const each of headers) {
      expect(await refusalCode(write(Bucket, each)), JSON.stringify(each)).to.equal("InvalidArgument 400");
    }
    const documents: ObjectLockRetention[] = [
      { EventHold: "ON", EventHoldDuration: { Days: 1 } },
      { Mode: "GOVERNANCE", EventHold: "ON" },
      { Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration: { Days: 1, Years: 1 } },
      { Mode: "GOVERNANCE", EventHold: "OFF", EventHoldDuration: { Days: 1 } },
      { Mode: "GOVERNANCE", EventHold: "OFF" },
      { EventHold: "OFF" },
    ];
    for (const each of documents) {
      expect(await refusalCode(retain(Bucket, each)), JSON.stringify(each)).to.equal("MalformedXML 400");
    }
  });

  it("are what policies may be about, by the days of their duration", async () => {
    const Bucket = await lockBucket();
    const Condition = { NumericLessThan: { "s3:object-lock-event-hold-duration-days": "90" } };
    const Statement = [
      {
        ...{ Effect: "Deny", Principal: "*", Action: "s3:PutObjectRetention", Resource: `arn:aws:s3:::${Bucket}/*` },
        Condition,
      },
    ];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    await write(Bucket, {});
    const hold = (EventHoldDuration: EventHoldDuration) =>
      retain(Bucket, { Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration });
    expect(await refusalCode(hold({ Days: 89 }))).to.equal("AccessDenied 403");
    await hold({ Years: 1 });
  });
});
