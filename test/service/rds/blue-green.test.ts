import { CreateSecurityGroupCommand } from "@aws-sdk/client-ec2";
import {
  CreateDBInstanceReadReplicaCommand,
  DeleteBlueGreenDeploymentCommand,
  DescribeBlueGreenDeploymentsCommand,
  DescribeEventsCommand,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  SwitchoverBlueGreenDeploymentCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createDeployment, nameIn, untilDeleted, untilDeployment } from "./blue-green-deployments.ts";
import {
  createAvailable,
  describeInstance,
  queryAsMaster,
  uniqueIdentifier,
  untilGone,
  untilStatus,
} from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { refused } from "./rejection.ts";

describe("rds blue/green deployments", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("make a green instance that differs as the request says, and exchange it with the blue one", async () => {
    const group = new CreateSecurityGroupCommand({ GroupName: uniqueIdentifier(), Description: "of blue" });
    const VpcSecurityGroupIds = [(await aws.ec2.send(group)).GroupId ?? ""];
    const ofBlue = { EngineVersion: "16.10", Tags: [{ Key: "of", Value: "blue" }], VpcSecurityGroupIds };
    const blue = await createAvailable(aws.rds, ofBlue);
    const TargetDBInstanceClass = "db.t3.small";
    const BlueGreenDeploymentName = uniqueIdentifier();
    const more = { TargetEngineVersion: "17.6", TargetDBInstanceClass, Tags: [{ Key: "a", Value: "b" }] };
    const { BlueGreenDeployment: created } = await createDeployment(aws.rds, blue.DBInstanceArn, {
      ...{ ...more, BlueGreenDeploymentName },
    });
    expect(created).to.deep.include({ BlueGreenDeploymentName, Source: blue.DBInstanceArn, Status: "PROVISIONING" });
    expect(created?.TagList).to.deep.equal(more.Tags);
    expect(created?.BlueGreenDeploymentIdentifier).to.match(/^bgd-[a-z0-9]{16}$/);
    expect(nameIn(created?.Target)).to.match(new RegExp(`^${blue.DBInstanceIdentifier}-green-[a-z0-9]{6}$`));
    expect(created?.Tasks?.map(({ Name }) => Name)).to.include("DB_ENGINE_VERSION_UPGRADE");
    const id = created?.BlueGreenDeploymentIdentifier;
    const available = await untilDeployment(aws.rds, id, "AVAILABLE");
    expect(available.SwitchoverDetails).to.deep.equal([
      { SourceMember: created?.Source, TargetMember: created?.Target, Status: "AVAILABLE" },
    ]);
    expect(available.Tasks?.every(({ Status }) => Status === "COMPLETED")).to.equal(true);
    const green = await describeInstance(aws.rds, nameIn(created?.Target));
    expect(green).to.deep.include({
      ...{ EngineVersion: "17.6", DBInstanceClass: TargetDBInstanceClass, TagList: blue.TagList },
      ...{ VpcSecurityGroups: blue.VpcSecurityGroups, DBSubnetGroup: blue.DBSubnetGroup },
      ReadReplicaSourceDBInstanceIdentifier: blue.DBInstanceIdentifier,
    });
    expect(green.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.postgres17");
    const Filters = [{ Name: "blue-green-deployment-name", Values: [BlueGreenDeploymentName] }];
    const { BlueGreenDeployments } = await aws.rds.send(new DescribeBlueGreenDeploymentsCommand({ Filters }));
    expect(BlueGreenDeployments).to.have.length(1);
    const ResourceName = `arn:aws:rds:us-east-1:000000000000:deployment:${id}`;
    const { TagList } = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName }));
    expect(TagList).to.deep.equal(more.Tags);

    for (const SwitchoverTimeout of [29, 3601]) {
      const wrong = new SwitchoverBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id, SwitchoverTimeout });
      expect(await refused(aws.rds.send(wrong)), `${SwitchoverTimeout}`).to.equal("InvalidParameterValue 400");
    }
    await aws.rds.send(new SwitchoverBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id }));
    const done = await untilDeployment(aws.rds, id, "SWITCHOVER_COMPLETED");
    expect(nameIn(done.Source)).to.equal(`${blue.DBInstanceIdentifier}-old1`);
    expect(done.Target).to.equal(blue.DBInstanceArn);
    const after = await untilStatus(aws.rds, blue.DBInstanceIdentifier, "available");
    expect(after).to.deep.include({
      ...{ DbiResourceId: green.DbiResourceId, Endpoint: blue.Endpoint, EngineVersion: "17.6", TagList: blue.TagList },
      BackupRetentionPeriod: blue.BackupRetentionPeriod,
    });
    expect(after.ReadReplicaSourceDBInstanceIdentifier).to.equal(undefined);
    const old = await untilStatus(aws.rds, nameIn(done.Source), "available");
    expect(old).to.deep.include({ DbiResourceId: blue.DbiResourceId, Endpoint: green.Endpoint });
    expect(old.ReadReplicaDBInstanceIdentifiers).to.deep.equal([]);
    const again = new SwitchoverBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id });
    expect(await refused(aws.rds.send(again))).to.equal("InvalidBlueGreenDeploymentStateFault 400");
    const remove = (DeleteTarget: boolean) =>
      aws.rds.send(new DeleteBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id, DeleteTarget }));
    expect(await refused(remove(true))).to.equal("InvalidParameterCombination 400");
    expect((await remove(false)).BlueGreenDeployment?.Status).to.equal("DELETING");
    await untilDeleted(aws.rds, id);
    await describeInstance(aws.rds, blue.DBInstanceIdentifier);
    const [from, to] = [blue.DBInstanceIdentifier, nameIn(created?.Target)];
    const expected = [
      "Blue/green deployment tasks completed. You can make more modifications to the green environment databases or switch over the deployment.",
      `Switchover from ${from} to ${to} started.`,
      `Switchover from primary/read replica ${from} to ${to} started.`,
      `Switchover from primary/read replica ${from} to ${to} completed. Renamed ${from} to ${from}-old1 and ${to} to ${from}.`,
      "Switchover completed on blue/green deployment.",
      "Blue/green deployment deleted.",
    ];
    const happened = await eventually("its end is told", async () => {
      const request = { SourceType: "blue-green-deployment", SourceIdentifier: id } as const;
      const { Events = [] } = await aws.rds.send(new DescribeEventsCommand(request));
      return Events.length === expected.length && Events;
    });
    expect(happened.map(({ Message }) => Message)).to.deep.equal(expected);
    expect(happened[0]?.SourceArn).to.equal(`arn:aws:rds:us-east-1:000000000000:deployment:${id}`);
  });

  it("are deleted with their green instance, or leave it as one of its own", async () => {
    for (const DeleteTarget of [true, false]) {
      const blue = await createAvailable(aws.rds);
      const { BlueGreenDeployment } = await createDeployment(aws.rds, blue.DBInstanceArn);
      const { BlueGreenDeploymentIdentifier, Target } = BlueGreenDeployment ?? {};
      await untilDeployment(aws.rds, BlueGreenDeploymentIdentifier, "AVAILABLE");
      await aws.rds.send(new DeleteBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier, DeleteTarget }));
      await untilDeleted(aws.rds, BlueGreenDeploymentIdentifier);
      if (DeleteTarget) {
        await untilGone(aws.rds, nameIn(Target));
      } else {
        const green = await untilStatus(aws.rds, nameIn(Target), "available");
        expect(green.ReadReplicaSourceDBInstanceIdentifier).to.equal(undefined);
      }
      const { ReadReplicaDBInstanceIdentifiers } = await describeInstance(aws.rds, blue.DBInstanceIdentifier);
      expect(ReadReplicaDBInstanceIdentifiers).to.deep.equal([]);
    }
  });

  it("are refused of what is not there or has no backups, with a name twice, and to a version that cannot be", async () => {
    const blue = await createAvailable(aws.rds, { EngineVersion: "16.10" });
    const arn = "arn:aws:rds:us-east-1:000000000000:db:none";
    expect(await refused(createDeployment(aws.rds, arn))).to.equal("DBInstanceNotFoundFault 404");
    const lower = createDeployment(aws.rds, blue.DBInstanceArn, { TargetEngineVersion: "15.14" });
    expect(await refused(lower)).to.equal("InvalidParameterCombination 400");
    const wrongName = createDeployment(aws.rds, blue.DBInstanceArn, { BlueGreenDeploymentName: "-a" });
    expect(await refused(wrongName)).to.equal("InvalidParameterValue 400");
    const unsaved = await createAvailable(aws.rds, { BackupRetentionPeriod: 0 });
    expect(await refused(createDeployment(aws.rds, unsaved.DBInstanceArn))).to.equal("InvalidDBInstanceStateFault 400");
    const BlueGreenDeploymentName = uniqueIdentifier();
    await createDeployment(aws.rds, blue.DBInstanceArn, { BlueGreenDeploymentName });
    const other = await createAvailable(aws.rds);
    const twice = createDeployment(aws.rds, other.DBInstanceArn, { BlueGreenDeploymentName });
    expect(await refused(twice)).to.equal("BlueGreenDeploymentAlreadyExistsFault 400");
    const DBInstanceIdentifier = uniqueIdentifier();
    const SourceDBInstanceIdentifier = other.DBInstanceIdentifier;
    await aws.rds.send(new CreateDBInstanceReadReplicaCommand({ DBInstanceIdentifier, SourceDBInstanceIdentifier }));
    const { DBInstanceArn = "" } = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await refused(createDeployment(aws.rds, DBInstanceArn))).to.equal("SourceDatabaseNotSupportedFault 400");
  });
});

