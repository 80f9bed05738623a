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

  function replicate(destination: Partial<Destination>, more: Partial<ReplicationRule> = {}) {
    const Rule: ReplicationRule = {
      ...{ Status: "Enabled", Priority: 1, Filter: { Prefix: "" } },
      ...{ DeleteMarkerReplication: { Status: "Disabled" }, ...more },
      Destination: { Bucket: `arn:aws:s3:::${target}`, ...destination },
    };
    const Role = "arn:aws:iam::000000000000:role/replication";
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
    await replicate({}, { SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: "Disabled" } } });
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
      "InvalidRequest: Metrics must be specified with ReplicationTime.",
    ],
    ["another time", timed(20), {}, "InvalidArgument: The time and the event threshold must be 15 minutes."],
    [
      "a key for what is not copied",
      { EncryptionConfiguration },
      {},
      "InvalidRequest: SseKmsEncryptedObjects must be specified if EncryptionConfiguration tag is present.",
    ],
    [
      "no key for what KMS encrypts",
      {},
      { SourceSelectionCriteria },
      "InvalidRequest: EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present.",
    ],
  ];
  for (const [what, destination, rule, refused] of cases) {
    it(`refuses ${what} with ${refused.split(":", 1)}`, async () => {
      const { code, message } = await refusal(replicate(destination, rule));
      expect(`${code}: ${message}`).to.equal(refused);
    });
  }

  it("refuses an And of one condition with MalformedXML", async () => {
    const { code } = await refusal(replicate({}, { Filter: { And: { Prefix: "a" } } }));
    expect(code).to.equal("MalformedXML");
  });
});
