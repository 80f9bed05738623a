import { expect } from "chai";
import { s3Address } from "../../../src/protocol/s3-addressing.ts";

describe("s3 hosts", () => {
  const endpoints = [
    ...["s3.localhost:4566", "s3.us-east-1.localhost:4566", "s3.localhost.localstack.cloud:4566"],
    ...["s3.us-east-1.localhost.localstack.cloud", "s3.amazonaws.com", "s3.eu-west-1.amazonaws.com:443"],
    ...["s3-us-west-2.amazonaws.com", "s3-external-1.amazonaws.com", "s3.dualstack.us-east-1.amazonaws.com"],
    ...["s3-fips.us-east-1.amazonaws.com", "s3-fips.dualstack.us-gov-west-1.amazonaws.com"],
    ...["s3.cn-north-1.amazonaws.com.cn", "s3.dualstack.cn-north-1.amazonaws.com.cn"],
    ...["s3-accelerate.amazonaws.com", "s3-accelerate.dualstack.amazonaws.com"],
    ...["s3.eusc-de-east-1.amazonaws.eu", "S3.LOCALHOST", "s3.dualstack.us-east-1.localhost"],
  ];
  const plain = ["localhost:4566", "localhost.localstack.cloud:4566"];
  const elsewhere = ["127.0.0.1:4566", "[::1]:4566", "localaws", "s3.example.com", "host.docker.internal"];
  const buckets = ["bucket", "dots.in.name", "s3-prefixed", "my.s3.bucket", "s3", "s3.us-east-1"];

  it("are buckets' below every endpoint, whatever their names", () => {
    for (const host of endpoints) {
      for (const bucket of buckets) {
        const address = s3Address({ path: "/a%20key", headers: { host: `${bucket}.${host}` } });
        expect(address, `${bucket}.${host}`).to.deep.equal({ bucket, key: "a key" });
      }
    }
    for (const host of plain) {
      // `my.s3.bucket.localhost` is the bucket `my` in a region of that name.
      for (const bucket of ["bucket", "dots.in.name", "s3-prefixed"]) {
        const address = s3Address({ path: "/", headers: { host: `${bucket}.${host}` } });
        expect(address, `${bucket}.${host}`).to.deep.equal({ bucket });
      }
    }
  });

  it("are endpoints themselves, where the path has the bucket", () => {
    for (const host of [...endpoints, ...plain, ...elsewhere]) {
      expect(s3Address({ path: "/bucket//key", headers: { host } }), host).to.deep.equal({
        bucket: "bucket",
        key: "/key",
      });
    }
  });
});
