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
import { put, refusal, refusalCode, uniqueName } from "./s3-support.ts";

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
    await retain(Bucket, { Mode: "COMPLIANCE", EventHold: "OFF" });
    expect((await retention(Bucket)).RetainUntilDate).to.deep.equal(released.RetainUntilDate);
  });

  it("go on when a date alone is asked for, which no bypass makes earlier than theirs", async () => {
    const Bucket = await lockBucket();
    await write(Bucket, held);
    const earlier = { Mode: "GOVERNANCE", RetainUntilDate: inDays(29) } as const;
    expect(await refusalCode(retain(Bucket, earlier))).to.equal("AccessDenied 403");
    expect((await refusal(retain(Bucket, earlier, true))).message).to.equal(
      "Using the governance mode bypass to shorten the retain-until-date of a retention period in governance mode with an ON event hold requires the providing of a new ON event hold or a new OFF event hold.",
    );
    await retain(Bucket, { Mode: "GOVERNANCE", RetainUntilDate: inDays(31) });
    const { RetainUntilDate, ...others } = await retention(Bucket);
    expect(others).to.deep.equal({ Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration: { Days: 30 } });
    expect(daysUntil(RetainUntilDate)).to.equal(31);
  });

  it("shorten nothing without a date; one before their time needs a bypass", async () => {
    const Bucket = await lockBucket();
    await write(Bucket, held);
    const hold = (EventHoldDuration: EventHoldDuration, RetainUntilDate?: Date, bypass?: boolean) =>
      retain(Bucket, { Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration, RetainUntilDate }, bypass);
    await hold({ Days: 60 });
    expect(daysUntil((await retention(Bucket)).RetainUntilDate)).to.equal(60);
    await hold({ Days: 3 });
    const shorter = await retention(Bucket);
    expect([shorter.EventHoldDuration, daysUntil(shorter.RetainUntilDate)]).to.deep.equal([{ Days: 3 }, 60]);
    const earlier = { Mode: "GOVERNANCE", EventHold: "OFF", RetainUntilDate: inDays(2) } as const;
    expect(await refusalCode(hold({ Days: 3 }, inDays(4)))).to.equal("AccessDenied 403");
    expect(await refusalCode(retain(Bucket, earlier))).to.equal("AccessDenied 403");
    await hold({ Days: 3 }, inDays(4), true);
    expect(daysUntil((await retention(Bucket)).RetainUntilDate)).to.equal(4);
    await retain(Bucket, earlier, true);
    expect(daysUntil((await retention(Bucket)).RetainUntilDate)).to.equal(2);
    await retain(Bucket, {}, true);
    expect(await refusalCode(retention(Bucket))).to.equal("NoSuchObjectLockConfiguration 404");
  });

  it("have the calendar's years", async () => {
    const Bucket = await lockBucket();
    await write(Bucket, {
      ObjectLockMode: "GOVERNANCE",
      ObjectLockEventHold: "ON",
      ObjectLockEventHoldDurationYears: 8,
    });
    const end = new Date();
    end.setUTCFullYear(end.getUTCFullYear() + 8);
    expect(daysUntil((await retention(Bucket)).RetainUntilDate)).to.equal(daysUntil(end));
  });

  it("are what new versions have by their bucket's default, and copies are not held as their sources are", async () => {
    const Bucket = await lockBucket();
    const configure = (DefaultEventHold: EventHoldDuration | undefined) =>
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
    expect((await refusal(configure(undefined))).message).to.equal(
      "DefaultRetention must specify a fixed retention (Days or Years) or a DefaultEventHold.",
    );
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
    const code = async (sent: Promise<unknown>) => {
      const { code, message } = await refusal(sent);
      return `${code}: ${message}`;
    };
    const headers: [Partial<PutObjectCommandInput>, string][] = [
      [
        withoutMode,
        "InvalidRequest: x-amz-object-lock-mode is required when x-amz-object-lock-event-hold is supplied.",
      ],
      [
        { ObjectLockMode, ObjectLockEventHold: "ON" },
        "InvalidRequest: EventHold:ON must be supplied with an EventHoldDuration.",
      ],
      [
        { ...held, ObjectLockEventHoldDurationDays: 36_501 },
        "InvalidArgument: Event hold duration must be at most 36500 days.",
      ],
      [
        { ...held, ObjectLockEventHold: "OFF", ObjectLockRetainUntilDate: inDays(1) },
        "InvalidRequest: EventHoldDuration must not be supplied with EventHold:OFF.",
      ],
      [
        { ObjectLockMode, ObjectLockEventHold: "OFF" },
        "InvalidRequest: x-amz-object-lock-retain-until-date is required when x-amz-object-lock-event-hold is OFF.",
      ],
      [
        { ObjectLockEventHoldDurationDays: 1 },
        "InvalidRequest: Event hold duration requires x-amz-object-lock-event-hold:ON.",
      ],
      [
        { ...held, ObjectLockRetainUntilDate: inDays(29) },
        "InvalidArgument: The retain until date must be equal to or later than the current time plus the event hold duration.",
      ],
    ];
    for (const [each, answer] of headers) {
      expect(await code(write(Bucket, each)), JSON.stringify(each)).to.equal(answer);
    }
    expect(await refusalCode(write(Bucket, { ...held, ObjectLockEventHoldDurationYears: 1 }))).to.equal(
      "MalformedXML 400",
    );
    const documents: [ObjectLockRetention, string][] = [
      [{ EventHold: "ON", EventHoldDuration: { Days: 1 } }, "MalformedXML 400"],
      [{ Mode: "GOVERNANCE", EventHold: "ON" }, "InvalidRequest 400"],
      [{ Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration: { Days: 1, Years: 1 } }, "MalformedXML 400"],
      [{ Mode: "GOVERNANCE", EventHold: "ON", EventHoldDuration: { Days: 0 } }, "InvalidArgument 400"],
      [{ Mode: "GOVERNANCE", EventHold: "OFF", EventHoldDuration: { Days: 1 } }, "InvalidRequest 400"],
      [{ Mode: "GOVERNANCE", EventHold: "OFF" }, "InvalidRequest 400"],
      [{ Mode: "GOVERNANCE", EventHoldDuration: { Days: 1 }, RetainUntilDate: inDays(1) }, "MalformedXML 400"],
      [{ EventHold: "OFF" }, "MalformedXML 400"],
    ];
    for (const [each, answer] of documents) {
      expect(await refusalCode(retain(Bucket, each)), JSON.stringify(each)).to.equal(answer);
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
