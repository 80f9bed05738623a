import {
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  CreateDBInstanceReadReplicaCommand,
  CreateDBParameterGroupCommand,
  DescribeDBEngineVersionsCommand,
  DescribeDBParametersCommand,
  DescribeDBSnapshotsCommand,
  DescribeEngineDefaultParametersCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  ModifyDBInstanceCommand,
  type Parameter,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, describeInstance, untilStatus, validRequest } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds engines mariadb and mysql", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  const refused = async (changes: Partial<CreateDBInstanceCommandInput>) => {
    const request = validRequest({ Engine: "mariadb", ...changes });
    const { name, message } = await rejectionOf(aws.rds.send(new CreateDBInstanceCommand(request)));
    return `${name}: ${message}`;
  };

  it("make instances with the groups, the license and the storage of their engine", async () => {
    const ofMaria = await createAvailable(aws.rds, { Engine: "mariadb", EngineVersion: "10.11", DBName: "shop" });
    expect(ofMaria).to.deep.include({
      ...{ Engine: "mariadb", EngineVersion: "10.11.14", LicenseModel: "general-public-license", DBName: "shop" },
      DBParameterGroups: [{ DBParameterGroupName: "default.mariadb10.11", ParameterApplyStatus: "in-sync" }],
      OptionGroupMemberships: [{ OptionGroupName: "default:mariadb-10-11", Status: "in-sync" }],
    });
    const ofMysql = await createAvailable(aws.rds, { Engine: "mysql", EngineVersion: "8.0.43" });
    expect(ofMysql.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.mysql8.0");
  });

  it("refuse names, passwords, versions and groups that are no good for them", async () => {
    const long = "x".repeat(41);
    await createAvailable(aws.rds, { Engine: "mysql", MasterUserPassword: long });
    expect(await refused({ MasterUserPassword: `${long}x` })).to.equal(
      "InvalidParameterValue: The parameter MasterUserPassword is not a valid password because it is longer than 41 characters.",
    );
    expect(await refused({ MasterUserPassword: "short" })).to.include("shorter than 8 characters");
    expect(await refused({ MasterUsername: "seventeen_letters" })).to.include("Invalid master user name");
    for (const MasterUsername of ["rdsadmin", "mysql", "Select"]) {
      expect(await refused({ MasterUsername }), MasterUsername).to.include("is a reserved word used by the engine");
    }
    // Of PostgreSQL's words no matter.
    await createAvailable(aws.rds, { Engine: "mariadb", MasterUsername: "root", DBName: "postgres" });
    expect(await refused({ DBName: "mysql" })).to.include("reserved word");
    expect(await refused({ DBName: "d".repeat(65) })).to.include("1 to 64 characters");
    expect(await refused({ EngineVersion: "5.5" })).to.equal(
      "InvalidParameterCombination: Cannot find version 5.5 for mariadb",
    );
    expect(await refused({ DBParameterGroupName: "default.mysql8.0" })).to.include("InvalidParameterCombination");
    expect(await refused({ OptionGroupName: "default:mysql-8-0" })).to.include("InvalidParameterCombination");
    expect(await refused({ LicenseModel: "postgresql-license" })).to.include("InvalidParameterCombination");
    expect(await refused({ AllocatedStorage: 19, StorageType: "gp3" })).to.equal(
      "InvalidParameterCombination: Invalid storage size for engine name mariadb and storage type gp3: 19",
    );
    expect(await refused({ Engine: "oracle-ee" })).to.include("mariadb, mysql, postgres");
  });

  it("are described by versions, families and what can be ordered", async () => {
    const { DBEngineVersions = [] } = await aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine: "mariadb" }));
    expect(DBEngineVersions.map((one) => `${one.DBParameterGroupFamily} ${one.EngineVersion}`)).to.include.members([
      ...["mariadb10.6 10.6.23", "mariadb10.11 10.11.14", "mariadb11.4 11.4.8", "mariadb11.8 11.8.3"],
    ]);
    const targets = DBEngineVersions.find((one) => one.EngineVersion === "10.6.23")?.ValidUpgradeTarget;
    expect(targets?.map((one) => `${one.EngineVersion} ${one.IsMajorVersionUpgrade}`)).to.include.members([
      ...["10.6.24 false", "10.11.14 true", "11.4.8 true", "11.8.3 true"],
    ]);
    const { OrderableDBInstanceOptions = [] } = await aws.rds.send(
      new DescribeOrderableDBInstanceOptionsCommand({ Engine: "mysql", DBInstanceClass: "db.t3.micro" }),
    );
    expect(OrderableDBInstanceOptions[0]).to.include({ Engine: "mysql", LicenseModel: "general-public-license" });
  });

  it("are upgraded with their default groups", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { Engine: "mysql", EngineVersion: "8.0" });
    await aws.rds.send(
      new ModifyDBInstanceCommand({
        ...{ DBInstanceIdentifier, EngineVersion: "8.4.6", AllowMajorVersionUpgrade: true, ApplyImmediately: true },
      }),
    );
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await describeInstance(aws.rds, DBInstanceIdentifier)).to.deep.include({
      EngineVersion: "8.4.6",
      OptionGroupMemberships: [{ OptionGroupName: "default:mysql-8-4", Status: "in-sync" }],
    });
  });

  it("have parameter groups with the parameters of their servers", async () => {
    const DBParameterGroupName = "of-mariadb-11";
    await aws.rds.send(
      new CreateDBParameterGroupCommand({
        ...{ DBParameterGroupName, DBParameterGroupFamily: "mariadb11.8", Description: "of a test" },
      }),
    );
    const { Parameters = [] } = await aws.rds.send(
      new DescribeDBParametersCommand({ DBParameterGroupName, MaxRecords: 100 }),
    );
    expect(Parameters.find(({ ParameterName }) => ParameterName === "back_log")).to.include({
      ...{ ApplyType: "static", DataType: "integer", IsModifiable: true },
    });
  });

  it("have the parameters of MySQL in its families, and those of earlier versions in these alone", async () => {
    const parametersOf = async (DBParameterGroupFamily: string) => {
      const found: Parameter[] = [];
      for (let Marker: string | undefined; ; ) {
        const command = new DescribeEngineDefaultParametersCommand({
          DBParameterGroupFamily,
          ...(Marker && { Marker }),
        });
        const { EngineDefaults } = await aws.rds.send(command);
        found.push(...(EngineDefaults?.Parameters ?? []));
        Marker = EngineDefaults?.Marker;
        if (Marker === undefined) return new Map(found.map((parameter) => [parameter.ParameterName, parameter]));
      }
    };
    const [older, newest, ofMariadb] = [
      await parametersOf("mysql8.0"),
      await parametersOf("mysql9.7"),
      await parametersOf("mariadb11.8"),
    ];
    expect(older.get("gtid_mode")).to.include({
      ...{ AllowedValues: "OFF,OFF_PERMISSIVE,ON_PERMISSIVE,ON", ApplyType: "dynamic" },
    });
    expect(older.get("back_log")).to.include({ AllowedValues: "0-65535", ApplyType: "static", DataType: "integer" });
    expect(older.get("back_log")?.Description).to.match(/connection requests/);
    expect(older.get("sql_mode")?.AllowedValues).to.include("ONLY_FULL_GROUP_BY").and.to.include("TRADITIONAL");
    expect(older.get("max_connections")?.ParameterValue).to.equal("{DBInstanceClassMemory/12582880}");
    const isIn = (name: string) => [older, newest, ofMariadb].map((parameters) => parameters.has(name));
    expect(isIn("default_authentication_plugin")).to.deep.equal([true, false, false]);
    expect(isIn("expire_logs_days")).to.deep.equal([true, false, true]);
    expect(isIn("aria_block_size")).to.deep.equal([false, false, true]);
    expect(isIn("innodb_redo_log_capacity")).to.deep.equal([true, true, true]);
  });

  it("have automated snapshots, and read replicas", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { Engine: "mariadb", BackupRetentionPeriod: 1 });
    const { DBSnapshots } = await aws.rds.send(
      new DescribeDBSnapshotsCommand({ DBInstanceIdentifier, SnapshotType: "automated" }),
    );
    expect(DBSnapshots?.map(({ Engine, Status }) => [Engine, Status])).to.deep.equal([["mariadb", "available"]]);
    const replicate = (source: string) =>
      aws.rds.send(
        new CreateDBInstanceReadReplicaCommand({
          ...{ DBInstanceIdentifier: `${source}-replica`, SourceDBInstanceIdentifier: source },
        }),
      );
    expect((await replicate(DBInstanceIdentifier)).DBInstance?.Engine).to.equal("mariadb");
    const ofMysql = await createAvailable(aws.rds, { Engine: "mysql", BackupRetentionPeriod: 1 });
    expect((await replicate(ofMysql.DBInstanceIdentifier)).DBInstance?.Engine).to.equal("mysql");
  });
});
