import { expect } from "chai";
import type { DatabaseDriver, DatabaseSpec } from "../../src/runtime/database-driver.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { databaseSpec, freePort, query } from "./database-support.ts";
import { rejection } from "./rejection.ts";
import { type OpenRuntime, openRuntime, runtimes } from "./runtimes.ts";

for (const runtime of runtimes.filter(({ runs }) => runs)) {
  describe(`runtime ${runtime.kind}: replicas of databases`, function () {
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

    const replicate = async (source: DatabaseSpec, changes: Partial<DatabaseSpec> = {}) => {
      const { masterPassword } = source;
      return { ...(await create({ replicaOf: source.id, masterPassword: "", ...changes })), masterPassword };
    };

    const untilReplicated = (replica: DatabaseSpec, rows: number) =>
      eventually("the replica has the rows", async () => {
        const found = await query(replica, "select count(*)::int as rows from kept").catch(() => undefined);
        return found?.rows === rows;
      });

    const slots = async (spec: DatabaseSpec) =>
      (await query(spec, "select count(*)::int as slots from pg_replication_slots")).slots;

    it("take over what is written to the server that they follow, and nothing else, also after restarts", async () => {
      const source = await create();
      await query(source, "create table kept as select 1 as n");
      const replica = await replicate(source, { memoryBytes: 512 * 1024 ** 2 });
      expect(await query(replica, "select count(*)::int as rows from kept")).to.deep.equal({ rows: 1 });
      expect(await rejection(query(replica, "insert into kept values (2)"))).to.have.property("code", "25006");
      await query(source, "insert into kept values (2)");
      await untilReplicated(replica, 2);

      // More connections than the replica has, at another port.
      const moved = { ...source, port: await freePort() };
      await databases.configure(source.id, { max_connections: "222" });
      await databases.change(source.id, { port: moved.port });
      await query(moved, "insert into kept values (3)");
      await untilReplicated(replica, 3);
      expect(await query(replica, "select current_setting('max_connections') as m")).to.deep.equal({ m: "222" });

      await databases.stop(source.id);
      await databases.reboot(replica.id);
      expect(await query(replica, "select count(*)::int as rows from kept")).to.deep.equal({ rows: 3 });
      await databases.start(source.id);
      await query(moved, "insert into kept values (4)");
      await untilReplicated(replica, 4);
      await databases.remove(replica.id);
      expect(await slots(moved)).to.equal(0);
    });

    it("go their own way when they are promoted, and can be followed themselves", async () => {
      const source = await create();
      await query(source, "create table kept as select 1 as n");
      const replica = await replicate(source);
      const second = await replicate(replica);
      await databases.promote(replica.id);
      expect(await slots(source)).to.equal(0);
      await query(replica, "insert into kept values (2)");
      await untilReplicated(second, 2);
      await databases.remove(source.id);
      await databases.reboot(replica.id);
      await query(replica, "insert into kept values (3)");
      await untilReplicated(second, 3);
      await databases.stop(second.id);
      expect(await rejection(databases.promote(second.id))).to.have.property("name", "DatabaseLaunchError");
    });

    it("are restored from their snapshots as servers of their own", async () => {
      const source = await create();
      await query(source, "create table kept as select 1 as n");
      const replica = await replicate(source);
      const id = `snap-${source.id}`;
      await databases.snapshot(replica.id, id);
      const restored = { ...(await create({ snapshotId: id })), masterPassword: source.masterPassword };
      expect(await query(restored, "insert into kept values (2) returning n")).to.deep.equal({ n: 2 });
      expect(await slots(restored)).to.equal(0);
    });

    it("take the place of the server that they follow, with all that it had, and it keeps nothing for them", async () => {
      const source = await create();
      await query(source, "create table kept as select 1 as n");
      const replica = await replicate(source);
      await query(source, "insert into kept values (2)");
      await databases.switchOver(source.id, replica.id, 60_000);
      expect((await databases.get(source.id))?.state).to.equal("stopped");
      await databases.change(replica.id, { port: source.port });
      await databases.change(source.id, { port: replica.port });
      await databases.start(source.id);
      const [next, former] = [
        { ...replica, port: source.port },
        { ...source, port: replica.port },
      ];
      await query(next, "insert into kept values (3)");
      expect(await query(next, "select count(*)::int as rows from kept")).to.deep.equal({ rows: 3 });
      expect(await query(former, "select count(*)::int as rows from kept")).to.deep.equal({ rows: 2 });
      expect(await slots(former)).to.equal(0);
      const reader = { ...former, masterUsername: "reader", masterPassword: "of-everything" };
      await databases.admitReader(former.id, reader.masterUsername, reader.masterPassword);
      expect(await query(reader, "select count(*)::int as rows from kept")).to.deep.equal({ rows: 2 });
    });

    it("are not made of servers that are not there or do not run, and leave nothing", async () => {
      const stopped = await create();
      await databases.stop(stopped.id);
      for (const replicaOf of ["db-none", stopped.id]) {
        const spec = await databaseSpec(databases, { replicaOf });
        expect(await rejection(databases.create(spec, () => {}))).to.have.property("name", "DatabaseLaunchError");
        expect(await databases.get(spec.id)).to.equal(undefined);
      }
    });
  });
}
