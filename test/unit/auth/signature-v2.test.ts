import { expect } from "chai";
import { signV2 } from "../../../src/auth/sigv2.ts";
import { openAuth, refusal, request, s3 } from "./fixture.ts";

// The examples that AWS has calculated: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
const date = "Tue, 27 Mar 2007 19:36:42 +0000";
const host = "awsexamplebucket1.us-west-1.s3.amazonaws.com";
const target = { ...s3, hostBucket: "awsexamplebucket1" };

describe("auth with Signature Version 2", () => {
  let auth: Awaited<ReturnType<typeof openAuth>>;
  before(async () => {
    auth = await openAuth({ time: "2007-03-27T19:40:00Z" });
  });
  after(() => auth.close());

  const get = (signature: string, headers: Record<string, string> = { date }) =>
    auth.authenticate(
      request("GET", "/photos/puppy.jpg", {
        ...{ host, authorization: `AWS AKIAIOSFODNN7EXAMPLE:${signature}` },
        ...headers,
      }),
      target,
    );

  it("accepts AWS's example of an object GET, and refuses it when it is changed, with the string to sign", async () => {
    const { principal } = await get("qgk2+6Sv9/oM7G3qLEjTH1a1l1g=");
    expect(principal.arn).to.equal("arn:aws:iam::111122223333:root");
    const error = await refusal(get("qgk2+6Sv9/oM7G3qLEjTH1a1l1h="));
    expect(error).to.include({ code: "SignatureDoesNotMatch", status: 403 });
    expect(error.members.StringToSign).to.equal(`GET\n\n\n${date}\n/awsexamplebucket1/photos/puppy.jpg`);
  });

  it("refuses a request without a date, one of another time, and headers that are none", async () => {
    expect(await refusal(get("x", {}))).to.include({ code: "AccessDenied", status: 403 });
    const old = { date: "Tue, 27 Mar 2007 10:36:42 +0000" };
    expect(await refusal(get("x", old))).to.include({ code: "RequestTimeTooSkewed", status: 403 });
    const nobody = request("GET", "/", { host, date, authorization: "AWS nobody" });
    expect(await refusal(auth.authenticate(nobody, target))).to.include({ code: "InvalidArgument", status: 400 });
    const unknown = request("GET", "/", { host, date, authorization: "AWS AKIA:x" });
    expect(await refusal(auth.authenticate(unknown, target))).to.include({ code: "InvalidAccessKeyId", status: 403 });
  });

  it("takes the path of a bucket with and without the slash after it", async () => {
    for (const path of ["/bucket", "/bucket/"]) {
      const signature = signV2("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", `GET\n\n\n${date}\n${path}`);
      const authorization = `AWS AKIAIOSFODNN7EXAMPLE:${signature}`;
      const { principal } = await auth.authenticate(request("GET", "/bucket", { host, date, authorization }), s3);
      expect(principal.accountId).to.equal("111122223333");
    }
  });

  it("takes parameters that came after Version 2 signed and unsigned, and the older ones signed alone", async () => {
    const signed = (path: string, resource: string) => {
      const signature = signV2("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", `GET\n\n\n${date}\n${resource}`);
      const authorization = `AWS AKIAIOSFODNN7EXAMPLE:${signature}`;
      return auth.authenticate(request("GET", path, { host, date, authorization }), s3);
    };
    for (const resource of ["/bucket?encryption", "/bucket/?encryption", "/bucket", "/bucket/"]) {
      expect((await signed("/bucket?encryption", resource)).principal.accountId, resource).to.equal("111122223333");
    }
    await signed("/bucket?acl", "/bucket?acl");
    await signed("/bucket?acl=", "/bucket?acl");
    expect(await refusal(signed("/bucket?acl", "/bucket"))).to.include({ code: "SignatureDoesNotMatch" });
    expect(await refusal(signed("/bucket?encryption", "/bucket?acl"))).to.include({ code: "SignatureDoesNotMatch" });
  });

  it("refuses presigned URLs that lack a parameter or whose time is no number", async () => {
    const query = (text: string) => refusal(auth.authenticate(request("GET", `/a?${text}`, { host }), target));
    expect((await query("Signature=x&Expires=1")).message).to.match(
      /requires the Signature, Expires and AWSAccessKeyId/,
    );
    expect(await query("Signature=x&Expires=soon&AWSAccessKeyId=y")).to.include({ code: "AccessDenied", status: 403 });
    expect((await query("Signature=x&Expires=1&AWSAccessKeyId=y")).message).to.equal("Request has expired");
  });
});
