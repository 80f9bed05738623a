import { createHmac } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  type Event,
  HeadObjectCommand,
  type LifecycleRule,
  type NotificationConfiguration,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectTaggingCommand,
  type ReplicationRule,
  RestoreObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../support/webhook-receiver.ts";
import { type Message, QueueArn, type S3Record } from "./event-messages.ts";
import { newBucket, put, refusalCode, uniqueName } from "./s3-support.ts";

const emptyEtag = "d41d8cd98f00b204e9800998ecf8427e";
/** Of a PutObject whose body is "a". */
const etagOfA = "0cc175b9c0f1b6a831c399e269772661";

describe("s3 events", () => {
  let aws: TestServer;
  let receiver: WebhookReceiver;
  before(async () => {
    receiver = await startWebhookReceiver();
    aws = await startLocalAws({ eventWebhooks: receiver.url, lifecycleDay: "0.5" });
  });
  after(async () => {
    await aws.stop();
    await receiver.close();
  });

  const configure = (Bucket: string, NotificationConfiguration: NotificationConfiguration, more = {}) =>
    aws.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration, ...more }));

  async function notifying(...Events: Event[]): Promise<string> {
    const Bucket = await newBucket(aws);
    await configure(Bucket, { QueueConfigurations: [{ Id: "mine", QueueArn, Events }] });
    return Bucket;
  }

  async function versioned(Bucket: string): Promise<void> {
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  }

  async function records(Bucket: string, count: number): Promise<S3Record[]> {
    const messages = await receiver.wait<Message>(`${count} events of ${Bucket}`, count, ({ Records }) =>
      Boolean(Records?.some(({ s3 }) => s3.bucket.name === Bucket)),
    );
    return messages.flatMap(({ Records }) => Records ?? []);
  }

  const names = async (Bucket: string, count: number) =>
    (await records(Bucket, count)).map(({ eventName, s3 }) => `${eventName} ${s3.object.key}`);

  describe("s3 event messages", () => {
    it("are AWS's own, of a PutObject", async () => {
      const Bucket = await notifying("s3:ObjectCreated:*");
      const before = Date.now();
      const { $metadata } = await put(aws, Bucket, "a folder/ü+~(1).jpg", { Body: "a" });
      const [record] = await records(Bucket, 1);
      const { eventTime = "", userIdentity, responseElements, s3, ...fixed } = record ?? {};
      expect(fixed).to.deep.equal({
        eventVersion: "2.6",
        eventSource: "aws:s3",
        awsRegion: "us-east-1",
        eventName: "ObjectCreated:Put",
        requestParameters: { sourceIPAddress: "127.0.0.1" },
      });
      expect(Date.parse(eventTime)).to.be.within(before, Date.now());
      expect(eventTime).to.match(/\.\d{3}Z$/);
      expect(responseElements).to.deep.equal({
        "x-amz-request-id": $metadata.requestId,
        "x-amz-id-2": $metadata.extendedRequestId,
      });
      // The root of an account is its owner.
      const owner = s3?.bucket.ownerIdentity.principalId;
      expect(owner).to.match(/^A[0-9A-Z]{13}$/);
      expect(userIdentity).to.deep.equal({ principalId: owner });
      const { sequencer, ...object } = s3?.object ?? {};
      expect({ ...s3, object }).to.deep.equal({
        s3SchemaVersion: "1.0",
        configurationId: "mine",
        bucket: { name: Bucket, ownerIdentity: { principalId: owner }, arn: `arn:aws:s3:::${Bucket}` },
        object: { key: "a+folder/%C3%BC%2B%7E%281%29.jpg", size: 1, eTag: etagOfA },
      });
      expect(sequencer).to.match(/^[0-9A-F]{18}$/);
      const target = receiver.deliveries.find(({ body }) => (body as Message).Records?.includes(record as S3Record));
      expect(target?.headers).to.deep.include({ "content-type": "application/json", "x-localaws-target": QueueArn });
    });

    it("have sequencers that grow from write to write", async () => {
      const Bucket = await notifying("s3:ObjectCreated:*", "s3:ObjectRemoved:*");
      for (let i = 0; i < 3; i++) await put(aws, Bucket, "again");
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "again" }));
      const sequencers = (await records(Bucket, 4)).map(({ s3 }) => s3.object.sequencer ?? "");
      expect(new Set(sequencers)).to.have.property("size", 4);
      expect(sequencers).to.deep.equal([...sequencers].sort());
    });

    it("say which way an object was made", async () => {
      const Bucket = await notifying("s3:ObjectCreated:*");
      await versioned(Bucket);
      const { VersionId } = await put(aws, Bucket, "a", { Body: "a" });
      const CopySource = `${Bucket}/a`;
      await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
      const upload = { Bucket, Key: "parts" };
      const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(upload));
      const part = { ...upload, UploadId, PartNumber: 1, Body: "part" };
      const { ETag } = await aws.s3.send(new UploadPartCommand(part));
      const complete = { ...upload, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
      await aws.s3.send(new CompleteMultipartUploadCommand(complete));
      // The same again is answered, and is no event.
      await aws.s3.send(new CompleteMultipartUploadCommand(complete));
      const form = new FormData();
      const conditions = [{ bucket: Bucket }, { key: "form" }];
      const document = { expiration: new Date(Date.now() + 3_600_000).toISOString(), conditions };
      const policy = Buffer.from(JSON.stringify(document)).toString("base64");
      const signature = createHmac("sha1", "test").update(policy).digest("base64");
      const fields = { key: "form", AWSAccessKeyId: "test", policy, signature };
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append("file", new File(["form"], "form.txt"));
      expect((await fetch(`${aws.endpoint}/${Bucket}`, { method: "POST", body: form })).status).to.equal(204);
      expect(await names(Bucket, 4)).to.deep.equal([
        "ObjectCreated:Put a",
        "ObjectCreated:Copy copy",
        "ObjectCreated:CompleteMultipartUpload parts",
        "ObjectCreated:Post form",
      ]);
      const [made, copied, completed] = await records(Bucket, 4);
      expect(made?.s3.object).to.deep.include({ versionId: VersionId, size: 1, eTag: etagOfA });
      expect(copied?.s3.object).to.deep.include({ size: 1, eTag: etagOfA, hasObjectAnnotation: false });
      expect(completed?.s3.object.size).to.equal(4);
      expect(completed?.s3.object.eTag).to.match(/^[0-9a-f]{32}-1$/);
    });

    it("say what was deleted, of versions and delete markers too, and nothing of what was not there", async () => {
      const plain = await notifying("s3:ObjectRemoved:*");
      for (const key of ["a", "b", "c"]) await put(aws, plain, key);
      await aws.s3.send(new DeleteObjectCommand({ Bucket: plain, Key: "missing" }));
      await aws.s3.send(new DeleteObjectCommand({ Bucket: plain, Key: "a" }));
      const Objects = ["b", "missing", "c"].map((Key) => ({ Key }));
      await aws.s3.send(new DeleteObjectsCommand({ Bucket: plain, Delete: { Objects } }));
      const removed = await records(plain, 3);
      expect(removed.map(({ eventName }) => eventName)).to.deep.equal(Array(3).fill("ObjectRemoved:Delete"));
      expect(removed.map(({ s3 }) => s3.object.key).sort()).to.deep.equal(["a", "b", "c"]);
      for (const { s3 } of removed) expect(s3.object).to.have.all.keys("key", "sequencer");

      const Bucket = await notifying("s3:ObjectRemoved:*");
      await versioned(Bucket);
      const { VersionId } = await put(aws, Bucket, "a");
      const marker = await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
      await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a", VersionId }] } }));
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId }));
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: marker.VersionId }));
      const [hidden, gone, shown] = await records(Bucket, 3);
      expect(hidden).to.have.property("eventName", "ObjectRemoved:DeleteMarkerCreated");
      expect(hidden?.s3.object).to.deep.include({ versionId: marker.VersionId, eTag: emptyEtag });
      expect(gone).to.have.property("eventName", "ObjectRemoved:Delete");
      expect(gone?.s3.object).to.deep.include({ versionId: VersionId });
      expect(shown?.s3.object).to.deep.include({ versionId: marker.VersionId });
    });

    it("tell of tags and access control lists, where these change", async () => {
      const Bucket = uniqueName();
      await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: "ObjectWriter" }));
      const Events: Event[] = ["s3:ObjectTagging:*", "s3:ObjectAcl:Put"];
      await configure(Bucket, { QueueConfigurations: [{ QueueArn, Events }] });
      await put(aws, Bucket, "a", { Body: "a" });
      const object = { Bucket, Key: "a" };
      await aws.s3.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [{ Key: "k", Value: "v" }] } }));
      await aws.s3.send(new PutObjectAclCommand({ ...object, ACL: "private" }));
      await aws.s3.send(new PutObjectAclCommand({ ...object, GrantRead: `id=${"a".repeat(64)}` }));
      await aws.s3.send(new DeleteObjectTaggingCommand(object));
      expect(await names(Bucket, 3)).to.deep.equal([
        "ObjectTagging:Put a",
        "ObjectAcl:Put a",
        "ObjectTagging:Delete a",
      ]);
      for (const { eventVersion, s3 } of await records(Bucket, 3)) {
        expect(eventVersion).to.equal("2.6");
        expect(s3.object).to.deep.equal({ key: "a", eTag: etagOfA });
      }
    });

    it("tell of a restore when it begins, when it is done, and when its copy expires", async () => {
      const Bucket = await notifying("s3:ObjectRestore:*");
      await put(aws, Bucket, "a", { Body: "a", StorageClass: "GLACIER" });
      const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: "Expedited" as const } };
      await aws.s3.send(new RestoreObjectCommand({ Bucket, Key: "a", RestoreRequest }));
      const [begun, done, expired] = await records(Bucket, 3);
      expect(begun).to.deep.include({ eventName: "ObjectRestore:Post", eventVersion: "2.6" });
      expect(begun?.s3.object).to.deep.include({ size: 1, eTag: etagOfA });
      expect(done).to.have.property("eventName", "ObjectRestore:Completed");
      expect(done?.requestParameters).to.deep.equal({ sourceIPAddress: "s3.amazonaws.com" });
      const { restoreEventData } = Reflect.get(done ?? {}, "glacierEventData");
      expect(restoreEventData.lifecycleRestoreStorageClass).to.equal("GLACIER");
      const expiry = Date.parse(restoreEventData.lifecycleRestorationExpiryTime);
      expect(expiry).to.be.above(Date.parse(done?.eventTime ?? ""));
      expect(expired).to.have.property("eventName", "ObjectRestore:Delete");
      expect(expired?.s3.object).to.deep.include({ size: 1, eTag: etagOfA });
      expect(Date.parse(expired?.eventTime ?? "")).to.be.at.least(expiry);
      const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "a" }));
      expect(head.Restore).to.equal(undefined);
    });

    it("tell which replication has failed, and why, where a rule measures its replications", async () => {
      const Bucket = await notifying("s3:Replication:OperationFailedReplication");
      const target = await newBucket(aws);
      for (const each of [Bucket, target]) await versioned(each);
      const rule = (ID: string, Priority: number, metrics: boolean): ReplicationRule => ({
        ...{ ID, Priority, Status: "Enabled", Filter: { Prefix: ID }, DeleteMarkerReplication: { Status: "Disabled" } },
        Destination: { Bucket: `arn:aws:s3:::${target}`, ...(metrics && { Metrics: { Status: "Enabled" } }) },
      });
      const Rules = [rule("silent", 1, false), rule("measured", 2, true)];
      const ReplicationConfiguration = { Role: "arn:aws:iam::000000000000:role/replication", Rules };
      await aws.s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
      const VersioningConfiguration = { Status: "Suspended" } as const;
      await aws.s3.send(new PutBucketVersioningCommand({ Bucket: target, VersioningConfiguration }));
      await put(aws, Bucket, "silent", { Body: "a" });
      const { VersionId } = await put(aws, Bucket, "measured", { Body: "a" });
      const [failed, ...others] = await records(Bucket, 1);
      expect(others).to.deep.equal([]);
      expect(failed).to.deep.include({
        ...{ eventName: "Replication:OperationFailedReplication", eventVersion: "2.6" },
        userIdentity: { principalId: "s3.amazonaws.com" },
      });
      expect(failed?.s3.object).to.deep.include({ key: "measured", size: 1, eTag: etagOfA, versionId: VersionId });
      const { requestTime, ...data } = Reflect.get(failed ?? {}, "replicationEventData");
      expect(requestTime).to.match(/Z$/);
      expect(data).to.deep.equal({
        ...{ replicationRuleId: "measured", destinationBucket: `arn:aws:s3:::${target}`, s3Operation: "OBJECT_PUT" },
        failureReason: "DstBucketUnversioned",
      });
    });

    it("tell what lifecycle rules do", async () => {
      const rules = (rule: Partial<LifecycleRule>): LifecycleRule[] => [
        { ID: "rule", Status: "Enabled", Filter: { Prefix: "" }, ...rule },
      ];
      const carryOut = (Bucket: string, rule: Partial<LifecycleRule>) =>
        aws.s3.send(
          new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: rules(rule) } }),
        );
      const Events: Event[] = ["s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:ObjectRemoved:*"];
      const plain = await notifying(...Events);
      await put(aws, plain, "a");
      await carryOut(plain, { Expiration: { Days: 1 } });
      const [expired] = await records(plain, 1);
      expect(expired).to.deep.include({
        eventName: "LifecycleExpiration:Delete",
        eventVersion: "2.3",
        userIdentity: { principalId: "s3.amazonaws.com" },
        requestParameters: { sourceIPAddress: "s3.amazonaws.com" },
      });
      expect(expired?.s3.object).to.have.all.keys("key", "sequencer");

      const Bucket = await notifying(...Events);
      await versioned(Bucket);
      const { VersionId } = await put(aws, Bucket, "a");
      await carryOut(Bucket, { Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } });
      const [marker, removed] = await records(Bucket, 2);
      expect(marker).to.have.property("eventName", "LifecycleExpiration:DeleteMarkerCreated");
      expect(marker?.s3.object.eTag).to.equal(emptyEtag);
      expect(removed).to.have.property("eventName", "LifecycleExpiration:Delete");
      expect(removed?.s3.object.versionId).to.equal(VersionId);

      const moving = await notifying(...Events);
      await put(aws, moving, "large", { Body: "x".repeat(128 * 1024) });
      await carryOut(moving, { Transitions: [{ Days: 1, StorageClass: "GLACIER" }] });
      const [moved] = await records(moving, 1);
      expect(moved).to.deep.include({
        eventName: "LifecycleTransition",
        lifecycleEventData: { transitionEventData: { destinationStorageClass: "GLACIER" } },
      });
      expect(moved?.s3.object).to.have.all.keys("key", "size", "eTag");
    });
  });

  describe("s3 event selection", () => {
    it("is by event and by both filters, of each target by itself", async () => {
      const Bucket = await newBucket(aws);
      const filter = (prefix: string, suffix: string) => ({
        Key: {
          FilterRules: [
            { Name: "prefix" as const, Value: prefix },
            { Name: "suffix" as const, Value: suffix },
          ],
        },
      });
      const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:000000000000:${name}`;
      await configure(Bucket, {
        QueueConfigurations: [{ Id: "q", QueueArn, Events: ["s3:ObjectCreated:Put"], Filter: filter("in/", ".jpg") }],
        TopicConfigurations: [{ Id: "t", TopicArn: arn("sns", "topic"), Events: ["s3:ObjectRemoved:Delete"] }],
        LambdaFunctionConfigurations: [
          { Id: "l", LambdaFunctionArn: arn("lambda", "function:f"), Events: ["s3:ObjectCreated:Copy"] },
        ],
      });
      for (const key of ["in/a.png", "out/a.jpg", "in/a.jpg"]) await put(aws, Bucket, key);
      await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "in/b.jpg", CopySource: `${Bucket}/in/a.jpg` }));
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "out/a.jpg" }));
      const found = await records(Bucket, 3);
      expect(found.map(({ s3 }) => `${s3.configurationId} ${s3.object.key}`)).to.deep.equal([
        "q in/a.jpg",
        "l in/b.jpg",
        "t out/a.jpg",
      ]);
    });

    it("ends when the configuration is replaced", async () => {
      const Bucket = await notifying("s3:ObjectCreated:*");
      await put(aws, Bucket, "before");
      await configure(Bucket, {});
      await put(aws, Bucket, "between");
      await configure(Bucket, { QueueConfigurations: [{ QueueArn, Events: ["s3:ObjectCreated:*"] }] });
      await put(aws, Bucket, "after");
      expect(await names(Bucket, 2)).to.deep.equal(["ObjectCreated:Put before", "ObjectCreated:Put after"]);
    });

    it("leaves out what was refused", async () => {
      const Bucket = await notifying("s3:ObjectCreated:*");
      await put(aws, Bucket, "a");
      expect(await refusalCode(put(aws, Bucket, "a", { IfNoneMatch: "*" }))).to.equal("PreconditionFailed 412");
      await put(aws, Bucket, "b");
      expect(await names(Bucket, 2)).to.deep.equal(["ObjectCreated:Put a", "ObjectCreated:Put b"]);
    });
  });

  it("go to EventBridge in its own form, without a selection", async () => {
    const Bucket = await newBucket(aws);
    await configure(Bucket, { EventBridgeConfiguration: {} });
    await versioned(Bucket);
    const { VersionId, $metadata } = await put(aws, Bucket, "a b", { Body: "a" });
    const TagSet = [{ Key: "k", Value: "v" }];
    await aws.s3.send(new PutObjectTaggingCommand({ Bucket, Key: "a b", Tagging: { TagSet } }));
    const { VersionId: marker } = await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "a b" }));
    const messages = await receiver.wait<Message>("three events", 3, ({ resources }) =>
      Boolean(resources?.includes(`arn:aws:s3:::${Bucket}`)),
    );
    const [created, tagged, deleted] = messages;
    const { id, time, detail, ...fixed } = created as Record<string, unknown>;
    expect(fixed).to.deep.equal({
      version: "0",
      "detail-type": "Object Created",
      source: "aws.s3",
      account: "000000000000",
      region: "us-east-1",
      resources: [`arn:aws:s3:::${Bucket}`],
    });
    expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(time).to.match(/T\d\d:\d\d:\d\dZ$/);
    const { sequencer, ...object } = created?.detail?.object ?? {};
    expect({ ...(detail as object), object }).to.deep.equal({
      version: "0",
      "event-version": "1.2",
      bucket: { name: Bucket },
      object: { key: "a b", size: 1, etag: etagOfA, "version-id": VersionId },
      "request-id": $metadata.requestId,
      requester: "000000000000",
      "source-ip-address": "127.0.0.1",
      reason: "PutObject",
    });
    expect(sequencer).to.match(/^[0-9A-F]{18}$/);
    expect(tagged?.["detail-type"]).to.equal("Object Tags Added");
    expect(tagged?.detail?.object).to.deep.equal({ key: "a b", etag: etagOfA, "version-id": VersionId });
    expect(deleted?.["detail-type"]).to.equal("Object Deleted");
    expect(deleted?.detail).to.deep.include({ reason: "DeleteObject", "deletion-type": "Delete Marker Created" });
    expect(deleted?.detail?.object).to.deep.include({ etag: emptyEtag, "version-id": marker });
  });

  it("are announced by s3:TestEvent, unless the destination is not to be validated", async () => {
    const tests = (Bucket: string) => (message: Message) => message.Bucket === Bucket;
    const skipped = await newBucket(aws);
    const QueueConfigurations = [{ QueueArn, Events: ["s3:ObjectCreated:Put" as const] }];
    await configure(skipped, { QueueConfigurations }, { SkipDestinationValidation: true });
    const Bucket = await newBucket(aws);
    const { $metadata } = await configure(Bucket, { QueueConfigurations });
    const [message] = await receiver.wait<Message>("a test event", 1, tests(Bucket));
    const { Time, ...fixed } = message as Message & { Time: string };
    expect(Time).to.match(/^\d{4}-.*Z$/);
    expect(fixed).to.deep.equal({
      Service: "Amazon S3",
      Event: "s3:TestEvent",
      Bucket,
      RequestId: $metadata.requestId,
      HostId: $metadata.extendedRequestId,
    });
    expect(receiver.deliveries.map(({ body }) => body as Message).filter(tests(skipped))).to.deep.equal([]);
  });
});
