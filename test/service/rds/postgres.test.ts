import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import {
  CreateDBInstanceCommand,
  DeleteDBInstanceCommand,
  DescribeDBLogFilesCommand,
  DownloadDBLogFilePortionCommand,
  type DownloadDBLogFilePortionCommandInput,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
  RebootDBInstanceCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { freePort } from "../../runtime/database-support.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import {
  createAvailable,
  describeInstance,
  masterPassword,
  untilGone,
  untilStatus,
  validRequest,
} from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds instances on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  /** As a program connects that knows the name and the password, and asks for the endpoint. */
  async function query(identifier: string, statement: string, database = "postgres"): Promise<unknown[]> {
    const { Endpoint } = await describeInstance(aws.rds, identifier);
    const client = new pg.Client({
      ...{ host: Endpoint?.Address, port: Endpoint?.Port, user: "master", password: masterPassword, database },
    });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }

  it("answer SQL in the database that was asked for, with the version that they say", async () => {
    const { DBInstanceIdentifier, EngineVersion } = await createAvailable(aws.rds, { DBName: "orders" });
    expect(await query(DBInstanceIdentifier, "select current_database(), current_user", "orders")).to.deep.equal([
      { current_database: "orders", current_user: "master" },
    ]);
    const [row] = await query(DBInstanceIdentifier, "show server_version");
    expect(row).to.deep.equal({ server_version: EngineVersion });
  });

  it("give their server's own log, by its end or from its start on in portions", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    await query(DBInstanceIdentifier, "select * from not_there").catch(() => undefined);
    const { DescribeDBLogFiles: files = [] } = await aws.rds.send(
      new DescribeDBLogFilesCommand({ DBInstanceIdentifier, FilenameContains: "postgres" }),
    );
    expect(files.map(({ LogFileName }) => LogFileName)).to.deep.equal(["error/postgresql.log"]);
    const read = (more: Partial<DownloadDBLogFilePortionCommandInput> = {}) =>
      aws.rds.send(
        new DownloadDBLogFilePortionCommand({
          ...{ DBInstanceIdentifier, LogFileName: "error/postgresql.log", ...more },
        }),
      );
    const end = await read({ NumberOfLines: 2 });
    expect(end.LogFileData).to.match(/ERROR: +relation "not_there" does not exist[\s\S]*STATEMENT/);
    const whole = (await read({ Marker: "0" })).LogFileData ?? "";
    let text = "";
    for (let Marker = "0", pending = true; pending; ) {
      const portion = await read({ Marker, NumberOfLines: 3 });
      text += portion.LogFileData ?? "";
      Marker = portion.Marker ?? "";
      pending = portion.AdditionalDataPending === true;
    }
    expect(text).to.equal(whole);
    const { name, status } = await rejectionOf(read({ LogFileName: "error/other.log" }));
    expect([name, status]).to.deep.equal(["DBLogFileNotFoundFault", 404]);
  });

  it("let the master user create the extensions that rds_superuser does on RDS", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    for (const name of ["pg_stat_statements", "postgres_fdw", "dblink", "pgcrypto", "uuid-ossp", "pg_trgm", "hstore"]) {
      await query(DBInstanceIdentifier, `create extension "${name}"`);
    }
    await query(DBInstanceIdentifier, "create server elsewhere foreign data wrapper postgres_fdw");
    const refused = await query(DBInstanceIdentifier, "create extension file_fdw").catch((error) => error);
    expect(refused).to.have.property("code", "42501");
  });

  it("keep their rows and their port through stop, start and reboot", async () => {
    const { DBInstanceIdentifier, Endpoint } = await createAvailable(aws.rds);
    await query(DBInstanceIdentifier, "create table kept (what text)");
    await query(DBInstanceIdentifier, "insert into kept values ('this')");
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
    const refused = await query(DBInstanceIdentifier, "select 1").catch((error) => error);
    expect(refused).to.have.property("code", "ECONNREFUSED");
    await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
    expect((await untilStatus(aws.rds, DBInstanceIdentifier, "available")).Endpoint).to.deep.equal(Endpoint);
    expect(await query(DBInstanceIdentifier, "select what from kept")).to.deep.equal([{ what: "this" }]);
    await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await query(DBInstanceIdentifier, "select what from kept")).to.deep.equal([{ what: "this" }]);
  });

  it("leave nothing after a delete, also one that comes while they are being created", async () => {
    const { DBInstanceIdentifier, DbiResourceId } = await createAvailable(aws.rds);
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);

    const early = validRequest();
    const { DBInstance } = await aws.rds.send(new CreateDBInstanceCommand(early));
    const request = { DBInstanceIdentifier: early.DBInstanceIdentifier, SkipFinalSnapshot: true };
    await aws.rds.send(new DeleteDBInstanceCommand(request));
    await untilGone(aws.rds, early.DBInstanceIdentifier);

    const servers = await readdir(join(aws.dataDir, "rds"));
    expect(servers).not.to.include.oneOf([DbiResourceId, DBInstance?.DbiResourceId]);
  });

  it("get a port that no other program has", async () => {
    const { Endpoint } = await createAvailable(aws.rds);
    const next = (Endpoint?.Port ?? 0) + 1;
    // Where it is taken already, it is by another program too.
    const other = await occupy(next).catch(() => undefined);
    try {
      const [made, another] = await Promise.all([createAvailable(aws.rds), createAvailable(aws.rds)]);
      const { DBInstanceIdentifier, Endpoint } = made;
      expect(Endpoint?.Port).not.to.be.oneOf([next, another.Endpoint?.Port]);
      expect(await query(DBInstanceIdentifier, "select 1 as one")).to.deep.equal([{ one: 1 }]);
    } finally {
      other?.close();
    }
  });

  it("get the port that is asked for where it is free, unless that is turned off", async () => {
    const free = await freePort();
    const portOf = async ({ rds }: TestServer) => (await createAvailable(rds, { Port: free })).Endpoint?.Port;
    expect(await portOf(aws)).to.equal(free);
    expect(await portOf(aws)).not.to.equal(free);

    const other = await startLocalAws({ runtime: "embedded", honorDatabasePort: "0", databasePorts: "4700-4799" });
    try {
      expect(await portOf(other)).to.be.within(4700, 4799);
    } finally {
      await other.server.reset();
      await other.stop();
    }
  });

  it("are incompatible-network when another program has taken their port, and can be started when it is free", async () => {
    const { DBInstanceIdentifier, Endpoint } = await createAvailable(aws.rds);
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
    const other = await occupy(Endpoint?.Port ?? 0);
    await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "incompatible-network");
    await new Promise((resolve) => other.close(resolve));
    await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
    expect((await untilStatus(aws.rds, DBInstanceIdentifier, "available")).Endpoint).to.deep.equal(Endpoint);
  });

  it("take a new password, class and port, and keep their rows", async () => {
    const before = await createAvailable(aws.rds);
    const { DBInstanceIdentifier } = before;
    await query(DBInstanceIdentifier, "create table kept as select 'this' as what");
    const modify = async (changes: Partial<ModifyDBInstanceCommandInput>) => {
      const request = { DBInstanceIdentifier, ApplyImmediately: true, ...changes };
      const { DBInstance } = await aws.rds.send(new ModifyDBInstanceCommand(request));
      return { answer: DBInstance, after: await untilStatus(aws.rds, DBInstanceIdentifier, "available") };
    };
    const reset = await modify({ MasterUserPassword: "battery-staple", ApplyImmediately: false });
    expect(reset.answer).to.deep.include({
      DBInstanceStatus: "resetting-master-credentials",
      PendingModifiedValues: { MasterUserPassword: "****" },
    });
    expect(reset.after.PendingModifiedValues).to.deep.equal({});
    const refused = await query(DBInstanceIdentifier, "select 1").catch((error) => error);
    expect(refused).to.have.property("code", "28P01");
    await modify({ MasterUserPassword: masterPassword });

    const other = await occupy(0);
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const taken = await rejectionOf(modify({ DBPortNumber: port }));
    expect(taken).to.include({ name: "InvalidParameterValue" });
    await new Promise((resolve) => other.close(resolve));
    const { after } = await modify({ DBPortNumber: port, DBInstanceClass: "db.t3.small" });
    expect(after).to.deep.include({ DBInstanceClass: "db.t3.small", Endpoint: { ...before.Endpoint, Port: port } });
    expect(await query(DBInstanceIdentifier, "select what from kept")).to.deep.equal([{ what: "this" }]);
    expect(await filesWith(join(aws.dataDir, "metadata"), "battery-staple")).to.deep.equal([]);
  });

  it("do not keep the master password in the metadata", async () => {
    await createAvailable(aws.rds);
    expect(await filesWith(join(aws.dataDir, "metadata"), masterPassword)).to.deep.equal([]);
  });
});

/** Another program's server. */
function occupy(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

async function filesWith(folder: string, text: string): Promise<string[]> {
  const names = await readdir(folder);
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return names.filter((_, index) => contents[index]?.includes(text));
}
