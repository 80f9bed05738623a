import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../support/server.ts";
import { consoleFolder, ensureConsole } from "./support/built-console.ts";

const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("console files", () => {
  let server: TestServer;
  before(async function () {
    this.timeout(180_000);
    await ensureConsole();
    server = await startLocalAws();
  });
  after(() => server.stop());

  const get = (path: string, headers: Record<string, string> = html) =>
    fetch(server.endpoint + path, { headers, redirect: "manual" });

  it("sends a browser that asks for / to the console, and no AWS client", async () => {
    const response = await get("/");
    expect(response.status).to.equal(302);
    expect(response.headers.get("location")).to.equal("/console/");
    expect((await get("/", { accept: "*/*" })).headers.get("content-type")).to.contain("xml");
    await server.s3.send(new ListBucketsCommand({}));
  });

  it("answers the page at every address of the console, and says not to keep it", async () => {
    for (const path of ["/console", "/console/", "/console/instances/i-0123", "/console/buckets/my.bucket"]) {
      const response = await get(path);
      expect(response.status, path).to.equal(200);
      expect(response.headers.get("content-type")).to.contain("text/html");
      expect(response.headers.get("cache-control")).to.equal("no-cache");
      expect(await response.text()).to.contain('<div id="app">');
    }
  });

  it("lets no script run that stands in the page", async () => {
    const response = await get("/console/");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).to.contain("default-src 'self'");
    expect(policy).to.match(/frame-ancestors 'none'/);
    expect(policy).to.not.match(/script-src[^;]*'unsafe/);
    const scripts = (await response.text()).match(/<script[^>]*>/g) ?? [];
    expect(scripts).to.have.length.greaterThan(0);
    for (const script of scripts) expect(script).to.contain(" src=");
  });

  it("lets assets be kept for ever", async () => {
    for (const name of await readdir(join(consoleFolder, "assets"))) {
      const response = await get(`/console/assets/${name}`, {});
      expect(response.status).to.equal(200);
      expect(response.headers.get("cache-control")).to.equal("public, max-age=31536000, immutable");
      expect(response.headers.get("content-type")).to.match(/^text\/(?:javascript|css)/);
      expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
      await response.arrayBuffer();
    }
  });

  it("has no file outside of its folder, and answers 404 to an asset that is not there", async () => {
    expect((await get("/console/assets/none.js")).status).to.equal(404);
    for (const path of ["/console/..%2fmain.js", "/console/assets/..%2f..%2fpackage.json"]) {
      const response = await get(path);
      const text = await response.text();
      expect(text).to.not.contain("localaws start");
      expect(text).to.not.contain('"dependencies"');
    }
  });

  it("refuses a host name that is not its own", async () => {
    const { request } = await import("node:http");
    const status = await new Promise((resolve, reject) => {
      const { port } = new URL(server.endpoint);
      const asked = request(
        { port, host: "127.0.0.1", path: "/console/", headers: { host: "evil.example" } },
        (res) => {
          res.resume();
          resolve(res.statusCode);
        },
      );
      asked.once("error", reject).end();
    });
    expect(status).to.equal(403);
  });

  it("is under 150 kB gzipped, without the terminal", async () => {
    const files = await readdir(consoleFolder, { recursive: true, withFileTypes: true });
    const own = files.filter((file) => file.isFile() && !file.name.startsWith("shell-"));
    const sizes = own.map(async (file) => gzipSync(await readFile(join(file.parentPath, file.name))).length);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).to.be.greaterThan(10_000);
    expect(bytes).to.be.lessThan(150_000);
  });

  it("loads the terminal when it is first opened, and not before", async () => {
    const page = await readFile(join(consoleFolder, "index.html"), "utf8");
    expect(page).to.not.contain("shell-");
    const names = await readdir(join(consoleFolder, "assets"));
    expect(names.filter((name) => /^shell-.*\.js$/.test(name))).to.have.length(1);
  });
});
