import type * as S3 from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket-access.ts";
import { invalidArgument, invalidRequest, malformedXml } from "./errors.ts";
import { validateConditions } from "./filter-conditions.ts";
import { isEncryption } from "./object-encryption.ts";
import { storageClass } from "./object-metadata.ts";

const maxRules = 1000;
const maxIdLength = 255;
const guide = "Please refer to S3 Developer Guide for more information.";

/**
 * Checks a configuration by itself, without its destinations.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
 */
export function validateReplication(bucket: Bucket, { Role = "", Rules = [] }: S3.ReplicationConfiguration): void {
  const account = /^arn:aws[\w-]*:iam::(\d{12}):role\/.+$/.exec(Role)?.[1];
  if (account === undefined) throw invalidArgument("Invalid Role ARN", "Role", Role);
  // What the role may do in other accounts' buckets is for its own account to hand out.
  if (account !== bucket.account_id) throw invalidRequest("Cross-account pass role is not allowed.");
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
    if (priorities.has(Priority)) throw invalidRequest(`Found duplicate priority ${Priority}`);
    priorities.add(Priority);
  }
}

function validateRule(bucket: Bucket, rule: S3.ReplicationRule): void {
  const { ID = "", Status, Filter, Prefix, Priority, DeleteMarkerReplication, Destination } = rule;
  if (ID.length > maxIdLength) {
    throw invalidArgument(`ID length should not exceed allowed limit of ${maxIdLength}`, "ID", ID);
  }
  if (Status !== "Enabled" && Status !== "Disabled") throw malformedXml();
  if (Filter !== undefined && Prefix !== undefined) throw malformedXml();
  const markers = DeleteMarkerReplication?.Status;
  if (markers !== undefined && markers !== "Enabled" && markers !== "Disabled") throw malformedXml();
  // A filter makes it one of the newer form.
  if (Filter !== undefined) {
    validateConditions(Filter);
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
    throw invalidRequest("Account must be specified with AccessControlTranslation.");
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
  if (threshold !== undefined && !isTimed) {
    throw invalidArgument(
      "Metrics cannot contain an event threshold when ReplicationTime is not specified or Disabled",
      "EventThreshold",
      threshold.Minutes,
    );
  }
  if (!isTimed) return;
  if (Metrics?.Status !== "Enabled") throw invalidRequest("Metrics must be specified with ReplicationTime.");
  for (const minutes of [ReplicationTime.Time?.Minutes, threshold?.Minutes]) {
    if (minutes === timeControl) continue;
    throw invalidArgument(`The time and the event threshold must be ${timeControl} minutes.`, "Minutes", minutes);
  }
}

/** What KMS encrypts is copied under a key of the destination's region: one without the other says too little. */
function validateEncryption({ SourceSelectionCriteria, Destination }: S3.ReplicationRule): void {
  const criterion = SourceSelectionCriteria?.SseKmsEncryptedObjects;
  const encryption = Destination?.EncryptionConfiguration;
  if (encryption !== undefined && criterion === undefined) {
    throw invalidRequest("SseKmsEncryptedObjects must be specified if EncryptionConfiguration tag is present.");
  }
  if (criterion?.Status === "Enabled" && encryption === undefined) {
    throw invalidRequest("EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present.");
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
