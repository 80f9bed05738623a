import { expect } from "chai";
import { parseStringPromise } from "xml2js";
import { AwsError } from "../../../src/aws/aws-error.ts";
import { createProtocol } from "../../../src/protocol/create-protocol.ts";
import type { Protocol } from "../../../src/protocol/protocol.ts";
import { services } from "../../../src/services/index.ts";
import { type SchemaRef, schemaValue } from "../../support/schema-values.ts";
import { operationSchemas } from "./sdk-client.ts";

const requestId = "0123456789ABCDEF";
const options = { explicitArray: false, attrkey: "@" };

for (const service of services.filter(({ xmlNamespace }) => xmlNamespace !== undefined)) {
  describe(`${service.name} XML, read by another reader`, () => {
    it("is well-formed in every answer, and in the service's namespace", async function () {
      this.timeout(180_000);
      const { sdk } = await service.load();
      const protocol = createProtocol(service, sdk);
      let documents = 0;
      for (const { name, output } of operationSchemas(sdk)) {
        if (name === "SelectObjectContent") continue;
        const { body } = protocol.serialize(
          name,
          schemaValue(output as SchemaRef, { members: "all", seed: 4 }),
          requestId,
        );
        // S3's other payloads: an object's bytes, a policy's JSON.
        if (typeof body !== "string" || !/^<(?:\?xml |\w+Response )/.test(body)) continue;
        const document: Record<string, Record<string, unknown>> = await parseStringPromise(body, options);
        const [root] = Object.values(document);
        expect(root?.["@"], name).to.deep.include({ xmlns: service.xmlNamespace });
        documents++;
      }
      expect(documents).to.be.greaterThan(service.protocol === "restXml" ? 40 : operationSchemas(sdk).length - 1);
    });

    it("is well-formed in errors whose message has markup or half a surrogate pair", async () => {
      const protocol = createProtocol(service, (await service.load()).sdk);
      for (const message of [`<&>"']]>`, "\r\n\t\u007f\u0085", "\ud800", "é 😀"])
        await expectWellFormed(protocol, message);
    });

    if (service.protocol !== "restXml") {
      it("is well-formed in errors whose message has characters that XML has not", async () => {
        const protocol = createProtocol(service, (await service.load()).sdk);
        for (const message of ["\u0000", "\u0001\u0008\u000b\u000e\u001b\u001f", "\ufffe\uffff"]) {
          await expectWellFormed(protocol, message);
        }
      });
    }
  });
}

async function expectWellFormed(protocol: Protocol, message: string): Promise<void> {
  const error = new AwsError("Odd<Code>", message, 400, { members: { Detail: message } });
  const { body } = protocol.serializeError(error, requestId, { method: "GET", path: "/%01" });
  const received = Buffer.from(String(body)).toString("utf8");
  expect(illegal(received), JSON.stringify(message)).to.equal(undefined);
  expect(JSON.stringify(await parseStringPromise(received, options))).to.include('"Odd<Code>"');
}

describe("ec2 XML", () => {
  it("has the request id and the set elements where AWS has them", async () => {
    const read = await answer("ec2", "DescribeRegions", {
      Regions: [{ RegionName: "us-east-1" }, { RegionName: "b&b" }],
    });
    expect(read).to.deep.equal({
      DescribeRegionsResponse: {
        "@": { xmlns: "http://ec2.amazonaws.com/doc/2016-11-15/" },
        requestId,
        regionInfo: { item: [{ regionName: "us-east-1" }, { regionName: "b&b" }] },
      },
    });
  });

  it("says `return` for an operation without output", async () => {
    const read = await answer("ec2", "DeleteVpc", undefined);
    expect(read).to.have.nested.property("DeleteVpcResponse.return", "true");
  });

  it("has errors in its own wrapper", async () => {
    expect(await failure("ec2", new AwsError("InvalidVpcID.NotFound", "No <vpc>."))).to.deep.equal({
      Response: { Errors: { Error: { Code: "InvalidVpcID.NotFound", Message: "No <vpc>." } }, RequestID: requestId },
    });
  });
});

