import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "node:process";
import { CreateBucketCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { pino } from "pino";
import { loadConfig } from "../../../src/config.ts";
import { start } from "../../../src/start.ts";
import { eventually } from "../../support/eventually.ts";
import { endProcesses, LocalAwsProcess, localaws, startProcess } from "./localaws-process.ts";

describe("localaws start", function () {
  this.timeout(180_000);
  let folder: string;
  let taken: Server;
  let takenAddress: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-test-"));
    taken = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi"));
    await once(taken.listen(0, "127.0.0.1"), "listening");
    takenAddress = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  });
  afterEach(endProcesses);
  after(async () => {
    taken.close();
    await rm(folder, { recursive: true, force: true });
  });

  function s3Of(endpoint: string): S3Client {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    return new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 });
  }

  /** A request whose body's end is missing: it is under way until that comes. Needs `--auth off`. */
  async function unfinished(endpoint: string): Promise<{ sent: ClientRequest; answer: Promise<[IncomingMessage]> }> {
    const put = { method: "PUT", headers: { "content-length": "2" } };
    await fetch(`${endpoint}/unfinished`, { method: "PUT" });
    const sent = request(`${endpoint}/unfinished/key`, put);
    const answer = once(sent, "response") as Promise<[IncomingMessage]>;
    sent.write("a");
    await once(sent, "socket");
    return { sent, answer };
  }

  it("logs where it listens when it is ready, and answers there", async () => {
    const dataDir = join(folder, "ready");
    const process = startProcess(dataDir);
    const line = await process.logLine(({ msg }) => msg === "LocalAWS is ready");
    expect(line).to.include({ runtime: "records", dataDir });
    const health = await fetch(`${line.endpoint}/_localaws/health`);
    expect(health.status).to.equal(200);
    expect((await process.stop()).code).to.equal(0);
  });

  it("keeps the state over a restart", async () => {
    const dataDir = join(folder, "restart");
    const first = startProcess(dataDir);
    await s3Of(await first.endpoint()).send(new CreateBucketCommand({ Bucket: "kept" }));
    await first.stop();
    const second = startProcess(dataDir);
    await s3Of(await second.endpoint()).send(new HeadBucketCommand({ Bucket: "kept" }));
    await second.stop();
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`ends what is under way at ${signal}, takes nothing new, and exits with 0`, async () => {
      const process = startProcess(join(folder, signal), "--auth", "off");
      const endpoint = await process.endpoint();
      const { sent, answer } = await unfinished(endpoint);
      await fetch(`${endpoint}/_localaws/health`);
      const finished = process.stop(signal);
      await refusedConnection(endpoint);
      expect(process.child.exitCode).to.equal(null);
      sent.end("b");
      const [{ statusCode }] = await answer;
      expect(statusCode).to.equal(200);
      const answered = performance.now();
      expect((await finished).code).to.equal(0);
      expect(process.log.map(({ signal: reason }) => reason)).to.include(signal);
      // Not only when the grace for what is under way, ten seconds, has passed.
      expect(performance.now() - answered).to.be.below(9500);
    });
  }

  it("ends at once at a second signal", async () => {
    const process = startProcess(join(folder, "at-once"), "--auth", "off");
    const endpoint = await process.endpoint();
    const { answer } = await unfinished(endpoint);
    const cut = answer.then(
      () => expect.fail("the request was answered"),
      () => undefined,
    );
    process.child.kill("SIGINT");
    await refusedConnection(endpoint);
    expect((await process.stop("SIGINT")).code).to.equal(130);
    await cut;
  });

  it("goes on where its log is on a disk that is full", async function () {
    if (platform !== "linux") this.skip();
    // The log, which would say which port it got, is lost.
    const probe = createServer();
    await once(probe.listen(0, "127.0.0.1"), "listening");
    const endpoint = `http://127.0.0.1:${(probe.address() as AddressInfo).port}`;
    await new Promise((resolve) => probe.close(resolve));
    const args = ["--runtime", "records", "--data", join(folder, "full-log"), "--listen", new URL(endpoint).host];
    const process = new LocalAwsProcess(["start", ...args], {}, "/dev/full");
    await eventually("an answer", async () => (await fetch(`${endpoint}/_localaws/health`).catch(() => undefined))?.ok);
    await s3Of(endpoint).send(new CreateBucketCommand({ Bucket: "logged" }));
    // Ends with 0 when its last lines, too, could not be written.
    expect((await process.stop()).code).to.equal(0);
  });

  async function expectFailure(running: Promise<{ code: number | null; stderr: string }>, sentence: RegExp) {
    const { code, stderr } = await running;
    expect(stderr).to.match(sentence);
    expect(stderr.trim().split("\n"), "one sentence, and no stack").to.have.length(1);
    expect(code).to.equal(1);
  }

  function startCommand(...args: string[]) {
    const settings = ["--runtime", "records", "--log-level", "error", "--data", join(folder, "failed")];
    return localaws(["start", ...settings, ...args], { LOCALAWS_ADMIN_PASSWORD: "one-of-our-own" });
  }

  it("says that another program has the port", () =>
    expectFailure(startCommand("--listen", takenAddress), /127\.0\.0\.1:\d+ is taken by another program\. .*--listen/));

  it("says that LocalAWS runs already", async () => {
    const running = startProcess(join(folder, "running"));
    const { host } = new URL(await running.endpoint());
    await expectFailure(startCommand("--listen", host), /is taken by LocalAWS \d+\.\d+\.\d+, which runs already/);
    await running.stop();
  });

  it("fails for a taken address that was asked for, though it is the second", () =>
    expectFailure(startCommand("--listen", `127.0.0.1:0,${takenAddress}`), /is taken by another program/));

  it("does without a taken address that nobody asked for", async () => {
    const config = loadConfig({ runtime: "records", dataDir: join(folder, "optional") }, {});
    const [host = "", port = ""] = takenAddress.split(":");
    const listen = [
      { host: "127.0.0.1", port: 0 },
      { host, port: Number(port), optional: true },
    ];
    const server = await start({ ...config, listen }, pino({ level: "silent" }));
    expect(server.addresses).to.have.length(1);
    expect((await fetch(`${server.endpoint}/_localaws/health`)).status).to.equal(200);
    await server.close();
  });

  it("says that an address is not this machine's", () =>
    expectFailure(startCommand("--listen", "192.0.2.1:4566"), /cannot listen there: .*192\.0\.2\.1.*--listen/));

  it("says what is wrong with the data folder", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    await expectFailure(
      localaws(["start", "--runtime", "records", "--listen", "127.0.0.1:0", "--data", join(file, "data")]),
      /could not start: .*a-file/,
    );
  });

  it("says what to write instead of a setting that cannot be used", () =>
    expectFailure(
      startCommand("--runtime", "podman"),
      /--runtime \(LOCALAWS_RUNTIME\): "podman" is not one of auto, /,
    ));

  it("says at start that signatures are not verified", async () => {
    const process: LocalAwsProcess = startProcess(join(folder, "auth"), "--auth", "off");
    await process.logLine(({ msg, level }) => level === 40 && msg === "signatures are not verified");
    await process.stop();
  });
});

/** Resolves when nothing listens there any more. */
async function refusedConnection(endpoint: string): Promise<void> {
  for (;;) {
    const answered = await fetch(`${endpoint}/_localaws/health`, { headers: { connection: "close" } }).then(
      () => true,
      () => false,
    );
    if (!answered) return;
  }
}
