import { expect } from "chai";
import pg from "pg";
import type { DatabaseDriver, DatabaseSpec } from "../../src/runtime/database-driver.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { connection, databaseSpec, query } from "./database-support.ts";
import { rejection } from "./rejection.ts";
import { type OpenRuntime, openRuntime } from "./runtimes.ts";

for (const kind of ["docker", "embedded"] as const) {
  describe(`runtime ${kind}: encryption`, function () {
    this.timeout(180_000);
    if (kind === "docker") requires("docker");
    let opened: OpenRuntime;
    let databases: DatabaseDriver;
    let spec: DatabaseSpec;

    before(async () => {
      opened = await openRuntime(kind);
      databases = opened.databases;
      spec = await databaseSpec(databases);
      await databases.create(spec, () => {});
    });
    after(() => opened?.dispose());

    /** What the server says of an encrypted connection to a name, its certificate checked as `verify-full` does. */
    async function encrypted(host: string, ca: string): Promise<unknown> {
      const client = new pg.Client({ ...connection(spec), host, ssl: { ca } });
      await client.connect();
      try {
        const sql =
          "select ssl, current_setting('rds.force_ssl', true) as forced from pg_stat_ssl where pid = pg_backend_pid()";
        return (await client.query(sql)).rows[0];
      } finally {
        await client.end();
      }
    }

    it("has a certificate that the authority of the data folder vouches for, also after a restart of LocalAWS", async () => {
      const { certificate } = await databases.authority();
      for (const host of ["localhost", "127.0.0.1"]) {
        expect(await encrypted(host, certificate)).to.include({ ssl: true });
      }
      expect(await query(spec, "select 1 as one"), "encrypted or not").to.deep.equal({ one: 1 });
      const strangers = await openRuntime("records");
      const { certificate: other } = await strangers.databases.authority();
      await strangers.dispose();
      expect((await rejection(encrypted("localhost", other))).message).to.match(/certificate/);
      await opened.reopen();
      databases = opened.databases;
      // Those that are ready for another request are not among them.
      const connections = () => process.getActiveResourcesInfo().filter((name) => name === "PipeWrap").length;
      const before = connections();
      await databases.start(spec.id);
      await eventually("no connection to the engine is left open", () => connections() <= before, 10_000);
      expect((await databases.authority()).certificate).to.equal(certificate);
      expect(await encrypted("localhost", certificate)).to.include({ ssl: true });
    });

    it("is forced by rds.force_ssl, at once", async () => {
      await databases.configure(spec.id, { "rds.force_ssl": "1" });
      expect(await rejection(query(spec, "select 1"))).to.have.property("code", "28000");
      const { certificate } = await databases.authority();
      expect(await encrypted("localhost", certificate)).to.deep.equal({ ssl: true, forced: "1" });
      await databases.configure(spec.id, { "rds.force_ssl": "0" });
      expect(await query(spec, "select 1 as one")).to.deep.equal({ one: 1 });
    });
  });
}
