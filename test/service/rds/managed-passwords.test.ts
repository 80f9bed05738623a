import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  CreateDBSnapshotCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
  RestoreDBInstanceFromDBSnapshotCommand,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretsCommand,
  type ListSecretsCommandInput,
  PutSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "chai";
import pg from "pg";
import { run } from "../../support/acceptance.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { clusterRequest, createCluster, describeCluster, untilCluster, untilClusterGone } from "./db-clusters.ts";
import {
  createAvailable,
  describeInstance,
  masterPassword,
  uniqueIdentifier,
  untilGone,
  untilStatus,
  validRequest,
} from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { rejectionOf } from "./rejection.ts";

const managed = { ManageMasterUserPassword: true, MasterUserPassword: undefined };

describe("rds managed master passwords", () => {
  let aws: TestServer;
  let secrets: SecretsManagerClient;
  before(async () => {
    aws = await startLocalAws();
    secrets = new SecretsManagerClient(aws.clientConfig);
  });
  after(async () => {
    secrets.destroy();
    await aws.stop();
  });

  const secretOf = async (input: GetSecretValueCommandInput) => {
    const { SecretString = "", ...value } = await secrets.send(new GetSecretValueCommand(input));
    return { ...value, ...(JSON.parse(SecretString) as { username: string; password: string }) };
  };
  const failure = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof SecretsManagerServiceException)) throw new Error(`No error of the service: ${error}`);
    return `${error.name} ${error.$metadata.httpStatusCode} ${error.message}`;
  };
  const notThere = "ResourceNotFoundException 400 Secrets Manager can't find the specified secret.";
  const modify = async (identifier: string, changes: Partial<ModifyDBInstanceCommandInput>) => {
    const command = new ModifyDBInstanceCommand({ DBInstanceIdentifier: identifier, ...changes });
    const { DBInstance } = await aws.rds.send(command);
    await untilStatus(aws.rds, identifier, "available");
    return DBInstance;
  };
  const refused = async (call: Promise<unknown>) => {
    const { name, message } = await rejectionOf(call);
    return `${name} ${message}`;
  };

  it("are in a secret of the instance, until it is deleted", async () => {
    const request = validRequest(managed);
    const { DBInstance } = await aws.rds.send(new CreateDBInstanceCommand(request));
    expect(DBInstance?.MasterUserSecret?.SecretStatus).to.equal("creating");
    const id = request.DBInstanceIdentifier;
    const { MasterUserSecret, DBInstanceArn = "" } = await untilStatus(aws.rds, id, "available");
    const { SecretArn = "", ...shown } = MasterUserSecret ?? {};
    expect(SecretArn).to.match(
      /^arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!db-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-\w{6}$/,
    );
    const { KmsKeyId } = shown;
    expect(KmsKeyId).to.match(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(shown).to.deep.equal({ SecretStatus: "active", KmsKeyId });

    const { username, password, VersionId = "", ...value } = await secretOf({ SecretId: SecretArn });
    expect(username).to.equal("master");
    expect(password).to.match(/^[\w-]{28}$/);
    expect(value).to.deep.include({ ARN: SecretArn, VersionStages: ["AWSCURRENT"] });
    expect(value.CreatedDate).to.be.a("date");
    const { Name, Tags, ...described } = await secrets.send(new DescribeSecretCommand({ SecretId: SecretArn }));
    expect(described).to.deep.include({ KmsKeyId, OwningService: "rds", RotationEnabled: true });
    expect(described.VersionIdsToStages).to.deep.equal({ [VersionId]: ["AWSCURRENT"] });
    expect(Tags).to.deep.include({ Key: "aws:rds:primaryDBInstanceArn", Value: DBInstanceArn });
    for (const SecretId of [Name ?? "", SecretArn.slice(0, -7)]) {
      expect((await secretOf({ SecretId, VersionId })).password).to.equal(password);
    }

    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, id);
    expect(await failure(secretOf({ SecretId: SecretArn }))).to.equal(notThere);
  });

  it("are rotated, and the one before stays readable", async () => {
    const { DBInstanceIdentifier, MasterUserSecret } = await createAvailable(aws.rds, managed);
    const SecretId = MasterUserSecret?.SecretArn ?? "";
    const before = await secretOf({ SecretId });
    const answer = await modify(DBInstanceIdentifier, { RotateMasterUserPassword: true, ApplyImmediately: true });
    expect(answer?.MasterUserSecret).to.deep.include({ SecretArn: SecretId, SecretStatus: "rotating" });
    expect(answer?.PendingModifiedValues?.MasterUserPassword).to.equal("****");
    const after = await secretOf({ SecretId });
    expect(after.password).not.to.equal(before.password);
    expect(await secretOf({ SecretId, VersionStage: "AWSPREVIOUS" })).to.deep.include({ password: before.password });
    const { MasterUserSecret: shown, PendingModifiedValues } = await describeInstance(aws.rds, DBInstanceIdentifier);
    expect(shown?.SecretStatus).to.equal("active");
    expect(PendingModifiedValues ?? {}).not.to.have.property("MasterUserPassword");
    const { LastRotatedDate } = await secrets.send(new DescribeSecretCommand({ SecretId }));
    expect(LastRotatedDate).to.be.a("date");
  });

  it("begin and end with a modification", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const MasterUserSecretKmsKeyId = "alias/mine";
    const begun = await modify(DBInstanceIdentifier, { ManageMasterUserPassword: true, MasterUserSecretKmsKeyId });
    const { SecretArn: SecretId = "", ...shown } = begun?.MasterUserSecret ?? {};
    expect(shown).to.deep.equal({
      ...{ SecretStatus: "creating", KmsKeyId: "arn:aws:kms:us-east-1:000000000000:alias/mine" },
    });
    expect((await secretOf({ SecretId })).username).to.equal("master");
    await modify(DBInstanceIdentifier, { ManageMasterUserPassword: false, MasterUserPassword: masterPassword });
    expect(await describeInstance(aws.rds, DBInstanceIdentifier)).not.to.have.property("MasterUserSecret");
    expect(await failure(secretOf({ SecretId }))).to.equal(notThere);
  });

  it("are refused where they contradict the request", async () => {
    const both = validRequest({ ManageMasterUserPassword: true });
    expect(await refused(aws.rds.send(new CreateDBInstanceCommand(both)))).to.equal(
      "InvalidParameterValue MasterUserPassword and ManageMasterUserPassword are mutually exclusive. Specify only one of these parameters.",
    );
    const keyAlone = validRequest({ MasterUserSecretKmsKeyId: "alias/mine" });
    expect(await refused(aws.rds.send(new CreateDBInstanceCommand(keyAlone)))).to.equal(
      "InvalidParameterValue A ManageMasterUserPassword value is required when MasterUserSecretKmsKeyId is specified.",
    );
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, managed);
    const wrong: [Partial<ModifyDBInstanceCommandInput>, RegExp][] = [
      [{ MasterUserPassword: masterPassword }, /^InvalidParameterValue You can't specify MasterUserPassword/],
      [{ ManageMasterUserPassword: false }, /^InvalidParameterCombination MasterUserPassword must be provided/],
      [{ RotateMasterUserPassword: true }, /^InvalidParameterCombination You must specify ApplyImmediately/],
    ];
    for (const [changes, expected] of wrong)
      expect(await refused(modify(DBInstanceIdentifier, changes))).to.match(expected);
    const replica = { DBInstanceIdentifier: uniqueIdentifier(), SourceDBInstanceIdentifier: DBInstanceIdentifier };
    expect(await refused(aws.rds.send(new CreateDBInstanceReadReplicaCommand(replica)))).to.equal(
      "InvalidParameterValue Creating read replicas for source instance with engine postgres where ManageMasterUserPassword is enabled is not supported.",
    );
    const { DBInstanceIdentifier: other } = await createAvailable(aws.rds);
    const rotated = modify(other, { RotateMasterUserPassword: true, ApplyImmediately: true });
    expect(await refused(rotated)).to.match(/^InvalidParameterCombination You can't rotate/);
  });

  it("are the restored instance's own, where it asks for it", async () => {
    const { DBInstanceIdentifier, MasterUserSecret } = await createAvailable(aws.rds, managed);
    const DBSnapshotIdentifier = uniqueIdentifier();
    await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
    const wait = { client: aws.rds, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.1 };
    await waitUntilDBSnapshotAvailable(wait, { DBSnapshotIdentifier });
    const restore = async (ManageMasterUserPassword: boolean | undefined) => {
      const request = { DBInstanceIdentifier: uniqueIdentifier(), DBSnapshotIdentifier, ManageMasterUserPassword };
      await aws.rds.send(new RestoreDBInstanceFromDBSnapshotCommand(request));
      return await untilStatus(aws.rds, request.DBInstanceIdentifier, "available");
    };
    expect(await restore(undefined)).not.to.have.property("MasterUserSecret");
    const { MasterUserSecret: own } = await restore(true);
    expect(own?.SecretArn).not.to.equal(MasterUserSecret?.SecretArn);
    expect((await secretOf({ SecretId: own?.SecretArn })).username).to.equal("master");
  });

  it("are clusters' too, and not their members'", async () => {
    const both = clusterRequest({ ManageMasterUserPassword: true });
    expect(await refused(aws.rds.send(new CreateDBClusterCommand(both)))).to.match(
      /^InvalidParameterValue .* mutually exclusive/,
    );
    const { DBClusterIdentifier, MasterUserSecret } = await createCluster(aws.rds, managed);
    const SecretId = MasterUserSecret?.SecretArn ?? "";
    expect(SecretId).to.match(/:secret:rds!cluster-/);
    const before = await secretOf({ SecretId });
    const rotation = { DBClusterIdentifier, RotateMasterUserPassword: true, ApplyImmediately: true };
    const { DBCluster } = await aws.rds.send(new ModifyDBClusterCommand(rotation));
    expect(DBCluster?.MasterUserSecret?.SecretStatus).to.equal("rotating");
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect((await secretOf({ SecretId })).password).not.to.equal(before.password);
    expect((await describeCluster(aws.rds, DBClusterIdentifier)).MasterUserSecret?.SecretStatus).to.equal("active");
    const member = validRequest({
      ...{ DBClusterIdentifier, Engine: "aurora-postgresql", DBInstanceClass: "db.t4g.medium" },
      ...{ AllocatedStorage: undefined, MasterUsername: undefined, ...managed },
    });
    expect(await refused(aws.rds.send(new CreateDBInstanceCommand(member)))).to.match(
      /^InvalidParameterCombination .*Set master user password for the DB Cluster/,
    );
    await aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true }));
    await untilClusterGone(aws.rds, DBClusterIdentifier);
    expect(await failure(secretOf({ SecretId }))).to.equal(notThere);
  });

  describe("secretsmanager", () => {
    const list = async (input: ListSecretsCommandInput) => {
      const { SecretList = [], NextToken } = await secrets.send(new ListSecretsCommand(input));
      return { arns: SecretList.map(({ ARN }) => ARN), NextToken };
    };

    it("lists secrets by filters and in pages", async () => {
      const first = (await createAvailable(aws.rds, managed)).MasterUserSecret?.SecretArn;
      const instance = await createAvailable(aws.rds, managed);
      const second = instance.MasterUserSecret?.SecretArn;
      const { arns } = await list({ Filters: [{ Key: "owning-service", Values: ["rds"] }] });
      expect(arns.slice(0, 2)).to.deep.equal([second, first]);
      const ofInstance = { Key: "tag-value", Values: [instance.DBInstanceArn] } as const;
      expect((await list({ Filters: [{ ...ofInstance, Values: [instance.DBInstanceArn] }] })).arns).to.deep.equal([
        second,
      ]);
      expect((await list({ Filters: [{ Key: "name", Values: ["!rds"] }] })).arns).to.deep.equal([]);
      const page = await list({ MaxResults: 1 });
      expect(page.arns).to.deep.equal([second]);
      expect((await list({ MaxResults: 1, NextToken: page.NextToken })).arns).to.deep.equal([first]);
      expect(await failure(list({ NextToken: "x" }))).to.match(/^InvalidNextTokenException 400/);
      expect(await failure(list({ MaxResults: 101 }))).to.match(/^ValidationException 400 .*'maxResults'/);
    });

    it("lets nobody but RDS change what RDS manages", async () => {
      const { MasterUserSecret } = await createAvailable(aws.rds, managed);
      const SecretId = MasterUserSecret?.SecretArn;
      const { password } = await secretOf({ SecretId });
      for (const command of [
        new PutSecretValueCommand({ SecretId, SecretString: "{}" }),
        new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }),
      ] as const) {
        expect(await failure(secrets.send(command as PutSecretValueCommand))).to.match(
          /^InvalidRequestException 400 .* managed by rds\.$/,
        );
      }
      expect((await secretOf({ SecretId })).password).to.equal(password);
    });

    it("refuses what is not there, or not right", async () => {
      expect(await failure(secretOf({ SecretId: "mine" }))).to.equal(notThere);
      expect(await failure(secretOf({ SecretId: undefined }))).to.equal(
        "ValidationException 400 1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null",
      );
      const { MasterUserSecret } = await createAvailable(aws.rds, managed);
      const SecretId = MasterUserSecret?.SecretArn;
      expect(await failure(secretOf({ SecretId, VersionStage: "AWSPENDING" }))).to.match(
        /^ResourceNotFoundException 400 .* for staging label: AWSPENDING$/,
      );
      // biome-ignore lint/suspicious/noExplicitAny: the type is what is wrong here.
      const odd = secrets.send(new ListSecretsCommand({ MaxResults: "five" as any }));
      expect(await failure(odd)).to.match(/^SerializationException 400/);
      const foreign = new SecretsManagerClient({
        ...{ ...aws.clientConfig, credentials: { accessKeyId: "test", secretAccessKey: "wrong" } },
      });
      expect(await failure(foreign.send(new ListSecretsCommand({})))).to.match(/^InvalidSignatureException 400/);
      foreign.destroy();
    });

    it("refuses requests that are not signed, and bodies that are not JSON", async () => {
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.ListSecrets" };
      const unsigned = await fetch(aws.endpoint, { method: "POST", headers, body: "{}" });
      expect(unsigned.status).to.equal(400);
      expect(await unsigned.json()).to.include({ __type: "MissingAuthenticationTokenException" });
      const unknown = { ...headers, "x-amz-target": "secretsmanager.Nothing" };
      const answer = await fetch(aws.endpoint, { method: "POST", headers: unknown, body: "{" });
      expect(await answer.json()).to.include({ __type: "UnknownOperationException" });
    });

    describe("by the aws CLI", function () {
      this.timeout(180_000);
      this.slow(20_000);
      requires("awscli");

      it("gives the password of an instance", async () => {
        const { MasterUserSecret } = await createAvailable(aws.rds, managed);
        const SecretId = MasterUserSecret?.SecretArn ?? "";
        const env = { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
        const cli = (...args: string[]) => {
          const place = ["--endpoint-url", aws.endpoint, "--region", "us-east-1", "--output", "json"];
          return run("aws", ["secretsmanager", ...args, ...place], { env, cwd: aws.dataDir });
        };
        const { SecretString } = JSON.parse(await cli("get-secret-value", "--secret-id", SecretId));
        expect(JSON.parse(SecretString)).to.deep.include({ password: (await secretOf({ SecretId })).password });
        const refusal = await cli("get-secret-value", "--secret-id", "mine").catch(String);
        expect(refusal).to.match(/ResourceNotFoundException.*Secrets Manager can't find the specified secret\./);
      });
    });
  });
});

