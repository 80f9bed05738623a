import { expect } from "chai";
import { ec2, example, openAuth, read, refusal, request, s3 } from "./fixture.ts";
import { sign, time } from "./signed-requests.ts";

describe("auth with verification off", () => {
  let off: Awaited<ReturnType<typeof openAuth>>;
  before(async () => {
    off = await openAuth({ time, mode: "off" });
  });
  after(() => off.close());

  it("takes a known key for what it is and anyone else for the root", async () => {
    const known = await off.authenticate(sign(s3, false, { secretAccessKey: "wrong" }), s3);
    expect(known.principal.accountId).to.equal(example.accountId);
    for (const target of [s3, ec2]) {
      expect((await off.authenticate(request("GET", "/", {}), target)).principal.accountId).to.equal("000000000000");
      const unknown = sign(target, true, { accessKeyId: "AKIANOBODY" });
      expect((await off.authenticate(unknown, target)).principal.accountId).to.equal("000000000000");
    }
  });

  it("still decodes chunks, without their signatures, and checks their checksum", async () => {
    const put = (checksum: string) =>
      off.authenticate(
        request(
          "PUT",
          "/b/k",
          {
            "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": "9",
            "x-amz-trailer": "x-amz-checksum-crc32c",
          },
          `9;chunk-signature=00\r\n123456789\r\n0;chunk-signature=00\r\nx-amz-checksum-crc32c:${checksum}\r\nx-amz-trailer-signature:00\r\n\r\n`,
        ),
        s3,
      );
    expect(String(await read((await put("4waSgw==")).body))).to.equal("123456789");
    expect((await refusal(read((await put("AAAAAA==")).body))).code).to.equal("BadDigest");
  });
});
