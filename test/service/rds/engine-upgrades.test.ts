import {
  CreateDBInstanceReadReplicaCommand,
  DeleteDBInstanceCommand,
  DescribeEventsCommand,
  ModifyDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { query } from "../../support/acceptance-database.ts";
import { eventually } from "../../support/eventually.ts";
import { findInstalled, PostgresRegistry, packInstalled } from "../../support/postgres-registry.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, describeInstance, queryAsMaster, untilGone, untilStatus } from "./db-instances.ts";
import { queryMysql } from "./mysql-queries.ts";

for (const runtime of ["docker", "embedded"] as const)
  describe(`rds engine upgrades on the ${runtime} runtime`, function () {
    this.timeout(400_000);
    this.slow(60_000);
    requires(runtime === "docker" ? "docker" : "postgresInstallation");
    let aws: TestServer;
    let registry: PostgresRegistry | undefined;
    let version = "15";
    before(async () => {
      if (runtime === "embedded") {
        const installed = await findInstalled();
        if (installed === undefined) throw new Error("There is no installation.");
        // As a version that LocalAWS knows npm to have: the installed one may be newer than that.
        version = `${installed.version.split(".")[0]}.18`;
        registry = await PostgresRegistry.open(async (folder) => ({
          [`${version}.0-beta.1`]: await packInstalled(installed.bin, version, folder),
        }));
        registry.use();
      }
      aws = await startLocalAws({ runtime });
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
      await registry?.close();
    });

    it("take what an instance has to the next major version, or leave it as it is and say so", async () => {
      const { DBInstanceIdentifier, EngineVersion, Endpoint } = await createAvailable(aws.rds, {
        ...{ EngineVersion: version, DBName: "shop", BackupRetentionPeriod: 1 },
      });
      expect(EngineVersion).to.match(new RegExp(`^${version.split(".")[0]}\\.`));
      const sql = (statement: string) => queryAsMaster(Endpoint?.Port, statement);
      await sql("create role clerk login password 'of the clerk'");
      await sql("grant rds_superuser, rds_iam to clerk");
      await sql("create table kept as select 42 as answer; grant select on kept to clerk");
      // Of a column that later versions do not have.
      await sql("create view of_old as select buffers_backend from pg_stat_bgwriter");
      const upgrade = async () => {
        const changes = { EngineVersion: "17", AllowMajorVersionUpgrade: true, ApplyImmediately: true };
        await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...changes }));
        await untilStatus(aws.rds, DBInstanceIdentifier, "available");
        return await describeInstance(aws.rds, DBInstanceIdentifier);
      };
      expect((await upgrade()).EngineVersion, "after one that fails").to.equal(EngineVersion);
      expect(await sql("select answer from kept")).to.deep.equal([{ answer: 42 }]);
      const events = new DescribeEventsCommand({ SourceType: "db-instance", SourceIdentifier: DBInstanceIdentifier });
      await eventually("it says so", async () =>
        (await aws.rds.send(events)).Events?.some(({ Message }) => Message?.includes("upgrade failed")),
      );
      await sql("drop view of_old");
      const after = await upgrade();
      expect(after.EngineVersion).to.match(/^17\./);
      expect(after.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.postgres17");
      expect(after.Endpoint).to.deep.equal(Endpoint);
      expect(after.LatestRestorableTime).to.be.an.instanceOf(Date);
      const clerk = { host: "localhost", port: Endpoint?.Port ?? 0, user: "clerk", password: "of the clerk" };
      const answer = await query({ ...clerk, database: "postgres" }, "select answer, version() as v from kept");
      expect(answer).to.have.nested.property("[0].answer", 42);
      expect(answer)
        .to.have.nested.property("[0].v")
        .that.matches(/^PostgreSQL 17\./);
      await sql("create database another");
    });
  });

describe("rds engine upgrades of MariaDB on the docker runtime", function () {
  this.timeout(400_000);
  this.slow(60_000);
  requires("docker");
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "docker" });
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
  });

  it("take what an instance has to a later major version, with its users, and refuse one that is followed", async () => {
    const { DBInstanceIdentifier, EngineVersion, Endpoint } = await createAvailable(aws.rds, {
      ...{ Engine: "mariadb", EngineVersion: "10.11", DBName: "shop", BackupRetentionPeriod: 1 },
    });
    expect(EngineVersion).to.match(/^10\.11\./);
    const sql = (statement: string) => queryMysql(Endpoint?.Port, statement);
    await sql("create table shop.kept as select 42 as answer");
    await sql("create user clerk identified by 'of the clerk'");
    await sql("grant select on shop.* to clerk");
    const upgrade = async () => {
      const changes = { EngineVersion: "11.8", AllowMajorVersionUpgrade: true, ApplyImmediately: true };
      await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...changes }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      return await describeInstance(aws.rds, DBInstanceIdentifier);
    };
    const replica = `${DBInstanceIdentifier}-replica`;
    const replicate = { DBInstanceIdentifier: replica, SourceDBInstanceIdentifier: DBInstanceIdentifier };
    await aws.rds.send(new CreateDBInstanceReadReplicaCommand(replicate));
    await untilStatus(aws.rds, replica, "available");
    expect((await upgrade()).EngineVersion, "while it is followed").to.equal(EngineVersion);
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: replica, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, replica);
    const after = await upgrade();
    expect(after.EngineVersion).to.match(/^11\.8\./);
    expect(after.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.mariadb11.8");
    expect(after.Endpoint).to.deep.equal(Endpoint);
    expect(after.LatestRestorableTime).to.be.an.instanceOf(Date);
    const clerk = { user: "clerk", password: "of the clerk" };
    const answer = "select answer, substring_index(version(), '-', 1) as v from shop.kept";
    expect(await queryMysql(Endpoint?.Port, answer, clerk)).to.deep.equal([{ answer: 42, v: after.EngineVersion }]);
    await sql("create database another");
  });
});
