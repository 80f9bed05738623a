import type * as S3 from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket-access.ts";
import { accessDenied, invalidArgument, invalidRequest, malformedXml } from "./errors.ts";
import { validateConditions } from "./filter-conditions.ts";
import { isEncryption } from "./object-encryption.ts";
import { storageClass } from "./object-metadata.ts";
import { requireInts } from "./whole-numbers.ts";

const maxRules = 1000;
const maxIdLength = 255;
const guide = "Please refer to S3 Developer Guide for more information.";

/**
 * Checks a configuration by itself, without its destinations.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
 */
export function validateReplication(bucket: Bucket, { Role = "", Rules = [] }: S3.ReplicationConfiguration): void {
  const [, account, name = ""] = /^arn:aws[\w-]*:iam::(\d{12}):(.+)$/.exec(Role) ?? [];
  if (account === undefined) {
    throw invalidArgument("Invalid Role specified in replication configuration", "Role", Role);
  }
  if (!/^role\/./.test(name)) throw invalidArgument("The relative id should start with role", "Role", Role);
  // What the role may do in other accounts' buckets is for its own account to hand out.
  if (account !== bucket.account_id) throw accessDenied("Cross-account pass role is not allowed.");
  if (Rules.length === 0 || Rules.length > maxRules) throw malformedXml();
  const ids = new Set<string>();
  const priorities = new Set<number>();
  for (const rule of Rules) {
    validateRule(bucket, rule);
    const { ID, Priority } = rule;
    if (ID) {
      if (ids.has(ID)) {
        throw invalidArgument("Rule Id must be unique. Found same Id for more than one rule", "ID", ID);
      }
      ids.add(ID);
    }
    if (Priority === undefined) continue;
    requireInts(Priority);
    if (Priority < 0) throw invalidRequest("Priority must be between 0 and 2147483647.");
    if (priorities.has(Priority)) throw invalidRequest(`Found duplicate priority ${Priority}.`);
    priorities.add(Priority);
  }
}

function validateRule(bucket: Bucket, rule: S3.ReplicationRule): void {
  const { ID = "", Status, Filter, Prefix, Priority, DeleteMarkerReplication, Destination } = rule;
  if (ID.length > maxIdLength) {
    throw invalidArgument(`Rule Id cannot be greater than ${maxIdLength}`, "ID", ID);
  }
  // What is there already is for Batch Replication: S3 no longer takes this element.
  if (rule.ExistingObjectReplication !== undefined) throw malformedXml();
  if (Status !== "Enabled" && Status !== "Disabled") throw malformedXml();
  if (Filter !== undefined && Prefix !== undefined) throw malformedXml();
  const markers = DeleteMarkerReplication?.Status;
  if (markers !== undefined && markers !== "Enabled" && markers !== "Disabled") throw malformedXml();
  // A filter makes it one of the newer form.
  if (Filter !== undefined) {
    validateConditions(Filter);
    const tags = Filter.And?.Tags ?? [];
    if (new Set(tags.map(({ Key }) => Key)).size < tags.length) {
      throw invalidRequest("Duplicate Tag Keys are not allowed.");
    }
    if (Priority === undefined) throw missingInNewForm("Priority");
    if (markers === undefined) throw missingInNewForm("DeleteMarkerReplication");
    if (markers === "Enabled" && hasTags(Filter)) {
      throw invalidRequest(`Delete marker replication is not supported if any Tag filter is specified. ${guide}`);
    }
  }
  if (destinationName(Destination) === bucket.name) {
    throw invalidRequest("Destination bucket cannot be the same as the source bucket.");
  }
  if (Destination?.StorageClass !== undefined) storageClass(Destination.StorageClass);
  if (Destination?.AccessControlTranslation !== undefined && Destination.Account === undefined) {
    throw invalidRequest("Account must be specified if the Owner in AccessControlTranslation has a value");
  }
  validateMeasures(Destination);
  validateEncryption(rule);
}

/** The only limit, in minutes, that a replication may be held to. */
const timeControl = 15;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html */
function validateMeasures({ ReplicationTime, Metrics }: S3.Destination = { Bucket: undefined }): void {
  const isTimed = ReplicationTime?.Status === "Enabled";
  const threshold = Metrics?.EventThreshold;
  if (ReplicationTime !== undefined) {
    if (Metrics === undefined) {
      throw invalidRequest("Replication destination must contain both ReplicationTime and Metrics or neither.");
    }
    if (ReplicationTime.Time?.Minutes !== timeControl) {
      throw invalidArgument("Invalid time minute value", "ReplicationTime");
    }
  }
  if (isTimed && threshold === undefined) {
    throw invalidArgument("ReplicationMetrics must contain an event threshold", "ReplicationMetrics");
  }
  if (isTimed && threshold?.Minutes !== timeControl) {
    throw invalidArgument("Invalid event threshold minute value", "ReplicationMetrics");
  }
  if (!isTimed && threshold !== undefined) {
    throw invalidArgument(
      "Metrics cannot contain an event threshold when ReplicationTime is not specified or Disabled",
      "Metrics",
    );
  }
}

/** What KMS encrypts is copied under a key of the destination's region: one without the other says too little. */
function validateEncryption({ SourceSelectionCriteria, Destination }: S3.ReplicationRule): void {
  if (SourceSelectionCriteria !== undefined && Object.keys(SourceSelectionCriteria).length === 0) {
    throw invalidRequest("SourceSelectionCriteria cannot be empty.");
  }
  const criterion = SourceSelectionCriteria?.SseKmsEncryptedObjects;
  const encryption = Destination?.EncryptionConfiguration;
  if (encryption !== undefined && criterion === undefined) {
    throw invalidRequest("SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.");
  }
  const key = encryption?.ReplicaKmsKeyID ?? "";
  if (criterion !== undefined && key === "") {
    throw invalidRequest("ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present.");
  }
  if (key !== "" && !/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:(?:key|alias)\/.+$/.test(key)) {
    throw invalidArgument("Invalid ReplicaKmsKeyID ARN.", "ReplicaKmsKeyID", key);
  }
}

function missingInNewForm(member: string) {
  return invalidRequest(
    `${member} must be specified for this version of Cross Region Replication configuration schema. ${guide}`,
  );
}

export function hasTags(filter: S3.ReplicationRuleFilter | undefined): boolean {
  return filter?.Tag !== undefined || (filter?.And?.Tags ?? []).length > 0;
}

/** @throws InvalidArgument for what is no bucket's ARN */
export function destinationName(destination: S3.Destination | undefined): string {
  const name = /^arn:aws[\w-]*:s3:::([a-z0-9.-]{3,63})$/.exec(destination?.Bucket ?? "")?.[1];
  if (name === undefined) throw invalidArgument("Invalid bucket ARN", "Bucket", destination?.Bucket);
  return name;
}

/** Whether a rule is for changes of replicas, too. */
export function takesReplicaChanges({ SourceSelectionCriteria }: S3.ReplicationRule): boolean {
  return SourceSelectionCriteria?.ReplicaModifications?.Status === "Enabled";
}

/** Whether a rule is for what KMS encrypts, too: by itself none is. */
export function takesEncrypted(rule: S3.ReplicationRule, algorithm: string | undefined): boolean {
  if (!isEncryption(algorithm) || algorithm === "AES256") return true;
  return rule.SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status === "Enabled";
}
