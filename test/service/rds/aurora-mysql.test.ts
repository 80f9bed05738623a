import {
  CreateDBClusterCommand,
  CreateDBClusterParameterGroupCommand,
  CreateDBClusterSnapshotCommand,
  type DBInstance,
  DescribeDBClusterParametersCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBEngineVersionsCommand,
  DescribeEngineDefaultClusterParametersCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  FailoverDBClusterCommand,
  ModifyDBClusterCommand,
  ModifyDBClusterParameterGroupCommand,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import mysql from "mysql2/promise";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { authToken } from "./auth-tokens.ts";
import { clusterRequest, createCluster, createMember, uniqueCluster, untilCluster } from "./db-clusters.ts";
import { describeInstance, masterPassword } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

const Engine = "aurora-mysql";

describe("rds clusters of aurora-mysql", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  const refused = async (call: Promise<unknown>) => {
    const { name, message } = await rejectionOf(call);
    return `${name} ${message}`;
  };

  it("have Aurora's versions, groups and limits, and so have their members", async () => {
    const cluster = await createCluster(aws.rds, { Engine, EngineVersion: "8.0", DatabaseName: "shop" });
    expect(cluster).to.include({ Engine, EngineVersion: "8.0.mysql_aurora.3.12.0", DatabaseName: "shop" });
    expect(cluster.DBClusterParameterGroup).to.equal("default.aurora-mysql8.0");
    expect(cluster.DBClusterOptionGroupMemberships?.[0]?.DBClusterOptionGroupName).to.equal("default:aurora-mysql-8-0");
    const { DBClusterIdentifier } = cluster;
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier, { Engine });
    const member = await describeInstance(aws.rds, DBInstanceIdentifier);
    expect(member).to.include({ Engine, EngineVersion: cluster.EngineVersion, DBClusterIdentifier });
    expect(member).to.include({ LicenseModel: "general-public-license" });
    expect(member.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.aurora-mysql8.0");
    const other = createMember(aws.rds, DBClusterIdentifier, { Engine: "aurora-postgresql" });
    expect(await refused(other)).to.match(/^InvalidParameterCombination .*\(aurora-mysql\)/);
    for (const [changes, expected] of [
      [{ MasterUsername: "rdsadmin" }, /^InvalidParameterValue .*reserved/],
      [{ DatabaseName: "mysql" }, /^InvalidParameterValue .*reserved/],
      [{ EngineVersion: "5.6" }, /^InvalidParameterCombination Cannot find version 5.6 for aurora-mysql/],
      [{ DBClusterParameterGroupName: "default.aurora-postgresql17" }, /^InvalidParameterCombination .*mysql8.0/],
    ] as const) {
      const request = clusterRequest({ Engine, ...changes });
      expect(await refused(aws.rds.send(new CreateDBClusterCommand(request)))).to.match(expected);
    }
  });

  it("go from one of Aurora's versions to a later one, with their members, and to none before", async () => {
    const EngineVersion = "8.0.mysql_aurora.3.04.0";
    const { DBClusterIdentifier } = await createCluster(aws.rds, { Engine, EngineVersion });
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier, { Engine });
    const to = (version: string) =>
      aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, EngineVersion: version, ApplyImmediately: true }));
    expect((await to("8.0.mysql_aurora.3.08.2")).DBCluster?.Status).to.equal("upgrading");
    const after = await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(after.EngineVersion).to.equal("8.0.mysql_aurora.3.08.2");
    expect((await describeInstance(aws.rds, DBInstanceIdentifier)).EngineVersion).to.equal(after.EngineVersion);
    expect(await refused(to(EngineVersion))).to.match(/^InvalidParameterCombination Cannot find upgrade path/);
  });

  it("are restored from their snapshots, by the name of their own engine alone", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds, { Engine });
    const DBClusterSnapshotIdentifier = uniqueCluster();
    await aws.rds.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    const { DBClusterSnapshots: [snapshot] = [] } = await aws.rds.send(
      new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier }),
    );
    expect(snapshot).to.include({ Engine, Status: "available", LicenseModel: "general-public-license" });
    const restore = (engine: string) => ({
      ...{ DBClusterIdentifier: uniqueCluster(), SnapshotIdentifier: DBClusterSnapshotIdentifier, Engine: engine },
    });
    const wrong = aws.rds.send(new RestoreDBClusterFromSnapshotCommand(restore("aurora-postgresql")));
    expect(await refused(wrong)).to.match(/^InvalidParameterCombination .*of aurora-mysql, not of aurora-postgresql/);
    const right = restore(Engine);
    await aws.rds.send(new RestoreDBClusterFromSnapshotCommand(right));
    expect(await untilCluster(aws.rds, right.DBClusterIdentifier, "available")).to.include({ Engine });
  });

  it("are described by versions, classes and default parameters", async () => {
    const { DBEngineVersions: [byDefault] = [] } = await aws.rds.send(
      new DescribeDBEngineVersionsCommand({ Engine, DefaultOnly: true }),
    );
    expect(byDefault).to.deep.include({
      ...{ Engine, EngineVersion: "8.0.mysql_aurora.3.08.2", MajorEngineVersion: "8.0" },
      ...{ DBEngineDescription: "Aurora MySQL", DBParameterGroupFamily: "aurora-mysql8.0" },
      DBEngineVersionDescription: "Aurora MySQL 3.08.2 (compatible with MySQL 8.0.39)",
      SupportedEngineModes: ["provisioned"],
    });
    const targets = byDefault?.ValidUpgradeTarget?.map((one) => one.EngineVersion);
    expect(targets).to.include.members([
      "8.0.mysql_aurora.3.09.0",
      "8.0.mysql_aurora.3.12.0",
      "8.4.mysql_aurora.8.4.7",
    ]);
    expect(targets).not.to.include("8.0.mysql_aurora.3.08.1");
    const { OrderableDBInstanceOptions: [option] = [] } = await aws.rds.send(
      new DescribeOrderableDBInstanceOptionsCommand({ Engine, DBInstanceClass: "db.r6g.large" }),
    );
    expect(option).to.include({ Engine, LicenseModel: "general-public-license", SupportsClusters: true });
    const DBParameterGroupFamily = "aurora-mysql8.0";
    const { EngineDefaults } = await aws.rds.send(
      new DescribeEngineDefaultClusterParametersCommand({ DBParameterGroupFamily }),
    );
    expect(EngineDefaults?.Parameters).not.to.be.empty;
    const DBClusterParameterGroupName = uniqueCluster();
    const group = { DBClusterParameterGroupName, DBParameterGroupFamily, Description: "own" };
    await aws.rds.send(new CreateDBClusterParameterGroupCommand(group));
    const audit = { ParameterName: "server_audit_events", ApplyMethod: "immediate" as const };
    const change = (ParameterValue: string) =>
      aws.rds.send(
        new ModifyDBClusterParameterGroupCommand({
          DBClusterParameterGroupName,
          Parameters: [{ ...audit, ParameterValue }],
        }),
      );
    await change("CONNECT,QUERY_DDL");
    expect(await refused(change("EVERYTHING"))).to.match(/^InvalidParameterValue/);
    const { Parameters } = await aws.rds.send(
      new DescribeDBClusterParametersCommand({ DBClusterParameterGroupName, Source: "user" }),
    );
    expect(Parameters?.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue])).to.deep.equal([
      ["server_audit_events", "CONNECT,QUERY_DDL"],
    ]);
    await createCluster(aws.rds, { Engine, DBClusterParameterGroupName });
  });
});

