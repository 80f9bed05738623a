import { hostId } from "../../aws/host-id.ts";
import type { Bucket } from "./bucket-access.ts";
import { urlEncoded } from "./key-encoding.ts";
import { customerId } from "./owner.ts";

/** Event names without `s3:`. */
export type EventName =
  | `ObjectCreated:${"Put" | "Post" | "Copy" | "CompleteMultipartUpload"}`
  | `ObjectRemoved:${"Delete" | "DeleteMarkerCreated"}`
  | `LifecycleExpiration:${"Delete" | "DeleteMarkerCreated"}`
  | "LifecycleTransition"
  | `ObjectTagging:${"Put" | "Delete"}`
  | "ObjectAcl:Put"
  | `ObjectRestore:${"Post" | "Completed" | "Delete"}`
  | "Replication:OperationFailedReplication";

/** As notifications have it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-failure-codes.html */
export interface FailedReplication {
  readonly replicationRuleId: string;
  /** An ARN. */
  readonly destinationBucket: string;
  readonly s3Operation: "OBJECT_PUT" | "OBJECT_DELETE";
  readonly failureReason: string;
}

/** What has happened to a version of an object. */
export interface ObjectEvent {
  readonly name: EventName;
  readonly key: string;
  readonly versionId?: string | undefined;
  /** Bytes. */
  readonly size?: number;
  /** Without quotes. */
  readonly etag?: string;
  /** Where a transition has moved it to, or a restore takes it from. */
  readonly storageClass?: string;
  /** Until when a restored copy is kept: ISO 8601. */
  readonly expiresAt?: string;
  /** Why a version could not be copied, and where to. */
  readonly replication?: FailedReplication;
}

/** Whose doing an event is: a request's, or S3's own. */
export interface Cause {
  readonly requestId: string;
  readonly principalId: string;
  /** An account, or `s3.amazonaws.com`. */
  readonly requester: string;
  /** None where there was no request. */
  readonly sourceIp: string | undefined;
}

export interface Occurrence {
  readonly bucket: Bucket;
  readonly event: ObjectEvent;
  readonly cause: Cause;
  readonly time: Date;
  /** Among the writes and deletes of a key, the later has the higher. */
  readonly sequencer: string;
}

/** Who S3 says it is, where it acts by itself. */
export const s3Service = "s3.amazonaws.com";

/** As S3 has it of an object without bytes, and of a delete marker. */
const emptyEtag = "d41d8cd98f00b204e9800998ecf8427e";

/**
 * What topics, queues and functions get.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function notificationMessage({ bucket, event, cause, time, sequencer }: Occurrence, configurationId: string) {
  const { name, key, versionId } = event;
  const record = {
    eventVersion: eventVersion(name),
    eventSource: "aws:s3",
    awsRegion: bucket.region,
    eventTime: time.toISOString(),
    eventName: name,
    userIdentity: { principalId: cause.principalId },
    requestParameters: { sourceIPAddress: cause.sourceIp ?? s3Service },
    responseElements: { "x-amz-request-id": cause.requestId, "x-amz-id-2": hostId },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: customerId(bucket.account_id) },
        arn: `arn:aws:s3:::${bucket.name}`,
      },
      object: {
        key: urlEncoded(key),
        ...(hasSize(name) && { size: event.size }),
        ...(hasEtag(name) && { eTag: event.etag ?? emptyEtag }),
        ...(versionId !== undefined && { versionId }),
        ...(hasSequencer(name) && { sequencer }),
        // A copy is told of with its annotations, of which there are none here.
        ...(name === "ObjectCreated:Copy" && { hasObjectAnnotation: false }),
      },
    },
    ...extension(event, time),
  };
  return { Records: [record] };
}

/** As S3 was recorded to have them; the user guide still says 2.1 (decision 0150). */
function eventVersion(name: EventName): string {
  return name.startsWith("Lifecycle") ? "2.3" : "2.6";
}

