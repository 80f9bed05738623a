import {
  CreateDBInstanceReadReplicaCommand,
  type CreateDBInstanceReadReplicaCommandInput,
  CreateDBParameterGroupCommand,
  DeleteDBInstanceCommand,
  DescribeEventsCommand,
  ModifyDBInstanceCommand,
  PromoteReadReplicaCommand,
  RDSClient,
  RebootDBInstanceCommand,
  StopDBInstanceCommand,
  SwitchoverReadReplicaCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { authToken } from "./auth-tokens.ts";
import {
  createAvailable,
  describeInstance,
  queryAsMaster,
  uniqueIdentifier,
  untilGone,
  untilStatus,
} from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { refusal, refused } from "./rejection.ts";

describe("rds read replicas", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const request = (source: string, changes: Partial<CreateDBInstanceReadReplicaCommandInput> = {}) =>
    aws.rds.send(
      new CreateDBInstanceReadReplicaCommand({
        ...{ DBInstanceIdentifier: uniqueIdentifier(), SourceDBInstanceIdentifier: source, ...changes },
      }),
    );

  async function replicate(source: string, changes: Partial<CreateDBInstanceReadReplicaCommandInput> = {}) {
    const { DBInstance } = await request(source, changes);
    const replica = await untilStatus(aws.rds, DBInstance?.DBInstanceIdentifier, "available");
    return { ...replica, DBInstanceIdentifier: replica.DBInstanceIdentifier ?? "" };
  }

  it("are as their source, but for backups and what the request says, and each names the other", async () => {
    const DBParameterGroupName = uniqueIdentifier();
    const group = { DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "of a test" };
    await aws.rds.send(new CreateDBParameterGroupCommand(group));
    const source = await createAvailable(aws.rds, {
      ...{ AllocatedStorage: 33, DBName: "orders", DeletionProtection: true, CopyTagsToSnapshot: true },
      ...{ DBParameterGroupName, Tags: [{ Key: "of", Value: "source" }] },
    });
    const changes = { DBInstanceClass: "db.t3.small", Tags: [{ Key: "of", Value: "replica" }] };
    const replica = await replicate(source.DBInstanceArn, changes);
    expect(replica).to.deep.include({
      ...{ AllocatedStorage: 33, DBName: "orders", MasterUsername: "master", EngineVersion: source.EngineVersion },
      ...{ DeletionProtection: false, CopyTagsToSnapshot: false, BackupRetentionPeriod: 0 },
      DBInstanceClass: "db.t3.small",
      TagList: changes.Tags,
      DBParameterGroups: source.DBParameterGroups,
      ReadReplicaSourceDBInstanceIdentifier: source.DBInstanceIdentifier,
      ReadReplicaDBInstanceIdentifiers: [],
      StatusInfos: [{ StatusType: "read replication", Status: "replicating", Normal: true }],
    });
    const second = await replicate(source.DBInstanceIdentifier);
    const names = [replica.DBInstanceIdentifier, second.DBInstanceIdentifier].sort();
    const described = await describeInstance(aws.rds, source.DBInstanceIdentifier);
    expect(described.ReadReplicaDBInstanceIdentifiers).to.deep.equal(names);
    await aws.rds.send(
      new DeleteDBInstanceCommand({ DBInstanceIdentifier: second.DBInstanceIdentifier, SkipFinalSnapshot: true }),
    );
    await untilGone(aws.rds, second.DBInstanceIdentifier);
    expect(
      (await describeInstance(aws.rds, source.DBInstanceIdentifier)).ReadReplicaDBInstanceIdentifiers,
    ).to.deep.equal([replica.DBInstanceIdentifier]);
  });

  it("and their source are known by their new names", async () => {
    const source = await createAvailable(aws.rds);
    const replica = await replicate(source.DBInstanceIdentifier);
    const rename = async (DBInstanceIdentifier: string) => {
      const NewDBInstanceIdentifier = uniqueIdentifier();
      const change = { DBInstanceIdentifier, NewDBInstanceIdentifier, ApplyImmediately: true };
      await aws.rds.send(new ModifyDBInstanceCommand(change));
      await untilGone(aws.rds, DBInstanceIdentifier);
      return NewDBInstanceIdentifier;
    };
    const renamedReplica = await rename(replica.DBInstanceIdentifier);
    const renamedSource = await rename(source.DBInstanceIdentifier);
    await eventually("each names the other by its new name", async () => {
      const [one, other] = await Promise.all([
        describeInstance(aws.rds, renamedReplica),
        describeInstance(aws.rds, renamedSource),
      ]);
      return (
        one.ReadReplicaSourceDBInstanceIdentifier === renamedSource &&
        other.ReadReplicaDBInstanceIdentifiers?.join() === renamedReplica
      );
    });
  });

  it("follow a source in another region, and each names the other by its ARN", async () => {
    const europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
    const DBParameterGroupName = uniqueIdentifier();
    const group = { DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "of one region" };
    await aws.rds.send(new CreateDBParameterGroupCommand(group));
    const source = await createAvailable(aws.rds, { DBParameterGroupName });
    const DBInstanceIdentifier = uniqueIdentifier();
    const own = { DBInstanceIdentifier, SourceDBInstanceIdentifier: source.DBInstanceArn };
    await europe.send(new CreateDBInstanceReadReplicaCommand(own));
    const replica = await untilStatus(europe, DBInstanceIdentifier, "available");
    expect(replica).to.deep.include({
      ReadReplicaSourceDBInstanceIdentifier: source.DBInstanceArn,
      DBInstanceArn: source.DBInstanceArn.replace("us-east-1", "eu-west-1").replace(/[^:]+$/, DBInstanceIdentifier),
      AvailabilityZone: "eu-west-1a",
      DBParameterGroups: [{ DBParameterGroupName: "default.postgres17", ParameterApplyStatus: "in-sync" }],
    });
    const { ReadReplicaDBInstanceIdentifiers } = await describeInstance(aws.rds, source.DBInstanceIdentifier);
    expect(ReadReplicaDBInstanceIdentifiers).to.deep.equal([replica.DBInstanceArn]);
    const NewDBInstanceIdentifier = uniqueIdentifier();
    const change = { DBInstanceIdentifier, NewDBInstanceIdentifier, ApplyImmediately: true };
    await europe.send(new ModifyDBInstanceCommand(change));
    const renamed = await eventually("its source uses its new name", async () => {
      const { ReadReplicaDBInstanceIdentifiers: [name] = [] } = await describeInstance(
        aws.rds,
        own.SourceDBInstanceIdentifier,
      );
      return name?.endsWith(`:${NewDBInstanceIdentifier}`) && name;
    });
    expect(renamed).to.match(/^arn:aws:rds:eu-west-1:/);
    await europe.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: NewDBInstanceIdentifier }));
    const promoted = await untilStatus(europe, NewDBInstanceIdentifier, "available");
    expect(promoted).not.to.have.property("ReadReplicaSourceDBInstanceIdentifier");
    expect(
      (await describeInstance(aws.rds, source.DBInstanceIdentifier)).ReadReplicaDBInstanceIdentifiers,
    ).to.deep.equal([]);
  });

  it("in another region are promoted with their source's deletion, but for PostgreSQL's, which wait for their owner", async () => {
    const europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
    const replicaOf = async (changes: Parameters<typeof createAvailable>[1]) => {
      const source = await createAvailable(aws.rds, changes);
      const DBInstanceIdentifier = uniqueIdentifier();
      await europe.send(
        new CreateDBInstanceReadReplicaCommand({
          ...{ DBInstanceIdentifier, SourceDBInstanceIdentifier: source.DBInstanceArn },
        }),
      );
      await untilStatus(europe, DBInstanceIdentifier, "available");
      const { DBInstanceIdentifier: name } = source;
      await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, SkipFinalSnapshot: true }));
      await untilGone(aws.rds, name);
      return { source, replica: await untilStatus(europe, DBInstanceIdentifier, "available") };
    };
    const mysql = await replicaOf({ Engine: "mysql" });
    expect(mysql.replica).not.to.have.property("ReadReplicaSourceDBInstanceIdentifier");
    const { source, replica } = await replicaOf({});
    expect(replica.ReadReplicaSourceDBInstanceIdentifier).to.equal(source.DBInstanceArn);
    expect(replica.StatusInfos?.[0]).to.include({ Status: "terminated", Normal: false });
    const another = await createAvailable(aws.rds, { DBInstanceIdentifier: source.DBInstanceIdentifier });
    await aws.rds.send(
      new DeleteDBInstanceCommand({ DBInstanceIdentifier: another.DBInstanceIdentifier, SkipFinalSnapshot: true }),
    );
    await untilGone(aws.rds, another.DBInstanceIdentifier);
    const { DBInstanceIdentifier } = replica;
    await europe.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier }));
    const promoted = await untilStatus(europe, DBInstanceIdentifier, "available");
    expect(promoted).not.to.have.any.keys("ReadReplicaSourceDBInstanceIdentifier", "StatusInfos");
  });

  it("of another region's encrypted source ask for a key of their own region", async () => {
    const europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
    const source = await createAvailable(aws.rds, { StorageEncrypted: true });
    const own = { DBInstanceIdentifier: uniqueIdentifier(), SourceDBInstanceIdentifier: source.DBInstanceArn };
    expect(await refused(europe.send(new CreateDBInstanceReadReplicaCommand(own)))).to.equal(
      "InvalidParameterCombination 400",
    );
    const KmsKeyId = "arn:aws:kms:eu-west-1:000000000000:key/0d2ba1d0-1c6c-4f6d-9c3d-1a2b3c4d5e6f";
    await europe.send(new CreateDBInstanceReadReplicaCommand({ ...own, KmsKeyId }));
    const replica = await untilStatus(europe, own.DBInstanceIdentifier, "available");
    expect(replica).to.deep.include({ StorageEncrypted: true, KmsKeyId });
  });

  it("become instances of their own by PromoteReadReplica, with backups", async () => {
    const source = await createAvailable(aws.rds);
    const { DBInstanceIdentifier } = await replicate(source.DBInstanceIdentifier);
    const promotion = { DBInstanceIdentifier, BackupRetentionPeriod: 3 };
    const { DBInstance } = await aws.rds.send(new PromoteReadReplicaCommand(promotion));
    expect(DBInstance?.DBInstanceStatus).to.equal("modifying");
    const promoted = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(promoted.BackupRetentionPeriod).to.equal(3);
    expect(promoted).not.to.have.any.keys("ReadReplicaSourceDBInstanceIdentifier", "StatusInfos");
    const described = await describeInstance(aws.rds, source.DBInstanceIdentifier);
    expect(described.ReadReplicaDBInstanceIdentifiers).to.deep.equal([]);
    expect(await refused(aws.rds.send(new PromoteReadReplicaCommand(promotion)))).to.equal(
      "InvalidDBInstanceStateFault 400",
    );
    const { Events = [] } = await aws.rds.send(
      new DescribeEventsCommand({ SourceIdentifier: DBInstanceIdentifier, SourceType: "db-instance" }),
    );
    expect(Events.flatMap(({ EventCategories = [] }) => EventCategories)).to.include("read replica");
  });

  it("are refused where AWS refuses them, and bind their source", async () => {
    const source = await createAvailable(aws.rds);
    const { DBInstanceIdentifier } = await replicate(source.DBInstanceIdentifier);
    const sourceId = { DBInstanceIdentifier: source.DBInstanceIdentifier };
    const unbacked = await createAvailable(aws.rds, { BackupRetentionPeriod: 0 });
    expect(await refused(request(unbacked.DBInstanceIdentifier))).to.equal("InvalidDBInstanceStateFault 400");
    expect(await refused(request("none"))).to.equal("DBInstanceNotFoundFault 404");
    expect(await refused(request(source.DBInstanceIdentifier, { DBInstanceIdentifier }))).to.equal(
      "DBInstanceAlreadyExistsFault 400",
    );
    const elsewhere = source.DBInstanceArn.replace("us-east-1", "eu-west-1");
    expect(await refused(request(elsewhere))).to.equal("DBInstanceNotFoundFault 404");
    for (const id of [sourceId, { DBInstanceIdentifier }]) {
      expect(await refused(aws.rds.send(new StopDBInstanceCommand(id)))).to.equal("InvalidDBInstanceStateFault 400");
    }
    const password = new ModifyDBInstanceCommand({ DBInstanceIdentifier, MasterUserPassword: "another-password" });
    expect(await refusal(aws.rds.send(password))).to.match(
      /^InvalidParameterCombination 400: Cannot change master user password on an RDS postgres Read Replica because/,
    );
    const withoutBackups = new ModifyDBInstanceCommand({ ...sourceId, BackupRetentionPeriod: 0 });
    expect(await refused(aws.rds.send(withoutBackups))).to.equal("InvalidParameterCombination 400");
    const deletion = { DBInstanceIdentifier, FinalDBSnapshotIdentifier: uniqueIdentifier() };
    expect(await refused(aws.rds.send(new DeleteDBInstanceCommand(deletion)))).to.equal(
      "InvalidParameterCombination 400",
    );
    expect(await refused(aws.rds.send(new SwitchoverReadReplicaCommand({ DBInstanceIdentifier })))).to.equal(
      "InvalidDBInstanceStateFault 400",
    );
  });
});

