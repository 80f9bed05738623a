import {
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DownloadDBLogFilePortionCommand,
  FailoverDBClusterCommand,
  ModifyDBClusterCommand,
  RebootDBInstanceCommand,
  StartDBClusterCommand,
  StopDBClusterCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { eventually } from "../../support/eventually.ts";
import type { TestServer } from "../../support/server.ts";
import { createCluster, createMember, describeCluster, untilCluster, untilClusterGone } from "./db-clusters.ts";
import { describeInstance, masterPassword, untilGone, untilStatus } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";

/** SQLSTATE: https://www.postgresql.org/docs/17/errcodes-appendix.html */
const readOnlyTransaction = "25006";

describe("rds DB clusters on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let aws: TestServer;
  const restart = withRealDatabases((started) => {
    aws = started;
  });

  interface Address {
    readonly host: string | undefined;
    readonly port: number | undefined;
  }

  async function connect({ host, port }: Address, password = masterPassword): Promise<pg.Client> {
    const client = new pg.Client({ host, port, user: "master", password, database: "orders" });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  async function query(address: Address, statement: string, password?: string): Promise<unknown[]> {
    const client = await connect(address, password);
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }

  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error) => error.code,
    );

  async function instance(identifier: string): Promise<Address> {
    const { Endpoint } = await describeInstance(aws.rds, identifier);
    return { host: Endpoint?.Address, port: Endpoint?.Port };
  }

  async function clusterEndpoints(identifier: string): Promise<{ writer: Address; reader: Address }> {
    const { Endpoint, ReaderEndpoint, Port } = await describeCluster(aws.rds, identifier);
    return { writer: { host: Endpoint, port: Port }, reader: { host: ReaderEndpoint, port: Port } };
  }

  async function newCluster() {
    const { DBClusterIdentifier: name } = await createCluster(aws.rds, { DatabaseName: "orders" });
    const first = (await createMember(aws.rds, name)).DBInstanceIdentifier;
    const second = (await createMember(aws.rds, name)).DBInstanceIdentifier;
    return { name, first, second };
  }

  const remove = async ({ name, first, second }: { name: string; first: string; second: string }) => {
    for (const DBInstanceIdentifier of [first, second]) {
      await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier }));
    }
    await aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: name, SkipFinalSnapshot: true }));
    await untilClusterGone(aws.rds, name);
  };

  it("write through the writer and the cluster, and read what was written through every reader, which writes nothing", async () => {
    const cluster = await newCluster();
    const { writer, reader } = await clusterEndpoints(cluster.name);
    const [first, second] = [await instance(cluster.first), await instance(cluster.second)];
    await query(writer, "create table kept as select 'cluster' as what");
    await query(first, "insert into kept values ('first')");
    for (const place of [reader, second]) {
      expect(await query(place, "select what from kept order by what")).to.deep.equal([
        ...[{ what: "cluster" }, { what: "first" }],
      ]);
      expect(await codeOf(query(place, "insert into kept values ('no')"))).to.equal(readOnlyTransaction);
    }
    expect(await codeOf(query(second, "select 1", "wrong"))).to.equal("28P01");
    const login = { ...second, user: "master", password: masterPassword, database: "orders" };
    const psql = new pg.Client({ ...login, options: "-c work_mem=7MB" });
    await psql.connect();
    const { rows } = await psql.query(
      "select current_setting('work_mem') as w, current_setting('transaction_read_only') as r",
    );
    expect(rows).to.deep.equal([{ w: "7MB", r: "on" }]);
    await psql.end();
    const encrypted = new pg.Client({ ...login, ssl: { rejectUnauthorized: false } });
    await encrypted.connect();
    expect((await encrypted.query("select what from kept order by what")).rows).to.have.length(2);
    await encrypted.end();
    await remove(cluster);
    expect(await codeOf(query(writer, "select 1"))).to.equal("ECONNREFUSED");
    expect(await codeOf(query(reader, "select 1"))).to.equal("ECONNREFUSED");
  });

  it("swap the writer at a failover, which ends the connections, and lead to the only member whatever is asked for", async () => {
    const cluster = await newCluster();
    const DBClusterIdentifier = cluster.name;
    const { reader } = await clusterEndpoints(cluster.name);
    const [first, second] = [await instance(cluster.first), await instance(cluster.second)];
    await query(first, "create table kept (n int)");
    const open = await connect(first);
    const ended = new Promise((resolve) => open.once("end", resolve));
    await aws.rds.send(new FailoverDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    await ended;
    await query(second, "insert into kept values (1)");
    expect(await codeOf(query(first, "insert into kept values (2)"))).to.equal(readOnlyTransaction);
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: cluster.second }));
    await untilGone(aws.rds, cluster.second);
    await query(first, "insert into kept values (3)");
    await query(reader, "insert into kept values (4)");
    expect(await query(reader, "select n from kept order by n")).to.deep.equal([{ n: 1 }, { n: 3 }, { n: 4 }]);
  });

  it("keep rows, ports and roles through stop, start, reboot and a restart of LocalAWS", async () => {
    const cluster = await newCluster();
    const DBClusterIdentifier = cluster.name;
    const { writer, reader } = await clusterEndpoints(cluster.name);
    const second = await instance(cluster.second);
    await query(writer, "create table kept as select 'this' as what");
    await aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "stopped");
    for (const place of [writer, reader, second])
      expect(await codeOf(query(place, "select 1"))).to.equal("ECONNREFUSED");
    await aws.rds.send(new StartDBClusterCommand({ DBClusterIdentifier }));
    await untilStatus(aws.rds, cluster.second, "available");
    const check = async () => {
      for (const place of [writer, reader, second]) {
        expect(await query(place, "select what from kept")).to.deep.equal([{ what: "this" }]);
      }
      expect(await codeOf(query(second, "drop table kept"))).to.equal(readOnlyTransaction);
    };
    await check();
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    for (const DBInstanceIdentifier of [cluster.first, cluster.second]) {
      const open = await connect(await instance(DBInstanceIdentifier));
      const ended = new Promise((resolve) => open.once("end", resolve));
      await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      await ended;
    }
    await check();
    await restart();
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    await untilStatus(aws.rds, cluster.second, "available");
    await check();
  });

  it("take a new password and a new port, at which every endpoint but the members' is then", async () => {
    const cluster = await newCluster();
    const DBClusterIdentifier = cluster.name;
    const second = await instance(cluster.second);
    const before = await clusterEndpoints(cluster.name);
    const password = "battery-staple";
    const Port = (before.writer.port ?? 0) + 3000;
    const changes = { MasterUserPassword: password, Port, ApplyImmediately: true };
    await aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, ...changes }));
    const after = await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(after.Port).to.equal(Port);
    const { writer, reader } = await clusterEndpoints(cluster.name);
    for (const place of [writer, reader, second]) {
      expect(await query(place, "select 1 as one", password)).to.deep.equal([{ one: 1 }]);
      expect(await codeOf(query(place, "select 1"))).to.equal("28P01");
    }
    for (const place of [before.writer, before.reader]) {
      // Or the port is another server's by now.
      expect(await codeOf(query(place, "select 1", password))).to.be.oneOf(["ECONNREFUSED", "28P01"]);
    }
  });

  it("give the cluster's log through every member, and let a member be deleted while others go on", async () => {
    const cluster = await newCluster();
    const second = await instance(cluster.second);
    await query(second, "select * from not_there").catch(() => undefined);
    const file = { DBInstanceIdentifier: cluster.second, LogFileName: "error/postgresql.log" };
    await eventually("the log has it", async () => {
      const { LogFileData } = await aws.rds.send(new DownloadDBLogFilePortionCommand(file));
      return LogFileData?.includes('"not_there" does not exist');
    });
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: cluster.second }));
    await untilGone(aws.rds, cluster.second);
    expect(await codeOf(query(second, "select 1"))).to.equal("ECONNREFUSED");
    expect(await query(await instance(cluster.first), "select 1 as one")).to.deep.equal([{ one: 1 }]);
  });
});
