import {
  CopyDBClusterSnapshotCommand,
  CreateDBClusterSnapshotCommand,
  DeleteDBClusterAutomatedBackupCommand,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DescribeDBClusterAutomatedBackupsCommand,
  type DescribeDBClusterAutomatedBackupsCommandInput,
  DescribeDBClusterSnapshotAttributesCommand,
  DescribeDBClusterSnapshotsCommand,
  type DescribeDBClusterSnapshotsCommandInput,
  ListTagsForResourceCommand,
  ModifyDBClusterSnapshotAttributeCommand,
  RestoreDBClusterFromSnapshotCommand,
  RestoreDBClusterToPointInTimeCommand,
  type RestoreDBClusterToPointInTimeCommandInput,
  waitUntilDBClusterSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster, createMember, uniqueCluster, untilCluster, untilClusterGone } from "./db-clusters.ts";
import { masterPassword } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { refused } from "./rejection.ts";

async function untilTaken({ rds: client }: TestServer, DBClusterSnapshotIdentifier: string): Promise<void> {
  const waiting = { client, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 60 };
  await waitUntilDBClusterSnapshotAvailable(waiting, { DBClusterSnapshotIdentifier });
}

async function snapshot(aws: TestServer, DBClusterIdentifier: string, more: object = {}): Promise<string> {
  const DBClusterSnapshotIdentifier = uniqueCluster();
  const request = { DBClusterSnapshotIdentifier, DBClusterIdentifier, ...more };
  await aws.rds.send(new CreateDBClusterSnapshotCommand(request));
  await untilTaken(aws, DBClusterSnapshotIdentifier);
  await untilCluster(aws.rds, DBClusterIdentifier, "available");
  return DBClusterSnapshotIdentifier;
}

