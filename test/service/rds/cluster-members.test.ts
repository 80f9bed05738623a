import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  FailoverDBClusterCommand,
  ModifyDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { clusterRequest, createCluster, createMember, describeCluster, untilCluster } from "./db-clusters.ts";
import { uniqueIdentifier, untilGone, untilStatus } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds members of DB clusters", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const refused = async (call: Promise<unknown>) => {
    const { name, status, message } = await rejectionOf(call);
    return `${name} ${status} ${message}`;
  };

  it("are several: the first writes, and each has the cluster's port and settings", async () => {
    const cluster = await createCluster(aws.rds, { DatabaseName: "orders" });
    const name = cluster.DBClusterIdentifier;
    const first = await createMember(aws.rds, name, { PromotionTier: 3 });
    const second = await createMember(aws.rds, name);
    expect(first).to.deep.include({
      ...{ Engine: "aurora-postgresql", EngineVersion: cluster.EngineVersion, DBClusterIdentifier: name },
      ...{ MasterUsername: "master", DBName: "orders", StorageType: "aurora", AllocatedStorage: 1, PromotionTier: 3 },
      ...{ PreferredBackupWindow: cluster.PreferredBackupWindow, MultiAZ: false },
    });
    expect([first.Endpoint?.Port, second.Endpoint?.Port]).to.deep.equal([cluster.Port, cluster.Port]);
    expect(first.AvailabilityZone).not.to.equal(second.AvailabilityZone);
    const { DBClusterMembers, MultiAZ } = await describeCluster(aws.rds, name);
    expect(MultiAZ).to.equal(true);
    expect(DBClusterMembers).to.have.deep.members([
      member(first.DBInstanceIdentifier, true, 3),
      member(second.DBInstanceIdentifier, false, 1),
    ]);
    const Filters = [{ Name: "db-cluster-id", Values: [name] }];
    const { DBInstances = [] } = await aws.rds.send(new DescribeDBInstancesCommand({ Filters }));
    expect(DBInstances.map((one) => one.DBInstanceIdentifier)).to.have.members([
      first.DBInstanceIdentifier,
      second.DBInstanceIdentifier,
    ]);
  });

  it("may be asked for while their cluster is created", async () => {
    const request = clusterRequest();
    await aws.rds.send(new CreateDBClusterCommand(request));
    await createMember(aws.rds, request.DBClusterIdentifier ?? "");
    expect((await describeCluster(aws.rds, request.DBClusterIdentifier)).DBClusterMembers).to.have.length(1);
  });

  const wrongMembers: [string, Partial<CreateDBInstanceCommandInput>, RegExp][] = [
    ["a cluster that is not there", { DBClusterIdentifier: "none" }, /^DBClusterNotFoundFault 404/],
    ["no cluster", { DBClusterIdentifier: undefined }, /^InvalidParameterValue 400 .*DBClusterIdentifier/],
    ["another engine", { Engine: "postgres" }, /^InvalidParameterCombination 400 The engine name requested/],
    [
      "another version",
      { EngineVersion: "13.1" },
      /^InvalidParameterCombination 400 The engine version that you requested/,
    ],
    [
      "a class that Aurora has not",
      { DBInstanceClass: "db.t3.micro" },
      /^InvalidParameterCombination 400 RDS does not support/,
    ],
    ["a class that is none", { DBInstanceClass: "db.giant" }, /^InvalidParameterValue 400 Invalid DB Instance class/],
    [
      "a serverless class without a capacity",
      { DBInstanceClass: "db.serverless" },
      /^InvalidParameterCombination 400 Set the Serverless v2/,
    ],
    [
      "a password of its own",
      { MasterUserPassword: "correct-horse" },
      /^InvalidParameterCombination 400 .*Set master user password for the DB Cluster/,
    ],
    ["a promotion tier that is none", { PromotionTier: 16 }, /^InvalidParameterValue 400 Invalid promotion tier/],
    [
      "a parameter group of another family",
      { DBParameterGroupName: "default.postgres17" },
      /^InvalidParameterCombination 400/,
    ],
  ];
  for (const [what, changes, expected] of wrongMembers) {
    it(`are refused with ${what}`, async () => {
      const { DBClusterIdentifier } = await createCluster(aws.rds);
      const request = {
        ...{ DBInstanceIdentifier: uniqueIdentifier(), DBClusterIdentifier, Engine: "aurora-postgresql" },
        ...{ DBInstanceClass: "db.r6g.large", ...changes },
      };
      expect(await refused(aws.rds.send(new CreateDBInstanceCommand(request)))).to.match(expected);
      expect((await describeCluster(aws.rds, DBClusterIdentifier)).DBClusterMembers).to.deep.equal([]);
    });
  }

  it("are serverless once their cluster has a capacity", async () => {
    const ServerlessV2ScalingConfiguration = { MinCapacity: 0, MaxCapacity: 4.5 };
    const cluster = await createCluster(aws.rds, { ServerlessV2ScalingConfiguration });
    expect(cluster.ServerlessV2ScalingConfiguration).to.deep.equal({
      ...{ ...ServerlessV2ScalingConfiguration, SecondsUntilAutoPause: 300 },
    });
    const one = await createMember(aws.rds, cluster.DBClusterIdentifier, { DBInstanceClass: "db.serverless" });
    expect(one.DBInstanceClass).to.equal("db.serverless");
  });

  it("write after a failover to the one of the lowest tier, or to the one that is asked for", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const first = await createMember(aws.rds, DBClusterIdentifier);
    const failover = (TargetDBInstanceIdentifier?: string) =>
      aws.rds.send(new FailoverDBClusterCommand({ DBClusterIdentifier, TargetDBInstanceIdentifier }));
    expect(await refused(failover())).to.match(/^InvalidDBClusterStateFault 400/);
    const second = await createMember(aws.rds, DBClusterIdentifier, { PromotionTier: 2 });
    const third = await createMember(aws.rds, DBClusterIdentifier, { PromotionTier: 1 });
    expect(await refused(failover(first.DBInstanceIdentifier))).to.match(/^InvalidParameterValue 400/);
    expect((await failover()).DBCluster?.Status).to.equal("failing-over");
    expect(writerOf(await untilCluster(aws.rds, DBClusterIdentifier, "available"))).to.equal(
      third.DBInstanceIdentifier,
    );
    await failover(second.DBInstanceIdentifier);
    expect(writerOf(await untilCluster(aws.rds, DBClusterIdentifier, "available"))).to.equal(
      second.DBInstanceIdentifier,
    );
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: second.DBInstanceIdentifier }));
    await untilGone(aws.rds, second.DBInstanceIdentifier);
    expect(writerOf(await describeCluster(aws.rds, DBClusterIdentifier))).to.be.oneOf([
      first.DBInstanceIdentifier,
      third.DBInstanceIdentifier,
    ]);
  });

  it("change: class and name wait for the window, the tier does not, and the rest is the cluster's", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier);
    const change = async (changes: object) =>
      (await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...changes }))).DBInstance;
    expect(await change({ PromotionTier: 0, DBInstanceClass: "db.r6g.large" })).to.deep.include({
      ...{ PromotionTier: 0, DBInstanceClass: "db.t4g.medium" },
      PendingModifiedValues: { DBInstanceClass: "db.r6g.large" },
    });
    await change({ ApplyImmediately: true });
    const after = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(after).to.deep.include({ DBInstanceClass: "db.r6g.large", PendingModifiedValues: {} });
    for (const changes of [
      { MasterUserPassword: "correct-horse" },
      { AllocatedStorage: 40 },
      { EngineVersion: "17" },
    ]) {
      expect(await refused(change(changes))).to.match(/^InvalidParameterCombination 400 .*for the DB Cluster/);
    }
    expect(await refused(change({ DBInstanceClass: "db.t3.micro" }))).to.match(/^InvalidParameterCombination 400/);
    const DBSnapshotIdentifier = uniqueIdentifier();
    const snapshot = aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
    expect(await refused(snapshot)).to.match(/^InvalidParameterValue 400 .*CreateDBClusterSnapshot/);
  });
});

function member(DBInstanceIdentifier: string, IsClusterWriter: boolean, PromotionTier: number) {
  return { DBInstanceIdentifier, IsClusterWriter, DBClusterParameterGroupStatus: "in-sync", PromotionTier };
}

function writerOf({ DBClusterMembers = [] }: Awaited<ReturnType<typeof describeCluster>>): string | undefined {
  return DBClusterMembers.find(({ IsClusterWriter }) => IsClusterWriter)?.DBInstanceIdentifier;
}
