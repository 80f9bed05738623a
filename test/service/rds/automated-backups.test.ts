import { join } from "node:path";
import {
  CopyDBSnapshotCommand,
  CreateDBInstanceReadReplicaCommand,
  DeleteDBInstanceAutomatedBackupCommand,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  type DescribeDBInstanceAutomatedBackupsCommandInput,
  DescribeDBSnapshotsCommand,
  DescribeEventsCommand,
  ModifyDBInstanceCommand,
  PromoteReadReplicaCommand,
  RestoreDBInstanceToPointInTimeCommand,
  type RestoreDBInstanceToPointInTimeCommandInput,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { loadSqlite } from "../../../src/db/sqlite.ts";
import { eventually } from "../../support/eventually.ts";
import type { TestServer } from "../../support/server.ts";
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

async function automatedSnapshots(aws: TestServer, DBInstanceIdentifier: string) {
  const input = { DBInstanceIdentifier, SnapshotType: "automated" };
  return (await aws.rds.send(new DescribeDBSnapshotsCommand(input))).DBSnapshots ?? [];
}

async function backups(aws: TestServer, input: DescribeDBInstanceAutomatedBackupsCommandInput) {
  return (await aws.rds.send(new DescribeDBInstanceAutomatedBackupsCommand(input))).DBInstanceAutomatedBackups ?? [];
}

/** A moment after all that was done so far, and before all that is to come. */
async function moment(): Promise<Date> {
  const now = Date.now() + 1;
  await eventually("time goes on", () => Date.now() > now + 1);
  return new Date(now);
}

function restore(aws: TestServer, input: Partial<RestoreDBInstanceToPointInTimeCommandInput>) {
  const TargetDBInstanceIdentifier = uniqueIdentifier();
  return aws.rds
    .send(new RestoreDBInstanceToPointInTimeCommand({ TargetDBInstanceIdentifier, ...input }))
    .then(() => untilStatus(aws.rds, TargetDBInstanceIdentifier, "available"));
}

describe("rds automated backups", () => {
  let aws: TestServer;
  const restart = withRestarts((started) => {
    aws = started;
  });

  it("begin with an instance, are described, and say to which times it can be restored", async () => {
    const instance = await createAvailable(aws.rds, { BackupRetentionPeriod: 7 });
    const { DBInstanceIdentifier, DbiResourceId } = instance;
    const [snapshot, ...none] = await automatedSnapshots(aws, DBInstanceIdentifier);
    expect(none).to.deep.equal([]);
    expect(snapshot?.DBSnapshotIdentifier).to.match(new RegExp(`^rds:${DBInstanceIdentifier}-\\d{4}(-\\d\\d){4}$`));
    expect(snapshot).to.include({ SnapshotType: "automated", Status: "available" });
    const [backup] = await backups(aws, { DbiResourceId });
    expect(backup).to.include({
      ...{ DBInstanceIdentifier, DbiResourceId, Status: "active", BackupRetentionPeriod: 7, Region: "us-east-1" },
      DBInstanceArn: instance.DBInstanceArn,
    });
    expect(backup?.DBInstanceAutomatedBackupsArn).to.match(
      /^arn:aws:rds:us-east-1:000000000000:auto-backup:ab-[a-z0-9]+$/,
    );
    const { EarliestTime, LatestTime } = backup?.RestoreWindow ?? {};
    expect(LatestTime).to.be.greaterThan(EarliestTime ?? new Date());
    expect((await describeInstance(aws.rds, DBInstanceIdentifier)).LatestRestorableTime).to.be.at.least(
      LatestTime ?? new Date(),
    );
    const { Events } = await aws.rds.send(
      new DescribeEventsCommand({ SourceType: "db-instance", SourceIdentifier: DBInstanceIdentifier }),
    );
    expect(Events?.map(({ Message }) => Message)).to.include.members([
      ...["DB instance created", "Backing up DB instance", "Finished DB Instance backup"],
    ]);
    for (const Filters of [
      [{ Name: "status", Values: ["active"] }],
      [{ Name: "db-instance-id", Values: [DBInstanceIdentifier] }],
    ]) {
      const found = await backups(aws, { Filters });
      expect(found.map(({ DbiResourceId: id }) => id)).to.include(DbiResourceId);
    }
    expect(await backups(aws, { Filters: [{ Name: "status", Values: ["retained"] }] })).to.deep.equal([]);
    expect(await refused(backups(aws, { DbiResourceId: "db-NONE" }))).to.equal(
      "DBInstanceAutomatedBackupNotFoundFault 404",
    );
  });

  it("have snapshots that nobody deletes, but copies", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const [{ DBSnapshotIdentifier = "", DBSnapshotArn } = {}] = await automatedSnapshots(aws, DBInstanceIdentifier);
    const deletion = aws.rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier }));
    expect(await refused(deletion)).to.equal("InvalidDBSnapshotStateFault 400");
    const copy = { SourceDBSnapshotIdentifier: DBSnapshotArn, TargetDBSnapshotIdentifier: uniqueIdentifier() };
    const { DBSnapshot } = await aws.rds.send(new CopyDBSnapshotCommand(copy));
    expect(DBSnapshot?.SnapshotType).to.equal("manual");
  });

  it("end with a retention of 0 days, and begin again with one of more", async () => {
    const { DBInstanceIdentifier, DbiResourceId } = await createAvailable(aws.rds);
    const retain = async (BackupRetentionPeriod: number) => {
      const input = { DBInstanceIdentifier, BackupRetentionPeriod, ApplyImmediately: true };
      await aws.rds.send(new ModifyDBInstanceCommand(input));
      return await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    };
    expect(await retain(0)).to.not.have.property("LatestRestorableTime");
    expect(await automatedSnapshots(aws, DBInstanceIdentifier)).to.deep.equal([]);
    expect(await refused(backups(aws, { DbiResourceId }))).to.match(/NotFound/);
    const none = restore(aws, { SourceDBInstanceIdentifier: DBInstanceIdentifier, UseLatestRestorableTime: true });
    expect(await refused(none)).to.equal("PointInTimeRestoreNotEnabledFault 400");
    expect(await retain(3)).to.have.property("LatestRestorableTime");
    expect(await automatedSnapshots(aws, DBInstanceIdentifier)).to.have.length(1);
    expect((await retain(5)).BackupRetentionPeriod).to.equal(5);
    expect(await automatedSnapshots(aws, DBInstanceIdentifier)).to.have.length(1);
  });

  it("are none of an instance without a retention, and of a replica until it is promoted", async () => {
    const { DBInstanceIdentifier: bare } = await createAvailable(aws.rds, { BackupRetentionPeriod: 0 });
    expect(await automatedSnapshots(aws, bare)).to.deep.equal([]);
    const { DBInstanceIdentifier: source } = await createAvailable(aws.rds);
    const replica = uniqueIdentifier();
    await aws.rds.send(
      new CreateDBInstanceReadReplicaCommand({ DBInstanceIdentifier: replica, SourceDBInstanceIdentifier: source }),
    );
    await untilStatus(aws.rds, replica, "available");
    expect(await automatedSnapshots(aws, replica)).to.deep.equal([]);
    await aws.rds.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: replica }));
    await untilStatus(aws.rds, replica, "available");
    expect(await automatedSnapshots(aws, replica)).to.have.length(1);
  });

  it("are dropped with their instance, unless they are to be retained", async () => {
    const { DBInstanceIdentifier, DbiResourceId } = await createAvailable(aws.rds);
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
    expect(await automatedSnapshots(aws, DBInstanceIdentifier)).to.deep.equal([]);
    expect(await refused(backups(aws, { DbiResourceId }))).to.match(/NotFound/);

    const kept = await createAvailable(aws.rds, { DBName: "shop" });
    const active = new DeleteDBInstanceAutomatedBackupCommand({ DbiResourceId: kept.DbiResourceId });
    expect(await refused(aws.rds.send(active))).to.equal("InvalidDBInstanceAutomatedBackupStateFault 400");
    const { DBInstanceIdentifier: name } = kept;
    const removal = { DBInstanceIdentifier: name, SkipFinalSnapshot: true, DeleteAutomatedBackups: false };
    await aws.rds.send(new DeleteDBInstanceCommand(removal));
    await untilGone(aws.rds, name);
    await restart();
    const [backup] = await backups(aws, { DBInstanceIdentifier: name });
    expect(backup).to.include({ Status: "retained", DbiResourceId: kept.DbiResourceId });
    expect(await automatedSnapshots(aws, name)).to.have.length(1);
    const restored = await restore(aws, {
      ...{ SourceDbiResourceId: kept.DbiResourceId, UseLatestRestorableTime: true, DBInstanceClass: "db.t3.small" },
    });
    expect(restored).to.include({ DBName: "shop", DBInstanceClass: "db.t3.small", BackupRetentionPeriod: 1 });
    const { DBInstanceAutomatedBackupsArn } = backup ?? {};
    await restore(aws, {
      ...{ SourceDBInstanceAutomatedBackupsArn: DBInstanceAutomatedBackupsArn },
      RestoreTime: backup?.RestoreWindow?.LatestTime,
    });
    await aws.rds.send(new DeleteDBInstanceAutomatedBackupCommand({ DBInstanceAutomatedBackupsArn }));
    expect(await backups(aws, { DBInstanceIdentifier: name })).to.deep.equal([]);
    expect(await automatedSnapshots(aws, name)).to.deep.equal([]);
  });

  it("refuse to restore without a time, with two, and out of their time", async () => {
    const { DBInstanceIdentifier: SourceDBInstanceIdentifier } = await createAvailable(aws.rds);
    const source = { SourceDBInstanceIdentifier };
    expect(await refused(restore(aws, source))).to.equal("InvalidParameterCombination 400");
    const both = { ...source, RestoreTime: new Date(), UseLatestRestorableTime: true };
    expect(await refused(restore(aws, both))).to.equal("InvalidParameterCombination 400");
    for (const apart of [-86_400_000, 86_400_000]) {
      const RestoreTime = new Date(Date.now() + apart);
      expect(await refused(restore(aws, { ...source, RestoreTime }))).to.equal("InvalidParameterValue 400");
    }
    expect(await refused(restore(aws, { UseLatestRestorableTime: true }))).to.equal("InvalidParameterValue 400");
    const none = { SourceDBInstanceIdentifier: "none", UseLatestRestorableTime: true };
    expect(await refused(restore(aws, none))).to.equal("DBInstanceNotFoundFault 404");
    const taken = { ...source, UseLatestRestorableTime: true, TargetDBInstanceIdentifier: SourceDBInstanceIdentifier };
    expect(await refused(restore(aws, taken))).to.equal("DBInstanceAlreadyExistsFault 400");
  });

  it("are taken when their time has come, and dropped when they are older than the retention", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    /** As if it had been taken before. */
    const age = (days: number) =>
      restart(async () => {
        const Sqlite = await loadSqlite();
        const db = new Sqlite(join(aws.dataDir, "metadata", "localaws.db"));
        const rows = db.prepare("select name, document from rds_resources where kind = 'snapshot'").all() as {
          name: string;
          document: string;
        }[];
        const earlier = (time: string) => new Date(Date.parse(time) - days * 86_400_000).toISOString();
        for (const { name, document } of rows.filter((row) => row.name.startsWith(`rds:${DBInstanceIdentifier}-`))) {
          const { created, finished, ...snapshot } = JSON.parse(document);
          const aged = { ...snapshot, created: earlier(created), finished: earlier(finished) };
          db.prepare("update rds_resources set document = ? where name = ?").run(JSON.stringify(aged), name);
        }
        db.close();
      });
    const [first] = await automatedSnapshots(aws, DBInstanceIdentifier);
    await age(2);
    const two = await eventually("another is taken", async () => {
      const all = await automatedSnapshots(aws, DBInstanceIdentifier);
      return all.length === 2 && all.every(({ Status }) => Status === "available") && all;
    });
    expect(two.map(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier)).to.include(first?.DBSnapshotIdentifier);
    await age(2);
    await eventually("the first is dropped, the second is the last that is old enough", async () => {
      const all = await automatedSnapshots(aws, DBInstanceIdentifier);
      const names = all.map(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier);
      return all.length === 2 && !names.includes(first?.DBSnapshotIdentifier);
    });
  });
});

