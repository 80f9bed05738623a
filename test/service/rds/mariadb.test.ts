import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  CreateDBParameterGroupCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBEngineVersionsCommand,
  DescribeDBLogFilesCommand,
  DownloadDBLogFilePortionCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  type Parameter,
  PromoteReadReplicaCommand,
  RebootDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import mysql from "mysql2/promise";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import {
  createAvailable,
  describeInstance,
  masterPassword,
  untilGone,
  untilStatus,
  validRequest,
} from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

for (const runtime of ["embedded", "docker"] as const) {
  describe(`rds instances with MariaDB on the ${runtime} runtime`, function () {
    this.timeout(240_000);
    requires(runtime === "docker" ? "docker" : "mariadb");
    let aws: TestServer;
    before(async () => {
      aws = await startLocalAws({ runtime });
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
    });

    const ofMariadb = { Engine: "mariadb", DBName: "shop" };

    /** As a program connects that knows the name and the password, and asks for the endpoint. */
    async function query(identifier: string, statement: string, password = masterPassword): Promise<unknown> {
      const { Endpoint } = await describeInstance(aws.rds, identifier);
      const connection = await mysql.createConnection({
        ...{ host: "127.0.0.1", port: Endpoint?.Port ?? 0, user: "master", password, database: "shop" },
      });
      try {
        const [rows] = await connection.query(statement);
        return rows;
      } finally {
        await connection.end();
      }
    }

    it("answer with the version that they say, and keep rows, port and a new password", async () => {
      const instance = await createAvailable(aws.rds, ofMariadb);
      const { DBInstanceIdentifier, EngineVersion, Endpoint } = instance;
      expect(await query(DBInstanceIdentifier, "select substring_index(version(), '-', 1) as v")).to.deep.equal([
        { v: EngineVersion },
      ]);
      await query(DBInstanceIdentifier, "create table kept as select 'this' as what");
      await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
      await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
      expect((await untilStatus(aws.rds, DBInstanceIdentifier, "available")).Endpoint).to.deep.equal(Endpoint);
      const changes = { MasterUserPassword: "another-horse", DBInstanceClass: "db.t3.small", ApplyImmediately: true };
      await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...changes }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      const kept = await query(DBInstanceIdentifier, "select what from kept", "another-horse");
      expect(kept).to.deep.equal([{ what: "this" }]);
      const refused: unknown = await query(DBInstanceIdentifier, "select 1").catch((error) => error);
      expect(refused).to.have.property("code", "ER_ACCESS_DENIED_ERROR");
    });

    it("are restored to a second of the past, and followed by replicas that are promoted", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { ...ofMariadb, BackupRetentionPeriod: 1 });
      await query(DBInstanceIdentifier, "create table kept as select 1 as n");
      const replica = `${DBInstanceIdentifier}-replica`;
      await aws.rds.send(
        new CreateDBInstanceReadReplicaCommand({
          ...{ DBInstanceIdentifier: replica, SourceDBInstanceIdentifier: DBInstanceIdentifier },
        }),
      );
      expect((await untilStatus(aws.rds, replica, "available")).StatusInfos?.[0]?.Status).to.equal("replicating");
      const nextSecond = async () => {
        const second = Math.floor(Date.now() / 1000);
        await eventually("the next second", () => Math.floor(Date.now() / 1000) > second);
      };
      await nextSecond();
      const RestoreTime = new Date(Math.floor(Date.now() / 1000) * 1000);
      await nextSecond();
      await query(DBInstanceIdentifier, "delete from kept");
      const rows = (identifier: string) => query(identifier, "select n from kept");
      await eventually(
        "the replica has no rows either",
        async () => ((await rows(replica)) as []).length === 0,
        120_000,
      );
      const { LatestRestorableTime } = await describeInstance(aws.rds, DBInstanceIdentifier);
      expect(LatestRestorableTime).to.be.greaterThan(RestoreTime);
      const then = `${DBInstanceIdentifier}-then`;
      await aws.rds.send(
        new RestoreDBInstanceToPointInTimeCommand({
          ...{ SourceDBInstanceIdentifier: DBInstanceIdentifier, TargetDBInstanceIdentifier: then, RestoreTime },
        }),
      );
      await untilStatus(aws.rds, then, "available");
      expect(await rows(then)).to.deep.equal([{ n: 1 }]);
      const refusal: unknown = await query(replica, "insert into kept values (2)").catch((error) => error);
      expect(refusal).to.have.property("code", "ER_OPTION_PREVENTS_STATEMENT");
      await aws.rds.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: replica }));
      await eventually(
        "the replica is promoted",
        async () => {
          const { DBInstanceStatus, ReadReplicaSourceDBInstanceIdentifier } = await describeInstance(aws.rds, replica);
          return DBInstanceStatus === "available" && ReadReplicaSourceDBInstanceIdentifier === undefined;
        },
        120_000,
      );
      await query(replica, "insert into kept values (2)");
      expect(await rows(replica)).to.deep.equal([{ n: 2 }]);
    });

    it("go by the parameters of their group, and write the logs that it asks for", async () => {
      const { DBEngineVersions: [version] = [] } = await aws.rds.send(
        new DescribeDBEngineVersionsCommand({ Engine: "mariadb", DefaultOnly: true }),
      );
      const { DBParameterGroupFamily } = version ?? {};
      const DBParameterGroupName = "of-mariadb";
      const group = { DBParameterGroupName, DBParameterGroupFamily, Description: "of a test" };
      await aws.rds.send(new CreateDBParameterGroupCommand(group));
      const set = (Parameters: Parameter[]) =>
        aws.rds.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters }));
      const parameter = (ParameterName: string, ParameterValue: string, ApplyMethod: Parameter["ApplyMethod"]) => ({
        ...{ ParameterName, ParameterValue, ApplyMethod },
      });
      await set([
        parameter("slow_query_log", "1", "immediate"),
        parameter("long_query_time", "0", "immediate"),
        parameter("log_output", "FILE", "immediate"),
      ]);
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { ...ofMariadb, DBParameterGroupName });
      const settings = "select @@global.wait_timeout as w, @@global.back_log as b";
      await set([parameter("wait_timeout", "1234", "immediate"), parameter("back_log", "77", "pending-reboot")]);
      const status = async () =>
        (await describeInstance(aws.rds, DBInstanceIdentifier)).DBParameterGroups?.[0]?.ParameterApplyStatus;
      await eventually("the dynamic one is taken", async () => {
        const [row] = (await query(DBInstanceIdentifier, settings)) as { w: number; b: number }[];
        return row?.w === 1234 && row.b !== 77;
      });
      await eventually("the static one waits", async () => (await status()) === "pending-reboot");
      await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      expect(await query(DBInstanceIdentifier, settings)).to.deep.equal([{ w: 1234, b: 77 }]);
      expect(await status()).to.equal("in-sync");
      await query(DBInstanceIdentifier, "select 'to be found'");
      const { DescribeDBLogFiles = [] } = await aws.rds.send(new DescribeDBLogFilesCommand({ DBInstanceIdentifier }));
      const names = DescribeDBLogFiles.map(({ LogFileName }) => LogFileName);
      expect(names).to.deep.equal(["error/mysql-error.log", "slowquery/mysql-slowquery.log"]);
      const LogFileName = "slowquery/mysql-slowquery.log";
      const read = new DownloadDBLogFilePortionCommand({ DBInstanceIdentifier, LogFileName });
      await eventually("the log has it", async () =>
        (await aws.rds.send(read)).LogFileData?.includes("select 'to be found'"),
      );
    });

    it("leave a final snapshot with their rows, which another instance begins with", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, ofMariadb);
      await query(DBInstanceIdentifier, "create table kept as select 42 as answer");
      const DBSnapshotIdentifier = `${DBInstanceIdentifier}-first`;
      await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
      const waiter = { client: aws.rds, minDelay: 1, maxDelay: 2, maxWaitTime: 120 };
      await waitUntilDBSnapshotAvailable(waiter, { DBSnapshotIdentifier });
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      await query(DBInstanceIdentifier, "update kept set answer = 43");
      const FinalDBSnapshotIdentifier = `${DBInstanceIdentifier}-final`;
      await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, FinalDBSnapshotIdentifier }));
      await untilGone(aws.rds, DBInstanceIdentifier);
      for (const [snapshot, answer] of [
        [DBSnapshotIdentifier, 42],
        [FinalDBSnapshotIdentifier, 43],
      ] as const) {
        const restored = `${snapshot}-restored`;
        await aws.rds.send(
          new RestoreDBInstanceFromDBSnapshotCommand({
            ...{ DBInstanceIdentifier: restored, DBSnapshotIdentifier: snapshot },
          }),
        );
        expect((await untilStatus(aws.rds, restored, "available")).Engine).to.equal("mariadb");
        expect(await query(restored, "select answer from kept")).to.deep.equal([{ answer }]);
      }
    });
  });
}

describe("rds instances of engines that are not installed", () => {
  let aws: TestServer;
  const path = process.env.PATH ?? "";
  before(async () => {
    // Where the folders that are always looked in have none, MySQL is not there.
    process.env.PATH = path
      .split(delimiter)
      .filter((folder) => !existsSync(join(folder, "mysqld")))
      .join(delimiter);
    aws = await startLocalAws({ runtime: "embedded" }).finally(() => {
      process.env.PATH = path;
    });
  });
  after(() => aws.stop());

  it("are refused with what to install, and MariaDB is not taken for MySQL", async function () {
    const { DBEngineVersions } = await aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine: "mysql" }));
    if (DBEngineVersions?.length !== 0) this.skip();
    const request = validRequest({ Engine: "mysql" });
    const { name, message } = await rejectionOf(aws.rds.send(new CreateDBInstanceCommand(request)));
    expect(name).to.equal("InvalidParameterCombination");
    expect(message).to.match(/^Cannot find version default for mysql\. .*Install MySQL's server/);
  });
});
