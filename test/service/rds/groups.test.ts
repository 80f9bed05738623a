import { CreateSubnetCommand, DescribeSubnetsCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import {
  AddTagsToResourceCommand,
  CopyDBParameterGroupCommand,
  CreateDBClusterParameterGroupCommand,
  CreateDBParameterGroupCommand,
  CreateDBSubnetGroupCommand,
  CreateOptionGroupCommand,
  DeleteDBClusterCommand,
  DeleteDBClusterParameterGroupCommand,
  DeleteDBParameterGroupCommand,
  DeleteDBSubnetGroupCommand,
  DeleteOptionGroupCommand,
  DescribeDBClusterParametersCommand,
  DescribeDBParameterGroupsCommand,
  DescribeDBParametersCommand,
  DescribeDBSnapshotsCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEngineDefaultParametersCommand,
  DescribeOptionGroupsCommand,
  ListTagsForResourceCommand,
  ModifyDBClusterParameterGroupCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  ModifyDBSubnetGroupCommand,
  ModifyOptionGroupCommand,
  type Parameter,
  paginateDescribeDBClusterParameters,
  paginateDescribeDBParameters,
  ResetDBParameterGroupCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster, untilClusterGone } from "./db-clusters.ts";
import { createAvailable, uniqueIdentifier } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds groups", () => {
  let aws: TestServer;
  let subnetIds: string[];
  before(async () => {
    aws = await startLocalAws();
    const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({}));
    subnetIds = Subnets.map(({ SubnetId = "" }) => SubnetId);
  });
  after(() => aws.stop());

  const refused = async (call: Promise<unknown>) => {
    const { name, status, message } = await rejectionOf(call);
    return `${name} ${status}: ${message}`;
  };

  describe("rds DB subnet groups", () => {
    const create = (DBSubnetGroupName: string, SubnetIds = subnetIds.slice(0, 2)) =>
      aws.rds.send(
        new CreateDBSubnetGroupCommand({ DBSubnetGroupName, DBSubnetGroupDescription: "of a test", SubnetIds }),
      );

    it("are made of subnets in two zones, described, changed and deleted", async () => {
      const { DBSubnetGroup: made } = await create("My-Subnets");
      const { Vpcs = [] } = await aws.ec2.send(new DescribeVpcsCommand({}));
      expect(made).to.deep.include({
        DBSubnetGroupName: "my-subnets",
        VpcId: Vpcs[0]?.VpcId,
        SubnetGroupStatus: "Complete",
        DBSubnetGroupArn: "arn:aws:rds:us-east-1:000000000000:subgrp:my-subnets",
      });
      expect(made?.Subnets?.map(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone?.Name)).to.deep.equal([
        "us-east-1a",
        "us-east-1b",
      ]);
      await aws.rds.send(
        new ModifyDBSubnetGroupCommand({ DBSubnetGroupName: "my-subnets", SubnetIds: subnetIds.slice(1, 4) }),
      );
      const { DBSubnetGroups } = await aws.rds.send(new DescribeDBSubnetGroupsCommand({}));
      expect(DBSubnetGroups?.map(({ Subnets }) => Subnets?.length)).to.deep.equal([3]);
      await aws.rds.send(new DeleteDBSubnetGroupCommand({ DBSubnetGroupName: "my-subnets" }));
      const gone = aws.rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: "my-subnets" }));
      expect(await refused(gone)).to.match(/^DBSubnetGroupNotFoundFault 404/);
    });

    it("refuse too few zones, unknown subnets, and a name twice", async () => {
      expect(await refused(create("one", subnetIds.slice(0, 1)))).to.match(/^DBSubnetGroupDoesNotCoverEnoughAZs 400/);
      expect(await refused(create("none", ["subnet-0123456789abcdef0"]))).to.match(/^InvalidSubnet 400/);
      await create("twice");
      expect(await refused(create("twice"))).to.match(/^DBSubnetGroupAlreadyExistsFault 400/);
      expect(await refused(create("default"))).to.match(/^InvalidParameterValue 400/);
    });

    it("are shown by the instances in them, and not deleted before these are", async () => {
      await create("used");
      const instance = await createAvailable(aws.rds, { DBSubnetGroupName: "used" });
      expect(instance.DBSubnetGroup?.DBSubnetGroupName).to.equal("used");
      const call = aws.rds.send(new DeleteDBSubnetGroupCommand({ DBSubnetGroupName: "used" }));
      expect(await refused(call)).to.match(
        /^InvalidDBSubnetGroupStateFault 400: Cannot delete the subnet group 'used'/,
      );
    });

    it("are not deleted before the clusters in them, even those without instances", async () => {
      await create("of-cluster");
      const { DBClusterIdentifier } = await createCluster(aws.rds, { DBSubnetGroupName: "of-cluster" });
      const remove = () => aws.rds.send(new DeleteDBSubnetGroupCommand({ DBSubnetGroupName: "of-cluster" }));
      expect(await refused(remove())).to.match(/^InvalidDBSubnetGroupStateFault 400/);
      await aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true }));
      await untilClusterGone(aws.rds, DBClusterIdentifier);
      await remove();
    });

    it("take subnets that were made for them", async () => {
      const { Vpcs: [vpc] = [] } = await aws.ec2.send(new DescribeVpcsCommand({}));
      const { Subnet } = await aws.ec2.send(
        new CreateSubnetCommand({ VpcId: vpc?.VpcId, CidrBlock: "172.31.128.0/24", AvailabilityZone: "us-east-1c" }),
      );
      const { DBSubnetGroup } = await create("own", [Subnet?.SubnetId ?? "", subnetIds[0] ?? ""]);
      expect(DBSubnetGroup?.Subnets).to.have.length(2);
    });
  });

  describe("rds DB parameter groups", () => {
    const create = (DBParameterGroupName = uniqueIdentifier(), DBParameterGroupFamily = "postgres17") =>
      aws.rds
        .send(new CreateDBParameterGroupCommand({ DBParameterGroupName, DBParameterGroupFamily, Description: "test" }))
        .then(({ DBParameterGroup }) => DBParameterGroup?.DBParameterGroupName ?? "");

    const modify = (DBParameterGroupName: string, ...Parameters: Parameter[]) =>
      aws.rds.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters }));

    const userParameters = async (DBParameterGroupName: string) => {
      const { Parameters = [] } = await aws.rds.send(
        new DescribeDBParametersCommand({ DBParameterGroupName, Source: "user" }),
      );
      return Parameters.map(({ ParameterName, ParameterValue, ApplyMethod }) =>
        [ParameterName, ParameterValue, ApplyMethod].join(" "),
      );
    };

    it("hold the parameters that were set, and list all of the family's by pages", async () => {
      const name = await create();
      await modify(
        name,
        { ParameterName: "work_mem", ParameterValue: "8192", ApplyMethod: "immediate" },
        { ParameterName: "max_connections", ParameterValue: "200", ApplyMethod: "pending-reboot" },
      );
      expect(await userParameters(name)).to.deep.equal([
        "max_connections 200 pending-reboot",
        "work_mem 8192 immediate",
      ]);
      const all: Parameter[] = [];
      for await (const page of paginateDescribeDBParameters({ client: aws.rds }, { DBParameterGroupName: name })) {
        all.push(...(page.Parameters ?? []));
      }
      expect(all.length).to.be.greaterThan(300);
      expect(all.find(({ ParameterName }) => ParameterName === "shared_buffers")).to.include({
        ...{ Source: "system", ApplyType: "static", DataType: "integer", IsModifiable: true },
        ParameterValue: "{DBInstanceClassMemory/32768}",
      });
      expect(all.find(({ ParameterName }) => ParameterName === "rds.force_ssl")).to.include({ ParameterValue: "1" });
      await aws.rds.send(
        new ResetDBParameterGroupCommand({
          DBParameterGroupName: name,
          Parameters: [{ ParameterName: "work_mem", ApplyMethod: "immediate" }],
        }),
      );
      expect(await userParameters(name)).to.deep.equal(["max_connections 200 pending-reboot"]);
      await aws.rds.send(new ResetDBParameterGroupCommand({ DBParameterGroupName: name, ResetAllParameters: true }));
      expect(await userParameters(name)).to.deep.equal([]);
    });

    it("refuse parameters, values and methods that there are not, and then change nothing", async () => {
      const name = await create();
      const good = { ParameterName: "work_mem", ParameterValue: "64", ApplyMethod: "immediate" } as const;
      const bad = async (parameter: Parameter) => (await refused(modify(name, good, parameter))).split(" ")[0];
      expect(await bad({ ...good, ParameterName: "no_such_parameter" })).to.equal("InvalidParameterValue");
      expect(await bad({ ...good, ParameterValue: "much" })).to.equal("InvalidParameterValue");
      expect(await bad({ ...good, ParameterValue: "1" })).to.equal("InvalidParameterValue");
      expect(await bad({ ...good, ParameterName: "listen_addresses" })).to.equal("InvalidParameterValue");
      expect(await bad({ ...good, ParameterName: "max_connections", ParameterValue: "50" })).to.equal(
        "InvalidParameterCombination",
      );
      expect(await userParameters(name)).to.deep.equal([]);
    });

    it("are copied with their parameters, tagged, and described by name", async () => {
      const name = await create();
      await modify(name, { ParameterName: "work_mem", ParameterValue: "128", ApplyMethod: "immediate" });
      const copy = uniqueIdentifier();
      await aws.rds.send(
        new CopyDBParameterGroupCommand({
          SourceDBParameterGroupIdentifier: name,
          TargetDBParameterGroupIdentifier: copy,
          TargetDBParameterGroupDescription: "copied",
          Tags: [{ Key: "a", Value: "b" }],
        }),
      );
      expect(await userParameters(copy)).to.deep.equal(["work_mem 128 immediate"]);
      const ofDefault = new CopyDBParameterGroupCommand({
        SourceDBParameterGroupIdentifier: "default.postgres17",
        TargetDBParameterGroupIdentifier: uniqueIdentifier(),
        TargetDBParameterGroupDescription: "copied",
      });
      expect(await refused(aws.rds.send(ofDefault))).to.match(/^InvalidParameterValue/);
      const { DBParameterGroups: [group] = [] } = await aws.rds.send(
        new DescribeDBParameterGroupsCommand({ DBParameterGroupName: copy }),
      );
      expect(group).to.include({ Description: "copied", DBParameterGroupFamily: "postgres17" });
      const ResourceName = group?.DBParameterGroupArn;
      await aws.rds.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: "c", Value: "d" }] }));
      const { TagList } = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName }));
      expect(TagList).to.deep.equal([
        { Key: "a", Value: "b" },
        { Key: "c", Value: "d" },
      ]);
    });

    it("are used by instances of their family, and not deleted before these are", async () => {
      const name = await create();
      const instance = await createAvailable(aws.rds, { DBParameterGroupName: name });
      expect(instance.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal(name);
      const remove = () => aws.rds.send(new DeleteDBParameterGroupCommand({ DBParameterGroupName: name }));
      expect(await refused(remove())).to.match(/^InvalidDBParameterGroupStateFault 400/);
      const { DBInstance } = await aws.rds.send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: instance.DBInstanceIdentifier,
          DBParameterGroupName: "default.postgres17",
        }),
      );
      expect(DBInstance?.DBParameterGroups).to.deep.equal([
        { DBParameterGroupName: "default.postgres17", ParameterApplyStatus: "pending-reboot" },
      ]);
      await remove();
      const other = await create(uniqueIdentifier(), "postgres13");
      expect(await refused(createAvailable(aws.rds, { DBParameterGroupName: other }))).to.match(
        /^InvalidParameterCombination 400/,
      );
      expect(await refused(createAvailable(aws.rds, { DBParameterGroupName: "none" }))).to.match(
        /^DBParameterGroupNotFoundFault 404/,
      );
    });

    it("are found by ARNs of this account and region, and by no other", async () => {
      const DBParameterGroupName = uniqueIdentifier();
      const { DBParameterGroup: { DBParameterGroupArn = "" } = {} } = await aws.rds.send(
        new CreateDBParameterGroupCommand({
          ...{ DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "of a test" },
        }),
      );
      const found = await aws.rds.send(
        new DescribeDBParameterGroupsCommand({ DBParameterGroupName: DBParameterGroupArn }),
      );
      expect(found.DBParameterGroups?.[0]).to.include({ DBParameterGroupName, DBParameterGroupArn });
      const wrong = [
        DBParameterGroupArn.replace("000000000000", "123456789012"),
        DBParameterGroupArn.replace("us-east-1", "eu-west-1"),
        DBParameterGroupArn.replace(":pg:", ":og:"),
      ];
      for (const arn of wrong) {
        const description = aws.rds.send(new DescribeDBParametersCommand({ DBParameterGroupName: arn }));
        expect(await refused(description)).to.match(/^DBParameterGroupNotFoundFault 404/);
        const deletion = aws.rds.send(new DeleteDBParameterGroupCommand({ DBParameterGroupName: arn }));
        expect(await refused(deletion)).to.match(/^DBParameterGroupNotFoundFault 404/);
      }
      const options = aws.rds.send(
        new DescribeOptionGroupsCommand({
          OptionGroupName: "arn:aws:rds:us-east-1:123456789012:og:default:postgres-17",
        }),
      );
      expect(await refused(options)).to.match(/^OptionGroupNotFoundFault 404/);
      const snapshots = aws.rds.send(
        new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: "arn:aws:rds:us-east-1:123456789012:snapshot:any" }),
      );
      expect(await refused(snapshots)).to.match(/^DBSnapshotNotFoundFault 404/);
    });

    it("refuse families and names that are none, and changes of default groups", async () => {
      expect(await refused(create(uniqueIdentifier(), "oracle-ee-7"))).to.match(/^InvalidParameterValue 400/);
      await create(uniqueIdentifier(), "oracle-ee-19");
      expect(await refused(create("default.mine"))).to.match(/^InvalidParameterValue 400/);
      const name = await create();
      expect(await refused(create(name))).to.match(/^DBParameterGroupAlreadyExistsFault 400/);
      const call = aws.rds.send(new DeleteDBParameterGroupCommand({ DBParameterGroupName: "default.postgres17" }));
      expect(await refused(call)).to.match(/^InvalidDBParameterGroupStateFault 400/);
      const { EngineDefaults } = await aws.rds.send(
        new DescribeEngineDefaultParametersCommand({ DBParameterGroupFamily: "mysql8.0", MaxRecords: 20 }),
      );
      expect(EngineDefaults?.Parameters).to.have.length(20);
      expect(EngineDefaults?.Marker).to.be.a("string");
    });

    it("tell no value of a default that is the engine's own", async () => {
      const command = new DescribeEngineDefaultParametersCommand({ DBParameterGroupFamily: "postgres17" });
      const { Parameters = [] } = (await aws.rds.send(command)).EngineDefaults ?? {};
      const find = (name: string) => Parameters.find(({ ParameterName }) => ParameterName === name);
      expect(find("array_nulls")).to.include({ Source: "engine-default" });
      expect(find("autovacuum_max_workers")).to.include({
        ...{ Source: "system", ParameterValue: "GREATEST({DBInstanceClassMemory/64371566592},3)" },
      });
      const ofEngine = Parameters.filter(({ Source }) => Source === "engine-default");
      expect(ofEngine.filter(({ ParameterValue }) => ParameterValue !== undefined)).to.deep.equal([]);
    });
  });

  it("rds DB cluster parameter groups are made, changed and deleted", async () => {
    const DBClusterParameterGroupName = uniqueIdentifier();
    await aws.rds.send(
      new CreateDBClusterParameterGroupCommand({
        ...{ DBClusterParameterGroupName, DBParameterGroupFamily: "aurora-postgresql16", Description: "test" },
      }),
    );
    const Parameters = [{ ParameterName: "work_mem", ParameterValue: "64", ApplyMethod: "immediate" as const }];
    await aws.rds.send(new ModifyDBClusterParameterGroupCommand({ DBClusterParameterGroupName, Parameters }));
    const describe = () =>
      aws.rds.send(new DescribeDBClusterParametersCommand({ DBClusterParameterGroupName, Source: "user" }));
    // As AWS itself has answered: radkawar/stackd, testdata/aws/rds/controls.json.
    expect((await describe()).Parameters).to.deep.equal([
      {
        ...{ ParameterName: "work_mem", ParameterValue: "64", ApplyMethod: "immediate", ApplyType: "dynamic" },
        Description: "(kB) Sets the maximum memory to be used for query workspaces.",
        ...{ Source: "user", DataType: "integer", AllowedValues: "64-2147483647", IsModifiable: true },
        SupportedEngineModes: ["provisioned"],
      },
    ]);
    await aws.rds.send(new DeleteDBClusterParameterGroupCommand({ DBClusterParameterGroupName }));
    expect(await refused(describe())).to.match(/^DBParameterGroupNotFoundFault 404/);
  });

  // The parameters of default.aurora-postgresql* and default.aurora-mysql8.0 as AWS lists them.
  it("rds DB cluster parameter groups have the parameters that are Aurora's alone", async () => {
    const parametersOf = async (DBParameterGroupFamily: string, names: readonly string[]) => {
      const DBClusterParameterGroupName = uniqueIdentifier();
      await aws.rds.send(
        new CreateDBClusterParameterGroupCommand({
          ...{ DBClusterParameterGroupName, DBParameterGroupFamily, Description: "test" },
        }),
      );
      const found = [];
      for await (const { Parameters = [] } of paginateDescribeDBClusterParameters(
        { client: aws.rds },
        { DBClusterParameterGroupName },
      )) {
        found.push(...Parameters.filter(({ ParameterName = "" }) => names.includes(ParameterName)));
      }
      return { DBClusterParameterGroupName, found };
    };
    const names = ["apg_plan_mgmt.capture_plan_baselines", "max_worker_processes", "rds.force_ssl"];
    const { DBClusterParameterGroupName, found } = await parametersOf("aurora-postgresql16", names);
    expect(found.map(({ ParameterName, AllowedValues }) => [ParameterName, AllowedValues])).to.deep.equal([
      ["apg_plan_mgmt.capture_plan_baselines", "manual,automatic,off"],
      ["max_worker_processes", "0-262143"],
      ["rds.force_ssl", "0,1"],
    ]);
    expect(found[2]).to.include({ ParameterValue: "0" });
    const set = (ParameterName: string, ParameterValue: string) => ({
      ...{ ParameterName, ParameterValue, ApplyMethod: "pending-reboot" as const },
    });
    const Parameters = [
      set("apg_plan_mgmt.capture_plan_baselines", "automatic"),
      set("max_worker_processes", `GREATEST(\${DBInstanceVCPU*2},8)`),
    ];
    await aws.rds.send(new ModifyDBClusterParameterGroupCommand({ DBClusterParameterGroupName, Parameters }));
    const wrong = [set("apg_ccm_enabled", "maybe")];
    const change = new ModifyDBClusterParameterGroupCommand({ DBClusterParameterGroupName, Parameters: wrong });
    expect(await refused(aws.rds.send(change))).to.match(/^InvalidParameterValue 400/);
    const ofMysql = await parametersOf("aurora-mysql8.0", ["max_connections"]);
    expect(ofMysql.found.map(({ AllowedValues }) => AllowedValues)).to.deep.equal(["1-16000"]);
  });

  it("rds option groups are made, get options, and are deleted", async () => {
    const OptionGroupName = uniqueIdentifier();
    const make = (EngineName: string, MajorEngineVersion: string) =>
      aws.rds.send(
        new CreateOptionGroupCommand({
          OptionGroupName,
          EngineName,
          MajorEngineVersion,
          OptionGroupDescription: "test",
        }),
      );
    expect(await refused(make("mysql", "4.0"))).to.match(/^InvalidParameterCombination 400/);
    await make("mysql", "8.0");
    expect(await refused(make("mysql", "8.0"))).to.match(/^OptionGroupAlreadyExistsFault 400/);
    const OptionSettings = [{ Name: "SERVER_AUDIT_EVENTS", Value: "CONNECT" }];
    const { OptionGroup } = await aws.rds.send(
      new ModifyOptionGroupCommand({
        OptionGroupName,
        OptionsToInclude: [{ OptionName: "MARIADB_AUDIT_PLUGIN", OptionSettings }],
      }),
    );
    const [option] = OptionGroup?.Options ?? [];
    expect(option?.OptionSettings?.find(({ Name }) => Name === "SERVER_AUDIT_EVENTS")?.Value).to.equal("CONNECT");
    await aws.rds.send(new ModifyOptionGroupCommand({ OptionGroupName, OptionsToRemove: ["MARIADB_AUDIT_PLUGIN"] }));
    const { OptionGroupsList } = await aws.rds.send(new DescribeOptionGroupsCommand({ OptionGroupName }));
    expect(OptionGroupsList?.[0]).to.deep.include({ EngineName: "mysql", MajorEngineVersion: "8.0", Options: [] });
    await aws.rds.send(new DeleteOptionGroupCommand({ OptionGroupName }));
    expect(await refused(aws.rds.send(new DescribeOptionGroupsCommand({ OptionGroupName })))).to.match(
      /^OptionGroupNotFoundFault 404/,
    );
  });
});
