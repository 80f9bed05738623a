import { request } from "node:http";
import { DescribeNetworkInsightsAccessScopesCommand, DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { HeadBucketCommand, ListDirectoryBucketsCommand } from "@aws-sdk/client-s3";
import aws4 from "aws4";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../support/server.ts";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

describe("the endpoint", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });

  after(() => aws.stop());

  /** Sends as given: fetch would not send a Host of one's own. */
  function send(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
    return new Promise<Answer>((resolve, reject) => {
      const url = new URL(aws.endpoint);
      const { body, ...rest } = options;
      const req = request({ host: url.hostname, port: url.port, path, ...rest }, (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text });
        });
      });
      req.on("error", reject);
      req.end(body);
    });
  }

  function signed(service: string, path: string, body = "", headers: Record<string, string> = {}) {
    const options = { service, region: "us-east-1", host: new URL(aws.endpoint).host, path, body, headers };
    const signature = aws4.sign(
      { ...options, method: body === "" ? "GET" : "POST" },
      { accessKeyId: "test", secretAccessKey: "test" },
    );
    return send(path, {
      method: signature.method ?? "GET",
      headers: signature.headers as Record<string, string>,
      body,
    });
  }

  const form = { "content-type": "application/x-www-form-urlencoded" };

  it("answers an operation that is not emulated with NotImplemented 501 and its name", async () => {
    const error = await aws.ec2.send(new DescribeNetworkInsightsAccessScopesCommand({})).catch((e: unknown) => e);
    expect(error).to.include({ name: "NotImplemented" });
    expect(error).to.have.nested.property("$metadata.httpStatusCode", 501);
    expect(String(error)).to.include("DescribeNetworkInsightsAccessScopes of ec2").and.include("docs/operations.md");
  });

  it("answers an unknown action with InvalidAction 400", async () => {
    const { status, body } = await signed("ec2", "/", "Action=MakeCoffee&Version=2016-11-15", form);
    expect(status).to.equal(400);
    expect(body).to.include("<Code>InvalidAction</Code>").and.include("MakeCoffee");
  });

  it("says which service is not emulated, in the service's own format", async () => {
    const json = await signed("dynamodb", "/", "{}", { "content-type": "application/x-amz-json-1.0" });
    expect(json.status).to.equal(501);
    expect(JSON.parse(json.body)).to.have.property("__type", "NotImplemented");
    const read = await signed("outposts", "/outposts");
    expect(JSON.parse(read.body)).to.have.property("__type", "NotImplemented");
    const zones = await signed("route53", "/2013-04-01/hostedzone");
    expect(zones.body).to.include("<Code>NotImplemented</Code>").and.include("route53");
    const xml = await signed("sqs", "/", "Action=ListQueues&Version=2012-11-05", form);
    expect(xml.status).to.equal(501);
    expect(xml.body).to.include("<Code>NotImplemented</Code>").and.include("sqs");
  });

  it("takes no request of S3 Control for one of S3, whose credentials it uses", async () => {
    const path = "/v20180820/configuration/publicAccessBlock";
    const { status, body } = await signed("s3", path, "", { "x-amz-account-id": "000000000000" });
    expect(status).to.equal(501);
    expect(body).to.match(/<ErrorResponse>.*<Code>NotImplemented<.*s3control/);
  });

  it("says of directory buckets that they are not emulated, as S3's clients read it", async () => {
    const listing = aws.s3.send(new ListDirectoryBucketsCommand({}));
    const error = await listing.catch((e: unknown) => e);
    expect(error).to.include({ name: "NotImplemented" });
    expect(String(error)).to.include("s3express");
  });

  it("takes an unsigned form for the service of its Version, and an unsigned request otherwise for S3's", async () => {
    const rds = await send("/", {
      method: "POST",
      headers: form,
      body: "Action=DescribeDBInstances&Version=2014-10-31",
    });
    expect(rds.status).to.equal(403);
    expect(rds.body).to.include("<Code>MissingAuthenticationToken</Code>");
    const s3 = await send("/some-bucket/some-key");
    expect(s3.headers["server"]).to.equal("AmazonS3");
  });

  it("serves another region than its own", async () => {
    const client = new EC2Client({ ...aws.clientConfig, region: "eu-west-3" });
    expect((await client.send(new DescribeRegionsCommand({}))).Regions).to.not.be.empty;
    client.destroy();
  });

  it("refuses a form beyond its limit with 413", async () => {
    const { status, body } = await signed("ec2", "/", `Action=DescribeRegions&X=${"x".repeat(2 << 20)}`, form);
    expect(status).to.equal(413);
    expect(body).to.include("<Code>RequestEntityTooLarge</Code>");
  });

  it("gives the same request id in the header and in the error", async () => {
    const { headers, body } = await signed("s3", "/no-such-bucket-anywhere");
    expect(body).to.include(`<RequestId>${headers["x-amz-request-id"]}</RequestId>`);
  });

  it("answers HEAD errors without a body", async () => {
    const error = await aws.s3
      .send(new HeadBucketCommand({ Bucket: "no-such-bucket-anywhere" }))
      .catch((e: unknown) => e);
    expect(error).to.have.nested.property("$metadata.httpStatusCode", 404);
  });

  it("goes on after a client that goes away in the middle of a request", async () => {
    const url = new URL(aws.endpoint);
    const cut = request({
      host: url.hostname,
      port: url.port,
      method: "PUT",
      path: "/b/k",
      headers: { "content-length": 1000 },
    });
    cut.on("error", () => undefined);
    await new Promise((written) => cut.write("x".repeat(10), written));
    cut.destroy();
    expect((await send("/_localaws/health")).status).to.equal(200);
  });

  describe("its own routes", () => {
    it("tell the health at /_localaws/health and /_localstack/health", async () => {
      for (const path of ["/_localaws/health", "/_localstack/health"]) {
        const { status, body } = await send(path);
        expect(status).to.equal(200);
        expect(JSON.parse(body)).to.include({ status: "running", runtime: "records" });
        expect(JSON.parse(body).services).to.have.all.keys(
          ...["s3", "ec2", "rds", "sts", "iam", "secretsmanager", "ssm", "rds-data"],
        );
      }
    });

    it("never hide a bucket from a signed request", async () => {
      const { headers } = await signed("s3", "/ec2/instances");
      expect(headers["server"]).to.equal("AmazonS3");
    });

    it("do not reset for a page of another origin, nor for a name that was made to point here", async () => {
      const host = new URL(aws.endpoint).host;
      for (const headers of [{ host, origin: "https://example.com" }, { host: "example.com" }]) {
        expect((await send("/_localaws/reset", { method: "POST", headers })).status).to.equal(403);
      }
      expect((await send("/_localaws/reset", { method: "POST" })).status).to.equal(200);
    });
  });
});
