import { rm } from "node:fs/promises";
import { DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  DecodeAuthorizationMessageCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  type GetFederationTokenCommandInput,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { expect } from "chai";
import { encodeAuthorizationMessage } from "../../../src/services/sts/authorization-messages.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { sendError } from "./send-error.ts";

const RoleArn = "arn:aws:iam::123456789012:role/team/deployer";

describe("sts sessions", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const assumeRole = (input: Partial<AssumeRoleCommandInput> = {}, sts = aws.sts) =>
    sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session", ...input }));

  /** A client's settings with temporary credentials. */
  function using(credentials: Credentials | undefined, changes: { sessionToken?: string } = {}) {
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = credentials ?? {};
    return {
      ...aws.clientConfig,
      credentials: {
        ...{ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
        ...changes,
      },
    };
  }

  describe("sts AssumeRole", () => {
    it("gives credentials and the assumed role's names", async () => {
      const before = Date.now();
      const { Credentials, AssumedRoleUser, PackedPolicySize } = await assumeRole({ DurationSeconds: 900 });
      expect(Credentials?.AccessKeyId).to.match(/^ASIA[A-Z2-7]{16}$/);
      expect(Credentials?.SecretAccessKey).to.have.length(40);
      const seconds = ((Credentials?.Expiration?.getTime() ?? 0) - before) / 1000;
      expect(seconds).to.be.within(899, 910);
      expect(AssumedRoleUser?.Arn).to.equal("arn:aws:sts::123456789012:assumed-role/deployer/session");
      expect(AssumedRoleUser?.AssumedRoleId).to.match(/^AROA[A-Z2-7]{17}:session$/);
      expect(PackedPolicySize).to.equal(undefined);
    });

    it("gives credentials that every service knows for the assumed role", async () => {
      const { Credentials, AssumedRoleUser } = await assumeRole();
      const config = using(Credentials);
      expect(await new STSClient(config).send(new GetCallerIdentityCommand({}))).to.deep.include({
        UserId: AssumedRoleUser?.AssumedRoleId,
        Account: "123456789012",
        Arn: AssumedRoleUser?.Arn,
      });
      await new S3Client({ ...config, forcePathStyle: true }).send(new ListBucketsCommand({}));
      await new EC2Client(config).send(new DescribeRegionsCommand({}));
    });

    it("gives the same role the same id", async () => {
      const ids = await Promise.all(["one", "two"].map((RoleSessionName) => assumeRole({ RoleSessionName })));
      const [one, two] = ids.map(({ AssumedRoleUser }) => AssumedRoleUser?.AssumedRoleId?.split(":"));
      expect(one?.[0]).to.equal(two?.[0]);
      expect([one?.[1], two?.[1]]).to.deep.equal(["one", "two"]);
    });

    it("gives back the source identity, and a policy's size", async () => {
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
      const { SourceIdentity, PackedPolicySize } = await assumeRole({ SourceIdentity: "alice", Policy });
      expect(SourceIdentity).to.equal("alice");
      expect(PackedPolicySize).to.be.within(1, 10);
    });

    const refused: readonly (readonly [string, Partial<AssumeRoleCommandInput>, string])[] = [
      [
        "a session name of one character",
        { RoleSessionName: "a" },
        "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
      ],
      [
        "a session name with other characters",
        { RoleSessionName: "a b/c" },
        "1 validation error detected: Value 'a b/c' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
      ],
      [
        "a short duration",
        { DurationSeconds: 899 },
        "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
      ],
      [
        "a long duration",
        { DurationSeconds: 43_201 },
        "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
      ],
      [
        "two wrong parameters, in one message",
        { RoleArn: "role", DurationSeconds: 1 },
        "2 validation errors detected: Value 'role' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value '1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
      ],
      ["an ARN that is none", { RoleArn: "not-an-arn-at-all-but-long" }, "Request ARN is invalid"],
      ["the ARN of a user", { RoleArn: "arn:aws:iam::123456789012:user/someone" }, "Request ARN is invalid"],
    ];
    for (const [what, input, message] of refused) {
      it(`rejects ${what} with ValidationError`, async () => {
        expect(await sendError(assumeRole(input))).to.deep.equal({ name: "ValidationError", status: 400, message });
      });
    }

    it("rejects a policy that is no JSON, or no policy, with MalformedPolicyDocument", async () => {
      for (const Policy of ["{", "[]", "1"]) {
        const error = await sendError(assumeRole({ Policy }));
        // The SDK names the exception by its shape, not by its code.
        expect(error, Policy).to.include({ name: "MalformedPolicyDocumentException", status: 400 });
      }
    });

    it("rejects tags with the same key in another case with InvalidParameterValue", async () => {
      const Tags = ["team", "Team"].map((Key) => ({ Key, Value: "x" }));
      expect(await sendError(assumeRole({ Tags }))).to.include({ name: "InvalidParameterValue", status: 400 });
    });

    it("lets a role assume another for an hour at most", async () => {
      const role = new STSClient(using((await assumeRole()).Credentials));
      await assumeRole({ DurationSeconds: 3600 }, role);
      expect(await sendError(assumeRole({ DurationSeconds: 3601 }, role))).to.deep.equal({
        name: "ValidationError",
        status: 400,
        message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
      });
    });
  });

  describe("sts GetSessionToken", () => {
    const getSessionToken = (DurationSeconds?: number, sts = aws.sts) =>
      sts.send(new GetSessionTokenCommand(DurationSeconds === undefined ? {} : { DurationSeconds }));

    it("gives credentials of the caller for twelve hours", async () => {
      const before = Date.now();
      const { Credentials } = await getSessionToken();
      expect(((Credentials?.Expiration?.getTime() ?? 0) - before) / 3_600_000).to.be.within(11.99, 12.01);
      expect(await new STSClient(using(Credentials)).send(new GetCallerIdentityCommand({}))).to.deep.include({
        Account: "000000000000",
        Arn: "arn:aws:iam::000000000000:root",
      });
    });

    it("rejects a duration out of 900 to 129600 with ValidationError", async () => {
      for (const seconds of [899, 129_601]) {
        expect(await sendError(getSessionToken(seconds))).to.include({ name: "ValidationError", status: 400 });
      }
    });

    it("rejects session credentials with AccessDenied", async () => {
      const sts = new STSClient(using((await getSessionToken()).Credentials));
      expect(await sendError(getSessionToken(900, sts))).to.deep.equal({
        name: "AccessDenied",
        status: 403,
        message: "Cannot call GetSessionToken with session credentials",
      });
    });

    it("gives credentials that are refused with another token", async () => {
      const { Credentials } = await getSessionToken();
      const sts = new STSClient(using(Credentials, { sessionToken: "another" }));
      expect(await sendError(sts.send(new GetCallerIdentityCommand({})))).to.include({
        name: "InvalidClientTokenId",
        status: 403,
      });
    });
  });

  describe("sts GetFederationToken", () => {
    const getFederationToken = (input: Partial<GetFederationTokenCommandInput> = {}, sts = aws.sts) =>
      sts.send(new GetFederationTokenCommand({ Name: "Bob", ...input }));

    it("gives credentials of a federated user, whom a bucket's policy may name", async () => {
      const before = Date.now();
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
      const { Credentials, FederatedUser, PackedPolicySize } = await getFederationToken({ Policy });
      expect(FederatedUser).to.deep.equal({
        FederatedUserId: "000000000000:Bob",
        Arn: "arn:aws:sts::000000000000:federated-user/Bob",
      });
      expect(PackedPolicySize).to.be.within(1, 10);
      expect(((Credentials?.Expiration?.getTime() ?? 0) - before) / 3_600_000).to.be.within(11.99, 12.01);
      expect(await new STSClient(using(Credentials)).send(new GetCallerIdentityCommand({}))).to.deep.include({
        UserId: FederatedUser?.FederatedUserId,
        Account: "000000000000",
        Arn: FederatedUser?.Arn,
      });
      const Bucket = `federated-${Date.now()}`;
      const users = new S3Client({ ...using(Credentials), forcePathStyle: true });
      await users.send(new CreateBucketCommand({ Bucket }));
      const denied = {
        ...{ Effect: "Deny", Principal: { AWS: FederatedUser?.Arn }, Action: "s3:ListBucket" },
        Resource: `arn:aws:s3:::${Bucket}`,
        Condition: { StringEquals: { "aws:PrincipalType": "FederatedUser" } },
      };
      const BucketPolicy = JSON.stringify({ Version: "2012-10-17", Statement: [denied] });
      await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: BucketPolicy }));
      await aws.s3.send(new ListObjectsV2Command({ Bucket }));
      const error = await users.send(new ListObjectsV2Command({ Bucket })).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.include({ name: "AccessDenied" });
    });

    it("rejects a name of 33 characters with ValidationError", async () => {
      expect(await sendError(getFederationToken({ Name: "n".repeat(33) }))).to.deep.equal({
        name: "ValidationError",
        status: 400,
        message: `1 validation error detected: Value '${"n".repeat(33)}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 32`,
      });
    });

    it("rejects session credentials with AccessDenied", async () => {
      const sts = new STSClient(using((await getFederationToken()).Credentials));
      expect(await sendError(getFederationToken({}, sts))).to.deep.equal({
        name: "AccessDenied",
        status: 403,
        message: "Cannot call GetFederationToken with session credentials",
      });
    });
  });

  describe("sts DecodeAuthorizationMessage", () => {
    const decode = (EncodedMessage: string) => aws.sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }));

    it("gives back what was encoded", async () => {
      const message = JSON.stringify({ allowed: false, context: { action: "ec2:RunInstances" } });
      expect((await decode(encodeAuthorizationMessage(message))).DecodedMessage).to.equal(message);
    });

    it("rejects any other message with InvalidAuthorizationMessageException", async () => {
      const good = encodeAuthorizationMessage("{}");
      for (const message of ["nonsense", good.slice(1), `A${good.slice(1)}`.replace(good, "B"), `${good}AAAA`]) {
        expect(await sendError(decode(message)), message).to.deep.equal({
          name: "InvalidAuthorizationMessageException",
          status: 400,
          message: "Message is not valid",
        });
      }
    });
  });

  it("survive a restart", async () => {
    const first = await startLocalAws();
    const { Credentials } = await first.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session" }));
    await first.close();
    const second = await startLocalAws({ dataDir: first.dataDir });
    try {
      const sts = new STSClient({ ...using(Credentials), endpoint: second.endpoint });
      expect((await sts.send(new GetCallerIdentityCommand({}))).Account).to.equal("123456789012");
    } finally {
      await second.close();
      await rm(first.dataDir, { recursive: true, force: true });
    }
  });
});
