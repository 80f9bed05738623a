import {
  CreateDBClusterCommand,
  type CreateDBClusterCommandInput,
  CreateGlobalClusterCommand,
  DeleteDBClusterCommand,
  DeleteGlobalClusterCommand,
  DescribeGlobalClustersCommand,
  FailoverGlobalClusterCommand,
  ModifyDBClusterCommand,
  RDSClient,
  RemoveFromGlobalClusterCommand,
  StopDBClusterCommand,
  SwitchoverGlobalClusterCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster, createMember, describeCluster, uniqueCluster, untilCluster } from "./db-clusters.ts";
import { masterPassword } from "./db-instances.ts";
import { withTwoRegions } from "./own-servers.ts";
import { refusal, refused } from "./rejection.ts";

/** A global cluster with a writer in us-east-1, which `rds` is of, and one that follows it in eu-west-1. */
async function twoRegions(rds: RDSClient, elsewhere: RDSClient, DatabaseName?: string) {
  const primary = await createCluster(rds, { DatabaseName });
  await createMember(rds, primary.DBClusterIdentifier);
  const GlobalClusterIdentifier = uniqueCluster();
  const SourceDBClusterIdentifier = primary.DBClusterArn;
  await rds.send(new CreateGlobalClusterCommand({ GlobalClusterIdentifier, SourceDBClusterIdentifier }));
  const secondary = await createCluster(elsewhere, {
    ...{ GlobalClusterIdentifier, MasterUsername: undefined, MasterUserPassword: undefined },
  });
  await createMember(elsewhere, secondary.DBClusterIdentifier);
  return { GlobalClusterIdentifier, primary, secondary };
}

async function find(rds: RDSClient, GlobalClusterIdentifier: string) {
  const { GlobalClusters } = await rds.send(new DescribeGlobalClustersCommand({ GlobalClusterIdentifier }));
  return GlobalClusters?.[0];
}

async function untilSettled(rds: RDSClient, GlobalClusterIdentifier: string) {
  return await eventually(
    `${GlobalClusterIdentifier} is available`,
    async () => {
      const found = await find(rds, GlobalClusterIdentifier);
      return found?.Status === "available" && found;
    },
    120_000,
  );
}

