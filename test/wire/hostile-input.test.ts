import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import aws4 from "aws4";
import { expect } from "chai";
import { services } from "../../src/services/index.ts";
import type { Service } from "../../src/services/service.ts";
import { type SchemaRef, schemaValue, type ValueOptions } from "../support/schema-values.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";
import { construct, operationSchemas, sdkName } from "../unit/protocol/sdk-client.ts";

interface Client {
  send(command: unknown): Promise<unknown>;
  destroy(): void;
}

/** With texts such as `constructor`, halves of markup, and numbers that are none. */
const options: ValueOptions = { members: "all", seed: 12, fixed: { Bucket: "a-bucket" } };

describe("input that makes no sense", function () {
  this.timeout(240_000);
  let aws: TestServer;
  let secrets: SecretsManagerClient;
  before(async () => {
    aws = await startLocalAws();
    secrets = new SecretsManagerClient(aws.clientConfig);
  });
  after(async () => {
    secrets?.destroy();
    await aws?.stop();
  });

  /** What was answered with an error of the server's own. */
  async function failures(service: Service): Promise<string[]> {
    const { sdk, operations } = await service.load();
    const client = construct<Client>(sdk, `${sdkName(service)}Client`, { ...aws.clientConfig, forcePathStyle: true });
    const found: string[] = [];
    try {
      for (const { name, input } of operationSchemas(sdk)) {
        if (operations[name] === undefined) continue;
        const values = schemaValue(input as SchemaRef, options) as object;
        const answer = await client.send(construct(sdk, `${name}Command`, values)).catch((error: unknown) => error);
        const status = statusOf(answer);
        if (status >= 500 && status !== 501) found.push(`${name}: ${answer}`);
      }
    } finally {
      client.destroy();
    }
    return found;
  }

  it("is refused where it is a name that every object has", async () => {
    const filter = secrets.send(new ListSecretsCommand({ Filters: [{ Key: "constructor" as "name", Values: ["a"] }] }));
    expect(await refusal(filter)).to.equal("ValidationException 400");
    const { GroupId } = await aws.ec2.send(new CreateSecurityGroupCommand({ GroupName: "open", Description: "d" }));
    const open = (IpProtocol: string) =>
      aws.ec2.send(
        new AuthorizeSecurityGroupIngressCommand({ GroupId, IpProtocol, CidrIp: "10.0.0.0/8", FromPort: 1, ToPort: 1 }),
      );
    expect(await refusal(open("constructor"))).to.equal("InvalidParameterValue 400");
    expect(await refusal(open("1.5"))).to.equal("InvalidParameterValue 400");
  });

  it("is refused where a number or a time is beyond its range", async () => {
    const Bucket = "a-bucket-with-limits";
    await aws.s3.send(new CreateBucketCommand({ Bucket }));
    for (const MaxKeys of [1.5, Number.POSITIVE_INFINITY, 1e21]) {
      expect(await refusal(aws.s3.send(new ListObjectsV2Command({ Bucket, MaxKeys })))).to.equal("InvalidArgument 400");
    }
    const body = "Action=DescribeSpotPriceHistory&Version=2016-11-15&StartTime=99999999999999999999";
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const request = {
      service: "ec2",
      region: "us-east-1",
      host: new URL(aws.endpoint).host,
      path: "/",
      method: "POST",
    };
    const signed = aws4.sign({ ...request, headers, body }, { accessKeyId: "test", secretAccessKey: "test" });
    const answer = await fetch(aws.endpoint, {
      method: "POST",
      headers: signed.headers as Record<string, string>,
      body,
    });
    expect([answer.status, await answer.text()]).to.satisfy(
      ([status, text]: [number, string]) => status === 400 && text.includes("<Code>InvalidParameterValue</Code>"),
    );
  });

  it("is refused where it is JSON without a value, or a list of none", async () => {
    const send = async (body: string) => {
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.ListSecrets" };
      const request = { service: "secretsmanager", region: "us-east-1", host: new URL(aws.endpoint).host, path: "/" };
      const options = { ...request, method: "POST", headers, body };
      const signed = aws4.sign(options, { accessKeyId: "test", secretAccessKey: "test" });
      const answer = await fetch(aws.endpoint, {
        method: "POST",
        headers: signed.headers as Record<string, string>,
        body,
      });
      return [answer.status, ((await answer.json()) as { __type?: string }).__type];
    };
    expect(await send("null")).to.deep.equal([400, "SerializationException"]);
    expect(await send('{"Filters":[null]}')).to.deep.equal([200, undefined]);
  });

  it("gets no body for HEAD, though it asks for a WebSocket where there is none", async () => {
    const upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
    const answer = await exchange(`HEAD /a-bucket HTTP/1.1\r\nhost: localhost\r\n${upgrade}\r\n`);
    expect(answer).to.match(/^HTTP\/1.1 404 Not Found\r\n/);
    expect(answer.endsWith("\r\n\r\n")).to.equal(true);
  });

  it("gets an error with a request id where it is no HTTP", async () => {
    for (const [method, hasBody] of [
      ["GET", true],
      ["HEAD", false],
    ] as const) {
      const answer = await exchange(`${method} /a\xe9b HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      const [head = "", body = ""] = answer.split("\r\n\r\n");
      expect(head).to.match(/^HTTP\/1.1 400 Bad Request\r\n/);
      const [, id = ""] = /^x-amz-request-id: ([0-9A-Z]{16})$/m.exec(head) ?? [];
      expect(id).not.to.equal("");
      expect(body.includes(`<RequestId>${id}</RequestId>`)).to.equal(hasBody);
      expect(body === "").to.equal(!hasBody);
    }
  });

  it("is refused at the console, too, where a path cannot be decoded", async () => {
    const answer = await fetch(`${aws.endpoint}/console/%zz`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([400, "InvalidPath"]);
  });

  /** Everything that is answered to these bytes, until the server closes the connection. */
  async function exchange(bytes: string): Promise<string> {
    const { hostname, port } = new URL(aws.endpoint);
    const socket = connect(Number(port), hostname);
    try {
      socket.write(Buffer.from(bytes, "latin1"));
      return await text(socket);
    } finally {
      socket.destroy();
    }
  }

  for (const service of services) {
    it(`gets no internal error from ${service.name}`, async () => {
      expect(await failures(service)).to.deep.equal([]);
    });
  }
});

/** 0 where the client sent nothing, or did not understand the answer. */
function statusOf(answer: unknown): number {
  const { $metadata } = answer as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? 0;
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const answer = await call.catch((error: unknown) => error);
  return `${answer instanceof Error ? answer.name : "none"} ${statusOf(answer)}`;
}
