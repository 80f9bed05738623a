import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import { expect } from "chai";
import * as fc from "fast-check";
import { canonicalParameters, canonicalPath, canonicalQuery } from "../../../src/auth/canonical-request.ts";
import { ec2, example, openAuth, read, refusal, request, s3, sts } from "./fixture.ts";
import { sign } from "./signed-requests.ts";

const time = "2026-03-04T05:06:07Z";
const amzDate = "20260304T050607Z";
const { accessKeyId, secretAccessKey } = example;

/** A hash of which SignatureV4 makes an HMAC when it is given a key. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash("sha256")
        : createHmac("sha256", typeof secret === "string" ? secret : Buffer.from(secret as Uint8Array));
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

/** Text that a client could have in a key or in a parameter, odd characters above all. */
const oddText = fc.string({ unit: fc.constantFrom(..."ab0-._~ +/%&=?#:;,@$!'()*[]|\\\"<>^`{}é😀") });

describe("auth signatures of independent signers", () => {
  let auth: Awaited<ReturnType<typeof openAuth>>;
  before(async () => {
    auth = await openAuth({ time });
  });
  after(() => auth.close());

  const sdkSigner = (service: string) =>
    new SignatureV4({
      ...{ service, region: "eu-north-1", credentials: { accessKeyId, secretAccessKey }, sha256: Sha256 },
      uriEscapePath: service !== "s3",
      applyChecksum: true,
    });

  const encoded = (text: string) =>
    encodeURIComponent(text).replaceAll(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );

  it("accepts what the SDK signs for S3, whatever the key and the parameters are", async () => {
    await fc.assert(
      fc.asyncProperty(oddText, fc.dictionary(oddText.filter(Boolean), oddText, { maxKeys: 4 }), async (key, query) => {
        const path = `/bucket/${key.split("/").map(encoded).join("/")}`;
        const message = {
          ...{ method: "GET", protocol: "http:", hostname: "localhost", path, query },
          headers: { host: "localhost:4566", "x-amz-meta-name": "  two  words " },
          body: undefined,
        };
        const signed = await sdkSigner("s3").sign(message, { signingDate: new Date(time) });
        const raw = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
        await auth.authenticate(request("GET", `${path}?${raw.join("&")}`, signed.headers), s3);
      }),
      { numRuns: 200 },
    );
  });

  it("accepts what the SDK presigns for S3", async () => {
    await fc.assert(
      fc.asyncProperty(oddText, async (key) => {
        const path = `/bucket/${key.split("/").map(encoded).join("/")}`;
        const message = {
          ...{ method: "PUT", protocol: "http:", hostname: "localhost", path, query: {} },
          headers: { host: "localhost:4566" },
          body: undefined,
        };
        const { query } = await sdkSigner("s3").presign(message, {
          ...{ signingDate: new Date(time), expiresIn: 60 },
          unsignableHeaders: new Set(["x-amz-content-sha256"]),
        });
        const raw = Object.entries(query ?? {}).map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`);
        // The SDK signs the hash of an empty body, and carries it nowhere.
        const hash = { "x-amz-content-sha256": createHash("sha256").digest("hex") };
        await auth.authenticate(request("PUT", `${path}?${raw.join("&")}`, { host: "localhost:4566", ...hash }), s3);
      }),
      { numRuns: 100 },
    );
  });

  it("takes the STREAMING- of a presigned URL for a hash, which no body has", async () => {
    const marker = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    const body = "3\r\nabc\r\n0\r\n\r\n";
    const put = async (decodedLength: number) => {
      const headers = {
        ...{ host: "localhost", "x-amz-content-sha256": marker },
        "x-amz-decoded-content-length": String(decodedLength),
      };
      const { query } = await sdkSigner("s3").presign(
        { method: "PUT", protocol: "http:", hostname: "localhost", path: "/b/k", query: {}, headers, body: undefined },
        { signingDate: new Date(time), expiresIn: 60, unhoistableHeaders: new Set(Object.keys(headers)) },
      );
      const raw = Object.entries(query ?? {}).map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`);
      const authenticated = await auth.authenticate(request("PUT", `/b/k?${raw.join("&")}`, headers, body), s3);
      return refusal(read(authenticated.body));
    };
    expect((await put(body.length)).members).to.deep.equal({
      ClientComputedContentSHA256: marker,
      S3ComputedContentSHA256: createHash("sha256").update(body).digest("hex"),
    });
    expect((await put(3)).members).to.deep.equal({ NumberBytesExpected: 3, NumberBytesProvided: body.length });
  });

  it("accepts what aws4 signs for query services, by header and by query", async () => {
    await fc.assert(
      fc.asyncProperty(oddText, fc.constantFrom(ec2, sts), fc.boolean(), async (value, target, signQuery) => {
        const body = signQuery ? "" : `Action=Do&Value=${encodeURIComponent(value)}`;
        const signed = aws4.sign(
          {
            ...{ service: target.service, region: "sa-east-1", method: signQuery ? "GET" : "POST", body, signQuery },
            path: signQuery ? `/?Action=Do&X-Amz-Date=${amzDate}&Value=${encodeURIComponent(value)}` : "/",
            headers: signQuery ? { Host: "localhost" } : { Host: "localhost", "X-Amz-Date": amzDate },
          },
          { accessKeyId, secretAccessKey },
        );
        const entries = Object.entries(signed.headers ?? {}).map(([name, text]) => [name.toLowerCase(), String(text)]);
        const { principal } = await auth.authenticate(
          request(signed.method ?? "", signed.path ?? "", Object.fromEntries(entries), body),
          { ...target, payload: Buffer.from(body) },
        );
        expect(principal.accountId).to.equal(example.accountId);
      }),
      { numRuns: 100 },
    );
  });

  it("accepts a host that is signed without its port, as boto 2, libcloud and git-annex sign it, and no other", async () => {
    for (const signQuery of [true, false]) {
      const sent = (host: string) => sign(s3, signQuery, { path: "/bucket/key", unsigned: { host } });
      const { principal } = await auth.authenticate(sent("localhost:4566"), s3);
      expect(principal.accountId).to.equal("111122223333");
      for (const host of ["localhost.:4566", "example:4566", "localhost:4566:1"]) {
        expect(await refusal(auth.authenticate(sent(host), s3))).to.include({ code: "SignatureDoesNotMatch" });
      }
    }
  });

  it("rejects a query service's body that is another than was signed", async () => {
    const body = "Action=GetCallerIdentity";
    const headers = { Host: "localhost", "X-Amz-Date": amzDate };
    const signed = aws4.sign(
      { service: "sts", region: "us-east-1", method: "POST", path: "/", body, headers },
      { accessKeyId, secretAccessKey },
    );
    const lower = Object.fromEntries(
      Object.entries(signed.headers ?? {}).map(([name, text]) => [name.toLowerCase(), String(text)]),
    );
    const error = await refusal(
      auth.authenticate(request("POST", "/", lower, body), { ...sts, payload: Buffer.from(`${body}s`) }),
    );
    expect(error.code).to.equal("SignatureDoesNotMatch");
  });
});

describe("auth canonical request", () => {
  const query = (raw: string) => canonicalQuery(canonicalParameters(raw));

  it("reads escapes and writes them anew", () => {
    expect(query("a=%7e%41%2f%c3%a9")).to.equal("a=~A%2F%C3%A9");
    expect(query("a=(x)*!'$,;:@/é")).to.equal("a=%28x%29%2A%21%27%24%2C%3B%3A%40%2F%E9");
  });

  it("takes `+` in a query for a space, and in a path for itself", () => {
    expect(query("a+b=c+d%2Be")).to.equal("a%20b=c%20d%2Be");
    expect(canonicalPath("/a+b", "s3")).to.equal("/a%2Bb");
  });

  it("keeps a broken escape as text", () => {
    expect(query("a=100%&b=%zz&c=%4")).to.equal("a=100%25&b=%25zz&c=%254");
  });

  it("sorts by name, then by value, as bytes of the encoded text", () => {
    expect(query("b=2&a=2&B=1&a=1&a-b=0&a%20=3")).to.equal("B=1&a=1&a=2&a%20=3&a-b=0&b=2");
  });

  it("gives a parameter without value an empty one, and leaves out what is no parameter", () => {
    expect(query("&acl&b=&&")).to.equal("acl=&b=");
  });

  it("leaves out the signature, wherever it stands", () => {
    expect(query("X-Amz-Signature=ab&a=1")).to.equal("a=1");
    expect(query("x=1&X-Amz-Signature=ab&X-Amz-Date=d")).to.equal("X-Amz-Date=d&x=1");
  });

  it("keeps an S3 path as it is", () => {
    expect(canonicalPath("/a//b/../c/./%2e%2E/%F0%9f%98%80/", "s3")).to.equal("/a//b/../c/./../%F0%9F%98%80/");
  });

  // The cases of the Signature Version 4 test suite: get-relative, get-relative-relative, get-slash, get-slash-dot-slash,
  // get-slash-pointless-dot, get-slashes, get-space.
  it("normalizes the path of other services, and encodes it twice", () => {
    const paths = {
      "/example/..": "/",
      "/example1/example2/../..": "/",
      "//": "/",
      "/./": "/",
      "/./example": "/example",
      "//example//": "/example/",
      "/example%20space/": "/example%2520space/",
    };
    for (const [raw, canonical] of Object.entries(paths))
      expect(canonicalPath(raw, "service"), raw).to.equal(canonical);
  });
});
