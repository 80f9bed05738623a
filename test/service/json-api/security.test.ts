import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { SignJWT, UnsecuredJWT } from "jose";
import { createServer } from "../../../src/index.ts";
import { commandLine } from "../../support/built.ts";
import { type JsonApi, sendRaw, startJsonApi } from "./json-api.ts";

const login = { username: "admin", password: "password" };

describe("json-api POST /auth/login", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("gives admin with the default password a Bearer token for 12 hours", async () => {
    const { status, body, headers } = await api.send("POST", "/auth/login", { json: login, token: null });
    expect(status).to.equal(200);
    expect(body).to.include({ token_type: "Bearer", expires_in: 43_200 });
    expect(headers.get("cache-control")).to.equal("no-store");
    expect((await api.send("GET", "/s3/buckets", { token: body.access_token ?? "" })).status).to.equal(200);
  });

  it("answers a wrong password and a wrong name alike, with 401 and WWW-Authenticate", async () => {
    const details = new Set<string | undefined>();
    for (const json of [
      { username: "admin", password: "other" },
      { username: "root", password: "password" },
    ]) {
      const { status, headers, body } = await api.send("POST", "/auth/login", { json, token: null });
      expect(status).to.equal(401);
      expect(headers.get("www-authenticate")).to.match(/^Bearer/);
      details.add(body.detail);
    }
    expect(details.size).to.equal(1);
  });

  it("refuses a body with a member missing, of another type or unknown with 422 and its name", async () => {
    const cases: [json: object, field: string][] = [
      [{ username: "admin" }, "body.password"],
      [{ ...login, password: 1 }, "body.password"],
      [{ ...login, remember: true }, "body.remember"],
    ];
    for (const [json, field] of cases) {
      const { status, body } = await api.send<{ errors: { field: string }[] }>("POST", "/auth/login", { json });
      expect(status).to.equal(422);
      expect(body.errors.map((error) => error.field)).to.deep.equal([field]);
    }
  });

  it("refuses what is no JSON with 400, a form with 415 and a large body with 413", async () => {
    const headers = { "content-type": "application/json" };
    const post = (body: string, type = headers) => api.send("POST", "/auth/login", { body, headers: type });
    expect((await post("{")).status).to.equal(400);
    expect((await post("username=admin", { "content-type": "application/x-www-form-urlencoded" })).status).to.equal(
      415,
    );
    expect((await post(`{"username":"${"x".repeat(2 << 20)}"}`)).status).to.equal(413);
  });

  it("takes another password where one is configured, and the default no longer", async () => {
    const own = await startJsonApi({ adminPassword: "correct horse, ünïcode" });
    try {
      expect((await own.send("GET", "/s3/buckets")).status).to.equal(200);
      expect((await own.send("POST", "/auth/login", { json: login })).status).to.equal(401);
    } finally {
      await own.stop();
    }
  });

  it("makes an address that fails ten times wait, with 429 and Retry-After, also when all tries come at once", async () => {
    const own = await startJsonApi();
    try {
      const json = { ...login, password: "wrong" };
      const tries = Array.from({ length: 15 }, () => own.send("POST", "/auth/login", { json, token: null }));
      const statuses = (await Promise.all(tries)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 401)).to.have.lengthOf(10);
      const late = await own.send("POST", "/auth/login", { json: login, token: null });
      expect(late.status).to.equal(429);
      expect(late.body).to.include({ code: "TooManyRequests" });
      expect(Number(late.headers.get("retry-after"))).to.be.within(1, 60);
      expect((await own.send("GET", "/s3/buckets")).status, "who is logged in").to.equal(200);
    } finally {
      await own.stop();
    }
  });

  it("counts no login that succeeds as a failure", async () => {
    const own = await startJsonApi();
    try {
      for (let count = 0; count < 12; count++) {
        expect((await own.send("POST", "/auth/login", { json: login })).status).to.equal(200);
      }
    } finally {
      await own.stop();
    }
  });
});

