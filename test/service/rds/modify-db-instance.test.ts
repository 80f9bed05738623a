import {
  CreateDBSnapshotCommand,
  type DBInstance,
  DeleteDBInstanceCommand,
  DescribeDBEngineVersionsCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, describeInstance, uniqueIdentifier, untilGone, untilStatus } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds ModifyDBInstance", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const modify = (input: ModifyDBInstanceCommandInput) => aws.rds.send(new ModifyDBInstanceCommand(input));

  it("changes what it is asked to change, and nothing else", async () => {
    const before = await createAvailable(aws.rds);
    const { DBInstanceIdentifier } = before;
    const changes = { BackupRetentionPeriod: 7, CopyTagsToSnapshot: true, DeletionProtection: true };
    await modify({ DBInstanceIdentifier, ...changes });
    const after = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(after).to.deep.equal({ ...before, ...changes, LatestRestorableTime: after.LatestRestorableTime });
  });

  it("lets an instance be deleted after its protection is taken off", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { DeletionProtection: true });
    await modify({ DBInstanceIdentifier, DeletionProtection: false });
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
  });

  /** Immediately, and resolves with what is there afterwards. */
  async function modified(input: ModifyDBInstanceCommandInput): Promise<DBInstance> {
    const { DBInstance } = await modify({ ...input, ApplyImmediately: true });
    return await untilStatus(aws.rds, DBInstance?.DBInstanceIdentifier, "available");
  }

  it("grows the storage, with gp3's IOPS for the size", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const instance = await modified({ DBInstanceIdentifier, AllocatedStorage: 400 });
    expect(instance).to.include({ AllocatedStorage: 400, Iops: 12_000, StorageThroughput: 500 });
    expect(instance.PendingModifiedValues).to.deep.equal({});
  });

  it("grows the storage by a tenth at least", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    expect(await modified({ DBInstanceIdentifier, AllocatedStorage: 21 })).to.include({ AllocatedStorage: 22 });
    expect(await modified({ DBInstanceIdentifier, AllocatedStorage: 22 })).to.include({ AllocatedStorage: 22 });
  });

  it("refuses another license model, and the security groups of instances outside of a VPC", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    for (const change of [{ LicenseModel: "bring-your-own-license" }, { DBSecurityGroups: ["default"] }]) {
      expect((await rejectionOf(modify({ DBInstanceIdentifier, ...change }))).name).to.equal(
        "InvalidParameterCombination",
      );
    }
  });

  it("takes 0 IOPS for none, as Terraform sends it", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { StorageType: "gp2" });
    const instance = await modified({ DBInstanceIdentifier, AllocatedStorage: 40, Iops: 0 });
    expect(instance).to.include({ AllocatedStorage: 40, StorageType: "gp2", StorageThroughput: 0 });
    expect(instance).not.to.have.property("Iops");
  });

  it("changes the storage's type, and leaves out the IOPS of the one before", async () => {
    const before = { StorageType: "io1", AllocatedStorage: 100, Iops: 2000 };
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, before);
    const instance = await modified({ DBInstanceIdentifier, StorageType: "gp2" });
    expect(instance).to.include({ AllocatedStorage: 100, StorageType: "gp2" });
    expect(instance).not.to.have.property("Iops");
  });

  it("keeps the IOPS and the throughput that were asked for, where it is asked for something else", async () => {
    const first = await createAvailable(aws.rds, { StorageType: "io1", AllocatedStorage: 100, Iops: 2000 });
    const { DBInstanceIdentifier } = first;
    expect(await modified({ DBInstanceIdentifier, MaxAllocatedStorage: 300 })).to.include({
      ...{ MaxAllocatedStorage: 300, StorageType: "io1", Iops: 2000 },
    });
    expect(await modified({ DBInstanceIdentifier, AllocatedStorage: 200 })).to.include({
      ...{ AllocatedStorage: 200, Iops: 2000 },
    });
    const gp3 = { StorageType: "gp3", AllocatedStorage: 400, Iops: 16_000, StorageThroughput: 1000 };
    const second = await createAvailable(aws.rds, gp3);
    expect(await modified({ DBInstanceIdentifier: second.DBInstanceIdentifier, AllocatedStorage: 500 })).to.include({
      ...{ ...gp3, AllocatedStorage: 500 },
    });
  });

  it("refuses what its engine and its subnets don't have, as CreateDBInstance does", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    for (const [change, code] of [
      [{ NetworkType: "DUAL" }, "NetworkTypeNotSupported"],
      [{ NetworkType: "IPV6" }, "InvalidParameterValue"],
      [{ ProcessorFeatures: [{ Name: "coreCount", Value: "2" }] }, "InvalidParameterCombination"],
      [{ TdeCredentialArn: "arn:aws:iam::000000000000:role/tde" }, "InvalidParameterCombination"],
    ] as const) {
      const said = await rejectionOf(modify({ DBInstanceIdentifier, ...change } as ModifyDBInstanceCommandInput));
      expect(said.name, JSON.stringify(change)).to.equal(code);
    }
  });

  it("is modifying until what is to be applied immediately is applied", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const DBInstanceClass = "db.r5.large";
    const { DBInstance } = await modify({ DBInstanceIdentifier, DBInstanceClass, ApplyImmediately: true });
    expect(DBInstance).to.deep.include({
      ...{ DBInstanceStatus: "modifying", DBInstanceClass: "db.t3.micro", PendingModifiedValues: { DBInstanceClass } },
    });
    const after = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(after).to.deep.include({ DBInstanceClass, PendingModifiedValues: {} });
  });

  it("leaves changes pending until they are taken back, applied with others, or the window begins", async () => {
    const away = windowFrom(new Date(Date.now() + 2 * day));
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, {
      ...{ PreferredMaintenanceWindow: away, BackupRetentionPeriod: 0 },
    });
    const pending = { DBInstanceClass: "db.m5.large", MultiAZ: true, BackupRetentionPeriod: 3 };
    const { DBInstance: first } = await modify({ DBInstanceIdentifier, ...pending });
    expect(first).to.deep.include({
      ...{ DBInstanceStatus: "available", DBInstanceClass: "db.t3.micro", MultiAZ: false, BackupRetentionPeriod: 0 },
      PendingModifiedValues: pending,
    });
    const { DBInstance: second } = await modify({ DBInstanceIdentifier, DBInstanceClass: "db.t3.micro" });
    expect(second?.PendingModifiedValues).to.deep.equal({ MultiAZ: true, BackupRetentionPeriod: 3 });
    const third = await modified({ DBInstanceIdentifier, StorageType: "gp2" });
    expect(third).to.deep.include({ MultiAZ: true, BackupRetentionPeriod: 3, StorageType: "gp2" });
    expect(third.PendingModifiedValues).to.deep.equal({});

    await modify({ DBInstanceIdentifier, DBInstanceClass: "db.m5.large" });
    const now = windowFrom(new Date(Date.now() - 10 * 60_000));
    await modify({
      DBInstanceIdentifier,
      PreferredMaintenanceWindow: now,
      PreferredBackupWindow: awayFrom(new Date()),
    });
    const applied = await eventually("the window's changes", async () => {
      const instance = await describeInstance(aws.rds, DBInstanceIdentifier);
      return instance.DBInstanceClass === "db.m5.large" && instance.DBInstanceStatus === "available"
        ? instance
        : undefined;
    });
    expect(applied.PendingModifiedValues).to.deep.equal({});
  });

  it("gives an instance another name, with its tags and its snapshots", async () => {
    const Tags = [{ Key: "of", Value: "the old one" }];
    const { DBInstanceIdentifier, DBInstanceArn, DbiResourceId, Endpoint } = await createAvailable(aws.rds, { Tags });
    const other = await createAvailable(aws.rds);
    const taken = modify({ DBInstanceIdentifier, NewDBInstanceIdentifier: other.DBInstanceIdentifier });
    expect((await rejectionOf(taken)).name).to.equal("DBInstanceAlreadyExistsFault");
    const DBSnapshotIdentifier = uniqueIdentifier();
    await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const name = uniqueIdentifier();
    await modify({ DBInstanceIdentifier, NewDBInstanceIdentifier: name.toUpperCase(), ApplyImmediately: true });
    const renamed = await eventually("the new name", () => describeInstance(aws.rds, name).catch(() => undefined));
    const arn = DBInstanceArn.replace(DBInstanceIdentifier, name);
    expect(renamed).to.deep.include({ DBInstanceArn: arn, DbiResourceId, Endpoint, TagList: Tags });
    const gone = await rejectionOf(describeInstance(aws.rds, DBInstanceIdentifier));
    expect(gone.name).to.equal("DBInstanceNotFoundFault");
    const { DBSnapshots } = await aws.rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
    expect(DBSnapshots?.[0]).to.include({ DBInstanceIdentifier, DbiResourceId, Status: "available" });
  });

  it("upgrades to what DescribeDBEngineVersions says that there is a way to, and to nothing else", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { EngineVersion: "16" });
    const { DBEngineVersions: [{ ValidUpgradeTarget = [] } = {}] = [] } = await aws.rds.send(
      new DescribeDBEngineVersionsCommand({ Engine: "postgres", EngineVersion: "16" }),
    );
    const EngineVersion = "17.6";
    const target = ValidUpgradeTarget.find((one) => one.EngineVersion === EngineVersion);
    expect(target?.IsMajorVersionUpgrade).to.equal(true);
    const refused = async (version: string) => {
      const { name, message } = await rejectionOf(modify({ DBInstanceIdentifier, EngineVersion: version }));
      return `${name}: ${message}`;
    };
    expect(await refused("15")).to.match(/^InvalidParameterCombination: Cannot find upgrade path from 16\.10 to 15/);
    expect(await refused("99")).to.equal("InvalidParameterCombination: Cannot find version 99 for postgres");
    expect(await refused("17")).to.match(/^InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be/);
    const upgraded = await modified({ DBInstanceIdentifier, EngineVersion, AllowMajorVersionUpgrade: true });
    expect(upgraded).to.deep.include({
      EngineVersion,
      DBParameterGroups: [{ DBParameterGroupName: "default.postgres17", ParameterApplyStatus: "in-sync" }],
      OptionGroupMemberships: [{ OptionGroupName: "default:postgres-17", Status: "in-sync" }],
    });
  });

  it("does not modify a stopped instance", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
    for (const change of [{ MasterUserPassword: "another-password" }, { DeletionProtection: true }]) {
      const { name, status } = await rejectionOf(modify({ DBInstanceIdentifier, ...change }));
      expect([name, status]).to.deep.equal(["InvalidDBInstanceStateFault", 400]);
    }
  });

  it("rejects less storage with InvalidParameterCombination", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { AllocatedStorage: 100 });
    const error = await rejectionOf(modify({ DBInstanceIdentifier, AllocatedStorage: 50 }));
    expect(error.name).to.equal("InvalidParameterCombination");
    expect(error.message).to.equal("Invalid storage size for engine name postgres and storage type gp3: 50");
  });

  it("moves to the port that is asked for, as it was made with one, which others may show too where nothing listens", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { Port: 5432 });
    const other = await createAvailable(aws.rds, { Port: 5432 });
    expect(other.Endpoint?.Port).to.equal(5432);
    await modify({ DBInstanceIdentifier, DBPortNumber: 5544, ApplyImmediately: true });
    const { Endpoint } = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(Endpoint?.Port).to.equal(5544);
  });

  it("takes the values that are there already", async () => {
    const { DBInstanceIdentifier, DBInstanceClass, EngineVersion, Endpoint } = await createAvailable(aws.rds);
    const { DBInstance } = await modify({
      DBInstanceIdentifier,
      DBInstanceClass,
      EngineVersion: EngineVersion?.split(".")[0],
      DBPortNumber: Endpoint?.Port,
    });
    expect(DBInstance).to.include({ DBInstanceClass, EngineVersion });
  });

  it("rejects 36 days of backups with InvalidParameterValue", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const error = await rejectionOf(modify({ DBInstanceIdentifier, BackupRetentionPeriod: 36 }));
    expect(error.name).to.equal("InvalidParameterValue");
  });

  it("rejects an unknown instance with DBInstanceNotFound", async () => {
    const error = await rejectionOf(modify({ DBInstanceIdentifier: uniqueIdentifier() }));
    expect(error.name).to.equal("DBInstanceNotFoundFault");
  });
});

const day = 24 * 60 * 60_000;

/** A maintenance window of 40 minutes. */
function windowFrom(start: Date): string {
  const at = (time: Date) =>
    `${["sun", "mon", "tue", "wed", "thu", "fri", "sat"][time.getUTCDay()]}:${time.toISOString().slice(11, 16)}`;
  return `${at(start)}-${at(new Date(start.getTime() + 40 * 60_000))}`;
}

/** A backup window on the other side of the day. */
function awayFrom(now: Date): string {
  const at = (time: number) => new Date(time).toISOString().slice(11, 16);
  return `${at(now.getTime() + day / 2)}-${at(now.getTime() + day / 2 + 30 * 60_000)}`;
}
