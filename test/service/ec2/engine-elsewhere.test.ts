import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { runOne } from "./support.ts";

describe("ec2 with an engine that does not see this host's files", function () {
  this.timeout(60_000);
  requires("docker");
  let aws: TestServer | undefined;
  let folder = "";
  let descriptor: number | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-elsewhere-"));
    descriptor = openSync(folder, "r");
    // Only this process finds the folder by this path.
    aws = await startLocalAws({ runtime: "docker", dataDir: `/proc/self/fd/${descriptor}` });
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
    if (descriptor !== undefined) closeSync(descriptor);
    if (folder !== "") await rm(folder, { recursive: true, force: true });
  });

  it("runs instances without volumes and says so", async () => {
    if (aws === undefined) throw new Error("There is no server.");
    await runOne(aws.ec2);
    const health = await fetch(`${aws.endpoint}/_localaws/health`);
    expect(await health.text()).to.include("The engine does not see this host's files");
  });
});