describe("rds clusters of aurora-mysql on the embedded runtime", function () {
  this.timeout(400_000);
  requires("mysql");
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "embedded" });
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
  });

  it("write at their endpoint and at their writer, and read at the others, also after a failover", async () => {
    const { DBClusterIdentifier, Endpoint, ReaderEndpoint, Port } = await createCluster(aws.rds, {
      ...{ Engine, DatabaseName: "shop" },
    });
    const first = await createMember(aws.rds, DBClusterIdentifier, { Engine });
    const second = await createMember(aws.rds, DBClusterIdentifier, { Engine });
    const queryAt = async (host: string | undefined, port: number | undefined, statement: string) => {
      const place = { host: host ?? "", port: port ?? 0, user: "master", password: masterPassword, database: "shop" };
      const connection = await mysql.createConnection(place);
      try {
        return (await connection.query(statement))[0];
      } finally {
        await connection.end();
      }
    };
    const at = (member: DBInstance, statement: string) =>
      queryAt(member.Endpoint?.Address, member.Endpoint?.Port, statement);
    const codeOf = (refused: Promise<unknown>) => refused.then(() => "done").catch(({ code }) => code);
    await queryAt(Endpoint, Port, "create table kept as select 1 as n");
    expect(await queryAt(ReaderEndpoint, Port, "select n from kept")).to.deep.equal([{ n: 1 }]);
    const readOnly = "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION";
    const insert = "insert into kept values (2)";
    expect(await codeOf(queryAt(ReaderEndpoint, Port, insert))).to.equal(readOnly);
    expect(await codeOf(at(second, insert))).to.equal(readOnly);
    expect(await codeOf(at(first, insert))).to.equal("done");
    const wrong = mysql.createConnection({
      ...{ host: ReaderEndpoint ?? "", port: Port ?? 0, user: "master", password: "another" },
    });
    expect(await codeOf(wrong)).to.equal("ER_ACCESS_DENIED_ERROR");
    await aws.rds.send(new FailoverDBClusterCommand({ DBClusterIdentifier }));
    await eventually("the other one writes", async () => (await codeOf(at(second, insert))) === "done");
    await eventually("the first one reads", async () => (await codeOf(at(first, insert))) === readOnly);
  });

  it("take tokens at each endpoint, encrypted, where readers read", async () => {
    const {
      DBClusterIdentifier,
      ReaderEndpoint = "",
      Port = 0,
    } = await createCluster(aws.rds, {
      ...{ Engine, DatabaseName: "shop", EnableIAMDatabaseAuthentication: true },
    });
    const { Endpoint } = await createMember(aws.rds, DBClusterIdentifier, { Engine });
    await createMember(aws.rds, DBClusterIdentifier, { Engine });
    const connections: mysql.Connection[] = [];
    const connect = async (host: string, port: number, user: string, password: string) => {
      const options = { ssl: { rejectUnauthorized: false }, enableCleartextPlugin: true };
      const connection = await mysql.createConnection({ host, port, user, password, ...options });
      connections.push(connection);
      return connection;
    };
    const withToken = async (host: string, port: number, of = `${host}:${port}`) =>
      await connect(host, port, "app", await authToken({ host: of }));
    const session = async (connection: mysql.Connection) => {
      const [rows] = await connection.query("SELECT CURRENT_USER() AS name, @@transaction_read_only AS r");
      return rows;
    };
    try {
      const master = await connect("localhost", Port, "master", masterPassword);
      await master.query("CREATE USER app IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'");
      const member = Endpoint?.Port ?? 0;
      const places = [
        ["localhost", Port, 0] as const,
        [ReaderEndpoint, Port, 1] as const,
        ["localhost", member, 0] as const,
      ];
      for (const [host, port, r] of places) {
        expect(await session(await withToken(host, port))).to.deep.equal([{ name: "app@%", r }]);
      }
      const reader = await connect(ReaderEndpoint, Port, "master", masterPassword);
      expect(await session(reader)).to.deep.equal([{ name: "master@%", r: 1 }]);
      const elsewhere = withToken("localhost", Port, `localhost:${member}`);
      expect(await elsewhere.catch(({ code }) => code)).to.equal("ER_ACCESS_DENIED_ERROR");
    } finally {
      for (const connection of connections) connection.destroy();
    }
  });
});
