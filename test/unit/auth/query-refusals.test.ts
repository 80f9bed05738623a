import { createHash } from "node:crypto";
import { expect } from "chai";
import { ec2, refusal, request, sts } from "./fixture.ts";
import { brief, useAuth } from "./signed-requests.ts";

describe("auth refusals of query services", () => {
  const auth = useAuth();

  it("gives an unsigned request MissingAuthenticationToken", async () => {
    for (const target of [sts, ec2]) {
      expect(brief(await refusal(auth.authenticate(request("POST", "/", {}), target)))).to.deep.equal({
        code: "MissingAuthenticationToken",
        status: 403,
        message: "Request is missing Authentication Token",
      });
    }
  });

  it("gives an unknown key InvalidClientTokenId, and EC2's AuthFailure", async () => {
    expect(brief(await auth.header(sts, { accessKeyId: "AKIANOBODY" }))).to.deep.equal({
      code: "InvalidClientTokenId",
      status: 403,
      message: "The security token included in the request is invalid.",
    });
    expect(brief(await auth.header(ec2, { accessKeyId: "AKIANOBODY" }))).to.deep.equal({
      code: "AuthFailure",
      status: 401,
      message: "AWS was not able to validate the provided access credentials",
    });
  });

  it("gives a wrong secret SignatureDoesNotMatch, and EC2's AuthFailure", async () => {
    expect(brief(await auth.header(sts, { secretAccessKey: "wrong" }))).to.deep.equal({
      code: "SignatureDoesNotMatch",
      status: 403,
      message:
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    });
    expect((await auth.header(ec2, { secretAccessKey: "wrong" })).code).to.equal("AuthFailure");
  });

  it("tells an old and a future signature by their times, and EC2 RequestExpired", async () => {
    auth.setTime("2026-03-04T05:26:07Z");
    expect(brief(await auth.header(sts))).to.deep.equal({
      code: "SignatureDoesNotMatch",
      status: 403,
      message: "Signature expired: 20260304T050607Z is now earlier than 20260304T051107Z (20260304T052607Z - 15 min.)",
    });
    expect(brief(await auth.header(ec2))).to.deep.equal({
      code: "RequestExpired",
      status: 400,
      message: "Request has expired.",
    });
    auth.setTime("2026-03-04T04:46:07Z");
    expect((await auth.header(sts)).message).to.equal(
      "Signature not yet current: 20260304T050607Z is still later than 20260304T050107Z (20260304T044607Z + 15 min.)",
    );
  });

  it("gives a presigned request that is older than its X-Amz-Expires SignatureDoesNotMatch", async () => {
    auth.setTime("2026-03-04T05:08:08Z");
    const error = await auth.query(sts, { path: "/?Action=GetCallerIdentity&X-Amz-Expires=120" });
    expect(error.message).to.equal(
      "Signature expired: 20260304T050607Z is now earlier than 20260304T050608Z (20260304T050808Z - 2 min.)",
    );
  });

  it("gives a header without a component IncompleteSignature with the header's digest", async () => {
    const error = await auth.header(sts, { unsigned: { authorization: "AWS4-HMAC-SHA256 Credential=a/b/c/d/e" } });
    const digest = createHash("sha256").update("AWS4-HMAC-SHA256 Credential=a/b/c/d/e").digest("base64");
    expect(brief(error)).to.deep.equal({
      code: "IncompleteSignature",
      status: 400,
      message: `Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256 and encoded with Base64) Authorization=${digest}`,
    });
  });

  it("gives a malformed scope IncompleteSignature or SignatureDoesNotMatch with AWS's sentence", async () => {
    const messages: readonly (readonly [from: string, to: string, code: string, message: RegExp])[] = [
      ["/sts/", "/", "IncompleteSignature", /^Credential must have exactly 5 slash-delimited elements, .*, got 'AKIA/],
      ["/sts/", "/s3/", "SignatureDoesNotMatch", /^Credential should be scoped to correct service: 'sts'\.$/],
      ["aws4_request", "aws5", "SignatureDoesNotMatch", /valid terminator: 'aws4_request', not 'aws5'\.$/],
      ["/20260304/", "/20260303/", "SignatureDoesNotMatch", /: '20260303' != '20260304', from '20260304T050607Z'\.$/],
    ];
    for (const [from, to, code, message] of messages) {
      const error = await auth.header(sts, { replace: [from, to] });
      expect(error.code).to.equal(code);
      expect(error.message).to.match(message);
    }
  });

  it("gives an unsigned host or x-amz- header SignatureDoesNotMatch", async () => {
    const host = await auth.header(sts, { replace: ["SignedHeaders=host;", "SignedHeaders="] });
    expect(host.message).to.equal("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    const other = await auth.header(sts, { unsigned: { "x-amz-target": "t" } });
    expect(other.message).to.equal("'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.");
  });
});