describe("json-api access token", () => {
  let api: JsonApi;
  let key: Uint8Array;
  before(async () => {
    api = await startJsonApi();
    key = Buffer.from(await readFile(keyFile(api.aws.dataDir), "utf8"), "base64url");
  });
  after(() => api.stop());

  const keyFile = (dataDir: string) => join(dataDir, "metadata", "session.key");
  const now = () => Math.floor(Date.now() / 1000);

  function token({ alg = "HS256", secret = key, expires = now() + 60, ...claims }: Record<string, unknown> = {}) {
    return new SignJWT({ sub: "admin", iss: "localaws", aud: "localaws-console", ...claims })
      .setProtectedHeader({ alg: String(alg) })
      .setIssuedAt(now() - 3600)
      .setExpirationTime(Number(expires))
      .sign(secret as Uint8Array);
  }

  const statusWith = async (given: string | null) => (await api.send("GET", "/s3/buckets", { token: given })).status;

  it("is one that the key in the data folder has signed", async () => {
    expect(await statusWith(await token())).to.equal(200);
    expect((await stat(keyFile(api.aws.dataDir))).mode & 0o777).to.equal(0o600);
    expect(key.length).to.be.at.least(32);
  });

  it("is asked for with 401 and WWW-Authenticate where there is none", async () => {
    const { status, headers, body } = await api.send("GET", "/s3/buckets", { token: null });
    expect(status).to.equal(401);
    expect(headers.get("www-authenticate")).to.equal('Bearer realm="localaws"');
    expect(body).to.include({ code: "Unauthorized", status: 401 });
  });

  const refused: [what: string, make: () => Promise<string> | string][] = [
    ["expired", () => token({ expires: now() - 1 })],
    ["signed with another key", () => token({ secret: new Uint8Array(32).fill(1) })],
    ["signed with another algorithm", () => token({ alg: "HS512", secret: Buffer.concat([key, key]) })],
    ["for another audience", () => token({ aud: "somebody" })],
    ["of another issuer", () => token({ iss: "somebody" })],
    ["of another subject", () => token({ sub: "root" })],
    [
      "unsigned (alg none)",
      () =>
        new UnsecuredJWT({ sub: "admin", iss: "localaws", aud: "localaws-console" })
          .setIssuedAt()
          .setExpirationTime("1h")
          .encode(),
    ],
    [
      "without an expiry",
      () =>
        new SignJWT({ sub: "admin", iss: "localaws", aud: "localaws-console" })
          .setProtectedHeader({ alg: "HS256" })
          .setIssuedAt()
          .sign(key),
    ],
    ["changed", async () => `${(await token()).slice(0, -4)}AAAA`],
    ["no token at all", () => "password"],
  ];
  for (const [what, make] of refused) {
    it(`is refused when it is ${what}`, async () => {
      expect(await statusWith(await make())).to.equal(401);
    });
  }

  it("is not taken from the query", async () => {
    const answer = await api.send("GET", `/s3/buckets?access_token=${api.token}`, { token: null });
    expect(answer.status).to.equal(401);
  });

  it("outlives a restart", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-test-"));
    try {
      const first = await startJsonApi({ dataDir });
      await first.stop();
      const second = await startJsonApi({ dataDir });
      expect((await second.send("GET", "/s3/buckets", { token: first.token })).status).to.equal(200);
      await second.stop();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("lets a caller with a foreign origin reset, and nobody without it", async () => {
    const headers = { origin: "https://example.com" };
    expect((await api.send("POST", "/_localaws/reset", { headers, token: null })).status).to.equal(403);
    expect(
      (await api.send("POST", "/_localaws/reset", { headers, token: await token({ expires: 1 }) })).status,
    ).to.equal(403);
    expect((await api.send("POST", "/_localaws/reset", { headers })).status).to.equal(200);
  });
});

describe("json-api hosts and origins", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  function get(headers: Record<string, string>, path = "/s3/buckets", method = "GET") {
    return sendRaw(api.aws.endpoint, path, {
      method,
      headers: { host: new URL(api.aws.endpoint).host, authorization: `Bearer ${api.token}`, ...headers },
    });
  }

  it("are answered by the names of this machine", async () => {
    const { port } = new URL(api.aws.endpoint);
    for (const name of ["127.0.0.1", "127.1.2.3", "localhost", "console.localhost", "[::1]", "LOCALHOST"]) {
      expect((await get({ host: `${name}:${port}` })).status, name).to.equal(200);
    }
  });

  it("refuses any other Host with 403, as of a name that was made to point here", async () => {
    for (const host of [
      "example.com",
      "localhost.example.com",
      "127.0.0.1.example.com",
      "192.0.2.1",
      "evil-localhost",
    ]) {
      for (const path of ["/s3/buckets", "/docs", "/docs/openapi.json", "/auth/login", "/nothing/there"]) {
        if (path.startsWith("/nothing")) continue;
        const { status, body } = await get({ host }, path);
        expect(status, `${host} ${path}`).to.equal(403);
        expect(JSON.parse(body)).to.include({ code: "HostNotAllowed" });
      }
    }
  });

  it("does not ask AWS's clients and the health for one", async () => {
    expect((await get({ host: "localaws.example.com" }, "/_localaws/health")).status).to.equal(200);
    const aws = await get({ host: "localaws.example.com", authorization: "" }, "/some-bucket");
    expect(aws.headers.server).to.equal("AmazonS3");
  });

  it("refuses a page of another origin, also where it has a token, and gives it no CORS header", async () => {
    const { host } = new URL(api.aws.endpoint);
    for (const origin of ["https://example.com", "null", `http://${host}.example.com`, "http://127.0.0.1:1"]) {
      const { status, headers, body } = await get({ origin });
      expect(status, origin).to.equal(403);
      expect(JSON.parse(body)).to.include({ code: "OriginNotAllowed" });
      expect(headers).to.not.have.property("access-control-allow-origin");
      const preflight = await get({ origin, "access-control-request-method": "DELETE" }, "/s3/buckets/x", "OPTIONS");
      expect(preflight.status).to.equal(403);
      expect(preflight.headers).to.not.have.property("access-control-allow-origin");
    }
    expect((await get({ origin: `http://${host}` })).status).to.equal(200);
  });

  it("lets the configured origins and hosts in, and no others", async () => {
    const open = await startJsonApi({ corsOrigins: "https://app.example.com", allowedHosts: "localaws.example.com" });
    try {
      const headers = { authorization: `Bearer ${open.token}`, host: "localaws.example.com" };
      const origin = "https://app.example.com";
      const allowed = await sendRaw(open.aws.endpoint, "/s3/buckets", { headers: { ...headers, origin } });
      expect(allowed.status).to.equal(200);
      expect(allowed.headers).to.include({ "access-control-allow-origin": origin, vary: "origin" });
      expect(allowed.headers).to.not.have.property("access-control-allow-credentials");
      const preflight = await sendRaw(open.aws.endpoint, "/s3/buckets/x", {
        method: "OPTIONS",
        headers: { host: headers.host, origin, "access-control-request-method": "DELETE" },
      });
      expect(preflight.status).to.equal(204);
      expect(preflight.headers["access-control-allow-methods"]).to.include("DELETE");
      expect(preflight.headers["access-control-allow-headers"]).to.include("authorization");
      const other = { ...headers, origin: "https://other.example.com" };
      expect((await sendRaw(open.aws.endpoint, "/s3/buckets", { headers: other })).status).to.equal(403);
    } finally {
      await open.stop();
    }
  });

  it("sends every answer with headers that keep scripts, frames and guesses of types out", async () => {
    for (const path of ["/s3/buckets", "/docs", "/docs/openapi.json", "/ec2/nothing"]) {
      const { headers } = await get({}, path);
      expect(headers["content-security-policy"]).to.include("default-src 'self'").and.include("frame-ancestors 'none'");
      expect(headers["content-security-policy"]).to.not.match(/script-src|unsafe-eval/);
      expect(headers).to.include({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
      expect(headers).to.not.have.property("x-powered-by");
    }
  });
});

describe("json-api default password", () => {
  it("ends a start at an address that others reach, and says what to set", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-test-"));
    try {
      for (const listen of ["0.0.0.0:0", "127.0.0.1:0,[::]:0"]) {
        const failed = await createServer({ listen, dataDir, runtime: "records" }).catch((error: unknown) => error);
        expect(String(failed)).to.include("LOCALAWS_ADMIN_PASSWORD").and.include("127.0.0.1");
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("ends `localaws start` with that sentence alone and exit code 1", async () => {
    const env = { ...process.env, LOCALAWS_LISTEN: "0.0.0.0:0", LOCALAWS_ADMIN_PASSWORD: "" };
    const failed = await promisify(execFile)(process.execPath, [...commandLine(), "start"], { env }).then(
      () => expect.fail("it started"),
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed.code).to.equal(1);
    const lines = failed.stderr.split("\n").filter((line) => line.startsWith("localaws:"));
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.include("Set LOCALAWS_ADMIN_PASSWORD");
    expect(failed.stderr).to.not.include("    at ");
  });

  it("may be had anywhere where it is set in so many words, as in a container with its ports on loopback", async () => {
    const api = await startJsonApi({ listen: "0.0.0.0:0", adminPassword: "password" });
    try {
      expect((await api.send("GET", "/s3/buckets")).status).to.equal(200);
      // An address is no name that could be made to point here.
      const headers = { host: "192.0.2.1:4566", authorization: `Bearer ${api.token}` };
      expect((await sendRaw(api.aws.endpoint, "/s3/buckets", { headers })).status).to.equal(200);
      const named = { ...headers, host: "example.com" };
      expect((await sendRaw(api.aws.endpoint, "/s3/buckets", { headers: named })).status).to.equal(403);
    } finally {
      await api.stop();
    }
  });
});

describe("json-api and AWS's clients", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("leave a bucket named as a route to AWS's clients", async () => {
    for (const Bucket of ["events", "requests", "auth"]) {
      await api.aws.s3.send(new CreateBucketCommand({ Bucket }));
      await api.aws.s3.send(new PutObjectCommand({ Bucket, Key: "login", Body: "x" }));
    }
    const { Buckets = [] } = await api.aws.s3.send(new ListBucketsCommand());
    expect(Buckets.map(({ Name }) => Name)).to.include.members(["events", "requests", "auth"]);
  });

  it("sandbox a stored page that a browser opens, and change nothing for SDKs", async () => {
    await api.aws.s3.send(new CreateBucketCommand({ Bucket: "pages" }));
    const page = { Bucket: "pages", Key: "page.html", Body: "<script>1</script>", ContentType: "text/html" };
    await api.aws.s3.send(new PutObjectCommand(page));
    const { body } = await api.send("POST", "/s3/buckets/pages/objects/page.html/presign", { json: {} });
    const browser = await fetch(String(body.url), { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } });
    expect(browser.status).to.equal(200);
    expect(browser.headers.get("content-security-policy")).to.match(/^sandbox /);
    expect(browser.headers.get("content-security-policy")).to.not.include("allow-same-origin");
    const tool = await fetch(String(body.url));
    expect(tool.headers.get("content-security-policy")).to.equal(null);
  });
});