describe("rds secondary clusters of global clusters", () => {
  let aws: TestServer;
  let elsewhere: RDSClient;
  withTwoRegions((...started) => {
    [aws, elsewhere] = started;
  });

  it("follow the one that writes, with its user and database, and are found by their regions", async () => {
    const { GlobalClusterIdentifier, primary, secondary } = await twoRegions(aws.rds, elsewhere, "orders");
    expect(secondary).to.include({
      ...{ GlobalClusterIdentifier, MasterUsername: "master", DatabaseName: "orders" },
      ...{ EngineVersion: primary.EngineVersion, ReplicationSourceIdentifier: primary.DBClusterArn },
    });
    expect(secondary.DBClusterArn).to.match(/^arn:aws:rds:eu-west-1:/);
    const described = await describeCluster(elsewhere, secondary.DBClusterIdentifier);
    expect(described.DBClusterMembers?.map((one) => one.IsClusterWriter)).to.deep.equal([false]);
    expect((await find(aws.rds, GlobalClusterIdentifier))?.GlobalClusterMembers).to.deep.equal([
      {
        ...{ DBClusterArn: primary.DBClusterArn, IsWriter: true, Readers: [secondary.DBClusterArn] },
        GlobalWriteForwardingStatus: "disabled",
      },
      {
        ...{ DBClusterArn: secondary.DBClusterArn, IsWriter: false, Readers: [] },
        ...{ GlobalWriteForwardingStatus: "disabled", SynchronizationStatus: "connected" },
      },
    ]);
    const Filters = [{ Name: "region", Values: ["eu-west-1"] }];
    const { GlobalClusters = [] } = await elsewhere.send(new DescribeGlobalClustersCommand({ Filters }));
    expect(GlobalClusters.map((one) => one.GlobalClusterIdentifier)).to.include(GlobalClusterIdentifier);
    expect((await elsewhere.send(new DescribeGlobalClustersCommand({}))).GlobalClusters).not.to.be.empty;
  });

  it("refuse what is the primary's, and a second one in a region", async () => {
    const { GlobalClusterIdentifier, primary, secondary } = await twoRegions(aws.rds, elsewhere);
    const third = new RDSClient({ ...aws.clientConfig, region: "ap-south-1" });
    try {
      const create = (rds: RDSClient, changes: Partial<CreateDBClusterCommandInput>) => {
        const request = { DBClusterIdentifier: uniqueCluster(), Engine: "aurora-postgresql", GlobalClusterIdentifier };
        return refused(rds.send(new CreateDBClusterCommand({ ...request, ...changes })));
      };
      expect(await create(third, { MasterUsername: "master" })).to.equal("InvalidParameterCombination 400");
      expect(await create(third, { MasterUserPassword: "battery-staple" })).to.equal("InvalidParameterCombination 400");
      expect(await create(third, { DatabaseName: "orders" })).to.equal("InvalidParameterCombination 400");
      expect(await create(third, { EngineVersion: "13" })).to.equal("InvalidParameterCombination 400");
      expect(await create(third, { Engine: "aurora-mysql" })).to.equal("InvalidParameterCombination 400");
      expect(await create(elsewhere, {})).to.equal("InvalidGlobalClusterStateFault 400");
    } finally {
      third.destroy();
    }
    const { DBClusterIdentifier } = secondary;
    const password = new ModifyDBClusterCommand({ DBClusterIdentifier, MasterUserPassword: "battery-staple" });
    expect(await refused(elsewhere.send(password))).to.equal("InvalidDBClusterStateFault 400");
    const stop = new StopDBClusterCommand({ DBClusterIdentifier });
    expect(await refused(elsewhere.send(stop))).to.equal("InvalidDBClusterStateFault 400");
    const remove = new DeleteDBClusterCommand({
      DBClusterIdentifier: primary.DBClusterIdentifier,
      SkipFinalSnapshot: true,
    });
    expect(await refused(aws.rds.send(remove))).to.equal("InvalidDBClusterStateFault 400");
    const DbClusterIdentifier = primary.DBClusterArn;
    const leave = new RemoveFromGlobalClusterCommand({ GlobalClusterIdentifier, DbClusterIdentifier });
    expect(await refused(aws.rds.send(leave))).to.equal("InvalidGlobalClusterStateFault 400");
  });

  it("are of what the cluster is that a global cluster is made of", async () => {
    const { DBClusterArn: SourceDBClusterIdentifier } = await createCluster(aws.rds);
    const request = { GlobalClusterIdentifier: uniqueCluster(), SourceDBClusterIdentifier };
    for (const [member, name] of [
      [{ Engine: "aurora-postgresql" }, "engineName"],
      [{ DatabaseName: "orders" }, "databaseName"],
    ] as const) {
      expect(await refusal(aws.rds.send(new CreateGlobalClusterCommand({ ...request, ...member })))).to.equal(
        `InvalidParameterCombination 400: When creating global cluster from existing db cluster, value for ${name} should not be specified since it will be inherited from source cluster`,
      );
    }
  });

  it("take over by a switchover or a failover, and are clusters of their own once they are removed", async () => {
    const { GlobalClusterIdentifier, primary, secondary } = await twoRegions(aws.rds, elsewhere);
    const target = { GlobalClusterIdentifier, TargetDbClusterIdentifier: secondary.DBClusterArn };
    const { GlobalCluster } = await aws.rds.send(new SwitchoverGlobalClusterCommand(target));
    expect(GlobalCluster).to.deep.include({
      Status: "switching-over",
      FailoverState: {
        ...{ Status: "switching-over", FromDbClusterArn: primary.DBClusterArn, ToDbClusterArn: secondary.DBClusterArn },
        IsDataLossAllowed: false,
      },
    });
    const writers = async () => {
      const { GlobalClusterMembers = [] } = await untilSettled(aws.rds, GlobalClusterIdentifier);
      return GlobalClusterMembers.map(({ DBClusterArn, IsWriter }) => [DBClusterArn, IsWriter]);
    };
    expect(await writers()).to.deep.equal([
      [secondary.DBClusterArn, true],
      [primary.DBClusterArn, false],
    ]);
    const before = await untilCluster(aws.rds, primary.DBClusterIdentifier, "available");
    expect(before.ReplicationSourceIdentifier).to.equal(secondary.DBClusterArn);
    const back = { GlobalClusterIdentifier, TargetDbClusterIdentifier: primary.DBClusterArn };
    const both = new FailoverGlobalClusterCommand({ ...back, AllowDataLoss: true, Switchover: true });
    expect(await refused(aws.rds.send(both))).to.equal("InvalidParameterCombination 400");
    const failedOver = await aws.rds.send(new FailoverGlobalClusterCommand({ ...back, AllowDataLoss: true }));
    expect(failedOver.GlobalCluster?.Status).to.equal("failing-over");
    expect((await writers())[0]).to.deep.equal([primary.DBClusterArn, true]);

    await untilCluster(elsewhere, secondary.DBClusterIdentifier, "available");
    for (const DbClusterIdentifier of [secondary.DBClusterArn, primary.DBClusterArn]) {
      await aws.rds.send(new RemoveFromGlobalClusterCommand({ GlobalClusterIdentifier, DbClusterIdentifier }));
    }
    const alone = await untilCluster(elsewhere, secondary.DBClusterIdentifier, "available");
    expect(alone).not.to.have.any.keys("GlobalClusterIdentifier", "ReplicationSourceIdentifier");
    expect(alone.DBClusterMembers?.map((one) => one.IsClusterWriter)).to.deep.equal([true]);
    await aws.rds.send(new DeleteGlobalClusterCommand({ GlobalClusterIdentifier }));
  });
});

