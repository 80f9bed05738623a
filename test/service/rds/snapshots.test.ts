import {
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  type CreateDBSnapshotCommandInput,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotAttributesCommand,
  DescribeDBSnapshotsCommand,
  type DescribeDBSnapshotsCommandInput,
  ListTagsForResourceCommand,
  ModifyDBSnapshotAttributeCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, queryAsMaster, uniqueIdentifier, untilGone, untilStatus } from "./db-instances.ts";
import { withRestarts } from "./own-servers.ts";
import { refusal, refused } from "./rejection.ts";

async function snapshot(
  aws: TestServer,
  DBInstanceIdentifier: string,
  { DBSnapshotIdentifier = uniqueIdentifier(), ...more }: Partial<CreateDBSnapshotCommandInput> = {},
): Promise<string> {
  await aws.rds.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier, DBInstanceIdentifier, ...more }));
  const waiting = { client: aws.rds, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 60 };
  await waitUntilDBSnapshotAvailable(waiting, { DBSnapshotIdentifier });
  return DBSnapshotIdentifier;
}

describe("rds DB snapshots", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const describe = async (input: DescribeDBSnapshotsCommandInput) =>
    (await aws.rds.send(new DescribeDBSnapshotsCommand(input))).DBSnapshots ?? [];

  it("restore the databases that they have, under no other name, and are named", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const DBSnapshotIdentifier = await snapshot(aws, DBInstanceIdentifier);
    const restore = (more: object) =>
      refusal(
        aws.rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: uniqueIdentifier(), ...more })),
      );
    expect(await restore({ DBSnapshotIdentifier, DBName: "other" })).to.equal(
      "InvalidParameterValue 400: DBName must be null when Restoring for this Engine.",
    );
    expect(await restore({})).to.equal(
      "InvalidParameterValue 400: The parameter DBSnapshotIdentifier must be provided and must not be blank.",
    );
  });

  it("are taken of an available instance, described by it and by name, and deleted", async () => {
    const instance = await createAvailable(aws.rds);
    const { DBInstanceIdentifier } = instance;
    const name = await snapshot(aws, DBInstanceIdentifier, { Tags: [{ Key: "a", Value: "b" }] });
    const [found] = await describe({ DBSnapshotIdentifier: name });
    expect(found).to.deep.include({
      ...{ DBInstanceIdentifier, DbiResourceId: instance.DbiResourceId, SnapshotType: "manual", Status: "available" },
      ...{ Engine: "postgres", EngineVersion: instance.EngineVersion, AllocatedStorage: 20, PercentProgress: 100 },
      ...{ MasterUsername: "master", DBSnapshotArn: `arn:aws:rds:us-east-1:000000000000:snapshot:${name}` },
      TagList: [{ Key: "a", Value: "b" }],
    });
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await describe({ DBInstanceIdentifier })).to.have.length(2);
    expect(await describe({ DBInstanceIdentifier, SnapshotType: "manual" })).to.have.length(1);
    const Filters = [
      { Name: "db-instance-id", Values: [DBInstanceIdentifier] },
      { Name: "snapshot-type", Values: ["automated"] },
    ];
    expect(await describe({ Filters })).to.have.length(1);
    const { DBSnapshot } = await aws.rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: name }));
    expect(DBSnapshot?.Status).to.equal("deleted");
    expect(await refused(describe({ DBSnapshotIdentifier: name }))).to.equal("DBSnapshotNotFoundFault 404");
  });

  it("refuse a name twice, an instance that is not there, and a name that is none", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const DBSnapshotIdentifier = await snapshot(aws, DBInstanceIdentifier);
    const create = (input: object) =>
      refused(aws.rds.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier, DBInstanceIdentifier, ...input })));
    expect(await create({})).to.equal("DBSnapshotAlreadyExistsFault 400");
    const other = { DBSnapshotIdentifier: uniqueIdentifier() };
    expect(await create({ ...other, DBInstanceIdentifier: "none" })).to.equal("DBInstanceNotFoundFault 404");
    expect(await create({ DBSnapshotIdentifier: "-a" })).to.equal("InvalidParameterValue 400");
    expect(await create({ DBSnapshotIdentifier: "a".repeat(256) })).to.equal("InvalidParameterValue 400");
    const longest = await snapshot(aws, DBInstanceIdentifier, { DBSnapshotIdentifier: "a".repeat(255) });
    expect(longest).to.have.length(255);
    const restoration = {
      DBInstanceIdentifier: uniqueIdentifier(),
      DBSnapshotIdentifier: longest,
      LicenseModel: "none",
    };
    expect(await refused(aws.rds.send(new RestoreDBInstanceFromDBSnapshotCommand(restoration)))).to.equal(
      "InvalidParameterCombination 400",
    );
  });

  it("are copied with their tags, and shared", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const source = await snapshot(aws, DBInstanceIdentifier, { Tags: [{ Key: "a", Value: "b" }] });
    const TargetDBSnapshotIdentifier = uniqueIdentifier();
    await aws.rds.send(
      new CopyDBSnapshotCommand({
        ...{ SourceDBSnapshotIdentifier: source, TargetDBSnapshotIdentifier, CopyTags: true },
        KmsKeyId: "alias/own",
      }),
    );
    const waiting = { client: aws.rds, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 60 };
    const DBSnapshotIdentifier = TargetDBSnapshotIdentifier;
    await waitUntilDBSnapshotAvailable(waiting, { DBSnapshotIdentifier });
    const [copy] = await describe({ DBSnapshotIdentifier });
    expect(copy).to.include({ Encrypted: true, KmsKeyId: "arn:aws:kms:us-east-1:000000000000:alias/own" });
    expect(copy?.SourceDBSnapshotIdentifier).to.match(new RegExp(`:snapshot:${source}$`));
    const { TagList } = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName: copy?.DBSnapshotArn }));
    expect(TagList).to.deep.equal([{ Key: "a", Value: "b" }]);
    await aws.rds.send(
      new ModifyDBSnapshotAttributeCommand({
        ...{ DBSnapshotIdentifier, AttributeName: "restore", ValuesToAdd: ["222222222222", "all"] },
      }),
    );
    const { DBSnapshotAttributesResult } = await aws.rds.send(
      new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier }),
    );
    expect(DBSnapshotAttributesResult?.DBSnapshotAttributes).to.deep.equal([
      { AttributeName: "restore", AttributeValues: ["222222222222", "all"] },
    ]);
  });

  it("are copied from another region, with the tags that are asked for", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const source = await snapshot(aws, DBInstanceIdentifier, { Tags: [{ Key: "a", Value: "b" }] });
    const elsewhere = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
    try {
      const SourceDBSnapshotIdentifier = `arn:aws:rds:us-east-1:000000000000:snapshot:${source}`;
      const request = { SourceDBSnapshotIdentifier, SourceRegion: "us-east-1", TargetDBSnapshotIdentifier: source };
      await elsewhere.send(new CopyDBSnapshotCommand({ ...request, CopyTags: true }));
      const waiting = { client: elsewhere, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 60 };
      await waitUntilDBSnapshotAvailable(waiting, { DBSnapshotIdentifier: source });
      const { DBSnapshots: [copy] = [] } = await elsewhere.send(
        new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: source }),
      );
      expect(copy).to.deep.include({
        ...{ DBSnapshotArn: SourceDBSnapshotIdentifier.replace("us-east-1", "eu-west-1"), SourceDBSnapshotIdentifier },
        ...{ AvailabilityZone: "eu-west-1a", TagList: [{ Key: "a", Value: "b" }] },
      });
      const { DBSnapshots: [original] = [] } = await aws.rds.send(
        new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: source }),
      );
      expect(copy?.OriginalSnapshotCreateTime).to.deep.equal(original?.SnapshotCreateTime);
      expect(copy?.SnapshotCreateTime).to.be.greaterThan(original?.SnapshotCreateTime ?? new Date());
      const restored = { DBInstanceIdentifier, DBSnapshotIdentifier: source };
      await elsewhere.send(new RestoreDBInstanceFromDBSnapshotCommand(restored));
      await untilStatus(elsewhere, DBInstanceIdentifier, "available");
      const other = SourceDBSnapshotIdentifier.replace("000000000000", "111111111111");
      const foreign = { ...request, SourceDBSnapshotIdentifier: other, TargetDBSnapshotIdentifier: "foreign" };
      expect(await refused(elsewhere.send(new CopyDBSnapshotCommand(foreign)))).to.equal("DBSnapshotNotFoundFault 404");
    } finally {
      elsewhere.destroy();
    }
  });

  it("are restored as the instance was, but for what the request says", async () => {
    const before = await createAvailable(aws.rds, {
      ...{ DBName: "shop", DeletionProtection: true, MultiAZ: true, MaxAllocatedStorage: 100, StorageEncrypted: true },
      ...{ MonitoringInterval: 60, MonitoringRoleArn: "arn:aws:iam::000000000000:role/monitoring" },
      ...{ EnablePerformanceInsights: true, EnableCloudwatchLogsExports: ["postgresql"] },
    });
    const DBSnapshotIdentifier = await snapshot(aws, before.DBInstanceIdentifier);
    const DBInstanceIdentifier = uniqueIdentifier();
    const { DBInstance } = await aws.rds.send(
      new RestoreDBInstanceFromDBSnapshotCommand({
        ...{ DBInstanceIdentifier, DBSnapshotIdentifier, DBInstanceClass: "db.t3.small" },
        Tags: [{ Key: "restored", Value: "yes" }],
      }),
    );
    expect(DBInstance?.DBInstanceStatus).to.equal("creating");
    const after = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(after).to.deep.include({
      ...{ DBName: "shop", MultiAZ: false, DeletionProtection: false, DBInstanceClass: "db.t3.small" },
      ...{ StorageEncrypted: true, MonitoringInterval: 0, PerformanceInsightsEnabled: false },
      TagList: [{ Key: "restored", Value: "yes" }],
    });
    expect(after).to.not.have.any.keys("MonitoringRoleArn", "EnabledCloudwatchLogsExports", "MaxAllocatedStorage");
    expect(after.Endpoint?.Port).to.equal(before.Endpoint?.Port);
    const again = aws.rds.send(
      new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }),
    );
    expect(await refused(again)).to.equal("DBInstanceAlreadyExistsFault 400");
  });
});

