import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import pg from "pg";
import type { DatabaseDriver, DatabaseSpec } from "../../src/runtime/database-driver.ts";
import { engineCommand } from "../support/docker/engine-command.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { connection, databaseSpec, freePort, killServer, query } from "./database-support.ts";
import { rejection } from "./rejection.ts";
import { type OpenRuntime, openRuntime, type RuntimeUnderTest, runtimes, uniqueId } from "./runtimes.ts";

for (const runtime of runtimes) {
  describe(`runtime ${runtime.kind}: databases`, function () {
    this.timeout(240_000);
    if (runtime.kind === "docker") requires("docker");
    let opened: OpenRuntime;
    let databases: DatabaseDriver;

    before(async () => {
      opened = await openRuntime(runtime.kind);
      databases = opened.databases;
    });
    after(() => opened?.dispose());

    const create = async (changes: Partial<DatabaseSpec> = {}) => {
      const spec = await databaseSpec(databases, changes);
      await databases.create(spec, () => {});
      return spec;
    };

    it("says what it is and what it cannot do, in sentences", () => {
      expect(databases.kind).to.equal(runtime.kind);
      for (const limitation of databases.limitations) expect(limitation).to.match(/^[A-Z].*\.$/);
    });

    it("offers versions of PostgreSQL, 17 first", () => {
      const versions = databases.versions("postgres");
      expect(versions[0]).to.match(/^17\b/);
      for (const version of versions) expect(version).to.match(/^\d\d(\.\d+)?$/);
      for (const version of versions) expect(versions).to.include.members([...databases.upgrades("postgres", version)]);
      expect(new Set(versions).size).to.equal(versions.length);
    });

    it("removes all of nothing", async () => {
      const empty = await openRuntime(runtime.kind);
      await empty.databases.removeAll();
      expect(await empty.databases.list()).to.deep.equal([]);
      await empty.dispose();
    });

    it("knows nothing of a server that was never made, and stops and removes it without an error", async () => {
      const id = uniqueId("db");
      await databases.stop(id);
      await databases.remove(id);
      expect(await databases.get(id)).to.equal(undefined);
      expect(await rejection(databases.start(id))).to.have.property("name", "DatabaseLaunchError");
    });

    it("creates a server that runs, and tells its version", async () => {
      const spec = await databaseSpec(databases);
      const server = await databases.create(spec, () => {});
      expect(server).to.include({ id: spec.id, state: "running" });
      expect(server.engineVersion).to.match(/^\d\d\.\d+$/);
      expect(await databases.get(spec.id)).to.deep.equal(server);
    });

    it("refuses to create a second server under the same id, and leaves the first alone", async () => {
      const spec = await create();
      const error = await rejection(databases.create(spec, () => {}));
      expect(error).to.have.property("name", "DatabaseLaunchError");
      expect((await databases.get(spec.id))?.state).to.equal("running");
    });

    it("stops a server, and stops it again without an error, and starts it", async () => {
      const { id } = await create();
      await databases.stop(id);
      expect((await databases.get(id))?.state).to.equal("stopped");
      await databases.stop(id);
      expect((await databases.start(id)).state).to.equal("running");
      expect((await databases.start(id)).state, "of one that runs").to.equal("running");
      await databases.reboot(id);
      expect((await databases.get(id))?.state).to.equal("running");
    });

    it("removes a server, running or stopped", async () => {
      const [running, stopped] = await Promise.all([create(), create()]);
      await databases.stop(stopped.id);
      await Promise.all([databases.remove(running.id), databases.remove(stopped.id)]);
      expect(await databases.get(running.id)).to.equal(undefined);
      expect(await databases.get(stopped.id)).to.equal(undefined);
    });

    it("lists and removes every server of this data folder and none of another", async () => {
      const own = await openRuntime(runtime.kind);
      const spec = await databaseSpec(own.databases);
      await own.databases.create(spec, () => {});
      const { id } = await create();
      expect((await databases.list()).map((server) => server.id))
        .to.include(id)
        .and.not.to.include(spec.id);
      expect((await own.databases.list()).map((server) => server.id)).to.deep.equal([spec.id]);
      await own.databases.removeAll();
      expect(await own.databases.list()).to.deep.equal([]);
      expect((await databases.get(id))?.state).to.equal("running");
      await own.dispose();
    });

    it("finds its servers after a restart of LocalAWS", async () => {
      const own = await openRuntime(runtime.kind);
      const spec = await databaseSpec(own.databases);
      const { engineVersion } = await own.databases.create(spec, () => {});
      // As a snapshot leaves it that is cut off by the end of LocalAWS.
      if (runtime.kind === "docker") await engineCommand(["pause", `localaws-${spec.id}`]);
      await own.reopen();
      const found = await own.databases.get(spec.id);
      expect(found?.state).to.equal(runtime.outlives ? "running" : "stopped");
      expect(await own.databases.start(spec.id)).to.deep.equal({ id: spec.id, state: "running", engineVersion });
      await own.dispose();
    });

    it("keeps snapshots beyond their servers, copies them, and removes them", async () => {
      const own = await openRuntime(runtime.kind);
      const spec = await databaseSpec(own.databases);
      await own.databases.create(spec, () => {});
      expect(await rejection(own.databases.snapshot("db-none", "snap-none"))).to.have.property(
        "name",
        "DatabaseLaunchError",
      );
      await own.databases.snapshot(spec.id, "snap-1");
      await own.databases.remove(spec.id);
      await own.databases.copySnapshot("snap-1", "snap-2");
      expect((await own.databases.listSnapshots()).sort()).to.deep.equal(["snap-1", "snap-2"]);
      await own.databases.removeSnapshot("snap-1");
      await own.databases.removeSnapshot("snap-1");
      await own.reopen();
      expect(await own.databases.listSnapshots()).to.deep.equal(["snap-2"]);
      const missing = await databaseSpec(own.databases, { snapshotId: "snap-1" });
      expect(await rejection(own.databases.create(missing, () => {}))).to.have.property("name", "DatabaseLaunchError");
      expect(await own.databases.get(missing.id)).to.equal(undefined);
      const restored = await databaseSpec(own.databases, { snapshotId: "snap-2" });
      expect((await own.databases.create(restored, () => {})).state).to.equal("running");
      await own.databases.removeAll();
      expect(await own.databases.listSnapshots()).to.deep.equal([]);
      await own.dispose();
    });

    it("takes passwords of servers that run, and settings of all that are there", async () => {
      const { id, masterUsername } = await create();
      await databases.setPassword(id, masterUsername, "battery staple");
      expect(await databases.configure(id, {})).to.deep.equal({ pendingReboot: [] });
      await databases.stop(id);
      expect(await databases.configure(id, {})).to.deep.equal({ pendingReboot: [] });
      const refused = [
        () => databases.setPassword(id, masterUsername, "too late"),
        () => databases.setPassword("db-none", masterUsername, "nobody's"),
        () => databases.configure("db-none", {}),
      ];
      for (const one of refused) expect(await rejection(one())).to.have.property("name", "DatabaseLaunchError");
    });

    if (runtime.runs) testServers(() => opened, create, runtime);
  });
}