describe("rds read replicas on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(30_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  async function query(identifier: string, statement: string): Promise<unknown[]> {
    return await queryAsMaster((await describeInstance(aws.rds, identifier)).Endpoint?.Port, statement);
  }

  /** As the user `app`, who has no password. */
  async function rowsByToken(port: number): Promise<unknown> {
    const password = await authToken({ host: `localhost:${port}` });
    const ssl = { rejectUnauthorized: false };
    const client = new pg.Client({ host: "localhost", port, user: "app", password, database: "postgres", ssl });
    client.on("error", () => {});
    try {
      await client.connect();
      return (await client.query("select count(*)::int as rows from kept")).rows[0].rows;
    } finally {
      await client.end();
    }
  }

  it("have the rows of their source, refuse writes, and outlive it as instances of their own", async () => {
    const { DBInstanceIdentifier: source } = await createAvailable(aws.rds);
    await query(source, "create table kept as select 1 as n");
    await query(source, "create user app");
    await query(source, "grant rds_iam to app; grant select on kept to app");
    const europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
    const { DBInstanceArn } = await describeInstance(aws.rds, source);
    const elsewhere = { DBInstanceIdentifier: uniqueIdentifier(), SourceDBInstanceIdentifier: DBInstanceArn };
    await europe.send(new CreateDBInstanceReadReplicaCommand(elsewhere));
    const DBInstanceIdentifier = uniqueIdentifier();
    const request = { DBInstanceIdentifier, SourceDBInstanceIdentifier: source, EnableIAMDatabaseAuthentication: true };
    await aws.rds.send(new CreateDBInstanceReadReplicaCommand(request));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const untilRows = (rows: number) =>
      eventually(`${rows} rows are replicated`, async () => {
        const [count] = await query(DBInstanceIdentifier, "select count(*)::int as rows from kept");
        return JSON.stringify(count) === JSON.stringify({ rows });
      });
    await untilRows(1);
    const error = await query(DBInstanceIdentifier, "insert into kept values (2)").catch((reason) => reason);
    expect(error).to.have.property("code", "25006");
    expect(await rowsByToken((await describeInstance(aws.rds, DBInstanceIdentifier)).Endpoint?.Port ?? 0)).to.equal(1);

    await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: source }));
    await untilStatus(aws.rds, source, "available");
    await query(source, "insert into kept values (2)");
    await untilRows(2);
    const { Endpoint } = await untilStatus(europe, elsewhere.DBInstanceIdentifier, "available");
    await eventually("the replica of another region has the rows", async () => {
      const rows = await queryAsMaster(Endpoint?.Port, "select n from kept");
      return rows.length === 2;
    });

    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: source, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, source);
    const promoted = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(promoted).not.to.have.property("ReadReplicaSourceDBInstanceIdentifier");
    await query(DBInstanceIdentifier, "insert into kept values (3)");
    await untilRows(3);
    const terminated = await untilStatus(europe, elsewhere.DBInstanceIdentifier, "available");
    expect(terminated).to.deep.include({
      ReadReplicaSourceDBInstanceIdentifier: DBInstanceArn,
      StatusInfos: [{ StatusType: "read replication", Status: "terminated", Normal: false }],
    });
    const refused = await queryAsMaster(Endpoint?.Port, "insert into kept values (3)").catch((reason) => reason);
    expect(refused).to.have.property("code", "25006");
    const alone = { DBInstanceIdentifier: elsewhere.DBInstanceIdentifier };
    await europe.send(new PromoteReadReplicaCommand(alone));
    expect(await untilStatus(europe, alone.DBInstanceIdentifier, "available")).not.to.have.any.keys(
      ...["ReadReplicaSourceDBInstanceIdentifier", "StatusInfos"],
    );
    await queryAsMaster(Endpoint?.Port, "insert into kept values (3)");
  });
});
