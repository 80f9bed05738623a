import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { launchInstance, login, refusalOf, TerminalClient, ticketFor } from "./terminal-client.ts";

const instance = "i-0123456789abcdef0";

describe("terminal: who may open one", () => {
  let aws: TestServer;
  let other: TestServer;

  before(async () => {
    aws = await startLocalAws();
    other = await startLocalAws({ corsOrigins: "https://console.example.com", allowedHosts: "localaws.test" });
  });
  after(() => Promise.all([aws?.stop(), other?.stop()]));

  /** Let in as far as the instance, which there is not. */
  async function isLetIn(client: TerminalClient): Promise<void> {
    expect((await client.says("error")).message).to.include(instance);
    expect(await client.closed()).to.equal(4404);
  }

  it("refuses who has neither ticket nor token with 401", async () => {
    const refusal = await refusalOf(aws, instance, {});
    expect(refusal).to.deep.equal({ status: 401, code: "Unauthorized", contentType: "application/problem+json" });
  });

  it("lets a ticket in once", async () => {
    const ticket = await ticketFor(aws, instance);
    await isLetIn(TerminalClient.connect(aws, instance, { query: { ticket } }));
    expect(await refusalOf(aws, instance, { query: { ticket } })).to.include({ status: 401, code: "Unauthorized" });
  });

  it("refuses a ticket for another instance, and one of another server", async () => {
    for (const ticket of [await ticketFor(aws, "i-0ffffffffffffffff"), await ticketFor(other, instance), "", "x"]) {
      expect(await refusalOf(aws, instance, { query: { ticket } })).to.include({ status: 401 });
    }
  });

  it("lets the access token in as a subprotocol, which is not said back", async () => {
    const token = await login(aws);
    const protocols = ["localaws.terminal", `localaws.bearer.${token}`];
    const client = TerminalClient.connect(aws, instance, { protocols });
    await isLetIn(client);
    expect(client.socket.protocol).to.equal("localaws.terminal");
  });

  it("lets the access token in as a header", async () => {
    const headers = { authorization: `Bearer ${await login(aws)}` };
    await isLetIn(TerminalClient.connect(aws, instance, { headers }));
  });

  it("refuses a token in the URL, and tokens that are forged or another server's", async () => {
    const token = await login(aws);
    for (const name of ["token", "access_token", "ticket"]) {
      expect(await refusalOf(aws, instance, { query: { [name]: token } })).to.include({ status: 401 });
    }
    const [header, payload] = token.split(".");
    const forged = `${header}.${payload}.${"A".repeat(43)}`;
    for (const bad of [forged, await login(other), "x"]) {
      const protocols = ["localaws.terminal", `localaws.bearer.${bad}`];
      expect(await refusalOf(aws, instance, { protocols })).to.include({ status: 401 });
    }
  });

  it("refuses a page of another origin with 403, and leaves its ticket unused", async () => {
    const ticket = await ticketFor(aws, instance);
    const { port } = new URL(aws.endpoint);
    for (const origin of [
      "https://evil.example",
      "null",
      "http://127.0.0.1:1",
      `http://127.0.0.1.evil.example:${port}`,
      "https://console.example.com",
    ]) {
      const refusal = await refusalOf(aws, instance, { query: { ticket }, headers: { origin } });
      expect(refusal, origin).to.include({ status: 403, code: "OriginNotAllowed" });
    }
    await isLetIn(TerminalClient.connect(aws, instance, { query: { ticket }, headers: { origin: aws.endpoint } }));
  });

  it("lets in a page of an origin that LOCALAWS_CORS_ORIGINS names", async () => {
    const query = { ticket: await ticketFor(other, instance) };
    const headers = { origin: "https://console.example.com" };
    await isLetIn(TerminalClient.connect(other, instance, { query, headers }));
  });

  it("refuses a host name that is not LocalAWS's with 403, as DNS rebinding gives it, its own origin or not", async () => {
    const query = { ticket: await ticketFor(aws, instance) };
    const { port } = new URL(aws.endpoint);
    for (const headers of [
      { host: `rebound.example:${port}`, origin: `http://rebound.example:${port}` },
      { host: "rebound.example" },
    ] as Record<string, string>[]) {
      expect(await refusalOf(aws, instance, { query, headers })).to.include({ status: 403, code: "HostNotAllowed" });
    }
    const allowed = { query: { ticket: await ticketFor(other, instance) }, headers: { host: "localaws.test" } };
    await isLetIn(TerminalClient.connect(other, instance, allowed));
  });

  it("refuses a query that cannot be used with 400, and a path that is none with 404", async () => {
    for (const query of [{ columns: 0 }, { rows: "many" }, { columns: 70_000 }, { offset: -1 }]) {
      expect(await refusalOf(aws, instance, { query })).to.include({ status: 400, code: "ValidationError" });
    }
    expect(await refusalOf(aws, `${instance}/more`, {})).to.include({ status: 404, code: "NotFound" });
    expect(await refusalOf(aws, "..", {})).to.include({ status: 404 });
  });

  it("says of what runs no terminals why", async () => {
    const id = await launchInstance(aws);
    const client = TerminalClient.connect(aws, id, { query: { ticket: await ticketFor(aws, id) } });
    expect((await client.says("error")).message).to.include(aws.server.limitations[0]);
    expect(await client.closed()).to.equal(4503);
  });

  it("answers a request to upgrade to anything else as if it had not asked", async () => {
    const socket = connect(Number(new URL(aws.endpoint).port), "127.0.0.1");
    const host = new URL(aws.endpoint).host;
    const body = JSON.stringify({ username: "admin", password: "password" });
    const upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    const head = `POST /auth/login HTTP/1.1\r\nHost: ${host}\r\n${upgrade}Content-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
    socket.write(body.slice(10));
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString("utf8"))
      .to.match(/^HTTP\/1\.1 200 /)
      .and.include("access_token");
    // The connection goes on.
    socket.write(`GET /_localaws/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const [second] = (await once(socket, "data")) as [Buffer];
    expect(second.toString("utf8")).to.match(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});
