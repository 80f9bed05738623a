import { isRange } from "../../auth/policy/conditions.ts";
import type { Policy, Statement } from "../../auth/policy/policy.ts";
import { PolicyProblem } from "../../auth/policy/policy.ts";
import { fitsWildcards } from "../../auth/policy/wildcards.ts";

const listings = ["ListBucket", "ListBucketVersions"];
const ofLists = ["PutObject", "PutObjectAcl", "PutObjectVersionAcl", "PutBucketAcl", "CreateBucket"];
const ofVersions = [
  ...["DeleteObjectVersion", "DeleteObjectVersionTagging", "GetObjectVersion", "GetObjectVersionAcl"],
  ...["GetObjectVersionAttributes", "GetObjectVersionTagging", "GetObjectVersionTorrent", "PutObjectVersionAcl"],
  "PutObjectVersionTagging",
];
const ofTaggedObjects = [
  ...["DeleteObjectTagging", "DeleteObjectVersionTagging", "GetObject", "GetObjectAcl", "GetObjectAttributes"],
  ...["GetObjectTagging", "GetObjectVersion", "GetObjectVersionAcl", "GetObjectVersionAttributes"],
  ...["GetObjectVersionTagging", "PutObjectAcl", "PutObjectTagging", "PutObjectVersionAcl", "PutObjectVersionTagging"],
];
const ofTags = ["PutObject", "PutObjectTagging", "PutObjectVersionTagging"];
const encrypting = ["PutObject", "ReplicateObject"];
const retaining = ["PutObject", "PutObjectRetention"];

/**
 * The condition keys of S3 in lower case, and the actions whose requests have them: none stands for every action.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */
const actionsByKey: Readonly<Record<string, readonly string[] | undefined>> = {
  ...Object.fromEntries(
    [
      ...["accessgrantsinstancearn", "accesspointnetworkorigin", "accesspointtag", "authtype", "buckettag"],
      ...["dataaccesspointaccount", "dataaccesspointarn", "existingjoboperation", "existingjobpriority"],
      ...["jobsuspendedcause", "requestjoboperation", "requestjobpriority", "resourceaccount", "signatureage"],
      ...["signatureversion", "tlsversion", "x-amz-content-sha256"],
    ].map((key) => [key, undefined]),
  ),
  delimiter: listings,
  destinationregion: ["PauseReplication"],
  existingobjecttag: ofTaggedObjects,
  "if-match": ["PutObject", "GetObject", "DeleteObject"],
  "if-none-match": ["PutObject", "GetObject"],
  inventoryaccessibleoptionalfields: ["PutInventoryConfiguration"],
  isreplicationpauserequest: ["PutReplicationConfiguration"],
  locationconstraint: ["CreateBucket"],
  "max-keys": listings,
  "object-lock-event-hold": retaining,
  "object-lock-event-hold-duration-days": retaining,
  "object-lock-legal-hold": ["PutObject", "PutObjectLegalHold"],
  "object-lock-mode": retaining,
  "object-lock-remaining-retention-days": retaining,
  "object-lock-retain-until-date": retaining,
  objectcreationoperation: ["PutObject"],
  prefix: listings,
  requestobjecttag: ofTags,
  requestobjecttagkeys: ofTags,
  versionid: ofVersions,
  "x-amz-acl": ofLists,
  "x-amz-copy-source": ["PutObject"],
  "x-amz-grant-full-control": ofLists,
  "x-amz-grant-read": ofLists,
  "x-amz-grant-read-acp": ofLists,
  "x-amz-grant-write": ofLists,
  "x-amz-grant-write-acp": ofLists,
  "x-amz-metadata-directive": ["PutObject"],
  "x-amz-object-ownership": ["CreateBucket"],
  "x-amz-server-side-encryption": encrypting,
  "x-amz-server-side-encryption-aws-kms-key-id": encrypting,
  "x-amz-server-side-encryption-customer-algorithm": encrypting,
  "x-amz-storage-class": ["PutObject", "PutObjectAcl", "PutObjectVersionAcl"],
  "x-amz-website-redirect-location": ["PutObject"],
};

/** @throws PolicyProblem for a condition key that S3 does not have, or that no action of its statement has */
export function checkConditionKeys({ statements }: Policy): void {
  for (const statement of statements) {
    for (const { key } of statement.conditions) checkKey(statement, key);
  }
}

/**
 * Recorded of ArnEquals with the id of a VPC (decision 0150).
 * @throws PolicyProblem for a condition on ARNs with a value that cannot be one
 */
export function checkArns({ statements }: Policy): void {
  const ofArns = statements.flatMap(({ conditions }) =>
    conditions.filter(({ operator }) => operator.startsWith("Arn")),
  );
  if (ofArns.every(({ values }) => values.every((value) => /^(?:arn:|[*?]|\$\{)/.test(value)))) return;
  throw new PolicyProblem("Invalid ARN in Conditions");
}

/**
 * Of all other values S3 looks at addresses alone: https://github.com/scality/cloudserver/pull/5501
 * @throws PolicyProblem for a condition on addresses with a value that is none, and no range
 */
export function checkAddresses({ statements }: Policy): void {
  const ofAddresses = statements.flatMap(({ conditions }) =>
    conditions.filter(({ operator }) => operator === "IpAddress" || operator === "NotIpAddress"),
  );
  if (ofAddresses.every(({ values }) => values.every(isRange))) return;
  throw new PolicyProblem("Invalid IP address in Conditions");
}

function checkKey({ action }: Statement, key: string): void {
  const name = /^s3:([^/]*)/.exec(key)?.[1];
  if (name === undefined) return;
  if (!Object.hasOwn(actionsByKey, name)) throw new PolicyProblem("Policy has an invalid condition key");
  const actions = actionsByKey[name];
  if (actions === undefined || action.except) return;
  const applies = action.values.some((pattern) =>
    actions.some((each) => fitsWildcards(pattern.toLowerCase(), `s3:${each}`.toLowerCase())),
  );
  if (!applies) {
    throw new PolicyProblem("Conditions do not apply to combination of actions and resources in statement");
  }
}
