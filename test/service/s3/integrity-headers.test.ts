import { createHash } from "node:crypto";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { createChecksum } from "../../../src/aws/checksum.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { put, rawRequest, uniqueName, xmlElement } from "./s3-support.ts";

/** What deletes, or says what is to be kept, has to be protected: https://github.com/aws/aws-cli/issues/229 */
describe("s3 documents that need a digest", () => {
  let aws: TestServer;
  const Bucket = uniqueName();
  before(async () => {
    aws = await startLocalAws();
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await put(aws, Bucket, "key");
  });
  after(() => aws.stop());

  const documents: Readonly<Record<string, string>> = {
    "?cors":
      "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
    "?lifecycle":
      "<LifecycleConfiguration><Rule><Filter/><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>",
    "?tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    "?object-lock": "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
    "/key?legal-hold": "<LegalHold><Status>OFF</Status></LegalHold>",
    "/key?retention": `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${new Date(Date.now() + 86_400_000).toISOString()}</RetainUntilDate></Retention>`,
  };

  const send = (path: string, body: string, headers: Record<string, string> = {}) =>
    rawRequest(aws, { method: "PUT", path: `/${Bucket}${path}`, body, headers });

  for (const [path, body] of Object.entries(documents)) {
    it(`are refused without one, and with another's: PUT ${path}`, async () => {
      const bare = await send(path, body);
      expect({ status: bare.status, message: xmlElement(bare.text, "Message") }).to.deep.equal({
        status: 400,
        message: "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
      });
      const others = createHash("md5").update("other").digest("base64");
      expect(xmlElement((await send(path, body, { "content-md5": others })).text, "Code")).to.equal("BadDigest");
    });

    it(`are refused where they are empty: PUT ${path}`, async () => {
      const md5 = createHash("md5").update("").digest("base64");
      const empty = await send(path, "", { "content-md5": md5 });
      expect(xmlElement(empty.text, "Code")).to.equal("MissingRequestBodyError");
    });

    it(`are taken with an MD5 or a checksum: PUT ${path}`, async () => {
      const checksum = createChecksum("CRC32");
      checksum.update(Buffer.from(body));
      const md5 = createHash("md5").update(body).digest("base64");
      for (const header of [{ "content-md5": md5 }, { "x-amz-checksum-crc32": checksum.digest() }]) {
        expect((await send(path, body, header)).status).to.be.oneOf([200, 204]);
      }
    });
  }
});
