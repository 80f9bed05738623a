import {
  AddTagsToResourceCommand,
  CreateDBInstanceReadReplicaCommand,
  DeleteDBInstanceAutomatedBackupCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBSnapshotsCommand,
  DescribeSourceRegionsCommand,
  ModifyDBInstanceCommand,
  PromoteReadReplicaCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
  type RestoreDBInstanceToPointInTimeCommandInput,
  StartDBInstanceAutomatedBackupsReplicationCommand,
  type StartDBInstanceAutomatedBackupsReplicationCommandInput,
  StopDBInstanceAutomatedBackupsReplicationCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import {
  createAvailable,
  describeInstance,
  queryAsMaster,
  uniqueIdentifier,
  untilGone,
  untilStatus,
} from "./db-instances.ts";
import { withRealDatabases, withRestarts } from "./own-servers.ts";
import { refused } from "./rejection.ts";

/** As eu-west-1 has it, by its ARN there. */
async function described(europe: RDSClient, DBInstanceAutomatedBackupsArn: string | undefined) {
  const { DBInstanceAutomatedBackups: [backup] = [] } = await europe.send(
    new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceAutomatedBackupsArn }),
  );
  return backup;
}

/** Begins a replication, and waits for the first backup. */
async function replicate(europe: RDSClient, input: StartDBInstanceAutomatedBackupsReplicationCommandInput) {
  const { DBInstanceAutomatedBackup: started } = await europe.send(
    new StartDBInstanceAutomatedBackupsReplicationCommand(input),
  );
  await eventually("a backup is replicated", async () => {
    const backup = await described(europe, started?.DBInstanceAutomatedBackupsArn);
    return backup?.Status === "replicating";
  });
  return started;
}

async function restore(client: RDSClient, input: Partial<RestoreDBInstanceToPointInTimeCommandInput>) {
  const TargetDBInstanceIdentifier = uniqueIdentifier();
  await client.send(new RestoreDBInstanceToPointInTimeCommand({ TargetDBInstanceIdentifier, ...input }));
  return await untilStatus(client, TargetDBInstanceIdentifier, "available");
}