describe("rds DB cluster snapshots", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const describe = async (input: DescribeDBClusterSnapshotsCommandInput) =>
    (await aws.rds.send(new DescribeDBClusterSnapshotsCommand(input))).DBClusterSnapshots ?? [];

  it("do not keep the cluster from being cloned while they are taken", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const DBClusterSnapshotIdentifier = uniqueCluster();
    const clone = uniqueCluster();
    await Promise.all([
      aws.rds.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier })),
      aws.rds.send(
        new RestoreDBClusterToPointInTimeCommand({
          ...{ SourceDBClusterIdentifier: DBClusterIdentifier, DBClusterIdentifier: clone },
          UseLatestRestorableTime: true,
        }),
      ),
    ]);
    await untilTaken(aws, DBClusterSnapshotIdentifier);
    await untilCluster(aws.rds, clone, "available");
  });

  it("are taken with the cluster's tags, described by it and by name, and deleted", async () => {
    const cluster = await createCluster(aws.rds, { CopyTagsToSnapshot: true, Tags: [{ Key: "a", Value: "b" }] });
    const { DBClusterIdentifier, DbClusterResourceId } = cluster;
    const name = await snapshot(aws, DBClusterIdentifier, { Tags: [{ Key: "c", Value: "d" }] });
    const [found] = await describe({ DBClusterSnapshotIdentifier: name });
    expect(found).to.deep.include({
      ...{ DBClusterIdentifier, DbClusterResourceId, SnapshotType: "manual", Status: "available" },
      ...{ Engine: "aurora-postgresql", EngineVersion: cluster.EngineVersion, PercentProgress: 100 },
      ...{ DBClusterSnapshotArn: `arn:aws:rds:us-east-1:000000000000:cluster-snapshot:${name}`, AllocatedStorage: 1 },
    });
    expect(found?.TagList).to.have.deep.members([
      { Key: "a", Value: "b" },
      { Key: "c", Value: "d" },
    ]);
    expect(await describe({ DBClusterIdentifier, SnapshotType: "manual" })).to.have.length(1);
    expect(await describe({ DbClusterResourceId })).to.have.length(2);
    expect(await describe({ Filters: [{ Name: "db-cluster-id", Values: [DBClusterIdentifier] }] })).to.have.length(2);
    const [automated] = await describe({ DBClusterIdentifier, SnapshotType: "automated" });
    expect(automated?.DBClusterSnapshotIdentifier).to.match(new RegExp(`^rds:${DBClusterIdentifier}-\\d{4}-`));
    expect(automated?.TagList).to.deep.equal([{ Key: "a", Value: "b" }]);
    const { DBClusterSnapshotIdentifier } = automated ?? {};
    expect(await refused(aws.rds.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier })))).to.equal(
      "InvalidDBClusterSnapshotStateFault 400",
    );
    const { DBClusterSnapshot } = await aws.rds.send(
      new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: name }),
    );
    expect(DBClusterSnapshot?.Status).to.equal("deleted");
    expect(await refused(describe({ DBClusterSnapshotIdentifier: name }))).to.equal(
      "DBClusterSnapshotNotFoundFault 404",
    );
  });

  it("refuse a name twice, a cluster that is not there, and a name that is none", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const DBClusterSnapshotIdentifier = await snapshot(aws, DBClusterIdentifier);
    const create = (more: object) => {
      const request = { DBClusterSnapshotIdentifier, DBClusterIdentifier, ...more };
      return refused(aws.rds.send(new CreateDBClusterSnapshotCommand(request)));
    };
    expect(await create({})).to.equal("DBClusterSnapshotAlreadyExistsFault 400");
    const other = { DBClusterSnapshotIdentifier: uniqueCluster() };
    expect(await create({ ...other, DBClusterIdentifier: "none" })).to.equal("DBClusterNotFoundFault 404");
    expect(await create({ DBClusterSnapshotIdentifier: "-a" })).to.equal("InvalidParameterValue 400");
  });

  it("are copied with their tags, and shared", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const source = await snapshot(aws, DBClusterIdentifier, { Tags: [{ Key: "a", Value: "b" }] });
    const name = uniqueCluster();
    await aws.rds.send(
      new CopyDBClusterSnapshotCommand({
        ...{ SourceDBClusterSnapshotIdentifier: source, TargetDBClusterSnapshotIdentifier: name, CopyTags: true },
      }),
    );
    await untilTaken(aws, name);
    const [copy] = await describe({ DBClusterSnapshotIdentifier: name });
    expect(copy?.SourceDBClusterSnapshotArn).to.match(new RegExp(`:cluster-snapshot:${source}$`));
    const tags = new ListTagsForResourceCommand({ ResourceName: copy?.DBClusterSnapshotArn });
    expect((await aws.rds.send(tags)).TagList).to.deep.equal([{ Key: "a", Value: "b" }]);
    const share = { DBClusterSnapshotIdentifier: name, AttributeName: "restore" };
    await aws.rds.send(
      new ModifyDBClusterSnapshotAttributeCommand({ ...share, ValuesToAdd: ["111122223333", "444455556666"] }),
    );
    await aws.rds.send(new ModifyDBClusterSnapshotAttributeCommand({ ...share, ValuesToRemove: ["111122223333"] }));
    const { DBClusterSnapshotAttributesResult } = await aws.rds.send(
      new DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier: name }),
    );
    expect(DBClusterSnapshotAttributesResult?.DBClusterSnapshotAttributes).to.deep.equal([
      { AttributeName: "restore", AttributeValues: ["444455556666"] },
    ]);
    const wrong = new ModifyDBClusterSnapshotAttributeCommand({ ...share, ValuesToAdd: ["me"] });
    expect(await refused(aws.rds.send(wrong))).to.equal("InvalidParameterValue 400");
  });

  it("become clusters with the settings that they had, but for those that are asked for", async () => {
    const before = await createCluster(aws.rds, { DatabaseName: "orders", BackupRetentionPeriod: 5 });
    const SnapshotIdentifier = await snapshot(aws, before.DBClusterIdentifier);
    const DBClusterIdentifier = uniqueCluster();
    const request = { DBClusterIdentifier, SnapshotIdentifier, Engine: "aurora-postgresql" };
    const restore = (more: object = {}) =>
      aws.rds.send(new RestoreDBClusterFromSnapshotCommand({ ...request, ...more }));
    await restore({ DeletionProtection: true, Tags: [{ Key: "a", Value: "b" }] });
    const after = await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(after).to.deep.include({
      ...{ DatabaseName: "orders", MasterUsername: "master", BackupRetentionPeriod: 5, DeletionProtection: true },
      ...{ EngineVersion: before.EngineVersion, TagList: [{ Key: "a", Value: "b" }], DBClusterMembers: [] },
    });
    expect(after.DbClusterResourceId).not.to.equal(before.DbClusterResourceId);
    expect(after.Port).to.equal(before.Port);
    expect(await refused(restore())).to.equal("DBClusterAlreadyExistsFault 400");
    const other = { DBClusterIdentifier: uniqueCluster() };
    expect(await refused(restore({ ...other, Engine: "aurora-mysql" }))).to.equal("InvalidParameterCombination 400");
    expect(await refused(restore({ ...other, SnapshotIdentifier: "none" }))).to.equal(
      "DBClusterSnapshotNotFoundFault 404",
    );
    expect(await refused(restore({ ...other, EngineVersion: "13.1" }))).to.equal("InvalidParameterCombination 400");
    expect(await refused(restore({ ...other, PreferredBackupWindow: "late" }))).to.equal("InvalidParameterValue 400");
  });

  it("become clusters of what a cluster has now, or had since it was first backed up", async () => {
    const source = await createCluster(aws.rds);
    const request = {
      ...{ DBClusterIdentifier: uniqueCluster(), SourceDBClusterIdentifier: source.DBClusterIdentifier },
    };
    const restore = (more: object) => aws.rds.send(new RestoreDBClusterToPointInTimeCommand({ ...request, ...more }));
    const latest = { UseLatestRestorableTime: true };
    expect(await refused(restore({}))).to.equal("InvalidParameterValue 400");
    expect(await refused(restore({ RestoreToTime: new Date(0) }))).to.equal("InvalidParameterValue 400");
    const RestoreToTime = source.LatestRestorableTime;
    expect(await refused(restore({ ...latest, RestoreToTime }))).to.equal("InvalidParameterCombination 400");
    const cow = { RestoreToTime, RestoreType: "copy-on-write" };
    expect(await refused(restore(cow))).to.equal("InvalidParameterCombination 400");
    expect(await refused(restore({ ...latest, RestoreType: "slow" }))).to.equal("InvalidParameterValue 400");
    const none = { ...latest, SourceDBClusterIdentifier: "none" };
    expect(await refused(restore(none))).to.equal("DBClusterNotFoundFault 404");
    await restore({ ...latest, RestoreType: "copy-on-write" });
    expect(await untilCluster(aws.rds, request.DBClusterIdentifier, "available")).to.include({
      MasterUsername: "master",
    });
  });

  it("outlive their cluster as its automated backup, where that is asked for", async () => {
    const describeBackups = async (input: DescribeDBClusterAutomatedBackupsCommandInput) =>
      (await aws.rds.send(new DescribeDBClusterAutomatedBackupsCommand(input))).DBClusterAutomatedBackups ?? [];
    const { DBClusterIdentifier, DbClusterResourceId, DBClusterArn } = await createCluster(aws.rds);
    const [backup] = await describeBackups({ DBClusterIdentifier });
    expect(backup).to.include({ DBClusterArn, DbClusterResourceId, Status: "active", BackupRetentionPeriod: 1 });
    expect(backup?.DBClusterAutomatedBackupsArn).to.match(/:cluster-auto-backup:ab-/);
    const drop = () => aws.rds.send(new DeleteDBClusterAutomatedBackupCommand({ DbClusterResourceId }));
    expect(await refused(drop())).to.equal("InvalidDBClusterAutomatedBackupStateFault 400");
    await aws.rds.send(
      new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true, DeleteAutomatedBackups: false }),
    );
    await untilClusterGone(aws.rds, DBClusterIdentifier);
    const retained = { Filters: [{ Name: "status", Values: ["retained"] }], DBClusterIdentifier };
    const [kept] = await describeBackups(retained);
    expect(kept?.RestoreWindow?.LatestTime).to.be.greaterThan(kept?.RestoreWindow?.EarliestTime ?? new Date());
    const restored = { DBClusterIdentifier: uniqueCluster(), SourceDbClusterResourceId: DbClusterResourceId };
    await aws.rds.send(new RestoreDBClusterToPointInTimeCommand({ ...restored, UseLatestRestorableTime: true }));
    await untilCluster(aws.rds, restored.DBClusterIdentifier, "available");
    expect((await drop()).DBClusterAutomatedBackup?.Status).to.equal("deleting");
    expect(await describeBackups(retained)).to.deep.equal([]);
    expect(await refused(drop())).to.equal("DBClusterAutomatedBackupNotFoundFault 404");
    const gone = await createCluster(aws.rds);
    await aws.rds.send(
      new DeleteDBClusterCommand({ DBClusterIdentifier: gone.DBClusterIdentifier, SkipFinalSnapshot: true }),
    );
    await untilClusterGone(aws.rds, gone.DBClusterIdentifier);
    expect(await describeBackups({ DBClusterIdentifier: gone.DBClusterIdentifier })).to.deep.equal([]);
    expect(await describe({ DbClusterResourceId: gone.DbClusterResourceId })).to.deep.equal([]);
  });

  it("are taken before a cluster ends, where that is asked for", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const FinalDBSnapshotIdentifier = uniqueCluster();
    await aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier, FinalDBSnapshotIdentifier }));
    await untilClusterGone(aws.rds, DBClusterIdentifier);
    const [final] = await describe({ DBClusterSnapshotIdentifier: FinalDBSnapshotIdentifier });
    expect(final).to.include({ Status: "available", DBClusterIdentifier });
  });

  it("outlive a restart", async () => {
    const own = await startLocalAws();
    const { DBClusterIdentifier } = await createCluster(own.rds);
    const DBClusterSnapshotIdentifier = await snapshot(own, DBClusterIdentifier);
    await own.close();
    const again = await startLocalAws({ dataDir: own.dataDir });
    const { DBClusterSnapshots } = await again.rds.send(
      new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier }),
    );
    expect(DBClusterSnapshots?.[0]?.Status).to.equal("available");
    await again.close();
    await own.stop();
  });
});

