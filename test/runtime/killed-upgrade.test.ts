import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { engineCommand } from "../support/docker/engine-command.ts";
import { eventually } from "../support/eventually.ts";
import { findInstalled, PostgresRegistry, packInstalled } from "../support/postgres-registry.ts";
import { requires } from "../support/requirements.ts";
import { databaseSpec, query } from "./database-support.ts";
import { openRuntimeIn } from "./runtimes.ts";

for (const kind of ["docker", "embedded"] as const) {
  describe(`runtime ${kind}: PostgreSQL after kill -9 of LocalAWS during an upgrade`, function () {
    this.timeout(300_000);
    this.slow(60_000);
    requires(kind === "docker" ? "docker" : "postgresInstallation");
    let registry: PostgresRegistry | undefined;
    let version = "15";

    before(async () => {
      if (kind === "docker") return;
      const installed = await findInstalled();
      if (installed === undefined) throw new Error("There is no installation.");
      version = installed.version;
      registry = await PostgresRegistry.open(async (folder) => ({
        [`${version}.0-beta.1`]: await packInstalled(installed.bin, version, folder),
      }));
      registry.use();
    });
    after(() => registry?.close());

    /** Whether the new server is being filled, and the old one is not there. */
    const isAtWork = async (dataDir: string) =>
      kind === "embedded"
        ? existsSync(join(dataDir, "rds/db-KILLED/next/data/postmaster.pid"))
        : (await engineCommand(["inspect", "-f", "{{.Config.Image}}", "localaws-db-KILLED"]).catch(() => "")).trim() ===
          "postgres:17";

    it("goes on with what it had", async () => {
      const dataDir = await mkdtemp(join(tmpdir(), "localaws-killed-"));
      const script = fileURLToPath(new URL("killed-upgrade.ts", import.meta.url));
      const child = spawn(process.execPath, ["--import", "tsx", script, kind, dataDir, version], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      try {
        // Which does not take long, while the old server is made before.
        await eventually("it is being upgraded", () => isAtWork(dataDir), 200_000, 20);
      } finally {
        child.kill("SIGKILL");
        await once(child, "close");
      }
      expect(said).not.to.include("upgraded");
      const { databases, machines } = await openRuntimeIn(kind, dataDir);
      try {
        await databases.mend();
        const { engineVersion } = await databases.start("db-KILLED");
        expect(engineVersion).to.match(new RegExp(`^${version.split(".")[0]}\\.`));
        const spec = await databaseSpec(databases, { port: Number.parseInt(said, 10) });
        expect(await query(spec, "select count(*)::int as n from kept")).to.deep.equal({ n: 1000 });
        expect(await databases.listSnapshots()).to.deep.equal([]);
        expect(await databases.archives.list()).to.deep.equal(["db-KILLED"]);
        await databases.archives.flush("db-KILLED");
        const { archived } = await query(spec, "select archived_count > 0 as archived from pg_stat_archiver");
        expect(archived).to.equal(true);
      } finally {
        await databases.removeAll();
        await Promise.all([databases.close(), machines.close()]);
        await rm(dataDir, { recursive: true, force: true });
      }
    });
  });
}
