import { expect } from "chai";
import { pino } from "pino";
import { createChangeFeed, type FeedEvent } from "../../src/http/change-feed.ts";
import { createRequestLog } from "../../src/http/request-log.ts";

describe("the change feed", () => {
  it("compares resources after changes of buckets, and not after those of objects", async () => {
    let reads = 0;
    const read = async () => {
      reads++;
      return new Map();
    };
    const requests = createRequestLog();
    const feed = createChangeFeed({ read, requests, log: pino({ level: "silent" }) });
    let told: (events: readonly FeedEvent[]) => void = () => {};
    await feed.subscribe({ changed: (events) => told(events), ended() {} });
    const readsAfter = async (...operations: string[]) => {
      const before = reads;
      const events = new Promise<readonly FeedEvent[]>((resolve) => (told = resolve));
      for (const operation of operations) {
        const request = { requestId: "r", time: 0, service: "s3", status: 200, ms: 1, source: "aws" } as const;
        requests.push({ ...request, operation, input: { Bucket: "written" } });
      }
      expect(await events).to.deep.include({ type: "objects", data: { bucket: "written" } });
      return reads - before;
    };
    expect(reads).to.equal(1);
    expect(await readsAfter("PutObject", "DeleteObjects", "CompleteMultipartUpload", "PutObjectTagging")).to.equal(0);
    expect(await readsAfter("CreateBucket")).to.equal(1);
    expect(await readsAfter("PutObjectLockConfiguration", "PutBucketTagging")).to.equal(1);
    feed.close();
  });
});
