import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  RestoreObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusalCode } from "./s3-support.ts";

const largest = 2 ** 31 - 1;

/** Days of which no calendar has so many. */
describe("s3 numbers of days", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function setRule(Bucket: string, action: Partial<LifecycleRule>) {
    const Rules = [{ ID: "rule", Status: "Enabled" as const, Filter: {}, ...action }];
    const LifecycleConfiguration = { Rules };
    return aws.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  }

  const actions = (days: number): Partial<LifecycleRule>[] => [
    { Expiration: { Days: days } },
    { Transitions: [{ Days: days, StorageClass: "GLACIER" }] },
    { NoncurrentVersionExpiration: { NoncurrentDays: days } },
    { AbortIncompleteMultipartUpload: { DaysAfterInitiation: days } },
  ];

  it("of lifecycle rules are of 32 bits, and end with the year 9999", async () => {
    const Bucket = await newBucket(aws);
    for (const action of actions(largest + 1)) {
      expect(await refusalCode(setRule(Bucket, action))).to.equal("MalformedXML 400");
    }
    await setRule(Bucket, {
      Expiration: { Days: largest },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: largest },
    });
    expect((await put(aws, Bucket, "key")).Expiration).to.match(/expiry-date="Fri, 31 Dec 9999 /);
    const { AbortDate } = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "key" }));
    expect(AbortDate?.getUTCFullYear()).to.equal(9999);
  });

  it("of restores are, too", async () => {
    const [Bucket, Key] = [await newBucket(aws), "archived"];
    await put(aws, Bucket, Key, { StorageClass: "GLACIER" });
    const restore = (Days: number) => {
      const RestoreRequest = { Days, GlacierJobParameters: { Tier: "Expedited" as const } };
      return aws.s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest }));
    };
    expect(await refusalCode(restore(largest + 1))).to.equal("MalformedXML 400");
    await restore(largest);
    const restored = await eventually("the restore to be done", async () => {
      const { Restore = "" } = await aws.s3.send(new HeadObjectCommand({ Bucket, Key }));
      return Restore.includes('ongoing-request="false"') && Restore;
    });
    expect(restored).to.match(/expiry-date="Fri, 31 Dec 9999 /);
  });
});
