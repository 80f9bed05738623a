import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { type Finished, localaws } from "./localaws-process.ts";

/** Nothing listens at the discard port. */
const nowhere = "127.0.0.1:9";

function expectSentence({ code, stdout, stderr }: Finished, sentence: RegExp): void {
  expect(stderr).to.match(sentence);
  expect(stderr.trim().split("\n"), "one sentence, and no stack").to.have.length(1);
  expect(stdout).to.equal("");
  expect(code).to.equal(1);
}

describe("localaws command", function () {
  this.timeout(180_000);
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  describe("rds ca", () => {
    it("prints the certificate of the data folder's authority, which is the same each time", async () => {
      const { code, stdout } = await localaws(["rds", "ca", "--data", aws.dataDir]);
      expect(new X509Certificate(stdout)).to.include({ ca: true, subject: "CN=LocalAWS RDS Root CA" });
      expect(code).to.equal(0);
      expect((await localaws(["rds", "ca"], { LOCALAWS_DATA_DIR: aws.dataDir })).stdout).to.equal(stdout);
    });
  });

  describe("status", () => {
    it("shows the version, the runtime with what it cannot do, and the services", async () => {
      const { code, stdout } = await localaws(["status", "--endpoint", aws.endpoint]);
      expect(stdout).to.match(/^LocalAWS \d+\.\d+\.\d+ runs at http:\/\/127\.0\.0\.1:\d+$/m);
      expect(stdout).to.contain("Runtime: records");
      for (const limitation of aws.server.limitations) expect(stdout).to.contain(limitation);
      expect(stdout).to.match(/^ {2}s3 +(available|running)$/m);
      expect(code).to.equal(0);
    });

    it("asks where LOCALAWS_LISTEN says", async () => {
      const { host } = new URL(aws.endpoint);
      const { code, stdout } = await localaws(["status"], { LOCALAWS_LISTEN: host });
      expect(stdout).to.contain(aws.endpoint);
      expect(code).to.equal(0);
    });

    it("fails with a sentence when none answers", async () => {
      expectSentence(
        await localaws(["status", "--listen", nowhere]),
        /No LocalAWS answers at http:\/\/127\.0\.0\.1:9\. Start one with `localaws start`/,
      );
    });

    it("fails with a sentence for what is no endpoint", async () => {
      expectSentence(await localaws(["status", "--endpoint", "localhost:4566"]), /write one such as http:\/\//);
    });
  });

  describe("reset", () => {
    it("drops all state", async () => {
      const { code, stdout } = await localaws(["reset", "--endpoint", aws.endpoint]);
      expect(stdout).to.contain(aws.endpoint);
      expect(code).to.equal(0);
    });

    it("fails with a sentence when none answers", async () => {
      expectSentence(await localaws(["reset", "--listen", nowhere]), /No LocalAWS answers/);
    });
  });

  describe("env", () => {
    /** The variables of a shell that had some of another account's and has evaluated the script. */
    function evaluated(script: string): Record<string, string> {
      const env = { PATH: process.env.PATH, AWS_PROFILE: "work", AWS_SESSION_TOKEN: "left over" };
      const lines = execFileSync("sh", ["-euc", 'eval "$1"; env', "sh", script], { env, encoding: "utf8" }).split("\n");
      const variables = lines.filter((line) => line.startsWith("AWS_")).map((line) => line.split(/=(.*)/s, 2));
      return Object.fromEntries(variables);
    }

    it("sets what the AWS clients need, and nothing of another account stays", async () => {
      const { stdout } = await localaws(["env", "--listen", "0.0.0.0:5566", "--region", "eu-west-1"]);
      expect(evaluated(stdout)).to.deep.equal({
        AWS_ENDPOINT_URL: "http://127.0.0.1:5566",
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_REGION: "eu-west-1",
        AWS_DEFAULT_REGION: "eu-west-1",
      });
    });

    it("quotes what a shell would take for its own", async () => {
      const secret = `a'b"c$(id)\`id\`;d e`;
      const { stdout } = await localaws(["env"], { LOCALAWS_CREDENTIALS: `test:${secret}` });
      expect(evaluated(stdout)).to.have.property("AWS_SECRET_ACCESS_KEY", secret);
    });

    it("writes an IPv6 address as URLs have it", async () => {
      const { stdout } = await localaws(["env", "--listen", "[::1]:4566"]);
      expect(evaluated(stdout)).to.have.property("AWS_ENDPOINT_URL", "http://[::1]:4566");
    });

    it("fails with a sentence for port 0", async () => {
      expectSentence(await localaws(["env", "--listen", "127.0.0.1:0"]), /see what it printed/);
    });
  });

  it("prints its version", async () => {
    const { stdout } = await localaws(["--version"]);
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it("lists its commands", async () => {
    const { stdout } = await localaws(["--help"]);
    for (const command of ["start", "status", "reset", "env"])
      expect(stdout).to.match(new RegExp(`^  ${command} `, "m"));
  });

  it("refuses a command that is none", async () => {
    const { code, stderr } = await localaws(["stat"]);
    expect(stderr).to.contain("unknown command 'stat'");
    expect(code).to.equal(1);
  });
});