describe("rds managed master passwords on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let aws: TestServer;
  const restart = withRealDatabases((started) => {
    aws = started;
  });

  const passwordOf = async (SecretId: string | undefined) => {
    const secrets = new SecretsManagerClient(aws.clientConfig);
    try {
      const { SecretString = "" } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      const { password }: { password: string } = JSON.parse(SecretString);
      return password;
    } finally {
      secrets.destroy();
    }
  };
  const connects = async (identifier: string, password: string) => {
    const { Endpoint } = await describeInstance(aws.rds, identifier);
    const place = { host: Endpoint?.Address, port: Endpoint?.Port, user: "master", database: "postgres" };
    const client = new pg.Client({ ...place, password });
    try {
      await client.connect();
      return true;
    } catch (error) {
      expect(error).to.have.property("code", "28P01");
      return false;
    } finally {
      await client.end();
    }
  };

  it("are what the server takes, also after a rotation and a restart", async () => {
    const { DBInstanceIdentifier, MasterUserSecret } = await createAvailable(aws.rds, {
      ...{ ...managed, BackupRetentionPeriod: 0 },
    });
    const before = await passwordOf(MasterUserSecret?.SecretArn);
    expect(await connects(DBInstanceIdentifier, before)).to.equal(true);
    const rotation = { DBInstanceIdentifier, RotateMasterUserPassword: true, ApplyImmediately: true };
    await aws.rds.send(new ModifyDBInstanceCommand(rotation));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const after = await passwordOf(MasterUserSecret?.SecretArn);
    expect(await connects(DBInstanceIdentifier, before)).to.equal(false);
    expect(await connects(DBInstanceIdentifier, after)).to.equal(true);
    await restart();
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await passwordOf(MasterUserSecret?.SecretArn)).to.equal(after);
    expect(await connects(DBInstanceIdentifier, after)).to.equal(true);
  });
});
