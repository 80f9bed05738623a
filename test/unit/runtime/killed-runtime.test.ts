import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import pg from "pg";
import pino from "pino";
import { createEmbeddedRuntime } from "../../../src/runtime/embedded/embedded-runtime.ts";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";

describe("embedded runtime after kill -9 of LocalAWS", function () {
  this.timeout(180_000);
  requires("namespaces");

  it("has ended its machines, ends the databases that go on, and starts both with what they had", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "localaws-killed-"));
    const script = fileURLToPath(new URL("killed-runtime.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script, dataDir, "i-killed", "db-KILLED"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const { port, pidNamespace } = JSON.parse(line) as { port: number; pidNamespace: string };
    const pidFile = join(dataDir, "rds/db-KILLED/data/postmaster.pid");
    const server = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
    expect(processesIn(pidNamespace)).to.have.length.above(0);

    // As they are while a snapshot is copied.
    const children = execFileSync("pgrep", ["-P", `${server}`], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
    expect(children).to.have.length.above(2);
    for (const pid of [server, ...children]) process.kill(pid, "SIGSTOP");
    child.kill("SIGKILL");
    await once(child, "exit");
    await eventually("the machine's end", () => processesIn(pidNamespace).length === 0);
    // It goes on: this throws for a process that is not there.
    process.kill(server, 0);

    const { machines, databases } = await createEmbeddedRuntime({
      dataDir,
      searchPath: [],
      log: pino({ level: "silent" }),
    });
    expect(existsSync(pidFile)).to.equal(false);
    expect(await machines.list()).to.deep.equal([{ id: "i-killed", state: "stopped" }]);
    expect(await databases.list()).to.deep.equal([
      { id: "db-KILLED", state: "stopped", engineVersion: databases.versions("postgres")[0] },
    ]);
    await machines.start("i-killed");
    expect((await machines.exec("i-killed", ["cat", "/root/file"])).stdout).to.equal("kept\n");
    await databases.start("db-KILLED");
    const client = new pg.Client({
      host: "127.0.0.1",
      port,
      user: "master",
      password: "correct horse",
      database: "postgres",
    });
    await client.connect();
    expect((await client.query("select current_user")).rows).to.deep.equal([{ current_user: "master" }]);
    await client.end();
    await Promise.all([machines.removeAll(), databases.removeAll()]);
    await Promise.all([machines.close(), databases.close()]);
    rmSync(dataDir, { recursive: true });
  });
});

/** The host's ids of the processes in a PID namespace (`pid:[…]`). */
function processesIn(namespace: string): string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/pid`) === namespace;
    } catch {
      return false;
    }
  });
}
