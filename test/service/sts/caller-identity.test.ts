import { AssumeRoleCommand, GetAccessKeyInfoCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { sendError } from "./send-error.ts";

describe("sts", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
  });
  after(() => aws.stop());

  describe("sts GetCallerIdentity", () => {
    it("answers the root of the default account for the default key", async () => {
      const identity = await aws.sts.send(new GetCallerIdentityCommand({}));
      expect(identity).to.deep.include({
        UserId: "000000000000",
        Account: "000000000000",
        Arn: "arn:aws:iam::000000000000:root",
      });
    });

    it("answers the account that a configured key names", async () => {
      const sts = new STSClient({
        ...aws.clientConfig,
        credentials: { accessKeyId: "other", secretAccessKey: "secret" },
      });
      expect(await sts.send(new GetCallerIdentityCommand({}))).to.deep.include({
        UserId: "222222222222",
        Account: "222222222222",
        Arn: "arn:aws:iam::222222222222:root",
      });
    });

    it("takes a request that is signed for any region", async () => {
      const sts = new STSClient({ ...aws.clientConfig, region: "ap-southeast-7" });
      expect((await sts.send(new GetCallerIdentityCommand({}))).Account).to.equal("000000000000");
    });
  });

  describe("sts GetAccessKeyInfo", () => {
    const info = (AccessKeyId: string) => aws.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId }));

    it("answers the account of a configured key", async () => {
      expect((await info("other")).Account).to.equal("222222222222");
    });

    it("answers the account of a key that STS issued", async () => {
      const RoleArn = "arn:aws:iam::333333333333:role/reader";
      const { Credentials } = await aws.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "info" }));
      expect((await info(Credentials?.AccessKeyId ?? "")).Account).to.equal("333333333333");
    });

    it("answers the account that is written in a foreign key", async () => {
      // From the article that found the account in the id: hackingthe.cloud, "Get Account ID from AWS Access Keys".
      expect((await info("ASIAQNZGKIQY56JQ7WML")).Account).to.equal("029608264753");
    });

    it("rejects an id that is too short with ValidationError", async () => {
      expect(await sendError(info("short"))).to.deep.equal({
        name: "ValidationError",
        status: 400,
        message:
          "1 validation error detected: Value 'short' at 'accessKeyId' failed to satisfy constraint: Member must have length greater than or equal to 16",
      });
    });

    it("rejects an id that names no account with InvalidClientTokenId", async () => {
      expect(await sendError(info("AKIAIOSFODNN7EXAMPLE"))).to.include({ name: "InvalidClientTokenId", status: 403 });
    });
  });
});
