import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { isBuilt } from "../../support/built.ts";
import { requires } from "../../support/requirements.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const run = promisify(execFile);

describe("localaws package", function () {
  this.timeout(400_000);
  let folder: string;
  let installed: string;

  // What `npm install` of the packed package makes, its dependencies taken from here.
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-test-"));
    // Others use what is built at the same time.
    const built = isBuilt("main.js", "src", "scripts", "package-lock.json") && isBuilt("console/index.html", "console");
    if (!built) await run("npm", ["run", "build"], { cwd: root });
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await run("tar", ["-xzf", join(folder, filename), "-C", folder]);
    installed = join(folder, "package");
    const { dependencies, optionalDependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      // npm leaves out what is for another platform.
      if (!existsSync(join(root, "node_modules", name))) continue;
      const target = join(installed, "node_modules", name);
      await mkdir(dirname(target), { recursive: true });
      await symlink(join(root, "node_modules", name), target);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function withRunning(runtime: string, use: (endpoint: string) => Promise<void>): Promise<void> {
    const settings = ["--listen", "127.0.0.1:0", "--data", join(folder, `data-${runtime}`)];
    const localaws = spawn(join(installed, "dist/main.js"), ["start", "--runtime", runtime, ...settings], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      for await (const line of createInterface(localaws.stdout)) {
        const { msg, endpoint } = JSON.parse(line) as { msg: string; endpoint: string };
        if (msg !== "LocalAWS is ready") continue;
        await use(endpoint);
        return;
      }
      expect.fail("localaws ended before it was ready");
    } finally {
      if (localaws.kill()) await once(localaws, "exit");
    }
  }

  it("runs with its own dependencies alone, and answers for every service", () =>
    withRunning("records", async (endpoint) => {
      const health = await fetch(`${endpoint}/_localaws/health`);
      const { version, services } = (await health.json()) as { version: string; services: object };
      expect(version).to.equal(JSON.parse(await readFile(join(root, "package.json"), "utf8")).version);
      const versions = { ec2: "2016-11-15", rds: "2014-10-31", sts: "2011-06-15", iam: "2010-05-08" };
      expect(services).to.have.all.keys("s3", "secretsmanager", "ssm", "rds-data", ...Object.keys(versions));
      for (const [service, Version] of Object.entries(versions)) {
        const body = new URLSearchParams({ Action: "NoSuchAction", Version });
        const answer = await fetch(endpoint, { method: "POST", body });
        expect(await answer.text(), service).to.contain("InvalidAction");
      }
      const headers = { "x-amz-target": "secretsmanager.NoSuchAction" };
      const json = await fetch(endpoint, { method: "POST", headers, body: "{}" });
      expect(await json.text()).to.contain("UnknownOperationException");
      expect(await (await fetch(`${endpoint}/bucket/key`)).text()).to.match(
        /<Code>(NoSuchBucket|AccessDenied)<\/Code>/,
      );
    }));

  describe("on the embedded runtime", () => {
    it("runs with its own dependencies alone", () =>
      withRunning("embedded", async (endpoint) => {
        expect((await fetch(`${endpoint}/_localaws/health`)).status).to.equal(200);
      }));
  });

  describe("on the docker runtime", () => {
    requires("docker");
    it("runs with its own dependencies alone", () =>
      withRunning("docker", async (endpoint) => {
        expect((await fetch(`${endpoint}/_localaws/health`)).status).to.equal(200);
      }));
  });

  it("is a library too", async () => {
    const script = `
      import { createServer } from "localaws";
      const server = await createServer({ listen: "127.0.0.1:0", runtime: "records", dataDir: "${join(folder, "library")}" });
      console.log((await fetch(server.endpoint + "/_localaws/health")).status);
      await server.close();`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: installed });
    expect(stdout).to.equal("200\n");
  });

  it("has the types of the library, which need no other package's", async () => {
    const uses = (port: string) => `
      import { ConfigError, createServer, type LocalAws, type SettingName } from "localaws";
      const settings: Partial<Record<SettingName, string>> = { listen: "127.0.0.1:0", runtime: "records" };
      const server: LocalAws = await createServer(settings);
      export const port: ${port} | undefined = server.addresses[0]?.port;
      export const refusal: string = new ConfigError("no").message;`;
    const check = async (file: string, text: string) => {
      await writeFile(join(installed, file), text);
      const strict = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", ""];
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      return run(process.execPath, [tsc, ...strict, file], { cwd: installed }).then(
        () => "",
        ({ stdout }: { stdout: string }) => stdout,
      );
    };
    expect(await check("right.ts", uses("number"))).to.equal("");
    expect(await check("wrong.ts", uses("boolean"))).to.match(/^wrong\.ts\(5,20\): error TS2322: .*\n$/);
  });
});
