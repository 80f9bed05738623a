import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ChecksumAlgorithm, CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import aws4 from "aws4";
import { expect } from "chai";
import { requires } from "../support/requirements.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";
import { signedChunks, unsignedChunks } from "../unit/auth/aws-chunked.ts";
import { read } from "../unit/auth/fixture.ts";

describe("auth over the wire", () => {
  let aws: TestServer;
  let agent: Agent;
  before(async () => {
    aws = await startLocalAws();
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await aws.s3.send(new CreateBucketCommand({ Bucket: "auth" }));
  });
  after(async () => {
    agent.destroy();
    await aws.stop();
  });

  /** A request that aws4 signs, on one connection that is kept; `change` may spoil it after that. */
  async function send(
    options: { service: string; method?: string; path?: string; headers?: Record<string, string>; secret?: string },
    bodyOf: (seed: string) => string | Buffer = () => "",
  ) {
    const { host, port, hostname } = new URL(aws.endpoint);
    const signed = aws4.sign(
      {
        ...{ service: options.service, region: "us-east-1", method: options.method ?? "GET" },
        ...{ path: options.path ?? "/", headers: { Host: host, ...options.headers } },
        ...(options.headers?.["X-Amz-Content-Sha256"] === undefined && { body: String(bodyOf("")) }),
      },
      { accessKeyId: "test", secretAccessKey: options.secret ?? "test" },
    );
    const seed = String(signed.headers?.Authorization).split("Signature=")[1] ?? "";
    const body = bodyOf(seed);
    const sent = httpRequest({
      ...{ agent, port, hostname, method: options.method ?? "GET", path: signed.path },
      headers: { ...signed.headers, "Content-Length": Buffer.byteLength(body) },
    });
    sent.end(body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    const text = String(await read(answer));
    return { status: answer.statusCode, text };
  }

  it("answers in S3's XML with what was signed", async () => {
    const { status, text } = await send({ service: "s3", path: "/auth?list-type=2", secret: "wrong" });
    expect(status).to.equal(403);
    expect(text).to.match(/<Error><Code>SignatureDoesNotMatch<\/Code><Message>The request signature we calculated/);
    expect(text).to.match(/<AWSAccessKeyId>test<\/AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256\s/);
    expect(text).to.match(/<CanonicalRequest>GET\s\/auth\slist-type=2\s/);
    expect(text).to.match(/<StringToSignBytes>41 57 53 34 /);
  });

  it("answers in the XML of EC2 and of STS", async () => {
    const ec2 = await send({ service: "ec2", path: "/?Action=DescribeRegions&Version=2016-11-15", secret: "wrong" });
    expect(ec2.status).to.equal(401);
    expect(ec2.text).to.match(/<Response><Errors><Error><Code>AuthFailure<\/Code>/);
    const sts = await send({ service: "sts", path: "/?Action=GetCallerIdentity&Version=2011-06-15", secret: "wrong" });
    expect(sts.status).to.equal(403);
    expect(sts.text).to.match(/<ErrorResponse[^>]*><Error><Type>Sender<\/Type><Code>SignatureDoesNotMatch<\/Code>/);
  });

  describe("of aws-chunked uploads", () => {
    const chunks = [Buffer.alloc(70_000, "a"), Buffer.alloc(100, "b")];
    const bytes = Buffer.concat(chunks);
    let timestamp = "";
    // Not when the file is read: a long run comes here when that is more than fifteen minutes ago.
    beforeEach(() => {
      timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    });
    const put = (Key: string, hash: string, bodyOf: (seed: string) => Buffer, trailer?: string) =>
      send(
        {
          ...{ service: "s3", method: "PUT", path: `/auth/${Key}` },
          headers: {
            ...{ "X-Amz-Content-Sha256": hash, "X-Amz-Date": timestamp, "Content-Encoding": "aws-chunked" },
            "X-Amz-Decoded-Content-Length": String(bytes.length),
            ...(trailer !== undefined && { "X-Amz-Trailer": trailer }),
          },
        },
        bodyOf,
      );
    const stored = async (Key: string) => {
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: "auth", Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    const signer = (seed: string) => ({ secretAccessKey: "test", timestamp, region: "us-east-1", seed });
    const sha256 = `x-amz-checksum-sha256:${createHash("sha256").update(bytes).digest("base64")}`;

    it("stores signed chunks, signed chunks with a trailer, and unsigned ones with a trailer", async () => {
      const algorithm = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
      const answers = [
        await put("signed", algorithm, (seed) => signedChunks(signer(seed), chunks)),
        await put(
          "trailer",
          `${algorithm}-TRAILER`,
          (seed) => signedChunks(signer(seed), chunks, [sha256]),
          "x-amz-checksum-sha256",
        ),
        await put(
          "unsigned",
          "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
          () => unsignedChunks(chunks, [sha256]),
          "x-amz-checksum-sha256",
        ),
      ];
      for (const { status, text } of answers) expect(status, text).to.equal(200);
      for (const key of ["signed", "trailer", "unsigned"])
        expect((await stored(key)).equals(bytes), key).to.equal(true);
    });

    it("stores nothing of a body that is refused, and keeps the connection", async () => {
      const spoiled = (seed: string) => {
        const body = signedChunks(signer(seed), chunks);
        body[body.length - 500] = 0x63;
        return body;
      };
      const refused = await put("refused", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", spoiled);
      expect(refused.status).to.equal(403);
      expect(refused.text).to.match(/<Code>SignatureDoesNotMatch<\/Code>.*<StringToSign>AWS4-HMAC-SHA256-PAYLOAD\s/s);
      const error = await stored("refused").then(
        () => undefined,
        (thrown: Error) => thrown.name,
      );
      expect(error).to.equal("NoSuchKey");
      expect((await send({ service: "s3", path: "/auth" })).status).to.equal(200);
    });
  });

  describe("of the SDK's checksums in trailers", () => {
    const algorithms = [
      ChecksumAlgorithm.CRC32,
      ChecksumAlgorithm.CRC32C,
      ChecksumAlgorithm.CRC64NVME,
      ChecksumAlgorithm.SHA1,
      ChecksumAlgorithm.SHA256,
    ];
    for (const ChecksumAlgorithm of algorithms) {
      it(`takes a stream with ${ChecksumAlgorithm}`, async () => {
        const chunk = Buffer.alloc(100_000, ChecksumAlgorithm);
        const input = { Bucket: "auth", Key: ChecksumAlgorithm, ContentLength: 300_000, ChecksumAlgorithm };
        await aws.s3.send(new PutObjectCommand({ ...input, Body: Readable.from([chunk, chunk, chunk]) }));
        const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: "auth", Key: ChecksumAlgorithm }));
        const stored = Buffer.from((await Body?.transformToByteArray()) ?? []);
        expect(stored.equals(Buffer.concat([chunk, chunk, chunk]))).to.equal(true);
      });
    }
  });

  it("lets go of a body that no operation reads", async () => {
    const { status, text } = await send({ service: "s3", method: "PUT", path: "/no-such-bucket-anywhere/key" }, () =>
      Buffer.alloc(2_000_000, "x"),
    );
    expect(status, text).to.equal(404);
    expect(
      await aws.sts.send(
        new AssumeRoleCommand({ RoleArn: "arn:aws:iam::123456789012:role/r", RoleSessionName: "after" }),
      ),
    ).to.have.property("Credentials");
  });

  describe("of botocore", function () {
    this.timeout(180_000);
    requires("boto3");

    it("accepts presigned URLs with odd keys, of sessions too, and refuses them when they are changed", async () => {
      const script = fileURLToPath(new URL("./auth-botocore.py", import.meta.url));
      const { stdout } = await promisify(execFile)("python3", [script, aws.endpoint, "auth"]);
      const answers: { name: string; status: number; body: string }[] = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(answers.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(
        [
          ...["plain", "a b+c/ü (1)~'!*.txt", "dots/../and//slashes", "%41%2F"].flatMap((key) => [
            `put ${key}: 200`,
            `get ${key}: 200`,
            `tampered ${key}: 403`,
          ]),
          ...["V2 get: 200", "V2 presigned get: 200", "V2 tampered: 403", "V2 expired: 403"],
          "identity: 200",
          "regions: 200",
        ],
        stdout,
      );
      for (const { name, body } of answers.filter((answer) => answer.name.startsWith("get "))) {
        expect(body).to.equal(`body of ${name.slice("get ".length)}`);
      }
      const v2 = answers.filter(({ name }) => name.startsWith("V2"));
      expect(v2.map(({ body }) => /<Code>(.*)<\/Code>/.exec(body)?.[1] ?? body)).to.deep.equal([
        ...["two", "two", "SignatureDoesNotMatch", "AccessDenied"],
      ]);
      expect(answers.find(({ name }) => name === "identity")?.body).to.include(":assumed-role/reader/botocore");
    });
  });
});
