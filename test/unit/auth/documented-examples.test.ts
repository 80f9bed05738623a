import { Readable } from "node:stream";
import { expect } from "chai";
import { createSigningKeys } from "../../../src/auth/sigv4.ts";
import { openAuth, read, refusal, request, s3 } from "./fixture.ts";

// The examples that AWS has calculated:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html , sigv4-query-string-auth.html ,
// sigv4-streaming.html and sigv4-streaming-trailers.html

const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
const host = "examplebucket.s3.amazonaws.com";
const date = "20130524T000000Z";

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

describe("auth with AWS's own examples", () => {
  let auth: Awaited<ReturnType<typeof openAuth>>;
  before(async () => {
    auth = await openAuth({ time: "2013-05-24T00:00:00Z" });
  });
  after(() => auth.close());

  it("accepts GET Object", async () => {
    const { principal } = await auth.authenticate(
      request("GET", "/test.txt", {
        host,
        range: "bytes=0-9",
        "x-amz-content-sha256": empty,
        "x-amz-date": date,
        authorization: authorization(
          "host;range;x-amz-content-sha256;x-amz-date",
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
      }),
      s3,
    );
    expect(principal).to.deep.equal({
      type: "account",
      accountId: "111122223333",
      arn: "arn:aws:iam::111122223333:root",
      userId: "111122223333",
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    });
  });

  it("accepts PUT Object, whose key has a `$`", async () => {
    const { body } = await auth.authenticate(
      request(
        "PUT",
        "/test%24file.text",
        {
          host,
          date: "Fri, 24 May 2013 00:00:00 GMT",
          "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
          "x-amz-date": date,
          "x-amz-storage-class": "REDUCED_REDUNDANCY",
          authorization: authorization(
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
          ),
        },
        "Welcome to Amazon S3.",
      ),
      s3,
    );
    expect(String(await read(body))).to.equal("Welcome to Amazon S3.");
  });

  it("accepts GET Bucket Lifecycle, whose parameter has no value", async () => {
    await auth.authenticate(
      request("GET", "/?lifecycle", {
        host,
        "x-amz-content-sha256": empty,
        "x-amz-date": date,
        authorization: authorization(
          "host;x-amz-content-sha256;x-amz-date",
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
      }),
      s3,
    );
  });

  it("accepts Get Bucket (List Objects), parameters in any order", async () => {
    await auth.authenticate(
      request("GET", "/?prefix=J&max-keys=2", {
        host,
        "x-amz-content-sha256": empty,
        "x-amz-date": date,
        authorization: authorization(
          "host;x-amz-content-sha256;x-amz-date",
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
      }),
      s3,
    );
  });

  it("accepts the presigned URL", async () => {
    const query = [
      "X-Amz-Algorithm=AWS4-HMAC-SHA256",
      `X-Amz-Credential=${encodeURIComponent(credential)}`,
      `X-Amz-Date=${date}`,
      "X-Amz-Expires=86400",
      "X-Amz-SignedHeaders=host",
      "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    ].join("&");
    await auth.authenticate(request("GET", `/test.txt?${query}`, { host }), s3);
  });

  describe("of aws-chunked uploads", () => {
    const bytes = "a".repeat(66_560);
    const headers = {
      host: "s3.amazonaws.com",
      "x-amz-date": date,
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
    };

    const chunk = (text: string, signature: string) =>
      `${text.length.toString(16)};chunk-signature=${signature}\r\n${text}${text === "" ? "" : "\r\n"}`;

    const signed = {
      ...headers,
      "content-length": "66824",
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      authorization: authorization(
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
      ),
    };
    const signedBody = [
      chunk("a".repeat(65_536), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
      chunk("a".repeat(1024), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
      chunk("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
      "\r\n",
    ];
    const put = (head: Record<string, string>, parts: readonly string[]) =>
      auth.authenticate(
        request("PUT", "/examplebucket/chunkObject.txt", head, Readable.from(parts.map((part) => Buffer.from(part)))),
        s3,
      );

    it("accepts the signed chunks", async () => {
      const { body, contentLength } = await put(signed, signedBody);
      expect(contentLength).to.equal(66_560);
      expect(String(await read(body))).to.equal(bytes);
    });

    it("rejects a chunk whose bytes are others with SignatureDoesNotMatch", async () => {
      const changed = signedBody.map((part) => part.replace("aaaa", "aaba"));
      const { body } = await put(signed, changed);
      const error = await refusal(read(body));
      expect(error).to.include({ code: "SignatureDoesNotMatch", status: 403 });
      expect(error.members.StringToSign).to.match(/^AWS4-HMAC-SHA256-PAYLOAD\n/);
      expect(error.members.SignatureProvided).to.equal(
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
      );
    });

    it("accepts the signed chunks with a signed trailer", async () => {
      const { body } = await put(
        {
          ...headers,
          "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
          "x-amz-trailer": "x-amz-checksum-crc32c",
          authorization: authorization(
            "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
            "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
          ),
        },
        [
          chunk("a".repeat(65_536), "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
          chunk("a".repeat(1024), "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
          chunk("", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
          "x-amz-checksum-crc32c:sOO8/Q==\r\n",
          "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
          "\r\n",
        ],
      );
      expect(String(await read(body))).to.equal(bytes);
      expect(body.trailers).to.deep.equal({ "x-amz-checksum-crc32c": "sOO8/Q==" });
    });
  });

  it("derives the signing key of the IAM user guide, also when keys are dropped to make room", () => {
    const keys = createSigningKeys(2);
    const scope = { date: "20150830", region: "us-east-1", service: "iam" };
    const derive = () => keys("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope).toString("hex");
    const expected = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9";
    expect(derive()).to.equal(expected);
    for (const region of ["a", "b", "c"]) keys("secret", { ...scope, region });
    expect(derive()).to.equal(expected);
  });
});