describe("sts XML", () => {
  it("wraps the result, with the request id beside it", async () => {
    expect(await answer("sts", "GetCallerIdentity", { Account: "1" })).to.deep.equal({
      GetCallerIdentityResponse: {
        "@": { xmlns: "https://sts.amazonaws.com/doc/2011-06-15/" },
        GetCallerIdentityResult: { Account: "1" },
        ResponseMetadata: { RequestId: requestId },
      },
    });
  });

  it("has errors with whose fault they are", async () => {
    for (const [status, Type] of [
      [403, "Sender"],
      [500, "Receiver"],
    ] as const) {
      expect(await failure("sts", new AwsError("Odd", "Message.", status))).to.deep.equal({
        ErrorResponse: {
          "@": { xmlns: "https://sts.amazonaws.com/doc/2011-06-15/" },
          Error: { Type, Code: "Odd", Message: "Message." },
          RequestId: requestId,
        },
      });
    }
  });
});

describe("s3 XML", () => {
  let s3: Awaited<ReturnType<typeof load>>;

  before(async () => {
    s3 = await load("s3");
  });

  it("gives a bucket's location as the root element's text", async () => {
    const xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";
    expect(await answer("s3", "GetBucketLocation", { LocationConstraint: "eu-west-1" })).to.deep.equal({
      LocationConstraint: { _: "eu-west-1", "@": { xmlns } },
    });
    expect(await answer("s3", "GetBucketLocation", {})).to.deep.equal({ LocationConstraint: { "@": { xmlns } } });
  });

  it("has the names of AWS's documents, not of the SDK's shapes", async () => {
    const roots = {
      ListBuckets: "ListAllMyBucketsResult",
      ListObjectsV2: "ListBucketResult",
      ListObjects: "ListBucketResult",
      ListObjectVersions: "ListVersionsResult",
      DeleteObjects: "DeleteResult",
      CreateMultipartUpload: "InitiateMultipartUploadResult",
      CompleteMultipartUpload: "CompleteMultipartUploadResult",
      CopyObject: "CopyObjectResult",
      UploadPartCopy: "CopyPartResult",
      ListParts: "ListPartsResult",
      GetBucketAcl: "AccessControlPolicy",
      GetBucketTagging: "Tagging",
      GetBucketVersioning: "VersioningConfiguration",
      GetObjectAttributes: "GetObjectAttributesResponse",
      GetObjectRetention: "Retention",
    };
    const { sdk, protocol } = s3;
    for (const [name, root] of Object.entries(roots)) {
      const schema = operationSchemas(sdk).find((operation) => operation.name === name);
      const output = schemaValue(schema?.output as SchemaRef, { members: "all", seed: 0 });
      const { body } = protocol.serialize(name, output, requestId);
      expect(Object.keys(await parseStringPromise(String(body), options)), name).to.deep.equal([root]);
    }
  });

  it("refers to the characters of keys that XML has not, as S3 does where no encoding-type is asked for", () => {
    const { protocol } = s3;
    const { body } = protocol.serialize("ListObjectsV2", { Contents: [{ Key: "a\u0001b" }] }, requestId);
    expect(body).to.include("<Key>a&#x1;b</Key>");
  });

  it("has errors without a namespace, with what they are about", async () => {
    const error = new AwsError("NoSuchKey", "The specified key does not exist.", 404, { members: { Key: "a&b" } });
    const read = await failure("s3", error);
    expect(read).to.have.nested.property("Error.Code", "NoSuchKey");
    expect(read).to.have.nested.property("Error.Key", "a&b");
    expect(read).to.have.nested.property("Error.RequestId", requestId);
    expect(read).to.have.nested.property("Error.HostId").that.is.a("string");
    expect(read).not.to.have.nested.property("Error.@");
  });
});

async function load(name: string) {
  const service = services.find((candidate) => candidate.name === name);
  if (service === undefined) throw new Error(`There is no service ${name}.`);
  const { sdk } = await service.load();
  return { sdk, protocol: createProtocol(service, sdk) };
}

async function answer(service: string, operation: string, output: unknown): Promise<unknown> {
  const { protocol } = await load(service);
  return parseStringPromise(String(protocol.serialize(operation, output, requestId).body), options);
}

async function failure(service: string, error: AwsError): Promise<unknown> {
  const { protocol } = await load(service);
  return parseStringPromise(String(protocol.serializeError(error, requestId).body), options);
}

/** The first thing in a text that XML 1.0 does not allow: a character, or a reference to one. */
function illegal(xml: string): string | undefined {
  const reference = /&#x([0-9a-f]+);/gi;
  for (const [text, digits = ""] of xml.matchAll(reference)) {
    if (!isCharacter(Number.parseInt(digits, 16))) return text;
  }
  for (const character of xml) if (!isCharacter(character.codePointAt(0) ?? 0)) return JSON.stringify(character);
  return undefined;
}

/** https://www.w3.org/TR/xml/#charsets */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
