import { type CORSRule, DeleteBucketCorsCommand, GetBucketCorsCommand, PutBucketCorsCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, xmlElement } from "./s3-support.ts";

describe("s3 cross-origin requests", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function corsBucket(...CORSRules: CORSRule[]): Promise<string> {
    const Bucket = await newBucket(aws);
    await aws.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    return Bucket;
  }

  async function preflight(path: string, headers: Record<string, string>) {
    const answer = await fetch(`${aws.endpoint}/${path}`, { method: "OPTIONS", headers });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  describe("s3 PutBucketCors", () => {
    it("stores rules that GetBucketCors gives back as they were put, until they are deleted", async () => {
      const Bucket = await newBucket(aws);
      const CORSRules: CORSRule[] = [
        {
          ID: "first",
          AllowedHeaders: ["x-amz-*"],
          AllowedMethods: ["GET", "PUT"],
          AllowedOrigins: ["https://*.example.com"],
          ExposeHeaders: ["ETag"],
          MaxAgeSeconds: 0,
        },
        { AllowedMethods: ["HEAD"], AllowedOrigins: ["*"] },
      ];
      await aws.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
      expect((await aws.s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).to.deep.equal(CORSRules);
      expect((await aws.s3.send(new DeleteBucketCorsCommand({ Bucket }))).$metadata.httpStatusCode).to.equal(204);
      const gone = aws.s3.send(new GetBucketCorsCommand({ Bucket }));
      expect(await refusalCode(gone)).to.equal("NoSuchCORSConfiguration 404");
      await aws.s3.send(new DeleteBucketCorsCommand({ Bucket }));
    });

    const rule: CORSRule = { AllowedMethods: ["GET"], AllowedOrigins: ["*"] };
    const refusals: [what: string, rules: CORSRule[], code: string, message?: string][] = [
      ["no rules", [], "MalformedXML"],
      ["a rule without origins", [{ ...rule, AllowedOrigins: [] }], "MalformedXML"],
      [
        "another method",
        [{ ...rule, AllowedMethods: ["PATCH"] }],
        "InvalidRequest",
        "Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
      ],
      [
        "an origin with two wildcards",
        [{ ...rule, AllowedOrigins: ["http://*.*"] }],
        "InvalidRequest",
        'AllowedOrigin "http://*.*" can not have more than one wildcard.',
      ],
      [
        "a header with two wildcards",
        [{ ...rule, AllowedHeaders: ["*-*"] }],
        "InvalidRequest",
        'AllowedHeader "*-*" can not have more than one wildcard.',
      ],
      [
        "a wildcard among the exposed headers",
        [{ ...rule, ExposeHeaders: ["x-*"] }],
        "InvalidRequest",
        'ExposeHeader "x-*" contains wildcard. We currently do not support wildcard for ExposeHeader.',
      ],
      [
        "the name of an allowed header that is none",
        [{ ...rule, AllowedHeaders: ["a b"] }],
        "InvalidRequest",
        'AllowedHeader "a b" contains invalid character.',
      ],
      [
        "more than 100 rules",
        Array<CORSRule>(101).fill(rule),
        "InvalidRequest",
        "The number of CORS rules should not exceed allowed limit of 100 rules.",
      ],
    ];
    for (const [what, CORSRules, code, message] of refusals) {
      it(`rejects ${what} with ${code}`, async () => {
        const Bucket = await newBucket(aws);
        const refused = await refusal(
          aws.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } })),
        );
        expect(refused).to.deep.include({ code, status: 400, ...(message === undefined ? {} : { message }) });
      });
    }
  });

  describe("s3 a preflight request", () => {
    it("is answered by the first rule that matches origin, method and headers", async () => {
      const Bucket = await corsBucket(
        { AllowedMethods: ["GET"], AllowedOrigins: ["https://*.example.com"] },
        {
          AllowedMethods: ["PUT", "POST"],
          AllowedOrigins: ["https://app.example.com"],
          AllowedHeaders: ["Content-Type", "x-amz-*"],
          ExposeHeaders: ["ETag", "x-amz-request-id"],
          MaxAgeSeconds: 600,
        },
      );
      const { status, headers, text } = await preflight(`${Bucket}/key`, {
        origin: "https://app.example.com",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "X-Amz-Date, content-type",
      });
      expect({ status, text }).to.deep.equal({ status: 200, text: "" });
      expect(headers.get("access-control-allow-origin")).to.equal("https://app.example.com");
      expect(headers.get("access-control-allow-credentials")).to.equal("true");
      expect(headers.get("access-control-allow-methods")).to.equal("PUT, POST");
      expect(headers.get("access-control-allow-headers")).to.equal("x-amz-date, content-type");
      expect(headers.get("access-control-expose-headers")).to.equal("ETag, x-amz-request-id");
      expect(headers.get("access-control-max-age")).to.equal("600");
      expect(headers.get("vary")).to.equal("Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
      expect(headers.get("x-amz-request-id")).to.match(/^[0-9A-F]{16}$/);
    });

    it("is answered for any origin, without credentials, where a rule is for any", async () => {
      const Bucket = await corsBucket({ AllowedMethods: ["GET"], AllowedOrigins: ["*"] });
      const { headers } = await preflight(Bucket, { origin: "null", "access-control-request-method": "GET" });
      expect(headers.get("access-control-allow-origin")).to.equal("*");
      expect(headers.get("access-control-allow-credentials")).to.equal(null);
    });

    const asked = { origin: "https://app.example.com", "access-control-request-method": "GET" };
    const refusals: [what: string, headers: Record<string, string>][] = [
      ["origin", { ...asked, origin: "https://example.org" }],
      ["origin that a wildcard's two ends overlap in", { ...asked, origin: "https://app.example" }],
      ["method", { ...asked, "access-control-request-method": "DELETE" }],
      ["header", { ...asked, "access-control-request-headers": "x-amz-meta-a" }],
    ];
    for (const [what, headers] of refusals) {
      it(`is refused with AccessForbidden where no rule has its ${what}`, async () => {
        const Bucket = await corsBucket({
          AllowedMethods: ["GET"],
          AllowedOrigins: ["https://app.example.com", "https://app.example*.example"],
        });
        const { status, text } = await preflight(`${Bucket}/key`, headers);
        expect(status).to.equal(403);
        expect(xmlElement(text, "Code")).to.equal("AccessForbidden");
        expect(xmlElement(text, "Message")).to.match(/^CORSResponse: This CORS request is not allowed\./);
        expect(xmlElement(text, "ResourceType")).to.equal("OBJECT");
      });
    }

    it("is refused with AccessForbidden where the bucket has no rules, or is not there", async () => {
      const without = await preflight(await newBucket(aws), asked);
      expect(without.status).to.equal(403);
      expect(xmlElement(without.text, "Message")).to.equal("CORSResponse: CORS is not enabled for this bucket.");
      expect(xmlElement(without.text, "ResourceType")).to.equal("BUCKET");
      const missing = await preflight("no-such-bucket-here/key", asked);
      expect(xmlElement(missing.text, "ResourceType")).to.equal("BUCKET");
      expect(missing.status).to.equal(403);
      expect(xmlElement(missing.text, "Message")).to.equal("CORSResponse: Bucket not found");
    });

    it("is refused with BadRequest without an origin, or for what is no method", async () => {
      const Bucket = await corsBucket({ AllowedMethods: ["GET"], AllowedOrigins: ["*"] });
      const noOrigin = await preflight(Bucket, {});
      expect(noOrigin.status).to.equal(400);
      expect(xmlElement(noOrigin.text, "Message")).to.equal("Insufficient information. Origin request header needed.");
      const asking = (method: string) =>
        preflight(Bucket, { ...{ origin: "https://example.com", "access-control-request-method": method } });
      const unknown = await asking("EAT");
      expect(unknown.status).to.equal(400);
      expect(xmlElement(unknown.text, "Message")).to.equal("Invalid Access-Control-Request-Method: EAT");
      const patch = await asking("PATCH");
      expect([patch.status, xmlElement(patch.text, "Method")]).to.deep.equal([403, "PATCH"]);
      const header = { origin: "https://example.com", "access-control-request-headers": "a b" };
      expect((await preflight(Bucket, { ...header, "access-control-request-method": "GET" })).status).to.equal(400);
      const none = await preflight(Bucket, { origin: "https://example.com" });
      expect([none.status, xmlElement(none.text, "Method")]).to.deep.equal([403, "OPTIONS"]);
    });
  });

  describe("s3 a request with an Origin", () => {
    const origin = "https://app.example.com";

    it("is answered with the headers of the rule for its method, also when it fails", async () => {
      const Bucket = await corsBucket({ AllowedMethods: ["GET"], AllowedOrigins: [origin], ExposeHeaders: ["ETag"] });
      await put(aws, Bucket, "key");
      const read = await rawRequest(aws, { method: "GET", path: `/${Bucket}/key`, headers: { origin } });
      expect(read.status).to.equal(200);
      expect(read.headers["access-control-allow-origin"]).to.equal(origin);
      expect(read.headers["access-control-expose-headers"]).to.equal("ETag");
      expect(read.headers.vary).to.match(/^Origin/);
      const failed = await fetch(`${aws.endpoint}/${Bucket}/key`, { headers: { origin } });
      expect(failed.status).to.equal(403);
      expect(failed.headers.get("access-control-allow-origin")).to.equal(origin);
    });

    it("is answered without them where no rule matches", async () => {
      const Bucket = await corsBucket({ AllowedMethods: ["PUT"], AllowedOrigins: [origin] });
      const { headers } = await rawRequest(aws, { method: "GET", path: `/${Bucket}`, headers: { origin } });
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).to.deep.equal([]);
      const invalid = await fetch(`${aws.endpoint}/%ff/key`, { headers: { origin } });
      expect(invalid.status).to.equal(400);
    });
  });
});
