import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import pg from "pg";
import type { DatabaseSpec } from "../../../src/runtime/database-driver.ts";
import { findPostgresFolder, linkLibraries } from "../../../src/runtime/embedded/postgres-binaries.ts";
import { runProgram } from "../../../src/runtime/run-program.ts";
import { type OpenRuntime, openRuntime, uniqueId } from "../../runtime/runtimes.ts";
import { eventually } from "../../support/eventually.ts";

describe("embedded databases", function () {
  this.timeout(180_000);
  let runtime: OpenRuntime;
  before(async () => {
    runtime = await openRuntime("embedded");
  });
  after(() => runtime?.dispose());

  const create = async (changes: Partial<DatabaseSpec> = {}) => {
    const spec = await databaseSpec(runtime, changes);
    await runtime.databases.create(spec, () => {});
    return spec;
  };

  it("keep the master password in no file and in no command line", async () => {
    const masterPassword = `never-${uniqueId("written")}`;
    const spec = await create({ masterPassword });
    expect(await query(spec, "select 1 as one")).to.deep.equal([{ one: 1 }]);
    const inFiles = await runProgram(["grep", "-rl", "--", masterPassword, runtime.dataDir], {
      env: { PATH: "/usr/bin:/bin" },
    });
    expect(inFiles).to.deep.equal({ exitCode: 1, stdout: "", stderr: "" });
    const processes = await runProgram(["ps", "-eo", "args"], { env: { PATH: "/usr/bin:/bin" } });
    expect(processes.stdout).to.include("postgres").and.not.to.include(masterPassword);
  });

  it("give the master user rds_superuser's rights, and none on the host", async () => {
    const spec = await create({ masterUsername: "postgres", databaseName: "app" });
    const rights =
      "select rolsuper, rolcreatedb, rolcreaterole, pg_has_role('rds_superuser', 'member') as member from pg_roles";
    expect(await query(spec, `${rights} where rolname = current_user`)).to.deep.equal([
      { rolsuper: false, rolcreatedb: true, rolcreaterole: true, member: true },
    ]);
    await query(spec, "create extension pgcrypto; create role reader login; create table t (x text)");
    await query(spec, "create database other");
    for (const statement of [
      "copy t from program 'id'",
      "copy t from '/etc/passwd'",
      "select pg_read_file('/etc/passwd')",
    ]) {
      expect(await failure(query(spec, statement)), statement).to.match(/permission denied/);
    }
    const admin = new pg.Client({ ...connection(spec), user: "rdsadmin" });
    expect(await failure(admin.connect())).to.match(/rejects connection/);
  });

  it("sort as RDS does, on a host without its locale too", async () => {
    const spec = await create();
    const rows = await query(
      spec,
      "select string_agg(x, '' order by x) as sorted from unnest(array['b','A','a','ä','B']) x",
    );
    expect(rows).to.deep.equal([{ sorted: "aAäbB" }]);
  });

  it("say which port is in use at a start", async () => {
    const spec = await create();
    await runtime.databases.stop(spec.id);
    const holder = createServer().listen(spec.port, "127.0.0.1");
    await eventually("the port", () => holder.listening);
    const message = await failure(runtime.databases.start(spec.id));
    holder.close();
    expect(message).to.equal(`Port ${spec.port} of 127.0.0.1 is in use by another program.`);
    await runtime.databases.start(spec.id);
    expect(await query(spec, "select 1 as one")).to.deep.equal([{ one: 1 }]);
  });

  it("give PostgreSQL's reason when it refuses, and leave nothing", async () => {
    const spec = await databaseSpec(runtime, { masterUsername: "pg_reserved" });
    expect(await failure(runtime.databases.create(spec, () => {}))).to.match(/role name "pg_reserved" is reserved/);
    expect(existsSync(join(runtime.dataDir, "rds", spec.id))).to.equal(false);
  });

  it("take no stranger for their own server", async () => {
    const own = await openRuntime("embedded");
    const spec = await databaseSpec(own);
    await own.databases.create(spec, () => {});
    await own.databases.stop(spec.id);
    const stranger = spawn("sleep", ["1000"]);
    const file = join(own.dataDir, "rds", spec.id, "data", "postmaster.pid");
    writeFileSync(file, `${stranger.pid}\n/elsewhere\n`);
    await own.reopen();
    await own.databases.start(spec.id);
    expect(stranger.exitCode ?? stranger.signalCode).to.equal(null);
    expect(postmaster(own.dataDir, spec.id)).not.to.equal(stranger.pid);
    stranger.kill();
    await own.dispose();
  });

  it("leave nothing behind when a crash cut a creation off", async () => {
    const own = await openRuntime("embedded");
    const spec = await databaseSpec(own);
    mkdirSync(join(own.dataDir, "rds", spec.id, "data"), { recursive: true });
    await own.reopen();
    expect(await own.databases.list()).to.deep.equal([]);
    expect(existsSync(join(own.dataDir, "rds", spec.id))).to.equal(false);
    await own.dispose();
  });

  if (process.platform === "linux") {
    it("cost less than 60 MB of memory when idle", async () => {
      const spec = await create();
      await query(spec, "select 1");
      const first = `${postmaster(runtime.dataDir, spec.id)}`;
      const family = readdirSync("/proc").filter((name) => name === first || parentOf(name) === first);
      expect(family).to.have.length.above(3);
      expect(family.reduce((sum, pid) => sum + kibibytesOf(pid), 0) / 1024).to.be.within(5, 60);
    });
  }

  it("run from a package without the symbolic links that npm cannot carry", async () => {
    const folder = mkdtempSync(join(tmpdir(), "localaws-package-"));
    const native = join(folder, "native");
    cpSync(findPostgresFolder(), native, { recursive: true, filter: (path) => !lstatSync(path).isSymbolicLink() });
    const libraries = join(folder, "libraries");
    for (const _ of ["made", "found"]) await linkLibraries(native, libraries, native);
    for (const name of readdirSync(libraries)) expect(existsSync(join(native, "lib", name)), name).to.equal(false);
    expect(readlinkSync(join(libraries, readdirSync(libraries)[0] ?? ""))).to.include(native);
    const search = [libraries, join(native, "lib")].join(delimiter);
    for (const program of ["postgres", "initdb"]) {
      const { stdout } = await runProgram([join(native, "bin", program), "--version"], {
        env: { LD_LIBRARY_PATH: search, DYLD_LIBRARY_PATH: search },
      });
      expect(stdout).to.match(/\(PostgreSQL\) \d+/);
    }
    rmSync(folder, { recursive: true });
  });
});