type Create = (changes?: Partial<DatabaseSpec>) => Promise<DatabaseSpec>;

function testServers(opened: () => OpenRuntime, create: Create, runtime: RuntimeUnderTest): void {
  const databases = () => opened().databases;

  it("lets the master user in with the password, by the time that it is created, and nobody without", async () => {
    const spec = await create({
      masterUsername: "boss",
      masterPassword: "a 'quoted' $pass\"word",
      databaseName: "shop",
    });
    expect(await query(spec, "select current_user as u, current_database() as d")).to.deep.equal({
      u: "boss",
      d: "shop",
    });
    expect((await rejection(query({ ...spec, masterPassword: "wrong" }, "select 1"))).message).to.match(/password/);
  });

  it("changes a password in the server, and that of nobody that is not there", async () => {
    const spec = await create({ masterUsername: "boss" });
    await databases().setPassword(spec.id, "boss", "another 'quoted' one");
    expect((await rejection(query(spec, "select 1"))).message).to.match(/password/);
    const changed = { ...spec, masterPassword: "another 'quoted' one" };
    expect(await query(changed, "select 1 as one")).to.deep.equal({ one: 1 });
    const error = await rejection(databases().setPassword(spec.id, "nobody", "any"));
    expect(error).to.include({ name: "DatabaseLaunchError", message: 'role "nobody" does not exist' });
    await databases().stop(spec.id);
    await databases().start(spec.id);
    expect(await query(changed, "select 1 as one")).to.deep.equal({ one: 1 });
  });

  it("gives the master user the rights of rds_superuser, and not those of a superuser", async () => {
    const spec = await create({ masterUsername: "boss" });
    const rights =
      "select rolsuper, rolcreatedb, rolcreaterole, pg_has_role('rds_superuser', 'member') as member, pg_has_role('pg_monitor', 'member') as monitor from pg_roles where rolname = current_user";
    expect(await query(spec, rights)).to.deep.equal({
      ...{ rolsuper: false, rolcreatedb: true, rolcreaterole: true, member: true, monitor: true },
    });
    const insufficientPrivilege = "42501";
    const error = await rejection(query(spec, "copy (select 1) to program 'true'"));
    expect(error).to.have.property("code", insufficientPrivilege);
    await query(spec, "create role app login");
    await query(spec, "grant rds_superuser, rds_replication, rds_password to app");
    await query(spec, "set session_replication_role = replica");
    expect(await query(spec, "select slot_name from pg_create_physical_replication_slot('own')")).to.deep.equal({
      slot_name: "own",
    });
  });

  it("begins with its settings, takes new ones at once, and at a reboot those that can't be taken before", async () => {
    const spec = await create({ parameters: { work_mem: "7000", max_connections: "31" } });
    const settings = "select current_setting('work_mem') as w, current_setting('max_connections') as m";
    expect(await query(spec, settings)).to.deep.equal({ w: "7000kB", m: "31" });
    const changed = { work_mem: "8000", max_connections: "32", "rds.made_up": "it's \\ kept" };
    expect(await databases().configure(spec.id, changed)).to.deep.equal({ pendingReboot: ["max_connections"] });
    expect(await query(spec, settings)).to.deep.equal({ w: "8000kB", m: "31" });
    await databases().reboot(spec.id);
    expect(await query(spec, settings)).to.deep.equal({ w: "8000kB", m: "32" });
    expect(await query(spec, "select current_setting('rds.made_up') as s")).to.deep.equal({ s: "it's \\ kept" });
    await databases().configure(spec.id, { max_connections: "32" });
    expect(await query(spec, settings)).to.deep.equal({ w: "4MB", m: "32" });
  });

  it("starts again after settings that it cannot start with, once they are taken back", async () => {
    const spec = await create();
    await databases().stop(spec.id);
    await databases().configure(spec.id, { shared_buffers: "999999999" });
    expect(await rejection(databases().start(spec.id))).to.have.property("name", "DatabaseLaunchError");
    await databases().configure(spec.id, { work_mem: "9000" });
    await databases().start(spec.id);
    expect(await query(spec, "show work_mem")).to.deep.equal({ work_mem: "9000kB" });
  });

  it("moves to another port and size, running or not, with its data", async () => {
    const spec = await create({ parameters: { work_mem: "7000" } });
    await query(spec, "create table kept as select 42 as answer");
    const moved = { ...spec, port: await freePort() };
    await databases().change(spec.id, { port: moved.port, memoryBytes: 2 * 1024 ** 3, cpus: 1 });
    expect(await query(moved, "select answer, current_setting('work_mem') as w from kept")).to.deep.equal({
      ...{ answer: 42, w: "7000kB" },
    });
    expect((await rejection(query(spec, "select 1"))).message).to.match(/ECONNREFUSED/);
    const taken = createServer();
    try {
      const port = await freePort();
      await once(taken.listen(port, "127.0.0.1"), "listening");
      expect(await rejection(databases().change(spec.id, { port }))).to.be.instanceOf(Error);
    } finally {
      taken.close();
    }
    expect(await query(moved, "select answer from kept")).to.deep.equal({ answer: 42 });
    await databases().stop(spec.id);
    await databases().change(spec.id, { port: spec.port });
    expect((await databases().get(spec.id))?.state).to.equal("stopped");
    await databases().start(spec.id);
    expect(await query(spec, "select answer from kept")).to.deep.equal({ answer: 42 });
  });

  it("has a database postgres, with and without another", async () => {
    const named = await create({ databaseName: "shop" });
    const unnamed = await create({ masterUsername: "boss" });
    for (const spec of [named, unnamed]) {
      const asked = query({ ...spec, databaseName: "postgres" }, "select current_database() as d");
      expect(await asked).to.deep.equal({ d: "postgres" });
    }
  });

  it("tells the version that the server tells", async () => {
    const spec = await create();
    const { server_version } = await query(spec, "show server_version");
    const { engineVersion } = (await databases().get(spec.id)) ?? {};
    expect(String(server_version).split(" ")[0]).to.equal(engineVersion);
  });

  it("keeps data and port over a clean shutdown, a start and a reboot", async () => {
    const spec = await create();
    await query(spec, "create table kept as select 42 as answer");
    await databases().stop(spec.id);
    expect((await rejection(query(spec, "select 1"))).message).to.match(/ECONNREFUSED/);
    await databases().start(spec.id);
    expect(await query(spec, "select answer, pg_is_in_recovery() as r from kept")).to.deep.equal({
      answer: 42,
      r: false,
    });
    await databases().reboot(spec.id);
    expect(await query(spec, "select answer from kept")).to.deep.equal({ answer: 42 });
  });

  it("ends the connections of clients at a stop", async () => {
    const spec = await create();
    const client = new pg.Client(connection(spec));
    await client.connect();
    const errors: Error[] = [];
    client.on("error", (error) => errors.push(error));
    await databases().stop(spec.id);
    expect((await eventually("the end of the connection", () => errors[0])).message).to.match(/terminat/);
  });

  it("drops the data with the server", async () => {
    const spec = await create();
    await query(spec, "create table kept as select 42 as answer");
    await databases().remove(spec.id);
    await databases().create(spec, () => {});
    expect((await rejection(query(spec, "select answer from kept"))).message).to.match(/does not exist/);
  });

  it("rejects a port that is taken, and leaves nothing behind", async () => {
    const holder = createServer();
    holder.listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    if (typeof address !== "object" || address === null) throw new Error("The server has no address.");
    const spec = await databaseSpec(databases(), { port: address.port });
    const error = await rejection(databases().create(spec, () => {}));
    expect(error).to.have.property("name", "DatabaseLaunchError");
    expect(error.message).to.match(/port/i).and.to.include("in use");
    expect(await databases().get(spec.id)).to.equal(undefined);
    holder.close();
    await once(holder, "close");
    await databases().create(spec, () => {});
    expect(await query(spec, "select 1 as one")).to.deep.equal({ one: 1 });
  });

  it("gives up a creation when the signal is aborted, and leaves nothing behind", async () => {
    const controller = new AbortController();
    const spec = await databaseSpec(databases());
    const creation = rejection(databases().create(spec, () => {}, controller.signal));
    const reason = new Error("no longer wanted");
    // Soon enough: a server does not start in a turn of the event loop.
    setImmediate(() => controller.abort(reason));
    expect(await creation).to.equal(reason);
    expect(await databases().get(spec.id)).to.equal(undefined);
  });

  it(`keeps the data over a restart of LocalAWS${runtime.outlives ? ", and the connections too" : ""}`, async () => {
    const own = await openRuntime(runtime.kind);
    const spec = await databaseSpec(own.databases);
    await own.databases.create(spec, () => {});
    const client = new pg.Client(connection(spec));
    client.on("error", () => {});
    await client.connect();
    await client.query("create table kept as select 42 as answer");
    await own.reopen();
    if (runtime.outlives) expect((await client.query("select answer from kept")).rows).to.deep.equal([{ answer: 42 }]);
    await client.end();
    await own.databases.start(spec.id);
    expect(await query(spec, "select answer from kept")).to.deep.equal({ answer: 42 });
    await own.dispose();
  });

  it("starts a server again that crashed, with every committed row, unless it was stopped", async () => {
    const spec = await create();
    await query(spec, "create table kept as select 42 as answer");
    await killServer(opened(), spec);
    const isBack = () => query(spec, "select answer from kept").catch(() => undefined);
    expect(await eventually("the server is back", isBack)).to.deep.equal({ answer: 42 });
    await databases().stop(spec.id);
    expect((await databases().get(spec.id))?.state).to.equal("stopped");
    expect((await rejection(query(spec, "select 1"))).message).to.match(/ECONNREFUSED/);
  });

  it("leads to its servers from further ports, read-only where that is asked for, until they are closed", async () => {
    const { forwards } = databases();
    const spec = await create();
    await query(spec, "create table kept as select 42 as answer");
    const forward = {
      ...({
        id: "one",
        listenAddress: "127.0.0.1",
        port: await freePort(),
        readOnly: true,
        engine: "postgres",
      } as const),
      target: { host: "127.0.0.1", port: spec.port },
    };
    await forwards.open(forward);
    const through = { ...spec, port: forward.port };
    expect(await query(through, "select answer from kept")).to.deep.equal({ answer: 42 });
    expect(await rejection(query(through, "delete from kept"))).to.have.property("code", "25006");
    const client = new pg.Client(connection(through));
    client.on("error", () => {});
    await client.connect();
    await forwards.open(forward);
    expect((await client.query("select 1 as one")).rows, "of the same forward").to.deep.equal([{ one: 1 }]);
    const ended = new Promise((resolve) => client.once("end", resolve));
    await forwards.open({ ...forward, readOnly: false });
    await ended;
    expect(await query(through, "delete from kept returning answer")).to.deep.equal({ answer: 42 });
    expect(await rejection(forwards.open({ ...forward, id: "two" }))).to.have.property("name", "DatabaseLaunchError");
    const moved = { ...forward, port: await freePort() };
    await forwards.open(moved);
    expect((await rejection(query(through, "select 1"))).message).to.match(/ECONNREFUSED/);
    await forwards.close("one");
    await forwards.close("one");
    expect((await rejection(query({ ...spec, port: moved.port }, "select 1"))).message).to.match(/ECONNREFUSED/);
  });

  it("gives the server's own log, and nothing of a server that is not there", async () => {
    const spec = await create();
    await query(spec, "select * from not_there").catch(() => undefined);
    await eventually("the log has it", async () =>
      (await databases().log(spec.id)).includes('"not_there" does not exist'),
    );
    expect(await databases().log("db-none")).to.equal("");
  });

  it("snapshots what was committed, while the server goes on, and restores it under the same password", async () => {
    const spec = await create({ masterUsername: "boss" });
    await query(spec, "create table kept (n int)");
    const writer = new pg.Client(connection(spec));
    await writer.connect();
    let written = 0;
    let writing = true;
    const writes = (async () => {
      while (writing) await writer.query("insert into kept values ($1)", [++written]);
    })();
    await eventually("something is written", async () => written > 20);
    const before = written - 1;
    await databases().snapshot(spec.id, "snap-of-writes");
    const after = written;
    await eventually("the server goes on", async () => written > after + 20);
    writing = false;
    await writes;
    await writer.end();
    await databases().copySnapshot("snap-of-writes", "copied-writes");
    const restored = await databaseSpec(databases(), {
      ...{ snapshotId: "copied-writes", masterUsername: "boss", masterPassword: "is not looked at" },
      // As the server says it: no image need have that name.
      engineVersion: (await databases().get(spec.id))?.engineVersion ?? "",
    });
    await databases().create(restored, () => {});
    const login = { ...restored, masterPassword: spec.masterPassword };
    const { rows, gaps } = await query(login, "select count(*)::int as rows, max(n) - count(*) as gaps from kept");
    expect(Number(rows)).to.be.within(before, after);
    expect(Number(gaps), "rows missing before the last").to.equal(0);
    await query(login, "insert into kept values (0)");
    await databases().remove(restored.id);
    for (const id of ["snap-of-writes", "copied-writes"]) await databases().removeSnapshot(id);
  });
}
