import { createHash } from "node:crypto";
import { expect } from "chai";
import { read, refusal, s3 } from "./fixture.ts";
import { brief, type Change, emptyHash, sign, useAuth } from "./signed-requests.ts";

describe("auth refusals of S3, for the body", () => {
  const auth = useAuth();

  const body = "the body";
  const put = async (hash: string, change: Change = {}) => {
    const headers = { "X-Amz-Content-Sha256": hash, ...change.headers };
    const authenticated = await auth.authenticate(sign(s3, false, { method: "PUT", body, ...change, headers }), s3);
    return read(authenticated.body);
  };
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

  it("accepts the right hash, in capitals too, and no hash", async () => {
    for (const hash of [sha256(body), sha256(body).toUpperCase(), "UNSIGNED-PAYLOAD"]) {
      expect(String(await put(hash))).to.equal(body);
    }
  });

  it("passes a body without a hash through as it is", async () => {
    const unsigned = sign(s3, false, {
      method: "PUT",
      body,
      headers: { "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" },
    });
    const authenticated = await auth.authenticate(unsigned, s3);
    expect(authenticated.body).to.equal(unsigned.body);
    expect(authenticated.contentLength).to.equal(body.length);
  });

  it("gives another body XAmzContentSHA256Mismatch with both hashes, also an empty one", async () => {
    const error = await refusal(put(sha256("other")));
    expect(brief(error)).to.deep.equal({
      code: "XAmzContentSHA256Mismatch",
      status: 400,
      message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
    });
    expect(error.members).to.deep.equal({
      ClientComputedContentSHA256: sha256("other"),
      S3ComputedContentSHA256: sha256(body),
    });
    const empty = await refusal(put(sha256("other"), { body: "" }));
    expect(empty.members.S3ComputedContentSHA256).to.equal(emptyHash);
  });

  it("does not compare the hash of a request that reads", async () => {
    await put(sha256("other"), { method: "GET", body: "" });
    await put(sha256("other"), { method: "HEAD", body: "" });
  });

  it("gives chunks without a decoded length MissingContentLength", async () => {
    for (const length of [undefined, "many"]) {
      const headers = length === undefined ? {} : { "X-Amz-Decoded-Content-Length": length };
      expect(await refusal(put("STREAMING-UNSIGNED-PAYLOAD-TRAILER", { headers }))).to.include({
        code: "MissingContentLength",
        status: 411,
      });
    }
  });

  it("gives trailers that S3 does not know, or more than one, InvalidRequest", async () => {
    const refused = async (trailer: string, headers: Record<string, string> = {}) => {
      const length = { "X-Amz-Decoded-Content-Length": "8", "X-Amz-Trailer": trailer, ...headers };
      const error = await refusal(put("STREAMING-UNSIGNED-PAYLOAD-TRAILER", { headers: length }));
      expect(error).to.include({ code: "InvalidRequest", status: 400 });
      return error.message;
    };
    const unsupported = "The value specified in the x-amz-trailer header is not supported";
    for (const trailer of [
      "content-md5",
      "x-amz-checksum-crc32, x-amz-foo",
      ", x-amz-checksum-crc32",
      "x-amz-checksum-crc32, ,",
    ]) {
      expect(await refused(trailer), trailer).to.equal(unsupported);
    }
    const multiple = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    expect(await refused("x-amz-checksum-crc32, x-amz-checksum-sha256")).to.equal(multiple);
    const inHeader = { "X-Amz-Checksum-Sha1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=" };
    expect(await refused("x-amz-checksum-crc32", inHeader)).to.equal("Expecting a single x-amz-checksum- header");
  });

  it("gives a trailer without chunks MalformedTrailerError", async () => {
    const headers = { "X-Amz-Trailer": "x-amz-checksum-crc32" };
    expect(await refusal(put(sha256(body), { headers }))).to.include({ code: "MalformedTrailerError", status: 400 });
  });
});
