import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListObjectsV2Command, PutBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { loadSqlite } from "../../../src/db/sqlite.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../../support/webhook-receiver.ts";
import { type Message, QueueArn } from "./event-messages.ts";
import { newBucket, put } from "./s3-support.ts";

describe("s3 event webhooks", () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  async function receiving(statusOf?: (index: number) => number | undefined): Promise<WebhookReceiver> {
    const receiver = await startWebhookReceiver(statusOf);
    opened.push(receiver);
    return receiver;
  }

  /** A server with a bucket that notifies, without a test event. */
  async function notifying(...urls: string[]): Promise<{ aws: TestServer; Bucket: string }> {
    const aws = await startLocalAws({ eventWebhooks: urls.join(", "), logLevel: "silent" });
    opened.unshift({ close: () => aws.stop() });
    return { aws, Bucket: await notifyingBucket(aws) };
  }

  async function notifyingBucket(aws: TestServer): Promise<string> {
    const Bucket = await newBucket(aws);
    const NotificationConfiguration = { QueueConfigurations: [{ QueueArn, Events: ["s3:ObjectCreated:*" as const] }] };
    const input = { Bucket, NotificationConfiguration, SkipDestinationValidation: true };
    await aws.s3.send(new PutBucketNotificationConfigurationCommand(input));
    return Bucket;
  }

  const keys = (receiver: WebhookReceiver) =>
    receiver.deliveries.map(({ body }) => (body as Message).Records?.[0]?.s3.object.key);
  const any = () => true;

  it("each get every event in order, whatever becomes of the others", async () => {
    const [silent, good] = [await receiving(() => undefined), await receiving()];
    const { aws, Bucket } = await notifying(silent.url, good.url);
    for (const key of ["1", "2", "3"]) await put(aws, Bucket, key);
    await good.wait("three events", 3, any);
    expect(keys(good)).to.deep.equal(["1", "2", "3"]);
    expect(keys(silent)).to.deep.equal(["1"]);
  });

  it("get an event again when they fail, before the next", async () => {
    const receiver = await receiving((index) => (index < 2 ? 503 : 204));
    const { aws, Bucket } = await notifying(receiver.url);
    await put(aws, Bucket, "first");
    await put(aws, Bucket, "second");
    await receiver.wait("four deliveries", 4, any);
    expect(keys(receiver)).to.deep.equal(["first", "first", "first", "second"]);
  });

  it("lose an event that they refuse, and are not led elsewhere", async () => {
    const receiver = await receiving((index) => [400, 302, 200][index]);
    const { aws, Bucket } = await notifying(receiver.url);
    for (const key of ["refused", "redirected", "taken"]) await put(aws, Bucket, key);
    await receiver.wait("three deliveries", 3, any);
    expect(keys(receiver)).to.deep.equal(["refused", "redirected", "taken"]);
  });

  it("forget what waits at a reset, and hear of what comes after it", async () => {
    const receiver = await receiving((index) => (index === 0 ? undefined : 200));
    const { aws, Bucket } = await notifying(receiver.url);
    await put(aws, Bucket, "held");
    await put(aws, Bucket, "waiting");
    await receiver.wait("one delivery", 1, any);
    await aws.server.reset();
    await put(aws, await notifyingBucket(aws), "after");
    await receiver.wait("another delivery", 2, any);
    expect(keys(receiver)).to.deep.equal(["held", "after"]);
  });

  it("do not hold up the end, at which what waits is tried once more", async () => {
    const receiver = await receiving((index) => (index === 0 ? 500 : 200));
    const gone = await receiving();
    await gone.close();
    const { aws, Bucket } = await notifying(receiver.url, gone.url);
    await put(aws, Bucket, "first");
    await receiver.wait("one delivery", 1, any);
    await put(aws, Bucket, "second");
    await aws.close();
    expect(keys(receiver)).to.deep.equal(["first", "first", "second"]);
  });

  it("get after the next start what they had not before the end, once", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-test-"));
    opened.push({ close: () => rm(dataDir, { recursive: true, force: true }) });
    const [silent, receiver] = [await receiving(() => undefined), await receiving()];
    const start = (eventWebhooks: string) => startLocalAws({ dataDir, eventWebhooks, logLevel: "silent" });
    const first = await start(silent.url);
    const Bucket = await notifyingBucket(first).finally(() => opened.unshift({ close: () => first.close() }));
    await put(first, Bucket, "kept");
    await put(first, Bucket, "too");
    await silent.wait("one delivery", 1, any);
    opened.shift();
    await first.close();
    const second = await start(receiver.url);
    await receiver.wait("both events", 2, any).finally(() => second.close());
    const third = await start(receiver.url);
    await put(third, Bucket, "later")
      .then(() => receiver.wait("one event more", 3, any))
      .finally(() => third.close());
    expect(keys(receiver)).to.deep.equal(["kept", "too", "later"]);
  });

  it("hear of what is written, or it is not written", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-test-"));
    opened.push({ close: () => rm(dataDir, { recursive: true, force: true }) });
    const receiver = await receiving();
    const start = () => startLocalAws({ dataDir, eventWebhooks: receiver.url, logLevel: "silent" });
    const first = await start();
    const Bucket = await notifyingBucket(first).finally(() => first.close());
    await execute(
      dataDir,
      "CREATE TRIGGER full BEFORE INSERT ON s3_notifications BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    const second = await start();
    opened.unshift(second);
    const { s3 } = second;
    await put(second, Bucket, "source").then(
      () => expect.fail("It was written."),
      (error: Error) => expect(error.name).to.equal("InternalError"),
    );
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).to.equal(0);
    expect(receiver.deliveries).to.deep.equal([]);
  });
});

/** On the metadata of a server that has ended. */
async function execute(dataDir: string, statement: string): Promise<void> {
  const Sqlite = await loadSqlite();
  const database = new Sqlite(join(dataDir, "metadata", "localaws.db"));
  try {
    database.exec(statement);
  } finally {
    database.close();
  }
}