async function databaseSpec({ databases }: OpenRuntime, changes: Partial<DatabaseSpec> = {}): Promise<DatabaseSpec> {
  const server = createServer().listen(0, "127.0.0.1");
  await eventually("a port", () => server.listening);
  const address = server.address();
  server.close();
  return {
    id: uniqueId("db").toUpperCase(),
    engine: "postgres",
    engineVersion: databases.versions("postgres")[0] ?? "none",
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    listenAddress: "127.0.0.1",
    masterUsername: "master",
    masterPassword: "correct 'horse",
    memoryBytes: 2 ** 30,
    cpus: 1,
    labels: {},
    ...changes,
  };
}

function connection({ port, masterUsername, masterPassword, databaseName }: DatabaseSpec): pg.ClientConfig {
  return {
    host: "127.0.0.1",
    port,
    user: masterUsername,
    password: masterPassword,
    database: databaseName ?? "postgres",
  };
}

async function query(spec: DatabaseSpec, text: string): Promise<unknown[]> {
  const client = new pg.Client(connection(spec));
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function failure(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

function postmaster(dataDir: string, id: string): number {
  return Number.parseInt(readFileSync(join(dataDir, "rds", id, "data", "postmaster.pid"), "utf8"), 10);
}

function parentOf(name: string): string | undefined {
  try {
    return /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** A process's share of the memory; 0 for one that has ended meanwhile. */
function kibibytesOf(pid: string): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
  } catch {
    return 0;
  }
}
