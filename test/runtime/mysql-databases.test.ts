import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import type { DatabaseDriver, DatabaseSpec } from "../../src/runtime/database-driver.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { freePort, killServer } from "./database-support.ts";
import { connectMysql, mysqlEngines, mysqlQuery, mysqlSpec } from "./mysql-support.ts";
import { rejection } from "./rejection.ts";
import { type OpenRuntime, openRuntime } from "./runtimes.ts";

const engines = {
  mariadb: { title: "MariaDB", needs: { docker: "docker", embedded: "mariadb" }, lag: "Seconds_Behind_Master" },
  mysql: { title: "MySQL", needs: { docker: "mysqlImage", embedded: "mysql" }, lag: "Seconds_Behind_Source" },
} as const;

const kinds = ["docker", "embedded"] as const;

for (const { kind, engine } of kinds.flatMap((one) => mysqlEngines.map((of) => ({ kind: one, engine: of })))) {
  // What is done alike for both engines is tried with one of them.
  const itOfMariadb = engine === "mariadb" ? it : () => {};
  // The other server is at a loopback address, which a container has of its own.
  const itBesideOthers = kind === "embedded" ? itOfMariadb : () => {};
  const { title, needs, lag } = engines[engine];

  describe(`runtime ${kind}: ${title} servers`, function () {
    // MySQL takes some seconds to make its files.
    this.timeout(engine === "mysql" ? 600_000 : 300_000);
    requires(needs[kind]);
    let opened: OpenRuntime;
    const databases = (): DatabaseDriver => opened.databases;

    before(async () => {
      opened = await openRuntime(kind);
    });
    after(() => opened?.dispose());

    const create = async (changes: Partial<DatabaseSpec> = {}) => {
      const spec = await mysqlSpec(databases(), engine, changes);
      await databases().create(spec, () => {});
      return spec;
    };
    const answer = (spec: DatabaseSpec) => mysqlQuery(spec, "select answer from kept");

    it("let the master user in with RDS's rights, and tell the version that runs", async () => {
      const spec = await create();
      const server = await databases().get(spec.id);
      expect(server).to.include({ id: spec.id, state: "running" });
      const { v, d } = await mysqlQuery(spec, "select version() as v, database() as d");
      expect(`${v}-`.startsWith(`${server?.engineVersion}-`)).to.equal(true);
      expect(d).to.equal("shop");
      const grants = Object.values(await mysqlQuery(spec, "show grants")).join();
      expect(grants).to.include("CREATE USER").and.to.include("WITH GRANT OPTION");
      expect(grants).not.to.match(/SUPER|FILE|SHUTDOWN|ALL PRIVILEGES/);
      for (const refused of ["select 1 into outfile '/tmp/x'", "set global max_connections = 7", "shutdown"]) {
        expect((await rejection(mysqlQuery(spec, refused))).message, refused).to.match(/denied/);
      }
      const users = "select group_concat(user order by user) as u from mysql.user where user not like '%.%'";
      const role = engine === "mysql" ? ",rds_superuser_role" : "";
      expect(await mysqlQuery(spec, users)).to.deep.equal({ u: `boss${role},rdsadmin` });
      const intruder = { ...spec, masterUsername: "rdsadmin", masterPassword: "" };
      expect((await rejection(mysqlQuery(intruder, "select 1"))).message).to.match(/denied|not allowed/);
      await mysqlQuery(spec, "revoke create user, event on *.* from boss@'%'");
      await databases().setPassword(spec.id, "boss", "it's \\ new");
      const again = await mysqlQuery({ ...spec, masterPassword: "it's \\ new" }, "show grants");
      expect(Object.values(again).join()).to.include("CREATE USER").and.to.include("EVENT");
      expect((await rejection(mysqlQuery(spec, "select 1"))).message).to.match(/denied/);
      expect(await mysqlQuery({ ...spec, masterPassword: "it's \\ new" }, "select 1 as one")).to.deep.equal({ one: 1 });
      expect(await rejection(databases().setPassword(spec.id, "nobody", "x"))).to.have.property(
        "name",
        "DatabaseLaunchError",
      );
    });

    it("have RDS's procedures for what the master user has no right to, and let it grant all of a database", async () => {
      const spec = await create();
      await mysqlQuery(spec, "create user app@'%' identified by 'secret'");
      await mysqlQuery(spec, "grant all privileges on shop.* to app@'%'");
      const app = { ...spec, masterUsername: "app", masterPassword: "secret" };
      expect((await rejection(mysqlQuery(app, "call mysql.rds_show_configuration"))).message).to.match(/denied/);
      const idle = await connectMysql(app);
      const ended = once(idle, "error");
      await mysqlQuery(spec, `call mysql.rds_kill(${idle.threadId})`);
      await ended;
      // The first of the answers to a CALL is its rows.
      const configured = async () => (await mysqlQuery(spec, "call mysql.rds_show_configuration"))[0];
      expect(await configured()).to.include({ name: "binlog retention hours", value: null });
      await mysqlQuery(spec, "call mysql.rds_set_configuration('binlog retention hours', 24)");
      expect(await configured()).to.include({ value: "24" });
      for (const wrong of ["'binlog retention hours', 0", "'binlog retention hours', 169", "'other', 1"]) {
        const refused = await rejection(mysqlQuery(spec, `call mysql.rds_set_configuration(${wrong})`));
        expect(refused, wrong).to.have.property("sqlState", "45000");
      }
      expect(await configured()).to.include({ value: "24" });
      for (const time of ["first", "second"]) {
        await mysqlQuery(spec, "call mysql.rds_rotate_slow_log");
        const kept = "select count(*) as n from mysql.slow_log_backup";
        expect(await mysqlQuery(spec, kept), time).to.have.property("n");
      }
      await mysqlQuery(spec, "call mysql.rds_innodb_buffer_pool_dump_now");
      const source = engine === "mariadb" ? "master" : "source";
      await mysqlQuery(
        spec,
        `call mysql.rds_set_external_${source}('127.0.0.1', 1, 'nobody', 'none', 'a.000001', 4, 0)`,
      );
      await mysqlQuery(spec, `call mysql.rds_reset_external_${source}`);
    });

    itBesideOthers("follow a server elsewhere by RDS's procedures, and no longer once that is reset", async () => {
      const [elsewhere, spec] = [await create(), await create()];
      await mysqlQuery(elsewhere, "create user follower@'%' identified by 'it''s secret'");
      await mysqlQuery(elsewhere, "grant replication slave on *.* to follower@'%'");
      const { File: file, Position: position } = await mysqlQuery(elsewhere, "show master status");
      await mysqlQuery(elsewhere, "create table shop.kept as select 1 as n");
      const place = `'${elsewhere.listenAddress}', ${elsewhere.port}, 'follower', 'it''s secret', '${file}', ${position}, 0`;
      await mysqlQuery(spec, `call mysql.rds_set_external_master(${place})`);
      await mysqlQuery(spec, "call mysql.rds_start_replication");
      const rows = () => mysqlQuery(spec, "select count(*) as n from shop.kept").catch(() => ({ n: 0 }));
      await eventually("the row is there", async () => (await rows()).n === 1);
      await mysqlQuery(spec, "call mysql.rds_reset_external_master");
      expect(await mysqlQuery(spec, "show slave status")).to.deep.equal({});
      await mysqlQuery(elsewhere, "insert into shop.kept values (2)");
      expect(await rows()).to.deep.equal({ n: 1 });
    });

    itOfMariadb(
      "keep their data over a stop, a reboot, another port and size, and drop them when they are removed",
      async () => {
        const spec = await create();
        await mysqlQuery(spec, "create table kept as select 42 as answer");
        const client = await connectMysql(spec);
        const ended = once(client, "error");
        await databases().stop(spec.id);
        await ended;
        expect((await rejection(answer(spec))).message).to.match(/ECONNREFUSED/);
        const moved = { ...spec, port: await freePort() };
        await databases().change(spec.id, { port: moved.port, memoryBytes: 2 * 1024 ** 3, cpus: 1 });
        expect((await databases().get(spec.id))?.state).to.equal("stopped");
        await databases().start(spec.id);
        expect(await answer(moved)).to.deep.equal({ answer: 42 });
        await databases().change(spec.id, { port: spec.port });
        await databases().reboot(spec.id);
        expect(await answer(spec)).to.deep.equal({ answer: 42 });
        await databases().remove(spec.id);
        await databases().create(spec, () => {});
        expect((await rejection(answer(spec))).message).to.match(/doesn't exist/);
      },
    );

    itOfMariadb("go by their parameters: dynamic ones at once, static ones from the next start on", async () => {
      const spec = await create({ parameters: { wait_timeout: "1000", innodb_buffer_pool_size: "32M" } });
      const settings =
        "select @@global.wait_timeout as w, @@global.back_log as b, @@global.innodb_buffer_pool_size as p";
      const { b } = await mysqlQuery(spec, settings);
      const configure = (parameters: Record<string, string>) => databases().configure(spec.id, parameters);
      expect(await configure({ wait_timeout: "2000", back_log: "77", innodb_buffer_pool_size: "32M" })).to.deep.equal({
        pendingReboot: ["back_log"],
      });
      expect(await mysqlQuery(spec, settings)).to.deep.equal({ w: 2000, b, p: 32 * 1024 ** 2 });
      const next = { back_log: "77", innodb_buffer_pool_size: "32M", "rds.made_up": "1", gone_by_now: "2" };
      expect(await configure(next), "still waiting").to.deep.equal({ pendingReboot: ["back_log"] });
      await databases().reboot(spec.id);
      expect(await mysqlQuery(spec, settings)).to.deep.equal({ w: 28800, b: 77, p: 32 * 1024 ** 2 });
      expect(await configure({ back_log: "77" })).to.deep.equal({ pendingReboot: [] });
      expect((await rejection(configure({ sql_mode: "NO_SUCH_MODE" }))).name).to.equal("DatabaseLaunchError");
      await databases().stop(spec.id);
      await configure({ sql_mode: "ANSI_QUOTES,NO_BACKSLASH_ESCAPES" });
      await databases().start(spec.id);
      await databases().setPassword(spec.id, "boss", "back\\slash'");
      const { m } = await mysqlQuery({ ...spec, masterPassword: "back\\slash'" }, "select @@sql_mode as m");
      expect(m).to.include("ANSI_QUOTES").and.include("NO_BACKSLASH_ESCAPES");
    });

    itOfMariadb("snapshot what was committed, while they go on, and begin with it", async () => {
      const spec = await create();
      await mysqlQuery(spec, "create table kept (n int primary key)");
      const writer = await connectMysql(spec);
      let written = 0;
      let writing = true;
      const writes = (async () => {
        while (writing) await writer.query("insert into kept values (?)", [++written]);
      })();
      await eventually("something is written", () => written > 20, 30_000);
      const before = written - 1;
      const id = `snap-${spec.id}`;
      await databases().snapshot(spec.id, id);
      const after = written;
      await eventually("the server goes on", () => written > after + 20, 30_000);
      writing = false;
      await writes;
      await writer.end();
      await databases().copySnapshot(id, `${id}-copy`);
      await databases().removeSnapshot(id);
      expect(await databases().listSnapshots()).to.deep.equal([`${id}-copy`]);
      const restored = { ...(await create({ snapshotId: `${id}-copy` })), masterPassword: spec.masterPassword };
      const counts = "select count(*) as n, max(n) - count(*) as gaps from kept";
      const { n, gaps } = await mysqlQuery(restored, counts);
      expect(Number(n)).to.be.within(before, after);
      expect(Number(gaps), "rows missing before the last").to.equal(0);
      await mysqlQuery(restored, "insert into kept values (0)");
      await databases().setPassword(restored.id, "boss", "another one");
      await databases().removeSnapshot(`${id}-copy`);
    });

    itOfMariadb("come back after a crash, without losing a committed row", async () => {
      const spec = await create();
      await mysqlQuery(spec, "create table kept (n int primary key)");
      const writer = await connectMysql(spec);
      writer.on("error", () => {});
      let committed = 0;
      const writes = (async () => {
        for (;;) {
          await writer.query("insert into kept values (?)", [committed + 1]);
          committed++;
        }
      })().catch(() => {});
      await eventually("something is written", () => committed > 20, 30_000);
      await killServer(opened, spec);
      await writes;
      const found = await eventually(
        "the server is back",
        () => mysqlQuery(spec, "select count(*) as n from kept").catch(() => undefined),
        60_000,
      );
      expect(Number(found.n)).to.be.within(committed, committed + 1);
      const isRunning = async () => (await databases().get(spec.id))?.state === "running";
      await eventually("it is known to run", isRunning, 60_000);
      await databases().stop(spec.id);
      expect((await databases().get(spec.id))?.state).to.equal("stopped");
    });

    itOfMariadb("write an error log, and a slow and a general log where those are asked for", async () => {
      const parameters = { general_log: "1", slow_query_log: "1", long_query_time: "0", log_output: "FILE" };
      const spec = await create({ parameters });
      await mysqlQuery(spec, "select 'to be found'");
      for (const log of ["slow", "general"] as const) {
        await eventually(`the ${log} log has it`, async () =>
          (await databases().log(spec.id, log)).includes("select 'to be found'"),
        );
      }
      expect(await databases().log(spec.id)).to.include("ready for connections");
      expect(await databases().log(spec.id, "general")).not.to.include(spec.masterPassword);
    });

    itOfMariadb("encrypt with a certificate of the data folder's authority, and are told to insist on it", async () => {
      const spec = await create();
      const { certificate: ca } = await databases().authority();
      const encrypted = (host: string, authority: string) =>
        mysqlQuery(spec, "show status like 'Ssl_cipher'", { host, ssl: { ca: authority, verifyIdentity: true } });
      for (const host of ["localhost", "127.0.0.1"]) {
        expect((await encrypted(host, ca)).Value).to.match(/^\w+/);
      }
      const strangers = await openRuntime("records");
      const { certificate: other } = await strangers.databases.authority().finally(() => strangers.dispose());
      expect((await rejection(encrypted("localhost", other))).message).to.match(/certificate/);
      expect(await databases().configure(spec.id, { require_secure_transport: "1" })).to.deep.equal({
        pendingReboot: [],
      });
      // In the words of 10.11, and of later versions.
      expect((await rejection(mysqlQuery(spec, "select 1"))).message).to.match(/denied|insecure transport/);
      expect((await encrypted("localhost", ca)).Value).to.match(/^\w+/);
      await databases().setPassword(spec.id, "boss", "told by a socket");
    });

    it("are restored to a second of the past, also when they are gone, from their archives", async () => {
      const spec = await create({ archived: true });
      const { archives } = databases();
      const id = `snap-${spec.id}`;
      await mysqlQuery(spec, "create table kept (n int primary key, at datetime(6))");
      await mysqlQuery(spec, "insert into kept values (1, now(6))");
      await databases().snapshot(spec.id, id);
      await mysqlQuery(spec, "insert into kept values (2, now(6))");
      await databases().reboot(spec.id);
      await mysqlQuery(spec, "create view seen as select n from kept");
      await mysqlQuery(spec, "insert into kept values (3, now(6))");
      const nextSecond = async () => {
        const second = Math.floor(Date.now() / 1000);
        await eventually("the next second", () => Math.floor(Date.now() / 1000) > second);
      };
      await nextSecond();
      const until = new Date(Math.floor(Date.now() / 1000) * 1000);
      await nextSecond();
      await mysqlQuery(spec, "delete from kept");
      await mysqlQuery(spec, "drop view seen");
      await killServer(opened, spec);
      await eventually(
        "the server is back",
        () =>
          mysqlQuery(spec, "insert into kept values (4, now(6))").then(
            () => true,
            () => false,
          ),
        60_000,
      );
      const rowsAt = async (recovery: DatabaseSpec["recovery"]) => {
        const restored = { ...(await create({ snapshotId: id, ...(recovery && { recovery }), archived: true })) };
        const { n } = await mysqlQuery(restored, "select group_concat(n order by n) as n from kept");
        return { restored, n };
      };
      const archiveOf = spec.id;
      const { restored, n } = await rowsAt({ archiveOf, until });
      expect(n).to.equal("1,2,3");
      expect(await mysqlQuery(restored, "select count(*) as n from seen")).to.deep.equal({ n: 3 });
      await mysqlQuery(restored, "insert into kept values (5, now(6))");
      await archives.flush(spec.id);
      await databases().remove(spec.id);
      expect(await archives.list()).to.include(spec.id);
      expect((await rowsAt({ archiveOf, until: new Date() })).n).to.equal("4");
      await archives.remove(spec.id);
      expect(await archives.list()).not.to.include(spec.id);
      const gone = rowsAt({ archiveOf, until });
      expect(await rejection(gone)).to.have.property("name", "DatabaseLaunchError");
      // What was restored has an archive of its own.
      const second = `snap-${restored.id}`;
      await databases().snapshot(restored.id, second);
      await mysqlQuery(restored, "insert into kept values (6, now(6))");
      const again = await create({ snapshotId: second, recovery: { archiveOf: restored.id, until: new Date() } });
      expect((await mysqlQuery(again, "select group_concat(n order by n) as n from kept")).n).to.equal("1,2,3,5,6");
    });

    describe("replicas", () => {
      const replicate = async (source: DatabaseSpec, changes: Partial<DatabaseSpec> = {}) => {
        const { masterPassword } = source;
        return { ...(await create({ replicaOf: source.id, masterPassword: "", ...changes })), masterPassword };
      };
      const untilReplicated = (replica: DatabaseSpec, rows: number) =>
        eventually(
          `the replica has ${rows} rows`,
          async () => (await mysqlQuery(replica, "select count(*) as n from kept").catch(() => ({ n: -1 }))).n === rows,
          60_000,
        );
      const readOnly = /--read-only/;

      it("take over what is written to the server that they follow, and nothing else, also after restarts", async () => {
        const source = await create({ parameters: { require_secure_transport: "0" } });
        await mysqlQuery(source, "create table kept (n int primary key)");
        await mysqlQuery(source, "insert into kept values (1)");
        const replica = await replicate(source);
        await untilReplicated(replica, 1);
        expect((await rejection(mysqlQuery(replica, "insert into kept values (2)"))).message).to.match(readOnly);
        await databases().configure(source.id, { require_secure_transport: "1" });
        await databases().configure(source.id, {});
        await mysqlQuery(source, "insert into kept values (2)");
        await untilReplicated(replica, 2);
        const { [lag]: seconds } = await mysqlQuery(replica, "show replica status");
        expect(seconds, "the lag, in seconds").to.be.a("number");
        const moved = { ...source, port: await freePort() };
        await databases().change(source.id, { port: moved.port });
        await mysqlQuery(moved, "insert into kept values (3)");
        await untilReplicated(replica, 3);
        await databases().stop(source.id);
        await databases().reboot(replica.id);
        await databases().start(source.id);
        await databases().setPassword(source.id, "boss", "a new one");
        await mysqlQuery({ ...moved, masterPassword: "a new one" }, "insert into kept values (4)");
        await untilReplicated({ ...replica, masterPassword: "a new one" }, 4);
        await killServer(opened, replica);
        await mysqlQuery({ ...moved, masterPassword: "a new one" }, "insert into kept values (5)");
        await untilReplicated({ ...replica, masterPassword: "a new one" }, 5);
      });

      it("go their own way when they are promoted, can be followed themselves, and restored from snapshots", async () => {
        const source = await create();
        await mysqlQuery(source, "create table kept (n int primary key)");
        const replica = await replicate(source);
        const second = await replicate(replica);
        await mysqlQuery(source, "insert into kept values (1)");
        await untilReplicated(second, 1);
        await databases().snapshot(second.id, `snap-${second.id}`);
        await databases().promote(replica.id);
        await mysqlQuery(replica, "insert into kept values (2)");
        await untilReplicated(second, 2);
        expect(await mysqlQuery(source, "select count(*) as n from kept")).to.deep.equal({ n: 1 });
        await databases().remove(source.id);
        await databases().reboot(replica.id);
        await mysqlQuery(replica, "insert into kept values (3)");
        await untilReplicated(second, 3);
        const restored = await create({ snapshotId: `snap-${second.id}` });
        await mysqlQuery(restored, "insert into kept values (9)");
        expect(await mysqlQuery(restored, "select max(n) as m, count(*) as n from kept")).to.deep.equal({ m: 9, n: 2 });
        await databases().removeSnapshot(`snap-${second.id}`);
      });
    });

    itOfMariadb(
      "are not made at a port that is taken, of a version that is not there, or twice, and leave nothing",
      async () => {
        const holder = createServer();
        holder.listen(0, "127.0.0.1");
        await once(holder, "listening");
        try {
          const address = holder.address();
          if (typeof address !== "object" || address === null) throw new Error("The server has no address.");
          const spec = await mysqlSpec(databases(), engine, { port: address.port });
          expect((await rejection(databases().create(spec, () => {}))).message)
            .to.match(/port/i)
            .and.include("in use");
          expect(await databases().get(spec.id)).to.equal(undefined);
        } finally {
          holder.close();
        }
        const unknown = await mysqlSpec(databases(), engine, { engineVersion: "5.1.0" });
        expect((await rejection(databases().create(unknown, () => {}))).name).to.equal("DatabaseLaunchError");
        const spec = await create();
        expect((await rejection(databases().create(spec, () => {}))).name).to.equal("DatabaseLaunchError");
        expect(await mysqlQuery(spec, "select 1 as one")).to.deep.equal({ one: 1 });
      },
    );

    itOfMariadb("keep their data over a restart of LocalAWS", async () => {
      const spec = await create();
      await mysqlQuery(spec, "create table kept as select 42 as answer");
      await opened.reopen();
      await databases().start(spec.id);
      expect(await answer(spec)).to.deep.equal({ answer: 42 });
      await databases().setPassword(spec.id, "boss", "after the restart");
      // What initialized data are is still known.
      await create();
    });
  });
}