describe("rds DB cluster snapshots of real databases", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  async function query(port: number | undefined, statement: string): Promise<unknown[]> {
    const login = { user: "master", password: masterPassword, database: "postgres" };
    const client = new pg.Client({ host: "localhost", port, ...login });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }

  it("hold the data, under the same password, and a copy of now holds what is there now", async () => {
    const source = await createCluster(aws.rds);
    const { DBClusterIdentifier } = source;
    await createMember(aws.rds, DBClusterIdentifier);
    await query(source.Port, "create table kept as select 1 as n");
    const SnapshotIdentifier = await snapshot(aws, DBClusterIdentifier);
    await query(source.Port, "insert into kept values (2)");
    const [restored, copy] = [uniqueCluster(), uniqueCluster()];
    const request = { DBClusterIdentifier: restored, SnapshotIdentifier, Engine: "aurora-postgresql" };
    await aws.rds.send(new RestoreDBClusterFromSnapshotCommand(request));
    const clone = { DBClusterIdentifier: copy, SourceDBClusterIdentifier: DBClusterIdentifier };
    await aws.rds.send(new RestoreDBClusterToPointInTimeCommand({ ...clone, UseLatestRestorableTime: true }));
    const { Port: portOfRestored } = await untilCluster(aws.rds, restored, "available");
    const { Port: portOfCopy } = await untilCluster(aws.rds, copy, "available");
    expect(await query(portOfRestored, "select n from kept order by n")).to.deep.equal([{ n: 1 }]);
    expect(await query(portOfCopy, "select n from kept order by n")).to.deep.equal([{ n: 1 }, { n: 2 }]);
    const member = await createMember(aws.rds, restored);
    await query(member.Endpoint?.Port, "insert into kept values (3)");
    expect(await query(source.Port, "select n from kept order by n")).to.deep.equal([{ n: 1 }, { n: 2 }]);
  });

  it("and an archive hold the moments between, also of a cluster that is gone", async () => {
    const source = await createCluster(aws.rds);
    const { DBClusterIdentifier, DbClusterResourceId } = source;
    await query(source.Port, "create table kept as select 1 as n");
    const [{ now: RestoreToTime } = { now: undefined }] = (await query(source.Port, "select now()")) as { now: Date }[];
    await query(source.Port, "select pg_sleep(0.01)");
    await query(source.Port, "delete from kept");
    const restore = async (request: Partial<RestoreDBClusterToPointInTimeCommandInput>) => {
      const restored = uniqueCluster();
      await aws.rds.send(new RestoreDBClusterToPointInTimeCommand({ DBClusterIdentifier: restored, ...request }));
      const { Port } = await untilCluster(aws.rds, restored, "available");
      return await query(Port, "select n from kept order by n");
    };
    const then = { SourceDBClusterIdentifier: DBClusterIdentifier, RestoreToTime, RestoreType: "full-copy" };
    expect(await restore(then)).to.deep.equal([{ n: 1 }]);
    await query(source.Port, "insert into kept values (2)");
    await aws.rds.send(
      new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true, DeleteAutomatedBackups: false }),
    );
    await untilClusterGone(aws.rds, DBClusterIdentifier);
    const gone = { SourceDbClusterResourceId: DbClusterResourceId };
    expect(await restore({ ...gone, UseLatestRestorableTime: true })).to.deep.equal([{ n: 2 }]);
    expect(await restore({ ...gone, RestoreToTime })).to.deep.equal([{ n: 1 }]);
  });
});
