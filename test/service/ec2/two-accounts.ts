import { EC2Client } from "@aws-sdk/client-ec2";
import { startLocalAws, type TestServer } from "../../support/server.ts";

export const otherAccount = "222222222222";

/** For the body of a suite: a LocalAWS, and a client of another account beside its own. */
export function withTwoAccounts(use: (aws: TestServer, other: EC2Client) => void): void {
  let aws: TestServer | undefined;
  let other: EC2Client | undefined;
  before(async () => {
    aws = await startLocalAws({ runtime: "records", credentials: `test:test,other:secret:${otherAccount}` });
    const credentials = { accessKeyId: "other", secretAccessKey: "secret" };
    other = new EC2Client({ ...aws.clientConfig, credentials });
    use(aws, other);
  });
  after(async () => {
    other?.destroy();
    await aws?.stop();
  });
}