describe("rds automated backups in another region", () => {
  let aws: TestServer;
  let europe: RDSClient;
  const restart = withRestarts((started) => {
    aws = started;
    europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
  });
  after(() => europe.destroy());

  it("are told in both regions, and restored in theirs", async () => {
    const source = await createAvailable(aws.rds, { DBName: "shop" });
    const { DBInstanceArn: SourceDBInstanceArn, DbiResourceId, DBInstanceIdentifier } = source;
    const started = await replicate(europe, { SourceDBInstanceArn, BackupRetentionPeriod: 14 });
    const DBInstanceAutomatedBackupsArn = started?.DBInstanceAutomatedBackupsArn ?? "";
    expect(DBInstanceAutomatedBackupsArn).to.match(/^arn:aws:rds:eu-west-1:000000000000:auto-backup:ab-[a-z0-9]+$/);
    expect(started).to.deep.include({ Status: "pending", RestoreWindow: {}, DbiResourceId, Region: "us-east-1" });
    const backup = await described(europe, DBInstanceAutomatedBackupsArn);
    expect(backup).to.include({
      ...{ DBInstanceArn: SourceDBInstanceArn, DBInstanceIdentifier, BackupRetentionPeriod: 14 },
      AvailabilityZone: "eu-west-1a",
    });
    expect(backup?.RestoreWindow?.LatestTime).to.be.greaterThan(backup?.RestoreWindow?.EarliestTime ?? new Date());
    const DBInstanceAutomatedBackupsReplications = [{ DBInstanceAutomatedBackupsArn }];
    expect(await describeInstance(aws.rds, DBInstanceIdentifier)).to.deep.include({
      DBInstanceAutomatedBackupsReplications,
    });
    const { DBInstanceAutomatedBackups: [own] = [] } = await aws.rds.send(
      new DescribeDBInstanceAutomatedBackupsCommand({ DbiResourceId }),
    );
    expect(own).to.deep.include({ DBInstanceAutomatedBackupsReplications, Status: "active" });
    const Tags = [{ Key: "of", Value: "europe" }];
    await europe.send(new AddTagsToResourceCommand({ ResourceName: DBInstanceAutomatedBackupsArn, Tags }));
    expect((await described(europe, DBInstanceAutomatedBackupsArn))?.TagList).to.deep.equal(Tags);

    const restored = await restore(europe, {
      ...{ SourceDBInstanceAutomatedBackupsArn: DBInstanceAutomatedBackupsArn, UseLatestRestorableTime: true },
    });
    expect(restored).to.deep.include({ DBName: "shop", AvailabilityZone: "eu-west-1a", BackupRetentionPeriod: 14 });
    expect(restored.DBInstanceArn).to.match(/^arn:aws:rds:eu-west-1:/);
    const { SourceRegions = [] } = await europe.send(new DescribeSourceRegionsCommand({ RegionName: "us-east-1" }));
    expect(SourceRegions[0]).to.include({ SupportsDBInstanceAutomatedBackupsReplication: true });
  });

  it("end when they are stopped, and are retained until they are deleted, also without their instance", async () => {
    const { DBInstanceArn: SourceDBInstanceArn, DBInstanceIdentifier } = await createAvailable(aws.rds);
    const started = await replicate(europe, { SourceDBInstanceArn });
    const { DBInstanceAutomatedBackupsArn } = started ?? {};
    const removal = new DeleteDBInstanceAutomatedBackupCommand({ DBInstanceAutomatedBackupsArn });
    expect(await refused(europe.send(removal))).to.equal("InvalidDBInstanceAutomatedBackupStateFault 400");
    const stop = new StopDBInstanceAutomatedBackupsReplicationCommand({ SourceDBInstanceArn });
    await europe.send(stop);
    expect(await describeInstance(aws.rds, DBInstanceIdentifier)).not.to.have.property(
      "DBInstanceAutomatedBackupsReplications",
    );
    expect(await refused(europe.send(stop))).to.equal("InvalidDBInstanceStateFault 400");
    await replicate(europe, { SourceDBInstanceArn });
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
    europe.destroy();
    await restart();
    expect(await described(europe, DBInstanceAutomatedBackupsArn)).to.include({ Status: "retained" });
    await restore(europe, {
      ...{ SourceDBInstanceAutomatedBackupsArn: DBInstanceAutomatedBackupsArn, UseLatestRestorableTime: true },
    });
    await europe.send(removal);
    expect(await refused(described(europe, DBInstanceAutomatedBackupsArn))).to.equal(
      "DBInstanceAutomatedBackupNotFoundFault 404",
    );
  });

  it("are refused of an instance of the same region, without backups, or twice", async () => {
    const { DBInstanceArn: SourceDBInstanceArn } = await createAvailable(aws.rds);
    const start = (client: RDSClient, arn: string) =>
      refused(client.send(new StartDBInstanceAutomatedBackupsReplicationCommand({ SourceDBInstanceArn: arn })));
    expect(await start(aws.rds, SourceDBInstanceArn)).to.equal("InvalidParameterValue 400");
    expect(await start(europe, `${SourceDBInstanceArn}-none`)).to.equal("DBInstanceNotFoundFault 404");
    const { DBInstanceArn: bare } = await createAvailable(aws.rds, { BackupRetentionPeriod: 0 });
    expect(await start(europe, bare)).to.equal("InvalidDBInstanceStateFault 400");
    await replicate(europe, { SourceDBInstanceArn });
    expect(await start(europe, SourceDBInstanceArn)).to.equal("InvalidDBInstanceStateFault 400");
  });
});

describe("rds automated backups of read replicas", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("are snapshots, of whose moments there is none before the replica is promoted", async () => {
    const { DBInstanceIdentifier: source } = await createAvailable(aws.rds);
    const DBInstanceIdentifier = uniqueIdentifier();
    const creation = { DBInstanceIdentifier, SourceDBInstanceIdentifier: source };
    await aws.rds.send(new CreateDBInstanceReadReplicaCommand(creation));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const modification = { DBInstanceIdentifier, BackupRetentionPeriod: 7, ApplyImmediately: true };
    await aws.rds.send(new ModifyDBInstanceCommand(modification));
    const replica = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(replica).to.include({ BackupRetentionPeriod: 7, ReadReplicaSourceDBInstanceIdentifier: source });
    expect(replica).not.to.have.property("LatestRestorableTime");
    const snapshots = async () => {
      const { DBSnapshots } = await aws.rds.send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier }));
      return DBSnapshots?.map(({ SnapshotType }) => SnapshotType);
    };
    expect(await snapshots()).to.deep.equal(["automated"]);
    const second = { DBInstanceIdentifier: uniqueIdentifier(), SourceDBInstanceIdentifier: DBInstanceIdentifier };
    await aws.rds.send(new CreateDBInstanceReadReplicaCommand(second));
    expect(await untilStatus(aws.rds, second.DBInstanceIdentifier, "available")).to.include({
      ReadReplicaSourceDBInstanceIdentifier: DBInstanceIdentifier,
    });
    await aws.rds.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier, BackupRetentionPeriod: 7 }));
    const promoted = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(promoted).to.have.property("LatestRestorableTime");
    expect(await snapshots()).to.deep.equal(["automated", "automated"]);
  });
});