describe("rds secondary clusters on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(60_000);
  let aws: TestServer;
  let elsewhere: RDSClient;
  before(async () => {
    aws = await startLocalAws({ runtime: "embedded" });
    elsewhere = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
  });
  after(async () => {
    elsewhere.destroy();
    await aws.server.reset();
    await aws.stop();
  });

  async function query(port: number | undefined, sql: string) {
    const client = new pg.Client({
      ...{ host: "localhost", port, user: "master", password: masterPassword, database: "orders" },
    });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it("have what is written elsewhere, and write what the other has after a switchover", async () => {
    const { GlobalClusterIdentifier, primary, secondary } = await twoRegions(aws.rds, elsewhere, "orders");
    await query(primary.Port, "create table t as select 1 as n");
    const untilRows = (port: number | undefined, count: number) =>
      eventually(
        `${count} rows arrive`,
        async () => (await query(port, "select * from t").catch(() => [])).length === count,
        120_000,
      );
    await untilRows(secondary.Port, 1);
    const refusal = await query(secondary.Port, "insert into t values (2)").catch((error) => error);
    expect(refusal).to.have.property("code", "25006");

    const TargetDbClusterIdentifier = secondary.DBClusterArn;
    await aws.rds.send(new SwitchoverGlobalClusterCommand({ GlobalClusterIdentifier, TargetDbClusterIdentifier }));
    const { GlobalClusterMembers = [] } = await untilSettled(aws.rds, GlobalClusterIdentifier);
    expect(GlobalClusterMembers[0]?.DBClusterArn).to.equal(secondary.DBClusterArn);
    await query(secondary.Port, "insert into t values (2)");
    await untilRows((await describeCluster(aws.rds, primary.DBClusterIdentifier)).Port, 2);

    const leave = { GlobalClusterIdentifier, DbClusterIdentifier: primary.DBClusterArn };
    await untilCluster(aws.rds, primary.DBClusterIdentifier, "available");
    await aws.rds.send(new RemoveFromGlobalClusterCommand(leave));
    const alone = await untilCluster(aws.rds, primary.DBClusterIdentifier, "available");
    await query(alone.Port, "insert into t values (3)");
    await untilRows(secondary.Port, 2);
  });
});
