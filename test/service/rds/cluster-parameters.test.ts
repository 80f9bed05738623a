import {
  CreateDBClusterParameterGroupCommand,
  ModifyDBClusterCommand,
  ModifyDBClusterParameterGroupCommand,
  type Parameter,
  RebootDBInstanceCommand,
  ResetDBClusterParameterGroupCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import type { TestServer } from "../../support/server.ts";
import { createCluster, createMember, describeCluster } from "./db-clusters.ts";
import { queryAsMaster, untilStatus } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { refused } from "./rejection.ts";

describe("rds DB cluster parameters on the embedded runtime", function () {
  this.timeout(240_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  const DBClusterParameterGroupName = "tuned";

  const modify = (...parameters: [name: string, value: string, method: "immediate" | "pending-reboot"][]) => {
    const Parameters = parameters.map(
      ([ParameterName, ParameterValue, ApplyMethod]): Parameter => ({ ParameterName, ParameterValue, ApplyMethod }),
    );
    return aws.rds.send(new ModifyDBClusterParameterGroupCommand({ DBClusterParameterGroupName, Parameters }));
  };

  it("reach the server: at its start, at once, or at the reboot of the writer", async () => {
    const DBParameterGroupFamily = "aurora-postgresql17";
    await aws.rds.send(
      new CreateDBClusterParameterGroupCommand({
        ...{ DBClusterParameterGroupName, DBParameterGroupFamily, Description: "for a test" },
      }),
    );
    // What is Aurora's alone is kept, and no PostgreSQL is told of it: it would not start.
    await modify(["work_mem", "8192", "immediate"], ["apg_ccm_enabled", "1", "immediate"]);
    const { DBClusterIdentifier, Port } = await createCluster(aws.rds, { DBClusterParameterGroupName });
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier);
    const shown = async (name: string) =>
      Object.values((await queryAsMaster(Port, `show ${name}`))[0] as object)[0] as string;
    const until = (name: string, value: string) =>
      eventually(`${name} is ${value}`, async () => (await shown(name)) === value);
    const status = async () =>
      (await describeCluster(aws.rds, DBClusterIdentifier)).DBClusterMembers?.[0]?.DBClusterParameterGroupStatus;
    const untilApplied = (wanted: string) =>
      eventually(`the group is ${wanted}`, async () => (await status()) === wanted);
    expect(await shown("work_mem")).to.equal("8MB");
    expect(await status()).to.equal("in-sync");

    await modify(["work_mem", "16384", "immediate"], ["max_connections", "77", "pending-reboot"]);
    await until("work_mem", "16MB");
    await untilApplied("pending-reboot");
    expect(await shown("max_connections")).to.not.equal("77");
    await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    await until("max_connections", "77");
    await untilApplied("in-sync");

    for (const [name, value] of [
      ["work_mem", "1"],
      ["max_connections", "many"],
      ["nothing", "1"],
    ] as const) {
      expect(await refused(modify([name, value, "pending-reboot"])), name).to.equal("InvalidParameterValue 400");
    }
    const Parameters = [{ ParameterName: "work_mem", ApplyMethod: "immediate" as const }];
    await aws.rds.send(new ResetDBClusterParameterGroupCommand({ DBClusterParameterGroupName, Parameters }));
    await until("work_mem", "4MB");
    expect(await shown("max_connections")).to.equal("77");

    const other = `default.${DBParameterGroupFamily}`;
    const DBClusterParameterGroup = { DBClusterIdentifier, DBClusterParameterGroupName: other };
    await aws.rds.send(new ModifyDBClusterCommand({ ...DBClusterParameterGroup, ApplyImmediately: true }));
    await untilApplied("pending-reboot");
    await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
    await untilApplied("in-sync");
    expect(await shown("max_connections")).to.not.equal("77");
  });
});
