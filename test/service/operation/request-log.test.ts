import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { endProcesses, type LocalAwsProcess, startProcess } from "./localaws-process.ts";

describe("operation request log", function () {
  this.timeout(180_000);
  let dataDir: string;
  let localaws: LocalAwsProcess;
  let s3: S3Client;
  let config: S3ClientConfig;
  let sts: STSClient;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-test-"));
    localaws = startProcess(dataDir, "--credentials", "AKIALOGTEST:secret-of-the-log-test");
    const credentials = { accessKeyId: "AKIALOGTEST", secretAccessKey: "secret-of-the-log-test" };
    const endpoint = await localaws.endpoint();
    config = { endpoint, region: "us-east-1", credentials, maxAttempts: 1, forcePathStyle: true };
    s3 = new S3Client(config);
    sts = new STSClient({ endpoint, region: "us-east-1", credentials });
  });

  after(async () => {
    await endProcesses();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("is one line a request, with service, operation, status, milliseconds and the answer's request id", async () => {
    const { $metadata } = await s3.send(new CreateBucketCommand({ Bucket: "request-log" }));
    const line = await localaws.logLine(({ operation }) => operation === "CreateBucket");
    expect(line).to.include({ service: "s3", operation: "CreateBucket", status: 200, msg: "request", level: 30 });
    expect(line.ms).to.be.a("number").that.is.above(0);
    expect(line.requestId).to.be.a("string").that.equals($metadata.requestId);
    expect(localaws.log.filter(({ operation }) => operation === "CreateBucket")).to.have.length(1);
  });

  it("has the status and the error code of a refused request", async () => {
    const refused = s3.send(new HeadBucketCommand({ Bucket: "request-log-missing" }));
    await refused.then(
      () => expect.fail("the bucket is there"),
      () => undefined,
    );
    const line = await localaws.logLine(({ operation }) => operation === "HeadBucket");
    expect(line).to.include({ service: "s3", status: 404 });
    expect(line.code).to.be.a("string");
  });

  it("quotes what a client says of itself", async () => {
    const scope = 'AKIALOGTEST/20300101/us"east\\1/s3/aws4_request';
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
    await fetch(`${await localaws.endpoint()}/request-log`, { headers: { authorization } });
    const line = await localaws.logLine(({ region }) => region === 'us"east\\1');
    expect(line).to.include({ service: "s3", msg: "request" });
    expect(Object.keys(line).join(" ")).to.equal(
      "level time pid hostname requestId service operation region code status ms msg",
    );
  });

  it("never has keys, tokens, signatures, bodies", async () => {
    const { Credentials } = await sts.send(new GetSessionTokenCommand());
    const session = new S3Client({
      ...config,
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      },
    });
    await session.send(new CreateBucketCommand({ Bucket: "request-log-secrets" }));
    const Body = "the body of this object";
    await session.send(new PutObjectCommand({ Bucket: "request-log-secrets", Key: "key", Body }));
    await localaws.logLine(({ operation }) => operation === "PutObject");
    const log = JSON.stringify(localaws.log);
    expect(log).to.not.contain("secret-of-the-log-test");
    expect(log).to.not.contain(Credentials?.SecretAccessKey);
    expect(log).to.not.contain(Credentials?.SessionToken);
    expect(log).to.not.contain(Body);
    expect(log).to.not.match(/AWS4-HMAC-SHA256|Signature/i);
  });
});
