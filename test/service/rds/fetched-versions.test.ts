import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateDBInstanceCommand,
  type DBInstance,
  DescribeDBEngineVersionsCommand,
  ModifyDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { freePort } from "../../runtime/database-support.ts";
import { query } from "../../support/acceptance-database.ts";
import { PostgresRegistry, packOwn, postgresPackage } from "../../support/postgres-registry.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, masterPassword, untilStatus, validRequest } from "./db-instances.ts";

const published = ["16.4.0-beta.13", "16.4.0-beta.14", "16.14.0-beta.17", "17.2.0-beta.15"];

describe("rds PostgreSQL of majors that npm brings", function () {
  this.timeout(180_000);
  this.slow(30_000);
  let dataDir: string;
  let registry: PostgresRegistry;
  let aws: TestServer;

  before(async () => {
    registry = await PostgresRegistry.open(async (folder) => {
      const tarball = await packOwn(folder);
      return Object.fromEntries(published.map((version) => [version, tarball]));
    });
    dataDir = await mkdtemp(join(tmpdir(), "localaws-fetched-"));
    aws = await startLocalAws({ runtime: "embedded", dataDir });
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
    await registry?.close();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });

  const versionsOf = async (Engine: string) =>
    (await aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine }))).DBEngineVersions?.map(
      ({ EngineVersion }) => EngineVersion,
    );
  const programsOf = (version: string) => join(dataDir, "rds/.programs", version, "node_modules", postgresPackage);
  const works = async ({ Endpoint }: DBInstance) => {
    const place = { host: Endpoint?.Address ?? "", port: Endpoint?.Port ?? 0, database: "postgres" };
    const rows = await query({ ...place, user: "master", password: masterPassword }, "select 1 as one");
    expect(rows).to.deep.equal([{ one: 1 }]);
  };

  /** So that npm is asked again at once. */
  const restart = async (meanwhile = async () => {}) => {
    await aws.close();
    await meanwhile();
    aws = await startLocalAws({ runtime: "embedded", dataDir });
  };

  it("are listed, and those of RDS's minor versions with them", async () => {
    expect(await versionsOf("postgres")).to.include.members(["15.18", "16.3", "16.14", "18.4"]);
  });

  it("fail where npm cannot bring them, but where another of their major is there", async () => {
    const closed = await freePort();
    registry.use({ url: `http://127.0.0.1:${closed}` });
    const request = validRequest({ EngineVersion: "16" });
    await aws.rds.send(new CreateDBInstanceCommand(request));
    const failed = await untilStatus(aws.rds, request.DBInstanceIdentifier, "failed");
    expect(failed.EngineVersion).to.equal("16.14");
    const other = await createAvailable(aws.rds, { EngineVersion: "17.1" });
    expect(other.EngineVersion).to.equal("17.1");
    await works(other);
  });

  it("are brought once while instances are creating, and run", async () => {
    registry.use();
    await restart();
    const all = await Promise.all(
      ["16.3", "16.4", "16.14", "17.1"].map((EngineVersion) => createAvailable(aws.rds, { EngineVersion })),
    );
    // Of 16.3 there is no package, and of 16.4 and 17.2 one.
    expect(registry.fetched).to.deep.equal(["/16.14.0-beta.17.tgz", "/16.4.0-beta.14.tgz", "/17.2.0-beta.15.tgz"]);
    expect(all.map(({ EngineVersion }) => EngineVersion)).to.deep.equal(["16.3", "16.4", "16.14", "17.1"]);
    expect(all[0]?.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.postgres16");
    for (const instance of all) await works(instance);
    const programs = join(programsOf("16.4"), "package.json");
    expect(JSON.parse(await readFile(programs, "utf8"))).to.have.property("name", postgresPackage);
    expect(await versionsOf("postgres"), "RDS has it, and npm no other of its major").not.to.include("13.20");
  });

  it("are had again where their programs were lost, and minor versions are upgraded", async () => {
    const before = await createAvailable(aws.rds, { EngineVersion: "16.4" });
    const { DBInstanceIdentifier } = before;
    await restart(() => rm(join(dataDir, "rds/.programs"), { recursive: true }));
    await works(await untilStatus(aws.rds, DBInstanceIdentifier, "available"));
    expect(existsSync(programsOf("16.4"))).to.equal(true);
    const changes = { EngineVersion: "16.14", ApplyImmediately: true };
    await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...changes }));
    const after = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(after).to.deep.include({ EngineVersion: "16.14", Endpoint: before.Endpoint });
    expect(existsSync(programsOf("16.14"))).to.equal(true);
    await works(after);
  });
});
