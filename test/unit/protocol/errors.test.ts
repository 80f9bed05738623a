import { NormalizedSchema } from "@smithy/core/schema";
import { expect } from "chai";
import { AwsError } from "../../../src/aws/aws-error.ts";
import { createProtocol } from "../../../src/protocol/create-protocol.ts";
import { services } from "../../../src/services/index.ts";
import type { Service } from "../../../src/services/service.ts";
import { type SchemaRef, schemaValue } from "../../support/schema-values.ts";
import { comparable } from "./comparable.ts";
import { createSdkClient, errorSchemas, type Sdk, sdkName } from "./sdk-client.ts";

const requestId = "0123456789ABCDEF";
const message = `The value <&>"' é 😀 is not valid.`;

/** An operation of each service whose answer has a body, with its required input. */
const callers: Record<string, { operation: string; input: object }> = {
  s3: { operation: "GetObject", input: { Bucket: "a-bucket", Key: "key" } },
  ec2: { operation: "DescribeRegions", input: {} },
  rds: { operation: "DescribeDBInstances", input: {} },
  sts: { operation: "GetCallerIdentity", input: {} },
  iam: { operation: "ListUsers", input: {} },
  secretsmanager: { operation: "ListSecrets", input: {} },
  ssm: { operation: "GetParameter", input: { Name: "name" } },
  "rds-data": { operation: "BeginTransaction", input: { resourceArn: "arn", secretArn: "arn" } },
};

const leastErrors: Record<string, number> = {
  s3: 21,
  ec2: 0,
  rds: 150,
  sts: 12,
  iam: 38,
  secretsmanager: 12,
  ssm: 100,
  "rds-data": 17,
};

for (const service of services) {
  describe(`${service.name} errors`, () => {
    let throws: (error: AwsError) => Promise<Thrown>;
    let sdk: Sdk;

    before(async () => {
      ({ sdk } = await service.load());
      throws = thrower(service, sdk);
    });

    it("reach the client as their modelled class, with every member", async () => {
      const errors = errorSchemas(sdk);
      expect(errors.length).to.be.at.least(leastErrors[service.name] ?? Number.NaN);
      for (const { name, schema } of errors) {
        const { code, status } = wireOf(service, schema);
        const {
          message: _,
          Message: __,
          ...members
        } = schemaValue(schema as SchemaRef, { members: "all", seed: 0 }) as Thrown;
        const thrown = await throws(new AwsError(code, message, status, { members }));
        expect(thrown, name).to.be.instanceOf(sdk[name] as new () => Error);
        expect(thrown, name).to.include({ name, message, $fault: status >= 500 ? "server" : "client" });
        expect(thrown.$metadata, name).to.include({ requestId, httpStatusCode: status });
        expect(await membersOf(thrown, Object.keys(members)), name).to.deep.equal(await comparable(members));
      }
    });

    it("that are not modelled reach the client as the service's own exception, named by their code", async () => {
      for (const status of [400, 403, 404, 409, 412, 500, 501, 503]) {
        const thrown = await throws(new AwsError("SomethingNobodyModelled", message, status));
        const base = `${sdkName(service)}ServiceException`;
        expect(thrown).to.be.instanceOf(sdk[base] as new () => Error);
        expect(thrown).to.include({ name: "SomethingNobodyModelled", message });
        expect(thrown.$fault).to.equal(status >= 500 ? "server" : "client");
        expect(thrown.$metadata).to.include({ requestId, httpStatusCode: status });
      }
    });

    it("carry their further headers, and no message is lost to markup or control characters", async () => {
      const protocol = createProtocol(service, sdk);
      const answer = protocol.serializeError(
        new AwsError("Odd", "a\u0000b\u001b]]>\ud800", 400, { headers: { "x-amz-test": "1" } }),
        requestId,
      );
      expect(answer.status).to.equal(400);
      expect(answer.headers).to.include({ "x-amz-test": "1" });
      const codes: Partial<Record<Service["protocol"], string>> = {
        awsJson1_1: '"__type":"Odd"',
        restJson1: '"message":"a\\u0000b\\u001b]]>\\ud800"',
      };
      expect(String(answer.body)).to.include(codes[service.protocol] ?? "<Code>Odd</Code>");
      if (service.protocol === "restJson1") expect(answer.headers).to.include({ "x-amzn-errortype": "Odd" });
    });
  });
}

describe("s3 errors of HEAD", () => {
  it("have no body, and reach the client as NotFound", async () => {
    const s3 = services.find(({ name }) => name === "s3");
    if (s3 === undefined) throw new Error("There is no s3.");
    const { sdk } = await s3.load();
    const protocol = createProtocol(s3, sdk);
    const client = createSdkClient(s3, sdk);
    const error = new AwsError("NoSuchKey", "The specified key does not exist.", 404);
    const answer = protocol.serializeError(error, requestId, { method: "HEAD", path: "/a-bucket/key" });
    expect(answer.body ?? "").to.have.length(0);
    const thrown = await client
      .exchange("HeadObject", { Bucket: "a-bucket", Key: "key" }, () => answer)
      .catch((reason: unknown) => reason as Thrown);
    expect(thrown).to.be.instanceOf(sdk.NotFound);
    expect((thrown as Thrown).$metadata).to.include({ requestId, httpStatusCode: 404 });
  });

  it("say nothing but the status when nothing was modified", async () => {
    const s3 = services.find(({ name }) => name === "s3");
    if (s3 === undefined) throw new Error("There is no s3.");
    const protocol = createProtocol(s3, (await s3.load()).sdk);
    const error = new AwsError("NotModified", "Not Modified", 304, { headers: { etag: '"tag"' } });
    const answer = protocol.serializeError(error, requestId, { method: "GET", path: "/a-bucket/key" });
    expect(answer.status).to.equal(304);
    expect(answer.headers).to.include({ etag: '"tag"' });
    expect(answer.body ?? "").to.have.length(0);
  });
});

interface Thrown extends Error {
  readonly $fault?: string;
  readonly $metadata?: Record<string, unknown>;
  readonly [member: string]: unknown;
}

function thrower(service: Service, sdk: Sdk): (error: AwsError) => Promise<Thrown> {
  const caller = callers[service.name];
  if (caller === undefined) throw new Error(`No operation of ${service.name} is called here.`);
  const client = createSdkClient(service, sdk);
  const protocol = createProtocol(service, sdk);
  return async (error) => {
    try {
      await client.exchange(caller.operation, caller.input, ({ method, path }) =>
        protocol.serializeError(error, requestId, { method, path }),
      );
    } catch (thrown) {
      return thrown as Thrown;
    }
    throw new Error(`${error.code} was no error to the client.`);
  };
}

/** The code and the status that a modelled error has on the wire: the query protocols' own, or its name and class. */
function wireOf({ protocol }: Service, schema: unknown[]): { code: string; status: number } {
  const traits = NormalizedSchema.of(schema as unknown as SchemaRef).getMergedTraits();
  const [code, status] = (traits as { awsQueryError?: [string, number] }).awsQueryError ?? [];
  const fallback = traits.error === "server" ? 500 : 400;
  // A JSON answer has the shape's own name: the other one is for what still speaks the query protocol.
  const name = protocol === "awsJson1_1" ? undefined : code;
  return { code: name ?? String(schema[2]), status: status ?? Number(traits.httpError ?? fallback) };
}

async function membersOf(thrown: Thrown, names: readonly string[]): Promise<unknown> {
  return comparable(Object.fromEntries(names.map((name) => [name, thrown[name]])));
}
