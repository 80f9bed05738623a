import {
  CreateDBClusterCommand,
  type CreateDBClusterCommandInput,
  CreateDBClusterSnapshotCommand,
  DeleteDBClusterCommand,
  DescribeDBInstancesCommand,
  FailoverDBClusterCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  RebootDBClusterCommand,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import {
  clusterRequest,
  createCluster,
  createMember,
  describeCluster,
  uniqueCluster,
  untilCluster,
  untilClusterGone,
} from "./db-clusters.ts";
import { rejectionOf } from "./rejection.ts";

const multiAz = {
  Engine: "postgres",
  ...{ DBClusterInstanceClass: "db.m6gd.large", StorageType: "io1", AllocatedStorage: 100, Iops: 1000 },
};

describe("rds Multi-AZ DB clusters", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  const refused = async (call: Promise<unknown>) => {
    const { name, message } = await rejectionOf(call);
    return `${name} ${message}`;
  };
  const membersOf = async (name: string) => {
    const Filters = [{ Name: "db-cluster-id", Values: [name] }];
    return (await aws.rds.send(new DescribeDBInstancesCommand({ Filters }))).DBInstances ?? [];
  };

  for (const [Engine, family] of [
    ["postgres", "postgres17"],
    ["mysql", "mysql8.4"],
  ] as const) {
    it(`of ${Engine} have a writer and two readers that RDS makes, in three zones`, async () => {
      const cluster = await createCluster(aws.rds, { ...multiAz, Engine });
      const { DBClusterIdentifier: name } = cluster;
      expect(cluster).to.deep.include({
        ...{ ...multiAz, Engine, MultiAZ: true, DBClusterParameterGroup: `default.${family}`, Status: "available" },
      });
      const names = [1, 2, 3].map((number) => `${name}-instance-${number}`);
      expect(cluster.DBClusterMembers?.map((one) => one.DBInstanceIdentifier)).to.deep.equal(names);
      expect(cluster.DBClusterMembers?.filter((one) => one.IsClusterWriter)).to.have.length(1);
      const members = await membersOf(name);
      expect(new Set(members.map((one) => one.AvailabilityZone)).size).to.equal(3);
      for (const member of members) {
        expect(member).to.include({ Engine, DBInstanceStatus: "available", DBInstanceClass: "db.m6gd.large" });
        expect(member).to.include({ AllocatedStorage: 100, StorageType: "io1", Iops: 1000, DBClusterIdentifier: name });
      }
    });
  }

  const wrong: [string, Partial<CreateDBClusterCommandInput>, RegExp][] = [
    ["no class", { DBClusterInstanceClass: undefined }, /^InvalidParameterValue .*DBClusterInstanceClass must be/],
    ["no storage", { AllocatedStorage: undefined }, /^InvalidParameterValue .*AllocatedStorage/],
    ["no IOPS", { Iops: undefined }, /^InvalidParameterCombination The storage type io1 requires iops/],
    ["storage that is too small", { AllocatedStorage: 20 }, /^InvalidParameterCombination Invalid storage size/],
    ["Aurora's storage", { StorageType: "aurora" }, /^InvalidParameterValue Invalid storage type: aurora/],
    ["an unknown class", { DBClusterInstanceClass: "db.x" }, /^InvalidParameterValue Invalid DB Instance class/],
    ["a class without disks", { DBClusterInstanceClass: "db.t3.micro" }, /^InvalidParameterCombination .*db.t3.micro/],
    ["an engine without such", { Engine: "mariadb" }, /^InvalidParameterValue Invalid DB engine: mariadb/],
    ["a global cluster", { GlobalClusterIdentifier: "none" }, /^GlobalClusterNotFoundFault/],
    [
      "capacities",
      { ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 2 } },
      /^InvalidParameterCombination ServerlessV2/,
    ],
  ];
  for (const [what, changes, expected] of wrong) {
    it(`refuse ${what}`, async () => {
      const request = clusterRequest({ ...multiAz, ...changes });
      expect(await refused(aws.rds.send(new CreateDBClusterCommand(request)))).to.match(expected);
    });
  }

  it("change class and storage of all members, at once or in the window", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds, multiAz);
    const modify = (changes: object) =>
      aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, PreferredMaintenanceWindow, ...changes }));
    // Three days from now, whenever that is.
    const day = new Date(Date.now() + 3 * 24 * 60 * 60 * 1000).toUTCString().slice(0, 3).toLowerCase();
    const PreferredMaintenanceWindow = `${day}:12:00-${day}:12:30`;
    await modify({});
    const waiting = await modify({ AllocatedStorage: 200, DBClusterInstanceClass: "db.r6gd.large" });
    expect(waiting.DBCluster).to.deep.include({ Status: "available", AllocatedStorage: 100 });
    expect(waiting.DBCluster?.PendingModifiedValues).to.include({ AllocatedStorage: 200 });
    expect((await modify({ ApplyImmediately: true })).DBCluster?.Status).to.equal("modifying");
    const after = await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(after).to.include({ AllocatedStorage: 200, DBClusterInstanceClass: "db.r6gd.large", Iops: 1000 });
    expect(after).not.to.have.property("PendingModifiedValues");
    for (const member of await membersOf(DBClusterIdentifier)) {
      expect(member).to.include({ AllocatedStorage: 200, DBInstanceClass: "db.r6gd.large" });
    }
    expect(await refused(modify({ AllocatedStorage: 100 }))).to.match(/^InvalidParameterCombination .*reduced/);
    const DBInstanceIdentifier = `${DBClusterIdentifier}-instance-1`;
    const alone = new ModifyDBInstanceCommand({ DBInstanceIdentifier, DBInstanceClass: "db.m6gd.large" });
    expect(await refused(aws.rds.send(alone))).to.match(/^InvalidParameterCombination .*for the DB Cluster/);
    const more = createMember(aws.rds, DBClusterIdentifier, { Engine: "postgres", DBInstanceClass: "db.m6gd.large" });
    expect(await refused(more)).to.match(/^InvalidParameterCombination .*you can't add one/);
  });

  it("fail over, restart, are restored with members of their own, and deleted with them", async () => {
    const { DBClusterIdentifier, DBClusterMembers = [] } = await createCluster(aws.rds, multiAz);
    const writer = DBClusterMembers.find((one) => one.IsClusterWriter)?.DBInstanceIdentifier;
    await aws.rds.send(new FailoverDBClusterCommand({ DBClusterIdentifier }));
    const after = await untilCluster(aws.rds, DBClusterIdentifier, "available");
    const next = after.DBClusterMembers?.filter((one) => one.IsClusterWriter).map((one) => one.DBInstanceIdentifier);
    expect(next).to.have.length(1);
    expect(next).not.to.include(writer);
    await aws.rds.send(new RebootDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");

    const SnapshotIdentifier = uniqueCluster();
    const DBClusterSnapshotIdentifier = SnapshotIdentifier;
    await aws.rds.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    const restored = uniqueCluster();
    await aws.rds.send(
      new RestoreDBClusterFromSnapshotCommand({
        ...{ DBClusterIdentifier: restored, SnapshotIdentifier, Engine: "postgres" },
        DBClusterInstanceClass: "db.r6gd.large",
      }),
    );
    const copy = await untilCluster(aws.rds, restored, "available");
    expect(copy).to.include({ AllocatedStorage: 100, Iops: 1000, DBClusterInstanceClass: "db.r6gd.large" });
    expect(copy.DBClusterMembers).to.have.length(3);

    const { DBCluster } = await aws.rds.send(
      new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true }),
    );
    expect(DBCluster?.Status).to.equal("deleting");
    await untilClusterGone(aws.rds, DBClusterIdentifier);
    expect(await membersOf(DBClusterIdentifier)).to.be.empty;
    const left = (await aws.rds.send(new DescribeDBInstancesCommand({}))).DBInstances ?? [];
    expect(left.filter((one) => one.DBInstanceIdentifier?.startsWith(DBClusterIdentifier))).to.be.empty;
    expect((await describeCluster(aws.rds, restored)).Status).to.equal("available");
  });
});
