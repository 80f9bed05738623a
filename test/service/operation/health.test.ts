import { readFileSync } from "node:fs";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";

interface Health {
  readonly status: string;
  readonly version: string;
  readonly runtime: string;
  readonly limitations: readonly string[];
  readonly services: Readonly<Record<string, string>>;
}

describe("operation health", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function health(path = "/_localaws/health"): Promise<Health> {
    const answer = await fetch(`${aws.endpoint}${path}`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get("content-type")).to.match(/^application\/json/);
    return (await answer.json()) as Health;
  }

  it("says version, runtime and what that cannot do", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    const answer = await health();
    expect(answer).to.include({ status: "running", version, runtime: "records" });
    expect(answer.limitations).to.be.an("array").that.is.not.empty;
    for (const limitation of answer.limitations) expect(limitation).to.match(/^[A-Z].*\.$/);
  });

  it("says of each service whether it has been used", async () => {
    expect(await health()).to.have.nested.property("services.sts", "available");
    await aws.sts.send(new GetCallerIdentityCommand());
    const { services } = await health();
    expect(services).to.have.property("sts", "running");
    expect(services).to.include.keys("s3", "ec2", "rds", "sts", "secretsmanager", "ssm", "rds-data");
  });

  it("answers at /_localstack/health too", async () => {
    expect(await health("/_localstack/health")).to.deep.equal(await health());
  });

  it("answers 404 beside it", async () => {
    const answer = await fetch(`${aws.endpoint}/_localaws/nothing`);
    expect(answer.status).to.equal(404);
    expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/);
  });
});
