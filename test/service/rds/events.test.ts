import {
  AddSourceIdentifierToSubscriptionCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBParameterGroupCommand,
  CreateDBSnapshotCommand,
  CreateEventSubscriptionCommand,
  type CreateEventSubscriptionCommandInput,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  DeleteEventSubscriptionCommand,
  DescribeDBSnapshotsCommand,
  DescribeEventCategoriesCommand,
  DescribeEventSubscriptionsCommand,
  DescribeEventsCommand,
  type DescribeEventsCommandInput,
  FailoverDBClusterCommand,
  ListTagsForResourceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  ModifyEventSubscriptionCommand,
  RebootDBInstanceCommand,
  RemoveSourceIdentifierFromSubscriptionCommand,
  StartDBClusterCommand,
  StartDBInstanceCommand,
  StopDBClusterCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster, createMember, untilCluster } from "./db-clusters.ts";
import { createAvailable, masterPassword, uniqueIdentifier, untilGone, untilStatus } from "./db-instances.ts";
import { refused } from "./rejection.ts";

describe("rds events", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  describe("rds DescribeEvents", () => {
    const describeEvents = async (input: DescribeEventsCommandInput) =>
      (await aws.rds.send(new DescribeEventsCommand(input))).Events ?? [];

    const messagesOf = async (SourceIdentifier: string, input: DescribeEventsCommandInput = {}) =>
      (await describeEvents({ SourceIdentifier, SourceType: "db-instance", ...input })).map(({ Message }) => Message);

    it("tells what became of an instance, in the order in which it happened", async () => {
      const { DBInstanceIdentifier, DBInstanceArn } = await createAvailable(aws.rds);
      const request = { DBInstanceIdentifier };
      await aws.rds.send(new RebootDBInstanceCommand(request));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      await aws.rds.send(new StopDBInstanceCommand(request));
      await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
      await aws.rds.send(new StartDBInstanceCommand(request));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      const changes = { MasterUserPassword: masterPassword, DBInstanceClass: "db.t3.small", AllocatedStorage: 40 };
      await aws.rds.send(new ModifyDBInstanceCommand({ ...request, ...changes, ApplyImmediately: true }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      await aws.rds.send(new ModifyDBInstanceCommand({ ...request, BackupRetentionPeriod: 0, ApplyImmediately: true }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      await aws.rds.send(new DeleteDBInstanceCommand({ ...request, SkipFinalSnapshot: true }));
      await untilGone(aws.rds, DBInstanceIdentifier);
      await eventually("it is said to be deleted", async () =>
        (await messagesOf(DBInstanceIdentifier)).includes("DB instance deleted"),
      );
      const expected = [
        ...["DB instance created", "Backing up DB instance", "Finished DB Instance backup"],
        ...["DB instance shutdown", "DB instance restarted", "DB instance stopped", "DB instance started"],
        ...["Reset master credentials", "Applying modification to database instance class"],
        ...["Applying modification to allocated storage", "Finished applying modification to DB instance class"],
        ...["Finished applying modification to allocated storage", "Disabled automated backups", "DB instance deleted"],
      ];
      expect(await messagesOf(DBInstanceIdentifier)).to.deep.equal(expected);
      const [created] = await describeEvents({ SourceIdentifier: DBInstanceIdentifier, SourceType: "db-instance" });
      expect(created).to.deep.include({
        SourceIdentifier: DBInstanceIdentifier,
        SourceType: "db-instance",
        SourceArn: DBInstanceArn,
        EventCategories: ["creation"],
      });
      expect(await messagesOf(DBInstanceIdentifier, { EventCategories: ["deletion", "creation"] })).to.deep.equal([
        ...["DB instance created", "DB instance deleted"],
      ]);
    });

    it("tells of snapshots and of parameters", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { BackupRetentionPeriod: 0 });
      const DBSnapshotIdentifier = uniqueIdentifier();
      await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
      await eventually("the snapshot is there", async () => {
        const { DBSnapshots } = await aws.rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
        return DBSnapshots?.[0]?.Status === "available";
      });
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      await aws.rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier }));
      expect(await messagesOf(DBSnapshotIdentifier, { SourceType: "db-snapshot" })).to.deep.equal([
        ...["Creating manual snapshot", "Manual snapshot created", "Deleted user snapshot"],
      ]);
      expect((await messagesOf(DBInstanceIdentifier)).slice(1)).to.deep.equal([
        ...["Backing up DB instance", "Finished DB Instance backup"],
      ]);
      const DBParameterGroupName = uniqueIdentifier();
      const group = { DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "of a test" };
      await aws.rds.send(new CreateDBParameterGroupCommand(group));
      const Parameters = [{ ParameterName: "work_mem", ParameterValue: "128", ApplyMethod: "immediate" as const }];
      await aws.rds.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters }));
      expect(await messagesOf(DBParameterGroupName, { SourceType: "db-parameter-group" })).to.deep.equal([
        "Updated parameter work_mem to 128 with apply method immediate",
      ]);
    });

    it("goes by times, and by pages", async () => {
      const DBParameterGroupName = uniqueIdentifier();
      const group = { DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "of a test" };
      await aws.rds.send(new CreateDBParameterGroupCommand(group));
      for (let value = 64; value < 64 + 22; value++) {
        const Parameters = [
          { ParameterName: "work_mem", ParameterValue: `${value}`, ApplyMethod: "immediate" as const },
        ];
        await aws.rds.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters }));
      }
      const source = { SourceIdentifier: DBParameterGroupName, SourceType: "db-parameter-group" as const };
      const first = await aws.rds.send(new DescribeEventsCommand({ ...source, MaxRecords: 20 }));
      const second = await aws.rds.send(new DescribeEventsCommand({ ...source, MaxRecords: 20, Marker: first.Marker }));
      expect([first.Events?.length, second.Events?.length, second.Marker]).to.deep.equal([20, 2, undefined]);
      const hour = 3_600_000;
      const ago = (hours: number) => new Date(Date.now() - hours * hour);
      expect(await describeEvents({ ...source, StartTime: ago(2), EndTime: ago(1) })).to.deep.equal([]);
      expect(await describeEvents({ ...source, StartTime: ago(2), Duration: 60 })).to.deep.equal([]);
      expect(await describeEvents({ ...source, StartTime: ago(2), Duration: 180 })).to.have.length(22);
      expect(await describeEvents({ ...source, Duration: 20_160 })).to.have.length(22);
    });

    it("refuses an identifier without a type, unknown types, and times that are none", async () => {
      const call = (input: object) => refused(aws.rds.send(new DescribeEventsCommand(input)));
      expect(await call({ SourceIdentifier: "any" })).to.equal("InvalidParameterCombination 400");
      expect(await call({ SourceType: "db-nothing" })).to.equal("InvalidParameterValue 400");
      expect(await call({ Duration: 20_161 })).to.equal("InvalidParameterValue 400");
      expect(await call({ StartTime: new Date(2000), EndTime: new Date(1000) })).to.equal(
        "InvalidParameterCombination 400",
      );
    });

    it("tells what became of a cluster and its snapshots", async () => {
      const { DBClusterIdentifier, DBClusterArn } = await createCluster(aws.rds);
      await createMember(aws.rds, DBClusterIdentifier);
      const { DBInstanceIdentifier: reader } = await createMember(aws.rds, DBClusterIdentifier);
      const available = () => untilCluster(aws.rds, DBClusterIdentifier, "available");
      await aws.rds.send(new FailoverDBClusterCommand({ DBClusterIdentifier }));
      await available();
      await aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier }));
      await untilCluster(aws.rds, DBClusterIdentifier, "stopped");
      await aws.rds.send(new StartDBClusterCommand({ DBClusterIdentifier }));
      await available();
      await aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, MasterUserPassword: masterPassword }));
      await available();
      const DBClusterSnapshotIdentifier = uniqueIdentifier();
      await aws.rds.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier }));
      await available();
      const ofCluster = { SourceIdentifier: DBClusterIdentifier, SourceType: "db-cluster" } as const;
      const events = await eventually("all events are there", async () => {
        const found = await describeEvents(ofCluster);
        return found.length >= 6 && found;
      });
      expect(events[0]).to.deep.include({ SourceArn: DBClusterArn, EventCategories: ["creation"] });
      expect(events.map(({ Message }) => Message)).to.deep.equal([
        ...["DB cluster created", `Started cross AZ failover to DB instance: ${reader}`],
        ...[`Completed failover to DB instance: ${reader}`, "DB cluster stopped", "DB cluster started"],
        "Reset master credentials",
      ]);
      const ofSnapshot = { SourceIdentifier: DBClusterSnapshotIdentifier, SourceType: "db-cluster-snapshot" } as const;
      const backups = await eventually("both events are there", async () => {
        const found = await describeEvents(ofSnapshot);
        return found.length === 2 && found;
      });
      expect(backups.map(({ Message }) => Message)).to.deep.equal([
        ...["Creating manual cluster snapshot", "Manual cluster snapshot created"],
      ]);
      expect(await describeEvents({ ...ofCluster, EventCategories: ["failover"] })).to.have.length(2);
    });

    it("has categories for each type", async () => {
      const { EventCategoriesMapList = [] } = await aws.rds.send(new DescribeEventCategoriesCommand({}));
      expect(EventCategoriesMapList.map(({ SourceType }) => SourceType)).to.include.members([
        ...["db-instance", "db-snapshot", "db-parameter-group", "db-cluster"],
      ]);
      const one = await aws.rds.send(new DescribeEventCategoriesCommand({ SourceType: "db-parameter-group" }));
      expect(one.EventCategoriesMapList).to.deep.equal([
        { SourceType: "db-parameter-group", EventCategories: ["configuration change"] },
      ]);
    });
  });

  describe("rds event subscriptions", () => {
    const SnsTopicArn = "arn:aws:sns:us-east-1:000000000000:topic";
    const create = (input: Partial<CreateEventSubscriptionCommandInput> = {}) =>
      aws.rds.send(new CreateEventSubscriptionCommand({ SubscriptionName: uniqueIdentifier(), SnsTopicArn, ...input }));

    it("are made, described, changed, and deleted, with tags and sources", async () => {
      const first = await createAvailable(aws.rds);
      const second = await createAvailable(aws.rds);
      const SubscriptionName = uniqueIdentifier();
      const { EventSubscription: made } = await create({
        ...{ SubscriptionName, SourceType: "db-instance", SourceIds: [first.DBInstanceIdentifier] },
        ...{ EventCategories: ["creation", "low storage"], Tags: [{ Key: "a", Value: "b" }] },
      });
      expect(made).to.include({ Status: "creating", CustSubscriptionId: SubscriptionName, Enabled: true });
      const described = async () => {
        const { EventSubscriptionsList } = await aws.rds.send(
          new DescribeEventSubscriptionsCommand({ SubscriptionName }),
        );
        return EventSubscriptionsList?.[0];
      };
      expect(made?.SubscriptionCreationTime).to.match(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/);
      const shown = {
        ...made,
        Status: "active",
        SubscriptionCreationTime: (await described())?.SubscriptionCreationTime,
      };
      expect(await described()).to.deep.equal(shown);
      expect(shown.SubscriptionCreationTime).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
      const { TagList } = await aws.rds.send(
        new ListTagsForResourceCommand({ ResourceName: made?.EventSubscriptionArn }),
      );
      expect(TagList).to.deep.equal([{ Key: "a", Value: "b" }]);
      const both = { SubscriptionName, SourceIdentifier: second.DBInstanceIdentifier };
      await aws.rds.send(new AddSourceIdentifierToSubscriptionCommand(both));
      expect((await described())?.SourceIdsList).to.deep.equal([
        ...[first.DBInstanceIdentifier, second.DBInstanceIdentifier],
      ]);
      await aws.rds.send(new RemoveSourceIdentifierFromSubscriptionCommand(both));
      expect(await refused(aws.rds.send(new RemoveSourceIdentifierFromSubscriptionCommand(both)))).to.equal(
        "SourceNotFoundFault 404",
      );
      const change = { SubscriptionName, Enabled: false, EventCategories: ["failure"] };
      await aws.rds.send(new ModifyEventSubscriptionCommand(change));
      expect(await described()).to.deep.equal({
        ...{ ...shown, Enabled: false, EventCategoriesList: ["failure"] },
      });
      await aws.rds.send(new DeleteEventSubscriptionCommand({ SubscriptionName }));
      expect(await refused(described())).to.equal("SubscriptionNotFoundFault 404");
    });

    it("refuse what there is not", async () => {
      const SubscriptionName = uniqueIdentifier();
      await create({ SubscriptionName });
      expect(await refused(create({ SubscriptionName }))).to.equal("SubscriptionAlreadyExistFault 400");
      expect(await refused(create({ SnsTopicArn: "topic" }))).to.equal("SNSInvalidTopicFault 400");
      expect(await refused(create({ SourceType: "db-none" }))).to.equal("InvalidParameterValue 400");
      expect(await refused(create({ SourceType: "db-instance", EventCategories: ["no"] }))).to.equal(
        "SubscriptionCategoryNotFoundFault 404",
      );
      expect(await refused(create({ SourceType: "db-instance", SourceIds: ["none"] }))).to.equal(
        "SourceNotFoundFault 404",
      );
      expect(await refused(create({ SourceIds: ["none"] }))).to.equal("InvalidParameterCombination 400");
      const add = { SubscriptionName, SourceIdentifier: "any" };
      expect(await refused(aws.rds.send(new AddSourceIdentifierToSubscriptionCommand(add)))).to.equal(
        "InvalidParameterCombination 400",
      );
    });
  });
});
