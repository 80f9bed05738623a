import { expect } from "chai";
import type { DatabaseDriver, DatabaseSpec } from "../../src/runtime/database-driver.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { databaseSpec, query } from "./database-support.ts";
import { rejection } from "./rejection.ts";
import { type OpenRuntime, openRuntime } from "./runtimes.ts";

for (const kind of ["docker", "embedded"] as const) {
  describe(`runtime ${kind}: archives`, function () {
    this.timeout(180_000);
    if (kind === "docker") requires("docker");
    let opened: OpenRuntime;
    let databases: DatabaseDriver;
    let source: DatabaseSpec;

    before(async () => {
      opened = await openRuntime(kind);
      databases = opened.databases;
      source = await databaseSpec(databases, { archived: true });
      await databases.create(source, () => {});
      await query(source, "create table kept (what text)");
    });
    after(() => opened?.dispose());

    /** A moment after all that was committed so far, and before all that is to come. */
    async function moment(): Promise<Date> {
      const now = Date.now() + 1;
      await eventually("time goes on", () => Date.now() > now + 1);
      return new Date(now);
    }

    async function restore(snapshotId: string, until: Date): Promise<DatabaseSpec> {
      const recovery = { archiveOf: source.id, until };
      const { masterPassword } = source;
      const spec = { ...(await databaseSpec(databases, { snapshotId, recovery })), masterPassword };
      await databases.create(spec, () => {});
      return spec;
    }

    const rows = async (spec: DatabaseSpec) =>
      (await query(spec, "select coalesce(string_agg(what, ' ' order by what), '') as all from kept")).all;

    it("recover a server's data as they were at moments after its snapshot, also when it is gone", async () => {
      await query(source, "insert into kept values ('a')");
      await databases.snapshot(source.id, "snap-base");
      await query(source, "insert into kept values ('b')");
      const between = await moment();
      await query(source, "delete from kept");
      const later = await moment();

      const restored = await restore("snap-base", between);
      expect(await rows(restored)).to.equal("a b");
      await query(restored, "insert into kept values ('c')");
      await databases.reboot(restored.id);
      expect(await rows(restored), "a server of its own").to.equal("a b c");
      expect(await rows(await restore("snap-base", later))).to.equal("");
      expect(await rows(source), "the source goes on").to.equal("");

      await databases.archives.flush(source.id);
      const last = await moment();
      await databases.remove(source.id);
      expect(await databases.archives.list()).to.include(source.id);
      expect(await rows(await restore("snap-base", between)), "without the source").to.equal("a b");
      const tooLate = await databaseSpec(databases, {
        ...{ snapshotId: "snap-base", recovery: { archiveOf: source.id, until: last } },
      });
      expect((await rejection(databases.create(tooLate, () => {}))).message).to.match(/before configured recovery/);
      expect(await databases.get(tooLate.id)).to.equal(undefined);

      await databases.archives.remove(source.id);
      await databases.archives.remove(source.id);
      expect(await databases.archives.list()).to.not.include(source.id);
      const nothing = rejection(restore("snap-base", between));
      expect(await nothing).to.have.property("name", "DatabaseLaunchError");
    });
  });
}
