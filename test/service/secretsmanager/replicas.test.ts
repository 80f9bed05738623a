import { randomBytes } from "node:crypto";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
  StopReplicationToReplicaCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";

// docs/decisions/0174-replicas-of-secrets.md

const here = "us-east-1";
const there = "us-east-2";
const kmsKeyId = "alias/aws/secretsmanager";
const ofReplica =
  "InvalidParameterException Operation not permitted on a replica secret. Call must be made in primary secret's region.";
const notThere = "ResourceNotFoundException Secrets Manager can't find the specified secret.";

describe("secretsmanager replicas", () => {
  let aws: TestServer;
  let primary: SecretsManagerClient;
  let other: SecretsManagerClient;
  before(async () => {
    aws = await startLocalAws();
    primary = new SecretsManagerClient({ ...aws.clientConfig, region: here });
    other = new SecretsManagerClient({ ...aws.clientConfig, region: there });
  });
  after(async () => {
    primary?.destroy();
    other?.destroy();
    await aws?.stop();
  });

  async function create(changes: object = {}) {
    const Name = `app-${randomBytes(6).toString("hex")}`;
    const made = await primary.send(
      new CreateSecretCommand({ Name, SecretString: "first", Description: "mine", ...changes }),
    );
    const arn = made.ARN ?? "";
    return { ...made, Name, arn, replica: arn.replace(here, there) };
  }
  const replicate = (SecretId: string, changes: object = {}) =>
    primary.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: there }], ...changes }));
  const describeAt = (client: SecretsManagerClient, SecretId: string) =>
    client.send(new DescribeSecretCommand({ SecretId }));
  const refusal = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof SecretsManagerServiceException)) throw new Error(`No error of the service: ${error}`);
    return `${error.name} ${error.message}`;
  };

  it("have what the primary secret has, and what it is changed to", async () => {
    const { arn, replica } = await create({ Tags: [{ Key: "stage", Value: "test" }] });
    expect((await replicate(arn)).ReplicationStatus).to.deep.equal([
      { Region: there, KmsKeyId: kmsKeyId, Status: "InProgress" },
    ]);
    expect(await describeAt(primary, arn)).to.deep.include({
      PrimaryRegion: here,
      ReplicationStatus: [
        { Region: there, KmsKeyId: kmsKeyId, Status: "InSync", StatusMessage: "Replication succeeded" },
      ],
    });
    expect(await describeAt(other, replica)).to.deep.include({
      ...{ ARN: replica, Description: "mine", KmsKeyId: kmsKeyId, PrimaryRegion: here },
      Tags: [{ Key: "stage", Value: "test" }],
    });
    await primary.send(new PutSecretValueCommand({ SecretId: arn, SecretString: "second" }));
    await primary.send(new UpdateSecretCommand({ SecretId: arn, Description: "changed" }));
    await primary.send(new UntagResourceCommand({ SecretId: arn, TagKeys: ["stage"] }));
    const statement = { Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "*", Resource: "*" };
    const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await primary.send(new PutResourcePolicyCommand({ SecretId: arn, ResourcePolicy }));
    expect(await other.send(new GetSecretValueCommand({ SecretId: replica }))).to.include({ SecretString: "second" });
    const before = await other.send(new GetSecretValueCommand({ SecretId: replica, VersionStage: "AWSPREVIOUS" }));
    expect(before.SecretString).to.equal("first");
    expect(await describeAt(other, replica)).to.deep.include({ Description: "changed", Tags: [] });
    const policy = await other.send(new GetResourcePolicyCommand({ SecretId: replica }));
    expect(JSON.parse(policy.ResourcePolicy ?? "").Statement).to.deep.equal([statement]);
  });

  it("are changed and deleted by the primary secret's region alone", async () => {
    const { arn, replica } = await create({ AddReplicaRegions: [{ Region: there }] });
    const SecretId = replica;
    for (const call of [
      () => other.send(new PutSecretValueCommand({ SecretId, SecretString: "other" })),
      () => other.send(new UpdateSecretCommand({ SecretId, Description: "other" })),
      () => other.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "a", Value: "b" }] })),
      () => other.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })),
      () => other.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: "eu-west-1" }] })),
    ]) {
      expect(await refusal(call())).to.equal(ofReplica);
    }
    const remove = new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true });
    expect(await refusal(primary.send(remove))).to.equal(
      `InvalidParameterException You can't delete secret ${arn} that still has replica regions [us-east-2].`,
    );
    const removed = new RemoveRegionsFromReplicationCommand({ SecretId: arn, RemoveReplicaRegions: [there] });
    expect((await primary.send(removed)).ReplicationStatus).to.deep.equal([]);
    expect(await refusal(describeAt(other, replica))).to.equal(notThere);
    expect(await describeAt(primary, arn)).not.to.have.any.keys("PrimaryRegion", "ReplicationStatus");
    await primary.send(remove);
  });

  it("are made with the secret, with a key of their own, and are found by their primary region", async () => {
    const { arn, Name, ReplicationStatus } = await create({
      AddReplicaRegions: [{ Region: there, KmsKeyId: "alias/there" }],
    });
    expect(ReplicationStatus).to.deep.equal([{ Region: there, KmsKeyId: "alias/there", Status: "InProgress" }]);
    const Filters = [
      { Key: "primary-region" as const, Values: [here] },
      { Key: "name" as const, Values: [Name] },
    ];
    for (const client of [primary, other]) {
      const { SecretList = [] } = await client.send(new ListSecretsCommand({ Filters }));
      expect(SecretList.map(({ PrimaryRegion }) => PrimaryRegion)).to.deep.equal([here]);
    }
    expect((await describeAt(primary, arn)).ReplicationStatus?.[0]?.Status).to.equal("InSync");
  });

  it("fail where there is another secret of that name, unless they are to replace it", async () => {
    const { arn, Name, replica } = await create();
    const mine = await other.send(new CreateSecretCommand({ Name, SecretString: "another" }));
    await replicate(arn);
    expect((await describeAt(primary, arn)).ReplicationStatus).to.deep.equal([
      {
        ...{ Region: there, KmsKeyId: kmsKeyId, Status: "Failed" },
        StatusMessage: `Replication failed: Secret name ${Name} already exists in region us-east-2.`,
      },
    ]);
    expect((await other.send(new GetSecretValueCommand({ SecretId: Name }))).SecretString).to.equal("another");
    await replicate(arn, { ForceOverwriteReplicaSecret: true });
    expect((await describeAt(primary, arn)).ReplicationStatus?.[0]?.Status).to.equal("InSync");
    expect(await refusal(describeAt(other, mine.ARN ?? ""))).to.equal(notThere);
    expect((await other.send(new GetSecretValueCommand({ SecretId: replica }))).SecretString).to.equal("first");
  });

  it("go their own way when their replication is stopped", async () => {
    const { arn, replica } = await create({ AddReplicaRegions: [{ Region: there }] });
    expect(await refusal(primary.send(new StopReplicationToReplicaCommand({ SecretId: arn })))).to.equal(
      "InvalidParameterException Operation not permitted on a primary secret. Call must be made in replica secret's region.",
    );
    const stopped = await other.send(new StopReplicationToReplicaCommand({ SecretId: replica }));
    expect(stopped.ARN).to.equal(replica);
    expect(await describeAt(other, replica)).not.to.have.property("PrimaryRegion");
    expect(await describeAt(primary, arn)).not.to.have.property("PrimaryRegion");
    await other.send(new PutSecretValueCommand({ SecretId: replica, SecretString: "mine" }));
    await primary.send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
    expect((await other.send(new GetSecretValueCommand({ SecretId: replica }))).SecretString).to.equal("mine");
  });

  it("are refused in the secret's own region", async () => {
    const { arn } = await create();
    expect(await refusal(replicate(arn, { AddReplicaRegions: [{ Region: here }] }))).to.equal(
      "InvalidParameterException Invalid replica region.",
    );
    expect(await refusal(create({ AddReplicaRegions: [{ Region: here }] }))).to.equal(
      "InvalidParameterException Invalid replica region.",
    );
  });
});
