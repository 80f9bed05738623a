import {
  AddTagsToResourceCommand,
  CreateDBClusterCommand,
  type CreateDBClusterCommandInput,
  CreateDBClusterParameterGroupCommand,
  DeleteDBClusterCommand,
  DeleteDBClusterParameterGroupCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  type DescribeDBClustersCommandInput,
  DescribeDBEngineVersionsCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  DisableHttpEndpointCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
  type ModifyDBClusterCommandInput,
  PromoteReadReplicaDBClusterCommand,
  RebootDBClusterCommand,
  RebootDBInstanceCommand,
  StartDBClusterCommand,
  StopDBClusterCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
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
import { describeInstance, untilGone, untilStatus } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds DB clusters", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const refused = async (call: Promise<unknown>) => {
    const { name, status, message } = await rejectionOf(call);
    return `${name} ${status} ${message}`;
  };
  const find = async (input: DescribeDBClustersCommandInput) =>
    (await aws.rds.send(new DescribeDBClustersCommand(input))).DBClusters?.map((one) => one.DBClusterIdentifier);

  it("are no read replicas that could be promoted", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const promote = (name: string | undefined) =>
      refused(aws.rds.send(new PromoteReadReplicaDBClusterCommand({ DBClusterIdentifier: name })));
    expect(await promote(DBClusterIdentifier)).to.match(/^InvalidDBClusterStateFault 400 /);
    expect(await promote(uniqueCluster())).to.match(/^DBClusterNotFoundFault 404 /);
  });

  it("are created with what RDS fills in, and described by name, ARN and filters", async () => {
    const cluster = await createCluster(aws.rds, {
      ...{ DatabaseName: "orders", DeletionProtection: false, StorageEncrypted: true },
      ...{ Tags: [{ Key: "team", Value: "a" }], EnableCloudwatchLogsExports: ["postgresql"] },
    });
    const { DBClusterIdentifier: name, DBClusterArn, DbClusterResourceId, EngineVersion = "" } = cluster;
    const major = EngineVersion.split(".")[0];
    expect(cluster).to.deep.include({
      ...{ Engine: "aurora-postgresql", Status: "available", DatabaseName: "orders", MasterUsername: "master" },
      ...{ DBClusterArn: `arn:aws:rds:us-east-1:000000000000:cluster:${name}`, AllocatedStorage: 1 },
      ...{ Endpoint: "localhost", ReaderEndpoint: "127.0.0.2", DBClusterMembers: [], EngineMode: "provisioned" },
      ...{
        DBClusterParameterGroup: `default.aurora-postgresql${major}`,
        DBSubnetGroup: "default",
      },
      ...{ BackupRetentionPeriod: 1, StorageEncrypted: true, HttpEndpointEnabled: false, MultiAZ: false },
      ...{ TagList: [{ Key: "team", Value: "a" }], EnabledCloudwatchLogsExports: ["postgresql"] },
      ...{ LocalWriteForwardingStatus: "disabled", UpgradeRolloutOrder: "second" },
    });
    expect(cluster).not.to.have.property("StorageType");
    expect(DbClusterResourceId).to.match(/^cluster-[A-Z0-9]{26}$/);
    expect(cluster.AvailabilityZones).to.have.length(3);
    expect(await find({ DBClusterIdentifier: name.toUpperCase() })).to.deep.equal([name]);
    expect(await find({ DBClusterIdentifier: DBClusterArn })).to.deep.equal([name]);
    const by = (Name: string, ...Values: string[]) => find({ Filters: [{ Name, Values }] });
    expect(await by("db-cluster-id", name, "other")).to.deep.equal([name]);
    expect(await by("db-cluster-id", DBClusterArn)).to.deep.equal([name]);
    expect(await by("db-cluster-resource-id", DbClusterResourceId)).to.deep.equal([name]);
    expect(await by("engine", "aurora-postgresql")).to.include(name);
    expect(await by("engine", "aurora-mysql")).to.deep.equal([]);
    expect(await refused(by("colour", "red"))).to.match(/^InvalidParameterValue 400/);
    expect(await refused(find({ DBClusterIdentifier: "none" }))).to.equal(
      "DBClusterNotFoundFault 404 DBCluster none not found.",
    );
  });

  it("are listed in pages", async () => {
    await Promise.all(Array.from({ length: 21 }, () => createCluster(aws.rds)));
    const seen: unknown[] = [];
    let Marker: string | undefined;
    do {
      const answer = await aws.rds.send(new DescribeDBClustersCommand({ MaxRecords: 20, Marker }));
      expect(answer.DBClusters?.length).to.be.within(1, 20);
      seen.push(...(answer.DBClusters ?? []).map((one) => one.DBClusterIdentifier));
      Marker = answer.Marker;
    } while (Marker !== undefined);
    expect(seen).to.deep.equal(await find({}));
  });

  const wrong: [string, Partial<CreateDBClusterCommandInput>, RegExp][] = [
    ["an identifier that is none", { DBClusterIdentifier: "1st" }, /^InvalidParameterValue 400 .*DBClusterIdentifier/],
    ["an unknown engine", { Engine: "abacus" }, /^InvalidParameterValue 400 Invalid DB engine: abacus/],
    [
      "a class of its own",
      { DBClusterInstanceClass: "db.m6gd.large" },
      /^InvalidParameterCombination 400 DBClusterInstanceClass/,
    ],
    [
      "a version that is not there",
      { EngineVersion: "9.9" },
      /^InvalidParameterCombination 400 Cannot find version 9.9 for aurora-postgresql/,
    ],
    ["serverless v1", { EngineMode: "serverless" }, /^InvalidParameterValue 400 The engine mode serverless/],
    [
      "no user",
      { MasterUsername: undefined },
      /^InvalidParameterValue 400 The parameter MasterUsername must be provided/,
    ],
    ["a short password", { MasterUserPassword: "short" }, /^InvalidParameterValue 400 .*shorter than 8/],
    ["a reserved database name", { DatabaseName: "postgres" }, /^InvalidParameterValue 400 .*reserved/],
    ["a subnet group that is not there", { DBSubnetGroupName: "none" }, /^DBSubnetGroupNotFoundFault 404/],
    [
      "a parameter group that is not there",
      { DBClusterParameterGroupName: "none" },
      /^DBClusterParameterGroupNotFoundFault 404/,
    ],
    [
      "a parameter group of another family",
      { DBClusterParameterGroupName: "default.postgres17" },
      /^InvalidParameterCombination 400 .*aurora-postgresql17/,
    ],
    ["no backups", { BackupRetentionPeriod: 0 }, /^InvalidParameterValue 400 Invalid backup retention period: 0/],
    ["storage of another kind", { StorageType: "gp3" }, /^InvalidParameterCombination 400 You can't use the gp3/],
    ["a size of the storage", { AllocatedStorage: 100 }, /^InvalidParameterCombination 400 AllocatedStorage/],
    [
      "a capacity beyond limits",
      { ServerlessV2ScalingConfiguration: { MinCapacity: 2, MaxCapacity: 1 } },
      /^InvalidParameterValue 400 Serverless v2 minimum capacity/,
    ],
    ["a port below those of clusters", { Port: 80 }, /^InvalidParameterValue 400 Invalid endpoint port 80/],
    [
      "a password beside a managed one",
      { ManageMasterUserPassword: true },
      /^InvalidParameterValue 400 .* mutually exclusive/,
    ],
  ];
  for (const [what, changes, expected] of wrong) {
    it(`refuse ${what}, and leave nothing`, async () => {
      const request = clusterRequest(changes);
      expect(await refused(aws.rds.send(new CreateDBClusterCommand(request)))).to.match(expected);
      expect(await find({})).not.to.include(request.DBClusterIdentifier);
    });
  }

  it("refuse a name twice", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const again = aws.rds.send(new CreateDBClusterCommand(clusterRequest({ DBClusterIdentifier })));
    expect(await refused(again)).to.equal("DBClusterAlreadyExistsFault 400 DB Cluster already exists");
  });

  it("change at once what waits for no window", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds, { EnableCloudwatchLogsExports: ["postgresql"] });
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier);
    const changes = {
      ...{ BackupRetentionPeriod: 7, DeletionProtection: true, CopyTagsToSnapshot: true, EnableHttpEndpoint: true },
      ...{ PreferredMaintenanceWindow: "sun:23:00-sun:23:30", PreferredBackupWindow: "01:00-02:00" },
      StorageType: "aurora-iopt1",
    };
    const { DBCluster } = await aws.rds.send(
      new ModifyDBClusterCommand({
        ...{ DBClusterIdentifier, ...changes, ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 8 } },
        CloudwatchLogsExportConfiguration: { DisableLogTypes: ["postgresql"], EnableLogTypes: ["instance"] },
      }),
    );
    const { EnableHttpEndpoint: HttpEndpointEnabled, ...same } = changes;
    expect(DBCluster).to.deep.include({
      ...{ ...same, HttpEndpointEnabled, Status: "available", EnabledCloudwatchLogsExports: ["instance"] },
      ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 8 },
    });
    expect(DBCluster).not.to.have.property("PendingModifiedValues");
    expect(await describeInstance(aws.rds, DBInstanceIdentifier)).to.include({
      ...{ BackupRetentionPeriod: 7, PreferredBackupWindow: "01:00-02:00", StorageType: "aurora-iopt1" },
    });
  });

  const modify = async (DBClusterIdentifier: string, changes: Partial<ModifyDBClusterCommandInput>) =>
    (await aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, ...changes }))).DBCluster;

  it("take a new name with members, tags and filters, and keep what waits for the window", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds, { Tags: [{ Key: "a", Value: "b" }] });
    const one = await createMember(aws.rds, DBClusterIdentifier);
    const NewDBClusterIdentifier = uniqueCluster();
    const waiting = await modify(DBClusterIdentifier, { NewDBClusterIdentifier });
    expect(waiting).to.deep.include({
      ...{ Status: "available", PendingModifiedValues: { DBClusterIdentifier: NewDBClusterIdentifier } },
    });
    await modify(DBClusterIdentifier, { MasterUserPassword: "battery-staple" });
    const { PendingModifiedValues } = await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(PendingModifiedValues).to.deep.equal({ DBClusterIdentifier: NewDBClusterIdentifier });
    await modify(DBClusterIdentifier, { ApplyImmediately: true });
    const renamed = await untilRenamed(NewDBClusterIdentifier);
    expect(renamed).to.deep.include({ TagList: [{ Key: "a", Value: "b" }] });
    expect(renamed).not.to.have.property("PendingModifiedValues");
    expect(renamed.DBClusterMembers).to.have.length(1);
    const instance = await describeInstance(aws.rds, one.DBInstanceIdentifier);
    expect(instance.DBClusterIdentifier).to.equal(NewDBClusterIdentifier);
    expect(await refused(find({ DBClusterIdentifier }))).to.match(/^DBClusterNotFoundFault/);
    const other = await createCluster(aws.rds);
    const taken = modify(other.DBClusterIdentifier, { NewDBClusterIdentifier });
    expect(await refused(taken)).to.match(/^DBClusterAlreadyExistsFault/);
  });

  function untilRenamed(name: string) {
    return eventually(`it is ${name}`, async () => {
      const found = await describeCluster(aws.rds, name).catch(() => undefined);
      return found?.Status === "available" && found;
    });
  }

  it("are upgraded with their members, to a version that is a target and with groups that fit", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds, { EngineVersion: "16" });
    const one = await createMember(aws.rds, DBClusterIdentifier);
    const refusals = [
      await refused(modify(DBClusterIdentifier, { EngineVersion: "15" })),
      await refused(modify(DBClusterIdentifier, { EngineVersion: "17" })),
    ];
    expect(refusals[0]).to.match(/^InvalidParameterCombination 400 Cannot find upgrade path/);
    expect(refusals[1]).to.match(/^InvalidParameterCombination 400 The AllowMajorVersionUpgrade flag/);
    const changes = { EngineVersion: "17", AllowMajorVersionUpgrade: true, ApplyImmediately: true };
    expect(await modify(DBClusterIdentifier, changes)).to.include({ Status: "upgrading" });
    const after = await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(after.EngineVersion).to.match(/^17\./);
    expect(after.DBClusterParameterGroup).to.equal("default.aurora-postgresql17");
    const instance = await describeInstance(aws.rds, one.DBInstanceIdentifier);
    expect(instance.EngineVersion).to.equal(after.EngineVersion);
    expect(instance.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.aurora-postgresql17");
  });

  it("have the port that is asked for, and move to another", async () => {
    const { DBClusterIdentifier, Port = 0 } = await createCluster(aws.rds, { Port: 5999 });
    expect(Port).to.equal(5999);
    await modify(DBClusterIdentifier, { Port: Port + 4000 });
    expect((await untilCluster(aws.rds, DBClusterIdentifier, "available")).Port).to.equal(Port + 4000);
  });

  it("stop and start with their members, which cannot be stopped alone", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier);
    const alone = aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    expect(await refused(alone)).to.match(/^InvalidParameterCombination 400/);
    await aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "stopped");
    await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
    const stopped = [
      aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier })),
      aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, BackupRetentionPeriod: 2 })),
      createMember(aws.rds, DBClusterIdentifier),
    ];
    for (const call of stopped) expect(await refused(call)).to.match(/^InvalidDBClusterStateFault 400/);
    await aws.rds.send(new StartDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await refused(aws.rds.send(new StartDBClusterCommand({ DBClusterIdentifier })))).to.match(
      /^InvalidDBClusterStateFault 400/,
    );
    await aws.rds.send(new RebootDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
  });

  it("are deleted without members and without protection, and leave nothing", async () => {
    const { DBClusterIdentifier, DBClusterArn } = await createCluster(aws.rds, { DeletionProtection: true });
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier);
    const remove = (more: object = { SkipFinalSnapshot: true }) =>
      aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier, ...more }));
    expect(await refused(remove({}))).to.match(/^InvalidParameterCombination 400 FinalDBSnapshotIdentifier/);
    expect(await refused(remove())).to.match(/^InvalidParameterCombination 400 .*disable deletion protection/);
    await modify(DBClusterIdentifier, { DeletionProtection: false });
    expect(await refused(remove())).to.match(/^InvalidDBClusterStateFault 400 Cluster cannot be deleted/);
    const final = { DBInstanceIdentifier, FinalDBSnapshotIdentifier: "final" };
    expect(await refused(aws.rds.send(new DeleteDBInstanceCommand(final)))).to.match(
      /^InvalidParameterCombination 400/,
    );
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier }));
    expect((await remove()).DBCluster?.Status).to.equal("deleting");
    await untilClusterGone(aws.rds, DBClusterIdentifier);
    await untilGone(aws.rds, DBInstanceIdentifier);
    const tags = [{ Key: "a", Value: "b" }];
    const tagging = aws.rds.send(new AddTagsToResourceCommand({ ResourceName: DBClusterArn, Tags: tags }));
    expect(await refused(tagging)).to.match(/^DBClusterNotFoundFault 404/);
  });

  it("keep their parameter group from being deleted", async () => {
    const DBClusterParameterGroupName = uniqueCluster();
    const group = { DBClusterParameterGroupName, Description: "own" };
    const family = { DBParameterGroupFamily: "aurora-postgresql17" };
    await aws.rds.send(new CreateDBClusterParameterGroupCommand({ ...group, ...family }));
    const { DBClusterIdentifier } = await createCluster(aws.rds, { DBClusterParameterGroupName });
    const remove = () => aws.rds.send(new DeleteDBClusterParameterGroupCommand({ DBClusterParameterGroupName }));
    expect(await refused(remove())).to.match(/^InvalidDBParameterGroupStateFault 400/);
    await aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true }));
    await untilClusterGone(aws.rds, DBClusterIdentifier);
    await remove();
  });

  it("switch their HTTP endpoint", async () => {
    const { DBClusterArn: ResourceArn, DBClusterIdentifier } = await createCluster(aws.rds);
    const enabled = await aws.rds.send(new EnableHttpEndpointCommand({ ResourceArn }));
    expect(enabled).to.include({ ResourceArn, HttpEndpointEnabled: true });
    expect((await describeCluster(aws.rds, DBClusterIdentifier)).HttpEndpointEnabled).to.equal(true);
    await aws.rds.send(new DisableHttpEndpointCommand({ ResourceArn }));
    expect((await describeCluster(aws.rds, DBClusterIdentifier)).HttpEndpointEnabled).to.equal(false);
    const none = new EnableHttpEndpointCommand({ ResourceArn: `${ResourceArn}-none` });
    expect(await refused(aws.rds.send(none))).to.match(/^ResourceNotFoundFault 404/);
  });

  it("have versions and classes that RDS offers", async () => {
    const Engine = "aurora-postgresql";
    const { DBEngineVersions = [] } = await aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine }));
    expect(DBEngineVersions).not.to.be.empty;
    const oneOfEachMajor = new Map(DBEngineVersions.map((version) => [version.MajorEngineVersion, version]));
    for (const { EngineVersion, DBParameterGroupFamily } of oneOfEachMajor.values()) {
      const cluster = await createCluster(aws.rds, { EngineVersion });
      expect(cluster.EngineVersion).to.equal(EngineVersion);
      expect(cluster.DBClusterParameterGroup).to.equal(`default.${DBParameterGroupFamily}`);
    }
    const request = { Engine, EngineVersion: DBEngineVersions.at(-1)?.EngineVersion };
    const { OrderableDBInstanceOptions: options = [] } = await aws.rds.send(
      new DescribeOrderableDBInstanceOptionsCommand({ ...request, MaxRecords: 40 }),
    );
    const ofMajor = await aws.rds.send(
      new DescribeOrderableDBInstanceOptionsCommand({
        ...request,
        EngineVersion: request.EngineVersion?.split(".")[0],
      }),
    );
    expect(ofMajor.OrderableDBInstanceOptions?.length).to.be.at.least(options.length).and.above(0);
    const { DBClusterIdentifier } = await createCluster(aws.rds, {
      ...{ EngineVersion: request.EngineVersion, ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 2 } },
    });
    for (const DBInstanceClass of new Set(options.map((option) => option.DBInstanceClass))) {
      await createMember(aws.rds, DBClusterIdentifier, { DBInstanceClass });
    }
    const ofServerless = new DescribeOrderableDBInstanceOptionsCommand({
      ...request,
      DBInstanceClass: "db.serverless",
    });
    expect((await aws.rds.send(ofServerless)).OrderableDBInstanceOptions?.[0]).to.deep.include({
      ...{ StorageType: "aurora", SupportsClusters: true, SupportedEngineModes: ["provisioned"] },
    });
  });
});
