import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RDSClient } from "@aws-sdk/client-rds";
import { startLocalAws, type TestServer } from "../../support/server.ts";

type Restart = (meanwhile?: () => Promise<void>) => Promise<void>;

/**
 * For the body of a suite: a LocalAWS that starts again with its data, which go with it. `use` is told of each one that has started;
 * `meanwhile` finds the data folder as LocalAWS left it.
 */
export function withRestarts(
  use: (aws: TestServer) => void | Promise<void>,
  settings: Parameters<typeof startLocalAws>[0] = {},
): Restart {
  let aws: TestServer | undefined;
  let dataDir = "";
  const start = async () => {
    aws = await startLocalAws({ ...settings, dataDir });
    await use(aws);
  };
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-restarts-"));
    await start();
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  });
  return async (meanwhile) => {
    await aws?.close();
    await meanwhile?.();
    await start();
  };
}

/** The same on the embedded runtime, where databases are real. */
export function withRealDatabases(use: (aws: TestServer) => void): Restart {
  return withRestarts(use, { runtime: "embedded" });
}

/** For the body of a suite: a LocalAWS, and a client of eu-west-1 beside its own. */
export function withTwoRegions(use: (aws: TestServer, europe: RDSClient) => void): void {
  let aws: TestServer | undefined;
  let europe: RDSClient | undefined;
  before(async () => {
    aws = await startLocalAws();
    europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
    use(aws, europe);
  });
  after(async () => {
    europe?.destroy();
    await aws?.stop();
  });
}
