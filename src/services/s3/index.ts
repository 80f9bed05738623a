/**
 * S3: general purpose buckets, their objects and multipart uploads, with the bytes on disk and everything else in the
 * metadata.
 *
 * Gaps
 * - Replication copies what is new, not what was there before. A destination that cannot take a copy makes it FAILED at once.
 *   The policies of the configuration's role are not looked at.
 * - Kept, and not carried out yet: analytics, metrics and intelligent tiering.
 * - Notifications go to webhooks alone. There are none of intelligent tiering, of objects of reduced redundancy that are lost, and
 *   of how long a replication takes.
 * - The tags of a bucket whose ABAC is enabled are changed by S3 Control on AWS; here ABAC has to be disabled for that.
 * - Directory buckets and RenameObject, S3 Select, Object Lambda, annotations.
 *
 * By design
 * - DeleteObjects takes a bypass of GOVERNANCE also in a bucket without Object Lock, where AWS refuses it: S3's test suites
 *   clean up every bucket so. DeleteObject refuses it.
 * - What lies damaged in the data folder (a file that is gone, a row that is no JSON) is an InternalError of that object alone.
 * - Every region of this server serves every bucket: there is no PermanentRedirect.
 * - An hour of a restore from GLACIER or DEEP_ARCHIVE lasts a second.
 * - Writes survive the end of the process, not of the machine: nothing waits for the disk.
 * - The keys of SSE-KMS are names that are given back: bytes lie on the disk as they came. Any key id is taken.
 * - SSE-C is taken over plain HTTP too, which AWS refuses, and in new buckets, where AWS blocks it since April 2026.
 * - The targets of notifications need not exist. Access logs and inventories are delivered whatever the policy of their bucket
 *   says, to buckets of the same account, and not logged. A new inventory's first list is the next day's.
 * - An ETag is an MD5 also where AWS would have another hash, as for SSE-KMS.
 *
 * Client quirks
 * - SDKs send a CRC32 with each part, also to uploads that were begun without an algorithm: it is verified and forgotten.
 * - `x-id` is sent by some SDKs only; nothing depends on it.
 */
import type { Service } from "../service.ts";
import { deliverAccessLogs, logAccess } from "./access-log.ts";
import { forgetAccessLogs, isLogged } from "./logged-buckets.ts";

export const s3: Service = {
  name: "s3",
  protocol: "restXml",
  apiVersion: "2006-03-01",
  xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/",
  async load() {
    const [sdk, { operations }, { smallObject }, { plainDeletes }] = await Promise.all([
      import("@aws-sdk/client-s3"),
      import("./operations.ts"),
      import("./small-objects.ts"),
      import("./small-deletes.ts"),
    ]);
    return { sdk, operations, smallObjects: { find: smallObject, deletesIn: plainDeletes } };
  },
  async reconcile(ctx) {
    const { collectBlobs } = await import("./stored-blobs.ts");
    await collectBlobs(ctx);
    const { continueRowIds } = await import("./small-contents.ts");
    await continueRowIds(ctx.db);
    const { scheduleLifecycles } = await import("./lifecycle-schedule.ts");
    scheduleLifecycles(ctx);
    const { findLoggedBuckets } = await import("./access-log-delivery.ts");
    await findLoggedBuckets(ctx);
    const { startReplication } = await import("./replication-run.ts");
    startReplication(ctx);
    const { resumeRestores } = await import("./restorations.ts");
    await resumeRestores(ctx);
    const { resumeNotifications } = await import("./notification-outbox.ts");
    await resumeNotifications(ctx);
  },
  async close(ctx) {
    const { endLifecycles } = await import("./lifecycle-schedule.ts");
    endLifecycles(ctx);
    const { forgetRestores } = await import("./restorations.ts");
    forgetRestores(ctx);
    await deliverAccessLogs(ctx);
    const { endNotifications } = await import("./notification-outbox.ts");
    endNotifications(ctx);
    const { endReplication } = await import("./replication-run.ts");
    endReplication(ctx);
  },
  accessLog: { logs: isLogged, add: logAccess },
  crossOrigin: {
    async preflight(ctx, request) {
      const { preflightHeaders } = await import("./cross-origin.ts");
      return preflightHeaders(ctx, request);
    },
    async headers(ctx, request) {
      const { crossOriginHeaders } = await import("./cross-origin.ts");
      return crossOriginHeaders(ctx, request);
    },
  },
  website: {
    async configuration(ctx, bucket) {
      const { websiteConfiguration } = await import("./bucket-website.ts");
      return websiteConfiguration(ctx, bucket);
    },
  },
  async reset(ctx) {
    const { interruptLifecycles } = await import("./lifecycle-schedule.ts");
    interruptLifecycles(ctx);
    const { forgetRestores } = await import("./restorations.ts");
    forgetRestores(ctx);
    const { forgetNotifications } = await import("./notification-outbox.ts");
    forgetNotifications(ctx);
    forgetAccessLogs(ctx);
    await ctx.blobs.clear();
  },
};
