import { createHash } from "node:crypto";
import { expect } from "chai";
import { example, refusal, s3 } from "./fixture.ts";
import { amzDate, brief, emptyHash, sign, useAuth } from "./signed-requests.ts";

describe("auth refusals of S3", () => {
  const auth = useAuth();

  it("gives a wrong secret SignatureDoesNotMatch with everything that was signed", async () => {
    const error = await auth.header(s3, { secretAccessKey: "wrong", path: "/a b?x=1".replace(" ", "%20") });
    expect(brief(error)).to.deep.equal({
      code: "SignatureDoesNotMatch",
      status: 403,
      message:
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    });
    const canonical = `GET\n/a%20b\nx=1\nhost:localhost\nx-amz-content-sha256:${emptyHash}\nx-amz-date:${amzDate}\n\nhost;x-amz-content-sha256;x-amz-date\n${emptyHash}`;
    const toSign = `AWS4-HMAC-SHA256\n${amzDate}\n20260304/us-east-1/s3/aws4_request\n${createHash("sha256").update(canonical).digest("hex")}`;
    const bytes = (text: string) => [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    expect(error.members).to.deep.include({
      AWSAccessKeyId: example.accessKeyId,
      StringToSign: toSign,
      StringToSignBytes: bytes(toSign),
      CanonicalRequest: canonical,
      CanonicalRequestBytes: bytes(canonical),
    });
    expect(error.members.SignatureProvided).to.match(/^[0-9a-f]{64}$/);
  });

  it("gives an unknown key InvalidAccessKeyId", async () => {
    const error = await auth.header(s3, { accessKeyId: "AKIANOBODY" });
    expect(brief(error)).to.deep.equal({
      code: "InvalidAccessKeyId",
      status: 403,
      message: "The AWS Access Key Id you provided does not exist in our records.",
    });
    expect(error.members).to.deep.equal({ AWSAccessKeyId: "AKIANOBODY" });
  });

  it("gives an unknown temporary key InvalidToken, which it finds by the token", async () => {
    const headers = { "X-Amz-Security-Token": "token" };
    const error = await auth.header(s3, { accessKeyId: "ASIANOBODY", headers });
    expect(error).to.include({ code: "InvalidToken", status: 400 });
    expect(error.members).to.deep.equal({ "Token-0": "token" });
    expect((await auth.header(s3, { accessKeyId: "ASIANOBODY" })).code).to.equal("InvalidAccessKeyId");
    expect((await auth.header(s3, { accessKeyId: "AKIANOBODY", headers })).code).to.equal("InvalidAccessKeyId");
  });

  it("gives a clock that is off by more than 15 minutes RequestTimeTooSkewed, either way", async () => {
    for (const now of ["2026-03-04T05:21:08Z", "2026-03-04T04:51:06Z"]) {
      auth.setTime(now);
      const error = await auth.header(s3);
      expect(brief(error)).to.deep.equal({
        code: "RequestTimeTooSkewed",
        status: 403,
        message: "The difference between the request time and the current time is too large.",
      });
      expect(error.members).to.deep.equal({
        RequestTime: amzDate,
        ServerTime: now,
        MaxAllowedSkewMilliseconds: 900_000,
      });
    }
    // Also where the scope is of another day.
    const otherDay = await auth.header(s3, { unsigned: { "x-amz-date": "20260204T050607Z" } });
    expect(otherDay).to.include({ code: "RequestTimeTooSkewed", status: 403 });
    auth.setTime("2026-03-04T05:21:07Z");
    await auth.authenticate(sign(s3, false, {}), s3);
  });

  it("gives an expired URL AccessDenied with its times", async () => {
    auth.setTime("2026-03-04T05:07:08Z");
    const error = await auth.query(s3, { path: "/key?X-Amz-Expires=60" });
    expect(brief(error)).to.deep.equal({ code: "AccessDenied", status: 403, message: "Request has expired" });
    expect(error.members).to.deep.equal({
      "X-Amz-Expires": 60,
      Expires: "2026-03-04T05:07:07Z",
      ServerTime: "2026-03-04T05:07:08Z",
    });
    auth.setTime("2026-03-04T05:07:07Z");
    await auth.authenticate(sign(s3, true, { path: "/key?X-Amz-Expires=60" }), s3);
  });

  it("gives a URL of the future AccessDenied", async () => {
    auth.setTime("2026-03-04T04:51:06Z");
    const error = await auth.query(s3);
    expect(brief(error)).to.deep.equal({
      code: "AccessDenied",
      status: 403,
      message: "Request is not yet valid",
    });
    expect(error.members).to.include({
      "X-Amz-Date": Date.parse("2026-03-04T05:06:07Z"),
      ServerTime: "2026-03-04T04:51:06Z",
    });
    expect(error.members.Expires).to.match(/^2026-03-0\dT\d\d:\d\d:07Z$/);
  });

  it("gives an expiry that is none AuthorizationQueryParametersError", async () => {
    const messages = {
      "604801":
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
      "-1": "X-Amz-Expires must be non-negative",
      soon: "X-Amz-Expires should be a number",
    };
    for (const [expires, message] of Object.entries(messages)) {
      const error = await auth.query(s3, { replace: [/X-Amz-Expires=\d+/, `X-Amz-Expires=${expires}`] });
      expect(brief(error)).to.deep.equal({ code: "AuthorizationQueryParametersError", status: 400, message });
    }
    await auth.authenticate(sign(s3, true, { path: "/?X-Amz-Expires=604800" }), s3);
  });

  it("gives a URL without one of its parameters AuthorizationQueryParametersError", async () => {
    for (const name of ["Algorithm", "Credential", "Date", "SignedHeaders", "Expires"]) {
      const error = await auth.query(s3, { replace: [new RegExp(`X-Amz-${name}=[^&]*`), `X-Amz-${name}=`] });
      expect(error, name).to.include({ code: "AuthorizationQueryParametersError", status: 400 });
      expect(error.message).to.match(/^Query-string authentication version 4 requires the X-Amz-Algorithm/);
    }
  });

  it("gives a malformed scope its own message, by header and by query", async () => {
    const changes: readonly (readonly [from: string, to: string, message: string])[] = [
      ["/s3/", "/", 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'],
      ["/s3/", "/ec2/", 'incorrect service "ec2". This endpoint belongs to "s3".'],
      ["aws4_request", "aws4_reques", 'incorrect terminal "aws4_reques". This endpoint uses "aws4_request".'],
      [
        "20260304/",
        "2026030/",
        'incorrect date format "2026030". This date in the credential must be in the format "yyyyMMdd".',
      ],
    ];
    for (const [from, to, message] of changes) {
      expect(brief(await auth.header(s3, { replace: [from, to] }))).to.deep.equal({
        code: "AuthorizationHeaderMalformed",
        status: 400,
        message: `The authorization header is malformed; ${message}`,
      });
      const error = await auth.query(s3, { replace: [encodeURIComponent(from), encodeURIComponent(to)] });
      expect(brief(error)).to.deep.equal({
        code: "AuthorizationQueryParametersError",
        status: 400,
        message: `Error parsing the X-Amz-Credential parameter; ${message}`,
      });
    }
  });

  it("gives a scope of another day AuthorizationHeaderMalformed", async () => {
    const error = await auth.header(s3, { replace: ["/20260304/", "/20260303/"] });
    expect(brief(error)).to.deep.equal({
      code: "AuthorizationHeaderMalformed",
      status: 400,
      message:
        'The authorization header is malformed; Invalid credential date "20260303". This date is not the same as X-Amz-Date: "20260304".',
    });
  });

  it("gives a header without one of its components AuthorizationHeaderMalformed", async () => {
    for (const component of ["Credential=", "SignedHeaders=", "Signature="]) {
      expect(brief(await auth.header(s3, { replace: [component, "Other="] }))).to.deep.equal({
        code: "AuthorizationHeaderMalformed",
        status: 400,
        message:
          "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.",
      });
    }
  });

  it("gives another scheme InvalidArgument", async () => {
    const basic = await auth.header(s3, { unsigned: { authorization: "Basic dGVzdDp0ZXN0" } });
    expect(basic).to.include({ code: "InvalidArgument", status: 400, message: "Unsupported Authorization Type" });
    expect(basic.members).to.deep.equal({ ArgumentName: "Authorization", ArgumentValue: "Basic dGVzdDp0ZXN0" });
  });

  it("gives an empty Authorization AccessDenied", async () => {
    const error = await auth.header(s3, { unsigned: { authorization: "" } });
    expect(error).to.include({ code: "AccessDenied", status: 403 });
  });

  it("gives a request that is signed twice InvalidArgument", async () => {
    const error = await auth.query(s3, { unsigned: { authorization: "AWS4-HMAC-SHA256 Credential=a" } });
    expect(error).to.include({ code: "InvalidArgument", status: 400 });
    expect(error.message).to.match(/^Only one auth mechanism allowed/);
  });

  it("gives a request without a date AccessDenied", async () => {
    const unsigned = sign(s3, false, {});
    const { "x-amz-date": _, ...headers } = unsigned.headers;
    expect(await refusal(auth.authenticate({ ...unsigned, headers }, s3))).to.include({
      code: "AccessDenied",
      status: 403,
      message: "AWS authentication requires a valid Date or x-amz-date header",
    });
  });

  it("gives headers that are not signed AccessDenied with their names", async () => {
    const unsigned = { "x-amz-acl": "public-read", "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==", "x-other": "1" };
    const error = await auth.header(s3, { unsigned });
    expect(brief(error)).to.deep.equal({
      code: "AccessDenied",
      status: 403,
      message: "There were headers present in the request which were not signed",
    });
    expect(error.members).to.deep.equal({ HeadersNotSigned: "x-amz-acl, content-md5" });
    expect((await auth.query(s3, { unsigned: { "x-amz-meta-a": "b" } })).members).to.deep.equal({
      HeadersNotSigned: "x-amz-meta-a",
    });
    const host = await auth.header(s3, { replace: ["SignedHeaders=host;", "SignedHeaders="] });
    expect(host.members).to.deep.equal({ HeadersNotSigned: "host" });
  });

  it("gives a presigned URL whose unsigned x-amz-content-sha256 is another SignatureDoesNotMatch", async () => {
    const error = await auth.query(s3, { unsigned: { "x-amz-content-sha256": emptyHash } });
    expect(error.code).to.equal("SignatureDoesNotMatch");
    await auth.authenticate(sign(s3, true, { unsigned: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }), s3);
  });

  it("gives a header signature without payload hash InvalidRequest, and with a wrong one InvalidArgument", async () => {
    const withHash = sign(s3, false, {});
    const { "x-amz-content-sha256": _, ...headers } = withHash.headers;
    expect(await refusal(auth.authenticate({ ...withHash, headers }, s3))).to.include({
      code: "InvalidRequest",
      message: "Missing required header for this request: x-amz-content-sha256",
    });
    const error = await auth.header(s3, { headers: { "X-Amz-Content-Sha256": "unsigned-payload" } });
    expect(error).to.include({ code: "InvalidArgument", status: 400 });
    expect(error.members).to.deep.equal({ ArgumentName: "x-amz-content-sha256", ArgumentValue: "unsigned-payload" });
  });

  it("gives a token with a key that needs none InvalidToken, once the signature is right", async () => {
    const headers = { "X-Amz-Security-Token": "token" };
    expect(brief(await auth.header(s3, { headers }))).to.deep.equal({
      code: "InvalidToken",
      status: 400,
      message: "The provided token is malformed or otherwise invalid.",
    });
    expect((await auth.header(s3, { headers, secretAccessKey: "wrong" })).code).to.equal("SignatureDoesNotMatch");
  });
});
