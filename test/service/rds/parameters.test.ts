import {
  CreateDBParameterGroupCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  type Parameter,
  RebootDBInstanceCommand,
  ResetDBParameterGroupCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { eventually } from "../../support/eventually.ts";
import type { TestServer } from "../../support/server.ts";
import { createAvailable, describeInstance, masterPassword, uniqueIdentifier, untilStatus } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds parameters of servers on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  const parameter = (ParameterName: string, ParameterValue: string, ApplyMethod = "immediate") =>
    ({ ParameterName, ParameterValue, ApplyMethod }) as Parameter;

  async function newGroup(...Parameters: Parameter[]): Promise<string> {
    const DBParameterGroupName = uniqueIdentifier();
    await aws.rds.send(
      new CreateDBParameterGroupCommand({
        ...{ DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "of a test" },
      }),
    );
    if (Parameters.length > 0) await modify(DBParameterGroupName, ...Parameters);
    return DBParameterGroupName;
  }

  const modify = (DBParameterGroupName: string, ...Parameters: Parameter[]) =>
    aws.rds.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters }));

  async function settings(identifier: string, ...names: string[]): Promise<string[]> {
    const { Endpoint } = await describeInstance(aws.rds, identifier);
    const client = new pg.Client({
      ...{ host: Endpoint?.Address, port: Endpoint?.Port, user: "master", password: masterPassword },
      database: "postgres",
    });
    await client.connect();
    try {
      const { rows } = await client.query("select current_setting(name) as value from unnest($1::text[]) as name", [
        names,
      ]);
      return rows.map(({ value }) => value);
    } finally {
      await client.end();
    }
  }

  const applyStatus = async (identifier: string) =>
    (await describeInstance(aws.rds, identifier)).DBParameterGroups?.[0]?.ParameterApplyStatus;

  const untilApplied = (identifier: string, status: string) =>
    eventually(`${identifier} is ${status}`, async () => (await applyStatus(identifier)) === status);

  async function reboot(DBInstanceIdentifier: string): Promise<void> {
    await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
  }

  it("are those of the group from the creation on, with RDS's formulas evaluated for the class", async () => {
    const group = await newGroup(
      parameter("work_mem", "LEAST({DBInstanceClassMemory/131072},16384)"),
      parameter(
        "max_connections",
        "GREATEST({DBInstanceVCPU*30},SUM(10,{DBInstanceClassMemory/107374182}))",
        "pending-reboot",
      ),
      parameter("shared_preload_libraries", "pg_cron,pg_stat_statements", "pending-reboot"),
      parameter("rds.logical_replication", "1", "pending-reboot"),
      parameter("rds.log_retention_period", "1440"),
    );
    const names = ["work_mem", "max_connections", "shared_preload_libraries", "wal_level", "rds.log_retention_period"];
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { DBParameterGroupName: group });
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal([
      ...["8MB", "60", "pg_stat_statements", "logical", "1440"],
    ]);
    await aws.rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier, DBInstanceClass: "db.m5.xlarge", ApplyImmediately: true }),
    );
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect((await settings(DBInstanceIdentifier, ...names)).slice(0, 2)).to.deep.equal(["16MB", "170"]);
    expect(await applyStatus(DBInstanceIdentifier)).to.equal("in-sync");
  });

  it("follow a change of the group at once where it is immediate, and at the reboot otherwise", async () => {
    const group = await newGroup();
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { DBParameterGroupName: group });
    const names = ["work_mem", "random_page_cost", "max_connections"] as const;
    const [, cost, connections] = await settings(DBInstanceIdentifier, ...names);
    await modify(group, parameter("work_mem", "8192"));
    await untilApplied(DBInstanceIdentifier, "in-sync");
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal(["8MB", cost, connections]);

    await modify(
      group,
      parameter("work_mem", "9216"),
      parameter("random_page_cost", "1.5", "pending-reboot"),
      parameter("max_connections", "77", "pending-reboot"),
    );
    expect(await applyStatus(DBInstanceIdentifier)).to.equal("pending-reboot");
    await eventually(
      "work_mem is applied",
      async () => (await settings(DBInstanceIdentifier, "work_mem"))[0] === "9MB",
    );
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal(["9MB", cost, connections]);
    expect(await applyStatus(DBInstanceIdentifier)).to.equal("pending-reboot");
    await reboot(DBInstanceIdentifier);
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal(["9MB", "1.5", "77"]);
    expect(await applyStatus(DBInstanceIdentifier)).to.equal("in-sync");

    await aws.rds.send(new ResetDBParameterGroupCommand({ DBParameterGroupName: group, ResetAllParameters: true }));
    await eventually("work_mem is reset", async () => (await settings(DBInstanceIdentifier, "work_mem"))[0] === "4MB");
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal(["4MB", cost, "77"]);
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
    await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal(["4MB", cost, connections]);
  });

  it("are those of another group after the reboot only, but for what changes in it meanwhile", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const group = await newGroup(parameter("work_mem", "8192"));
    await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, DBParameterGroupName: group }));
    await modify(group, parameter("random_page_cost", "1.25"));
    const names = ["work_mem", "random_page_cost"] as const;
    await eventually(
      "the change is applied",
      async () => (await settings(DBInstanceIdentifier, ...names))[1] === "1.25",
    );
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal(["4MB", "1.25"]);
    expect(await applyStatus(DBInstanceIdentifier)).to.equal("pending-reboot");
    await reboot(DBInstanceIdentifier);
    expect(await settings(DBInstanceIdentifier, ...names)).to.deep.equal(["8MB", "1.25"]);
  });

  it("that no server starts with make the instance incompatible-parameters, until they are taken back", async () => {
    const group = await newGroup(parameter("shared_buffers", "1000000000", "pending-reboot"));
    const request = { DBParameterGroupName: group, DBInstanceIdentifier: uniqueIdentifier() };
    const created = createAvailable(aws.rds, request).catch(() => undefined);
    await eventually(
      "the instance is incompatible-parameters",
      async () => {
        const described = await describeInstance(aws.rds, request.DBInstanceIdentifier).catch(() => undefined);
        return described?.DBInstanceStatus === "incompatible-parameters";
      },
      120_000,
    );
    await modify(group, parameter("shared_buffers", "{DBInstanceClassMemory/65536}", "pending-reboot"));
    await reboot(request.DBInstanceIdentifier);
    await created;
    expect(await settings(request.DBInstanceIdentifier, "shared_buffers")).to.deep.equal(["128MB"]);
    await modify(group, parameter("shared_buffers", "1000000000", "pending-reboot"));
    await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: request.DBInstanceIdentifier }));
    await untilStatus(aws.rds, request.DBInstanceIdentifier, "incompatible-parameters");
  });

  it("are refused where a formula is none", async () => {
    const group = await newGroup();
    const deep = `{${"(".repeat(50_000)}1${")".repeat(50_000)}}`;
    const wide = `GREATEST(${"1,".repeat(200_000)}1)`;
    for (const value of ["{DBInstanceClassMemory", "LEAST({Nothing/2},5)", "{1/0}", "GREATEST()", deep, wide]) {
      const { name } = await rejectionOf(modify(group, parameter("work_mem", value)));
      expect(name, value.slice(0, 40)).to.equal("InvalidParameterValue");
    }
  });
});
