import {
  type Destination,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type ReplicationRule,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusal } from "./s3-support.ts";

describe("s3 PutBucketReplication", () => {
  let aws: TestServer;
  let source: string;
  let target: string;
  before(async () => {
    aws = await startLocalAws();
    [source, target] = [await newBucket(aws), await newBucket(aws)];
    for (const Bucket of [source, target]) {
      await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    }
  });
  after(() => aws.stop());

  function replicate(
    destination: Partial<Destination>,
    more: Partial<ReplicationRule> = {},
    Role = "arn:aws:iam::000000000000:role/replication",
  ) {
    const Rule: ReplicationRule = {
      ...{ Status: "Enabled", Priority: 1, Filter: { Prefix: "" } },
      ...{ DeleteMarkerReplication: { Status: "Disabled" }, ...more },
      Destination: { Bucket: `arn:aws:s3:::${target}`, ...destination },
    };
    const ReplicationConfiguration = { Role, Rules: [Rule] };
    return aws.s3.send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }));
  }

  const timed = (Minutes: number) => ({
    ReplicationTime: { Status: "Enabled" as const, Time: { Minutes } },
    Metrics: { Status: "Enabled" as const, EventThreshold: { Minutes } },
  });
  const EncryptionConfiguration = { ReplicaKmsKeyID: "arn:aws:kms:us-east-1:000000000000:key/k" };
  const SourceSelectionCriteria = { SseKmsEncryptedObjects: { Status: "Enabled" as const } };

  it("takes measures and times, and what KMS encrypts with a key for it", async () => {
    await replicate(timed(15));
    await replicate({ Metrics: { Status: "Enabled" } });
    await replicate({ EncryptionConfiguration }, { SourceSelectionCriteria });
    await replicate({ Account: "anybody" });
  });

  const cases: readonly [
    what: string,
    destination: Partial<Destination>,
    rule: Partial<ReplicationRule>,
    code: string,
  ][] = [
    [
      "a threshold without a time",
      { Metrics: { Status: "Enabled", EventThreshold: { Minutes: 15 } } },
      {},
      "InvalidArgument: Metrics cannot contain an event threshold when ReplicationTime is not specified or Disabled",
    ],
    [
      "a time that is not measured",
      { ReplicationTime: timed(15).ReplicationTime },
      {},
      "InvalidRequest: Replication destination must contain both ReplicationTime and Metrics or neither.",
    ],
    ["another time", timed(20), {}, "InvalidArgument: Invalid time minute value"],
    [
      "a time without a threshold",
      { ...timed(15), Metrics: { Status: "Enabled" } },
      {},
      "InvalidArgument: ReplicationMetrics must contain an event threshold",
    ],
    [
      "another threshold",
      { ...timed(15), Metrics: timed(20).Metrics },
      {},
      "InvalidArgument: Invalid event threshold minute value",
    ],
    [
      "a key for what is not copied",
      { EncryptionConfiguration },
      {},
      "InvalidRequest: SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.",
    ],
    [
      "no key for what KMS encrypts",
      {},
      { SourceSelectionCriteria },
      "InvalidRequest: ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present.",
    ],
    [
      "a key that is no ARN",
      { EncryptionConfiguration: { ReplicaKmsKeyID: "k" } },
      { SourceSelectionCriteria },
      "InvalidArgument: Invalid ReplicaKmsKeyID ARN.",
    ],
    [
      "criteria that are none",
      {},
      { SourceSelectionCriteria: {} },
      "InvalidRequest: SourceSelectionCriteria cannot be empty.",
    ],
    ["a priority below 0", {}, { Priority: -1 }, "InvalidRequest: Priority must be between 0 and 2147483647."],
    [
      "another owner without an account",
      { AccessControlTranslation: { Owner: "Destination" } },
      {},
      "InvalidRequest: Account must be specified if the Owner in AccessControlTranslation has a value",
    ],
    [
      "a tag twice",
      {},
      {
        Filter: {
          And: {
            Tags: [
              { Key: "a", Value: "b" },
              { Key: "a", Value: "c" },
            ],
          },
        },
      },
      "InvalidRequest: Duplicate Tag Keys are not allowed.",
    ],
    ["an id that is too long", {}, { ID: "x".repeat(256) }, "InvalidArgument: Rule Id cannot be greater than 255"],
    [
      "what is there already",
      {},
      { ExistingObjectReplication: { Status: "Enabled" } },
      "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema",
    ],
  ];
  for (const [what, destination, rule, refused] of cases) {
    it(`refuses ${what} with ${refused.split(":", 1)}`, async () => {
      const { code, message } = await refusal(replicate(destination, rule));
      expect(`${code}: ${message}`).to.equal(refused);
    });
  }

  const roles: [role: string, refused: string][] = [
    ["replication", "InvalidArgument 400: Invalid Role specified in replication configuration"],
    ["arn:aws:iam::000000000000:user/me", "InvalidArgument 400: The relative id should start with role"],
    ["arn:aws:iam::222222222222:role/theirs", "AccessDenied 403: Cross-account pass role is not allowed."],
  ];
  for (const [role, refused] of roles) {
    it(`refuses ${role} as a role with ${refused.split(":", 1)}`, async () => {
      const { code, status, message } = await refusal(replicate({}, {}, role));
      expect(`${code} ${status}: ${message}`).to.equal(refused);
    });
  }

  it("refuses an And of one condition with MalformedXML", async () => {
    const { code } = await refusal(replicate({}, { Filter: { And: { Prefix: "a" } } }));
    expect(code).to.equal("MalformedXML");
  });
});
