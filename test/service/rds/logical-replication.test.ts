import { CreateDBParameterGroupCommand, ModifyDBParameterGroupCommand, type Parameter } from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import type { TestServer } from "../../support/server.ts";
import { createAvailable, masterPassword, queryAsMaster, uniqueIdentifier } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";

describe("rds logical replication on the embedded runtime", function () {
  this.timeout(180_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  it("is the master user's to set up, from an instance whose group asks for it", async () => {
    const DBParameterGroupName = uniqueIdentifier();
    await aws.rds.send(
      new CreateDBParameterGroupCommand({
        ...{ DBParameterGroupName, DBParameterGroupFamily: "postgres17", Description: "publishes" },
      }),
    );
    const logical: Parameter = {
      ...{ ParameterName: "rds.logical_replication", ParameterValue: "1", ApplyMethod: "pending-reboot" },
    };
    await aws.rds.send(new ModifyDBParameterGroupCommand({ DBParameterGroupName, Parameters: [logical] }));
    const [source, target] = await Promise.all([
      createAvailable(aws.rds, { DBParameterGroupName }),
      createAvailable(aws.rds),
    ]);
    const [from, to] = [source.Endpoint?.Port, target.Endpoint?.Port];
    for (const port of [from, to]) await queryAsMaster(port, "create table kept (what text primary key)");
    await queryAsMaster(from, "insert into kept values ('before')");
    await queryAsMaster(from, "create publication news for table kept");
    const connection = `host=localhost port=${from} user=master password=${masterPassword} dbname=postgres`;
    await queryAsMaster(to, `create subscription reader connection '${connection}' publication news`);
    await queryAsMaster(from, "insert into kept values ('after')");
    await eventually("rows are replicated", async () => {
      const rows = await queryAsMaster(to, "select what from kept order by what");
      return JSON.stringify(rows) === JSON.stringify([{ what: "after" }, { what: "before" }]);
    });
    await queryAsMaster(to, "drop subscription reader");
    expect(await queryAsMaster(from, "select count(*)::int as n from pg_replication_slots")).to.deep.equal([{ n: 0 }]);
  });
});
