import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { rawRequest, xmlElement } from "./s3-support.ts";

describe("s3 requests for buckets that cannot be", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const answered = async (method: string, path: string) => {
    const { status, text } = await rawRequest(aws, { method, path, body: method === "PUT" ? "x" : "" });
    return { status, code: xmlElement(text, "Code") };
  };

  for (const name of ["ab", "x".repeat(256), "a%20b", "a%21b", "h%C3%A4user"]) {
    it(`are refused with InvalidBucketName, whatever they ask for: ${name.slice(0, 12)}`, async () => {
      const refused = { status: 400, code: "InvalidBucketName" };
      expect(await answered("GET", `/${name}`)).to.deep.equal(refused);
      expect(await answered("PUT", `/${name}/key`)).to.deep.equal(refused);
      expect(await answered("DELETE", `/${name}/key`)).to.deep.equal(refused);
      expect(await answered("HEAD", `/${name}`)).to.deep.equal({ status: 400, code: undefined });
    });
  }

  for (const name of ["Upper-Case", "under_score", "long".repeat(20)]) {
    it(`are answered with NoSuchBucket where such a bucket may be left from old times: ${name.slice(0, 12)}`, async () => {
      const missing = { status: 404, code: "NoSuchBucket" };
      expect(await answered("GET", `/${name}`)).to.deep.equal(missing);
      expect(await answered("PUT", `/${name}/key`)).to.deep.equal(missing);
    });
  }
});
