import {
  DeleteBlueGreenDeploymentCommand,
  DeleteDBClusterCommand,
  StopDBClusterCommand,
  SwitchoverBlueGreenDeploymentCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createDeployment, nameIn, untilDeleted, untilDeployment } from "./blue-green-deployments.ts";
import { createCluster, createMember, describeCluster, untilCluster, untilClusterGone } from "./db-clusters.ts";
import { describeInstance, queryAsMaster, untilGone } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { refused } from "./rejection.ts";

describe("rds blue/green deployments of clusters", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("make a green cluster with as many members, and exchange their names and ports", async () => {
    const Tags = [{ Key: "of", Value: "blue" }];
    const blue = await createCluster(aws.rds, { EngineVersion: "16.9", Tags });
    const writer = await createMember(aws.rds, blue.DBClusterIdentifier, { Tags });
    const reader = await createMember(aws.rds, blue.DBClusterIdentifier, { PromotionTier: 3 });
    const more = { TargetEngineVersion: "17.5", TargetDBInstanceClass: "db.r6g.large" };
    const { BlueGreenDeployment: created } = await createDeployment(aws.rds, blue.DBClusterArn, more);
    const id = created?.BlueGreenDeploymentIdentifier;
    expect(created).to.include({ Source: blue.DBClusterArn, Status: "PROVISIONING" });
    expect(nameIn(created?.Target)).to.match(new RegExp(`^${blue.DBClusterIdentifier}-green-[a-z0-9]{6}$`));
    const stop = new StopDBClusterCommand({ DBClusterIdentifier: blue.DBClusterIdentifier });
    expect(await refused(aws.rds.send(stop))).to.equal("InvalidDBClusterStateFault 400");
    const available = await untilDeployment(aws.rds, id, "AVAILABLE");
    const members = available.SwitchoverDetails?.map(({ SourceMember }) => SourceMember);
    expect(members).to.deep.equal([blue.DBClusterArn, writer.DBInstanceArn, reader.DBInstanceArn]);
    const green = await describeCluster(aws.rds, nameIn(available.Target));
    expect(green).to.deep.include({
      ...{ EngineVersion: "17.5", DBClusterParameterGroup: "default.aurora-postgresql17", TagList: Tags },
      ReplicationSourceIdentifier: blue.DBClusterArn,
    });
    const names = available.SwitchoverDetails?.slice(1).map(({ TargetMember }) => nameIn(TargetMember));
    const [first, second] = await Promise.all((names ?? []).map((name) => describeInstance(aws.rds, name)));
    expect(first).to.deep.include({ DBInstanceClass: "db.r6g.large", TagList: Tags });
    expect(second).to.include({ PromotionTier: 3, DBInstanceStatus: "available" });

    await aws.rds.send(new SwitchoverBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id }));
    const done = await untilDeployment(aws.rds, id, "SWITCHOVER_COMPLETED");
    expect(nameIn(done.Source)).to.equal(`${blue.DBClusterIdentifier}-old1`);
    expect(done.Target).to.equal(blue.DBClusterArn);
    const after = await untilCluster(aws.rds, blue.DBClusterIdentifier, "available");
    expect(after).to.deep.include({
      ...{ DbClusterResourceId: green.DbClusterResourceId, Port: blue.Port, EngineVersion: "17.5" },
    });
    expect(after).not.to.have.property("ReplicationSourceIdentifier");
    const roles = after.DBClusterMembers?.map((one) => [one.DBInstanceIdentifier, one.IsClusterWriter]);
    expect(roles).to.have.deep.members([
      [writer.DBInstanceIdentifier, true],
      [reader.DBInstanceIdentifier, false],
    ]);
    expect((await describeInstance(aws.rds, writer.DBInstanceIdentifier)).DbiResourceId).to.equal(first?.DbiResourceId);
    const old = await untilCluster(aws.rds, nameIn(done.Source), "available");
    expect(old.DbClusterResourceId).to.equal(blue.DbClusterResourceId);
    expect(old.DBClusterMembers?.map((one) => one.DBInstanceIdentifier)).to.include(
      `${writer.DBInstanceIdentifier}-old1`,
    );
  });

  it("are deleted with their green cluster, or leave it as one of its own", async () => {
    const blue = await createCluster(aws.rds);
    await createMember(aws.rds, blue.DBClusterIdentifier);
    for (const DeleteTarget of [true, false]) {
      const { BlueGreenDeployment } = await createDeployment(aws.rds, blue.DBClusterArn);
      const { BlueGreenDeploymentIdentifier, Target } = BlueGreenDeployment ?? {};
      const { SwitchoverDetails = [] } = await untilDeployment(aws.rds, BlueGreenDeploymentIdentifier, "AVAILABLE");
      const removal = { DBClusterIdentifier: blue.DBClusterIdentifier, SkipFinalSnapshot: true };
      expect(await refused(aws.rds.send(new DeleteDBClusterCommand(removal)))).to.equal(
        "InvalidDBClusterStateFault 400",
      );
      await aws.rds.send(new DeleteBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier, DeleteTarget }));
      await untilDeleted(aws.rds, BlueGreenDeploymentIdentifier);
      if (DeleteTarget) {
        await untilClusterGone(aws.rds, nameIn(Target));
        await untilGone(aws.rds, nameIn(SwitchoverDetails[1]?.TargetMember));
      } else {
        const green = await untilCluster(aws.rds, nameIn(Target), "available");
        expect(green).not.to.have.property("ReplicationSourceIdentifier");
      }
    }
  });

  it("are refused of clusters that are not there, or of RDS's own engines", async () => {
    const arn = "arn:aws:rds:us-east-1:000000000000:cluster:none";
    expect(await refused(createDeployment(aws.rds, arn))).to.equal("DBClusterNotFoundFault 404");
    const multiAz = await createCluster(aws.rds, {
      ...{ Engine: "postgres", DBClusterInstanceClass: "db.m6gd.large", AllocatedStorage: 100, StorageType: "gp3" },
    });
    expect(await refused(createDeployment(aws.rds, multiAz.DBClusterArn))).to.equal(
      "SourceClusterNotSupportedFault 400",
    );
  });
});

