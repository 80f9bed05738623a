import { RDSClient } from "@aws-sdk/client-rds";
import { startLocalAws, type TestServer } from "../../support/server.ts";

/** For the body of a suite: a LocalAWS on the embedded runtime, whose databases go with it. */
export function withRealDatabases(use: (aws: TestServer) => void): void {
  let aws: TestServer | undefined;
  before(async () => {
    aws = await startLocalAws({ runtime: "embedded" });
    use(aws);
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
  });
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
