import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { mysqlQuery, mysqlSpec } from "./mysql-support.ts";
import { openRuntimeIn } from "./runtimes.ts";

describe("runtime embedded: MariaDB after kill -9 of LocalAWS under a write load", function () {
  this.timeout(180_000);
  requires("mariadb");

  it("has every row that was committed", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-killed-"));
    const script = fileURLToPath(new URL("killed-mysql.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script, dataDir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    try {
      await eventually("rows are committed", () => said.split("\n").length > 50, 120_000);
    } finally {
      child.kill("SIGKILL");
      await once(child, "close");
    }
    const [port, ...rows] = said.split("\n").slice(0, -1).map(Number);
    const { databases, machines } = await openRuntimeIn("embedded", dataDir);
    try {
      expect(await databases.get("db-KILLED")).to.include({ state: "stopped" });
      await databases.start("db-KILLED");
      const spec = await mysqlSpec(databases, "mariadb", { port: port ?? 0 });
      const { n } = await mysqlQuery(spec, "select count(*) as n from kept");
      expect(Number(n)).to.be.at.least(rows.length);
    } finally {
      await databases.removeAll();
      await Promise.all([databases.close(), machines.close()]);
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
