import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  RestoreObjectCommand,
  type RestoreRequest,
  type Tier,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode } from "./s3-support.ts";

const day = 24 * 60 * 60 * 1000;

describe("s3 RestoreObject", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const restore = (Key: string, RestoreRequest: RestoreRequest, VersionId?: string) =>
    aws.s3.send(new RestoreObjectCommand({ Bucket, Key, VersionId, RestoreRequest }));
  const soon = (Days: number): RestoreRequest => ({ Days, GlacierJobParameters: { Tier: "Expedited" } });
  const head = (Key: string) => aws.s3.send(new HeadObjectCommand({ Bucket, Key }));
  const get = (Key: string) => aws.s3.send(new GetObjectCommand({ Bucket, Key }));
  const restored = (Key: string) =>
    eventually(`${Key} to be restored`, async () => (await head(Key)).Restore?.includes('ongoing-request="false"'));
  const expiryOf = async (Key: string) =>
    new Date(/expiry-date="([^"]*)"/.exec((await head(Key)).Restore ?? "")?.[1] ?? "").getTime();
  /** The first midnight, UTC, after so many days. */
  const midnightsAfter = (days: number) => (Math.floor(Date.now() / day) + days + 1) * day;

  it("makes an archived object readable until the midnight after its days", async () => {
    await put(aws, Bucket, "archived", { StorageClass: "GLACIER" });
    expect((await head("archived")).Restore).to.equal(undefined);
    expect(await refusalCode(get("archived"))).to.equal("InvalidObjectState 403");
    const earliest = midnightsAfter(2);
    const { $metadata } = await restore("archived", soon(2));
    expect($metadata.httpStatusCode).to.equal(202);
    await restored("archived");
    expect(await expiryOf("archived")).to.be.within(earliest, midnightsAfter(2));
    const { Body, StorageClass, Restore } = await get("archived");
    expect([await Body?.transformToString(), StorageClass]).to.deep.equal(["archived", "GLACIER"]);
    expect(Restore).to.match(/^ongoing-request="false", expiry-date="\w{3}, \d\d \w{3} \d{4} 00:00:00 GMT"$/);
  });

  it("keeps a restored copy for longer when it is asked for again, with 200", async () => {
    await put(aws, Bucket, "again", { StorageClass: "GLACIER" });
    await restore("again", soon(1));
    await restored("again");
    const before = await expiryOf("again");
    expect((await restore("again", { Days: 4 })).$metadata.httpStatusCode).to.equal(200);
    expect((await expiryOf("again")) - before).to.be.at.least(3 * day);
    expect(await (await get("again")).Body?.transformToString()).to.equal("again");
  });

  it("rejects another while one goes on with RestoreAlreadyInProgress, and reads until then", async () => {
    await put(aws, Bucket, "slow", { StorageClass: "DEEP_ARCHIVE" });
    await restore("slow", { Days: 1 });
    expect((await head("slow")).Restore).to.equal('ongoing-request="true"');
    expect(await refusal(restore("slow", { Days: 1 }))).to.deep.include({
      code: "RestoreAlreadyInProgress",
      status: 409,
      message: "Object restore is already in progress",
    });
    expect(await refusalCode(get("slow"))).to.equal("InvalidObjectState 403");
  });

  it("makes a restore that goes on faster by another of a faster tier, which changes nothing else", async () => {
    await put(aws, Bucket, "upgraded", { StorageClass: "GLACIER" });
    const of = (Days: number, Tier: Tier): RestoreRequest => ({ Days, GlacierJobParameters: { Tier } });
    const earliest = midnightsAfter(2);
    await restore("upgraded", of(2, "Bulk"));
    expect(await refusalCode(restore("upgraded", of(2, "Bulk")))).to.equal("RestoreAlreadyInProgress 409");
    expect(await refusalCode(restore("upgraded", of(5, "Expedited")))).to.equal("RestoreAlreadyInProgress 409");
    expect((await restore("upgraded", of(2, "Expedited"))).$metadata.httpStatusCode).to.equal(202);
    await restored("upgraded");
    expect(await expiryOf("upgraded")).to.be.within(earliest, midnightsAfter(2));

    await put(aws, Bucket, "deep-upgraded", { StorageClass: "DEEP_ARCHIVE" });
    await restore("deep-upgraded", of(1, "Bulk"));
    expect((await restore("deep-upgraded", of(1, "Standard"))).$metadata.httpStatusCode).to.equal(202);
    for (const tier of ["Bulk", "Standard"] as const) {
      expect(await refusalCode(restore("deep-upgraded", of(1, tier)))).to.equal("RestoreAlreadyInProgress 409");
    }
  });

  it("rejects classes that are no archive with InvalidObjectState", async () => {
    for (const StorageClass of ["STANDARD", "GLACIER_IR"] as const) {
      await put(aws, Bucket, "immediate", { StorageClass });
      const refused = await refusal(restore("immediate", { Days: 1 }));
      expect(refused).to.deep.include({
        code: "InvalidObjectState",
        status: 403,
        message: "Restore is not allowed for the object's current storage class",
      });
      expect(refused.members).to.deep.include({ StorageClass });
    }
  });

  it("rejects requests without days or of an unknown tier, and tiers that the archive does not have", async () => {
    await put(aws, Bucket, "deep", { StorageClass: "DEEP_ARCHIVE" });
    expect(await refusalCode(restore("deep", {}))).to.equal("MalformedXML 400");
    expect(await refusal(restore("deep", { Days: 0 }))).to.deep.include({
      code: "InvalidArgument",
      message: "restoration days should be at least 1",
    });
    expect(await refusalCode(restore("deep", { Type: "SELECT" }))).to.equal("MethodNotAllowed 405");
    expect(await refusalCode(restore("deep", { Days: 1, Tier: "Bulk" }))).to.equal("MalformedXML 400");
    const unknown = { Days: 1, GlacierJobParameters: { Tier: "Slow" as never } };
    expect(await refusalCode(restore("deep", unknown))).to.equal("MalformedXML 400");
    expect(await refusal(restore("deep", soon(1)))).to.deep.include({
      ...{ code: "InvalidTier", status: 403 },
      message: "Retrieval option is not supported by this storage class.",
    });
    expect((await head("deep")).Restore).to.equal(undefined);
    expect(await refusalCode(restore("nowhere", { Days: 1 }))).to.equal("NoSuchKey 404");
  });

  it("lets an archived object be copied only when it is restored, and the copy be in another class", async () => {
    await put(aws, Bucket, "moved", { StorageClass: "GLACIER", Metadata: { kept: "yes" } });
    const copy = () => {
      const input = { Bucket, Key: "moved", CopySource: `${Bucket}/moved`, StorageClass: "STANDARD" as const };
      return aws.s3.send(new CopyObjectCommand(input));
    };
    expect(await refusal(copy())).to.deep.include({
      code: "InvalidObjectState",
      status: 403,
      message: "Operation is not valid for the source object's storage class",
    });
    await restore("moved", soon(1));
    await restored("moved");
    await copy();
    const { StorageClass, Restore, Metadata } = await head("moved");
    expect([StorageClass, Restore, Metadata]).to.deep.equal([undefined, undefined, { kept: "yes" }]);
  });

  it("shows in listings how restores stand, for who asks for it", async () => {
    Bucket = await newBucket(aws);
    await put(aws, Bucket, "done", { StorageClass: "GLACIER" });
    await put(aws, Bucket, "going", { StorageClass: "DEEP_ARCHIVE" });
    await put(aws, Bucket, "plain");
    await restore("done", soon(1));
    await restore("going", { Days: 1 });
    await restored("done");
    const OptionalObjectAttributes = ["RestoreStatus" as const];
    const expected = [
      { IsRestoreInProgress: false, RestoreExpiryDate: new Date(await expiryOf("done")) },
      { IsRestoreInProgress: true },
      undefined,
    ];
    const { Contents } = await aws.s3.send(new ListObjectsV2Command({ Bucket, OptionalObjectAttributes }));
    expect(Contents?.map(({ RestoreStatus }) => RestoreStatus)).to.deep.equal(expected);
    const { Versions } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket, OptionalObjectAttributes }));
    expect(Versions?.map(({ RestoreStatus }) => RestoreStatus)).to.deep.equal(expected);
    const unasked = await aws.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(unasked.Contents?.map(({ RestoreStatus }) => RestoreStatus)).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("restores the version that is named, and finds no current delete marker", async () => {
    Bucket = await newBucket(aws);
    const VersioningConfiguration = { Status: "Enabled" as const };
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const { VersionId } = await put(aws, Bucket, "key", { StorageClass: "GLACIER" });
    await put(aws, Bucket, "key", { Body: "newer" });
    expect((await restore("key", { Days: 1 }, VersionId)).$metadata.httpStatusCode).to.equal(202);
    const { Restore } = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "key", VersionId }));
    expect(Restore).to.equal('ongoing-request="true"');
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    expect(await refusalCode(restore("key", { Days: 1 }))).to.equal("NoSuchKey 404");
  });
});