describe("rds automated backups in another region of real databases", function () {
  this.timeout(180_000);
  let aws: TestServer;
  let europe: RDSClient;
  withRealDatabases((started) => {
    aws = started;
    europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
  });
  after(() => europe.destroy());

  it("have the rows of a moment, with their instance and without it", async () => {
    const { DBInstanceIdentifier, DBInstanceArn, Endpoint } = await createAvailable(aws.rds);
    const started = await replicate(europe, { SourceDBInstanceArn: DBInstanceArn });
    await queryAsMaster(Endpoint?.Port, "create table kept as select 'before' as what");
    const RestoreTime = new Date(Date.now() + 1);
    await eventually("time goes on", () => Date.now() > RestoreTime.getTime() + 1);
    await queryAsMaster(Endpoint?.Port, "update kept set what = 'after'");
    const SourceDBInstanceAutomatedBackupsArn = started?.DBInstanceAutomatedBackupsArn;
    const between = await restore(europe, { SourceDBInstanceAutomatedBackupsArn, RestoreTime });
    expect(await queryAsMaster(between.Endpoint?.Port, "select what from kept")).to.deep.equal([{ what: "before" }]);
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
    const last = await restore(europe, { SourceDBInstanceAutomatedBackupsArn, UseLatestRestorableTime: true });
    expect(await queryAsMaster(last.Endpoint?.Port, "select what from kept")).to.deep.equal([{ what: "after" }]);
  });

  it("of a replica have its rows, and those that it gets when it is promoted", async () => {
    const { DBInstanceIdentifier: source, Endpoint } = await createAvailable(aws.rds);
    await queryAsMaster(Endpoint?.Port, "create table kept as select 1 as n");
    const DBInstanceIdentifier = uniqueIdentifier();
    const creation = { DBInstanceIdentifier, SourceDBInstanceIdentifier: source };
    await aws.rds.send(new CreateDBInstanceReadReplicaCommand(creation));
    const { Endpoint: own } = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const kept = (port: number | undefined) => queryAsMaster(port, "select n from kept order by n");
    await eventually("the replica has the row", async () => (await kept(own?.Port)).length === 1);
    const retention = { DBInstanceIdentifier, BackupRetentionPeriod: 3 };
    await aws.rds.send(new ModifyDBInstanceCommand({ ...retention, ApplyImmediately: true }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const { DBSnapshots: [snapshot] = [] } = await aws.rds.send(
      new DescribeDBSnapshotsCommand({ DBInstanceIdentifier }),
    );
    const copy = { DBInstanceIdentifier: uniqueIdentifier(), DBSnapshotIdentifier: snapshot?.DBSnapshotIdentifier };
    await aws.rds.send(new RestoreDBInstanceFromDBSnapshotCommand(copy));
    const restored = await untilStatus(aws.rds, copy.DBInstanceIdentifier, "available");
    await queryAsMaster(restored.Endpoint?.Port, "insert into kept values (2)");
    expect(await kept(restored.Endpoint?.Port)).to.deep.equal([{ n: 1 }, { n: 2 }]);
    await aws.rds.send(new PromoteReadReplicaCommand(retention));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    await queryAsMaster(own?.Port, "insert into kept values (3)");
    const moment = { SourceDBInstanceIdentifier: DBInstanceIdentifier, UseLatestRestorableTime: true };
    const later = await restore(aws.rds, moment);
    expect(await kept(later.Endpoint?.Port)).to.deep.equal([{ n: 1 }, { n: 3 }]);
  });
});