describe("rds DB snapshots of real databases", function () {
  this.timeout(240_000);
  let aws: TestServer;
  const restart = withRestarts(
    (started) => {
      aws = started;
    },
    { runtime: "embedded", credentials: "AKIAOTHER:other:111111111111" },
  );

  it("hold the data, also of an instance that is deleted with a final one, and after a restart", async () => {
    const { DBInstanceIdentifier, Endpoint } = await createAvailable(aws.rds);
    await queryAsMaster(Endpoint?.Port, "create table kept (what text)");
    await queryAsMaster(Endpoint?.Port, "insert into kept values ('before')");
    const first = await snapshot(aws, DBInstanceIdentifier);
    await queryAsMaster(Endpoint?.Port, "insert into kept values ('after')");
    const last = uniqueIdentifier();
    const removal = { DBInstanceIdentifier, FinalDBSnapshotIdentifier: last };
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    await aws.rds.send(new DeleteDBInstanceCommand(removal));
    await untilGone(aws.rds, DBInstanceIdentifier);

    await restart();
    for (const [name, rows] of [
      [first, ["before"]],
      [last, ["before", "after"]],
    ] as const) {
      const restored = uniqueIdentifier();
      await aws.rds.send(
        new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: restored, DBSnapshotIdentifier: name }),
      );
      const instance = await untilStatus(aws.rds, restored, "available");
      const found = await queryAsMaster(instance.Endpoint?.Port, "select what from kept order by what desc");
      expect(found).to.deep.equal(
        [...rows]
          .sort()
          .reverse()
          .map((what) => ({ what })),
      );
    }
    await restoredByAnother(first);
  });

  /** Another account has the rows of a snapshot that is shared with it, in an instance of its own. */
  async function restoredByAnother(name: string): Promise<void> {
    const credentials = { accessKeyId: "AKIAOTHER", secretAccessKey: "other" };
    const other = new RDSClient({ ...aws.clientConfig, credentials });
    const restored = uniqueIdentifier();
    const DBSnapshotIdentifier = `arn:aws:rds:us-east-1:000000000000:snapshot:${name}`;
    const request = { DBInstanceIdentifier: restored, DBSnapshotIdentifier };
    const restore = () => other.send(new RestoreDBInstanceFromDBSnapshotCommand(request));
    try {
      expect(await refused(restore())).to.equal("DBSnapshotNotFoundFault 404");
      await aws.rds.send(
        new ModifyDBSnapshotAttributeCommand({
          ...{ DBSnapshotIdentifier: name, AttributeName: "restore", ValuesToAdd: ["111111111111"] },
        }),
      );
      await restore();
      const { DBInstanceArn, Endpoint } = await untilStatus(other, restored, "available");
      expect(DBInstanceArn).to.equal(`arn:aws:rds:us-east-1:111111111111:db:${restored}`);
      expect(await queryAsMaster(Endpoint?.Port, "select what from kept")).to.deep.equal([{ what: "before" }]);
    } finally {
      other.destroy();
    }
  }
});