function extension({ name, storageClass, expiresAt, replication }: ObjectEvent, time: Date) {
  if (replication !== undefined) return { replicationEventData: { ...replication, requestTime: time.toISOString() } };
  if (name === "LifecycleTransition") {
    return { lifecycleEventData: { transitionEventData: { destinationStorageClass: storageClass } } };
  }
  if (name !== "ObjectRestore:Completed") return {};
  const restore = { lifecycleRestorationExpiryTime: expiresAt, lifecycleRestoreStorageClass: storageClass };
  return { glacierEventData: { restoreEventData: restore } };
}

/** What EventBridge gets. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
export function eventBridgeMessage({ bucket, event, cause, time, sequencer }: Occurrence, id: string) {
  const { name, key, versionId } = event;
  const restores = name.startsWith("ObjectRestore:");
  return {
    version: "0",
    id,
    "detail-type": detailType(name),
    source: "aws.s3",
    account: bucket.account_id,
    time: seconds(time),
    region: bucket.region,
    resources: [`arn:aws:s3:::${bucket.name}`],
    detail: {
      version: "0",
      "event-version": "1.2",
      bucket: { name: bucket.name },
      object: {
        key,
        ...(hasSize(name) && { size: event.size }),
        ...(hasEtag(name) && { etag: event.etag ?? emptyEtag }),
        ...(versionId !== undefined && { "version-id": versionId }),
        ...(hasSequencer(name) && !restores && { sequencer }),
        ...(name === "ObjectCreated:Copy" && { "has-object-annotation": false }),
      },
      "request-id": cause.requestId,
      requester: cause.requester,
      ...(cause.sourceIp !== undefined && { "source-ip-address": cause.sourceIp }),
      ...reason(name),
      ...(event.expiresAt !== undefined && { "restore-expiry-time": seconds(new Date(event.expiresAt)) }),
      ...(restores && { "source-storage-class": event.storageClass }),
      ...(name === "LifecycleTransition" && { "destination-storage-class": event.storageClass }),
    },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-mapping-troubleshooting.html */
function detailType(name: EventName): string {
  if (name.startsWith("ObjectCreated:")) return "Object Created";
  if (/^(?:ObjectRemoved|LifecycleExpiration):/.test(name)) return "Object Deleted";
  if (name === "LifecycleTransition") return "Object Storage Class Changed";
  if (name === "ObjectAcl:Put") return "Object ACL Updated";
  if (name.startsWith("ObjectTagging:")) return name.endsWith(":Put") ? "Object Tags Added" : "Object Tags Deleted";
  if (name === "ObjectRestore:Delete") return "Object Restore Expired";
  return name === "ObjectRestore:Post" ? "Object Restore Initiated" : "Object Restore Completed";
}

const creators: Readonly<Partial<Record<EventName, string>>> = {
  "ObjectCreated:Put": "PutObject",
  "ObjectCreated:Post": "POST Object",
  "ObjectCreated:Copy": "CopyObject",
  "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
};

function reason(name: EventName): { reason?: string; "deletion-type"?: string } {
  const created = creators[name];
  if (created !== undefined) return { reason: created };
  if (!/^(?:ObjectRemoved|LifecycleExpiration):/.test(name)) return {};
  return {
    reason: name.startsWith("Lifecycle") ? "Lifecycle Expiration" : "DeleteObject",
    "deletion-type": name.endsWith(":Delete") ? "Permanently Deleted" : "Delete Marker Created",
  };
}

/** What S3 sends to a topic or a queue that it is told of. */
export function testMessage(bucket: string, requestId: string, time: Date) {
  return {
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: time.toISOString(),
    Bucket: bucket,
    RequestId: requestId,
    HostId: hostId,
  };
}

function hasSize(name: EventName): boolean {
  return /^(?:ObjectCreated|ObjectRestore|LifecycleTransition|Replication)/.test(name);
}

function hasEtag(name: EventName): boolean {
  return !name.endsWith(":Delete") || name === "ObjectTagging:Delete" || name === "ObjectRestore:Delete";
}

function hasSequencer(name: EventName): boolean {
  return /^(?:ObjectCreated|ObjectRemoved|ObjectRestore|LifecycleExpiration|Replication)/.test(name);
}

function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
