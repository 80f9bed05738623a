import { expect } from "chai";
import { ec2, read, request, s3, sts } from "./fixture.ts";
import { sign, useAuth } from "./signed-requests.ts";

describe("auth refusals", () => {
  const auth = useAuth();

  it("accepts what it is about to change", async () => {
    for (const target of [s3, ec2, sts]) {
      for (const signQuery of [false, true]) await auth.authenticate(sign(target, signQuery, {}), target);
    }
  });

  it("lets an unsigned S3 request be anonymous, and decodes its chunks", async () => {
    const { principal } = await auth.authenticate(request("GET", "/b/k", {}), s3);
    expect(principal.type).to.equal("anonymous");
    const chunked = {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "3",
    };
    const { body } = await auth.authenticate(request("PUT", "/b/k", chunked, "3\r\nabc\r\n0\r\n\r\n"), s3);
    expect(String(await read(body))).to.equal("abc");
  });
});