describe("rds blue/green deployments of real databases", function () {
  this.timeout(240_000);
  let aws: TestServer;
  const restart = withRealDatabases((started) => {
    aws = started;
  });

  it("lose no row that was committed before the switchover, and survive a restart", async () => {
    const blue = await createAvailable(aws.rds);
    const port = blue.Endpoint?.Port;
    await queryAsMaster(port, "create table kept as select 'before' as what");
    const { BlueGreenDeployment } = await createDeployment(aws.rds, blue.DBInstanceArn);
    const id = BlueGreenDeployment?.BlueGreenDeploymentIdentifier;
    await untilDeployment(aws.rds, id, "AVAILABLE");
    const green = nameIn(BlueGreenDeployment?.Target);
    const ApplyImmediately = true;
    await aws.rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: green, DBInstanceClass: "db.t3.small", ApplyImmediately }),
    );
    await untilStatus(aws.rds, green, "available");
    const committed = new Set<number>();
    let isOver = false;
    const writing = (async () => {
      for (let number = 1; !isOver; number++) {
        // Those that are refused or cut off during the switchover count for nothing.
        await queryAsMaster(port, `insert into kept values ('${number}')`).then(
          () => committed.add(number),
          () => {},
        );
      }
    })();
    try {
      await eventually("rows are written", async () => committed.size > 3);
      await aws.rds.send(new SwitchoverBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id }));
      await untilDeployment(aws.rds, id, "SWITCHOVER_COMPLETED");
      const until = committed.size + 3;
      await eventually("rows are written again", async () => committed.size > until);
    } finally {
      isOver = true;
      await writing;
    }
    const rows = async () => {
      const { Endpoint } = await untilStatus(aws.rds, blue.DBInstanceIdentifier, "available");
      expect(Endpoint?.Port).to.equal(port);
      return (await queryAsMaster(Endpoint?.Port, "select what from kept")).map(
        (row) => Object.values(row as object)[0],
      );
    };
    const found = await rows();
    expect(found).to.include.members(["before", ...[...committed].map(String)]);
    const old = await untilStatus(aws.rds, `${blue.DBInstanceIdentifier}-old1`, "available");
    expect(await queryAsMaster(old.Endpoint?.Port, "select count(*) > 0 as any from kept")).to.deep.equal([
      { any: true },
    ]);
    expect(
      await queryAsMaster(old.Endpoint?.Port, "select count(*)::int as n from pg_replication_slots"),
    ).to.deep.equal([{ n: 0 }]);
    await restart();
    expect((await rows()).length).to.equal(found.length);
    expect((await untilDeployment(aws.rds, id, "SWITCHOVER_COMPLETED")).Target).to.equal(blue.DBInstanceArn);
  });
});