describe("rds blue/green deployments of real clusters", function () {
  this.timeout(240_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  it("follow the blue cluster, and take its place with all that it had", async () => {
    const blue = await createCluster(aws.rds);
    const writer = await createMember(aws.rds, blue.DBClusterIdentifier);
    await queryAsMaster(blue.Port, "create table kept as select 1 as n");
    const { BlueGreenDeployment } = await createDeployment(aws.rds, blue.DBClusterArn);
    const id = BlueGreenDeployment?.BlueGreenDeploymentIdentifier;
    const { Target } = await untilDeployment(aws.rds, id, "AVAILABLE");
    await queryAsMaster(blue.Port, "insert into kept values (2)");
    const green = await describeCluster(aws.rds, nameIn(Target));
    await eventually("green has what blue got since", async () => {
      const rows = await queryAsMaster(green.Port, "select n from kept");
      return rows.length === 2;
    });
    const refusal = await queryAsMaster(green.Port, "insert into kept values (3)").catch((error) => error);
    expect(refusal).to.have.property("code", "25006");
    await queryAsMaster(blue.Port, "insert into kept values (3)");
    await aws.rds.send(new SwitchoverBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id }));
    await untilDeployment(aws.rds, id, "SWITCHOVER_COMPLETED");
    const { Endpoint } = await describeInstance(aws.rds, writer.DBInstanceIdentifier);
    expect(Endpoint?.Port).to.equal(writer.Endpoint?.Port);
    for (const port of [blue.Port, Endpoint?.Port]) {
      await queryAsMaster(port, "insert into kept values (4)");
    }
    const rows = await queryAsMaster(blue.Port, "select n from kept order by n");
    expect(rows).to.deep.equal([1, 2, 3, 4, 4].map((n) => ({ n })));
    const old = await queryAsMaster(green.Port, "select n from kept order by n");
    expect(old).to.deep.equal([1, 2, 3].map((n) => ({ n })));
  });
});