describe("rds points in time of real databases", function () {
  this.timeout(180_000);
  let aws: TestServer;
  const restart = withRealDatabases((started) => {
    aws = started;
  });

  it("have the rows that were there then, of a running, a stopped, a restarted and a deleted instance", async () => {
    const { DBInstanceIdentifier, DbiResourceId, Endpoint } = await createAvailable(aws.rds);
    await queryAsMaster(Endpoint?.Port, "create table kept as select 'before' as what");
    const RestoreTime = await moment();
    await queryAsMaster(Endpoint?.Port, "delete from kept");

    const source = { SourceDBInstanceIdentifier: DBInstanceIdentifier };
    const between = await restore(aws, { ...source, RestoreTime });
    expect(await queryAsMaster(between.Endpoint?.Port, "select what from kept")).to.deep.equal([{ what: "before" }]);
    await queryAsMaster(Endpoint?.Port, "insert into kept values ('after')");
    const latest = await restore(aws, { ...source, UseLatestRestorableTime: true });
    expect(await queryAsMaster(latest.Endpoint?.Port, "select what from kept")).to.deep.equal([{ what: "after" }]);

    const again = {
      ...{ SourceDBInstanceIdentifier: between.DBInstanceIdentifier, UseLatestRestorableTime: true },
    };
    await queryAsMaster(between.Endpoint?.Port, "insert into kept values ('later')");
    const second = await restore(aws, again);
    expect(await queryAsMaster(second.Endpoint?.Port, "select count(*)::int as n from kept")).to.deep.equal([{ n: 2 }]);

    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    const stopped = await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
    expect(stopped.LatestRestorableTime).to.be.greaterThan(RestoreTime);
    const ofStopped = await restore(aws, { ...source, UseLatestRestorableTime: true });
    expect(await queryAsMaster(ofStopped.Endpoint?.Port, "select what from kept")).to.deep.equal([{ what: "after" }]);

    const removal = { DBInstanceIdentifier, SkipFinalSnapshot: true, DeleteAutomatedBackups: false };
    await aws.rds.send(new DeleteDBInstanceCommand(removal));
    await untilGone(aws.rds, DBInstanceIdentifier);
    await restart();
    const ofDeleted = await restore(aws, { SourceDbiResourceId: DbiResourceId, RestoreTime });
    expect(await queryAsMaster(ofDeleted.Endpoint?.Port, "select what from kept")).to.deep.equal([{ what: "before" }]);
  });
});
