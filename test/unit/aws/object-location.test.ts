import { expect } from "chai";
import { objectLocation } from "../../../src/aws/object-location.ts";

describe("where an upload has gone", () => {
  it("is told as the bucket was addressed, with the key as in a form", () => {
    expect(objectLocation("127.0.0.1:4566", "bucket", "a/b c")).to.equal("http://127.0.0.1:4566/bucket/a%2Fb+c");
    expect(objectLocation("bucket.s3.localhost:4566", "bucket", "a/{ü}~")).to.equal(
      "http://bucket.s3.localhost:4566/a%2F%7B%C3%BC%7D%7E",
    );
    expect(objectLocation("s3.localhost", "bucket", "key")).to.equal("http://s3.localhost/bucket/key");
    expect(objectLocation("127.0.0.1:4566", "127", "key")).to.equal("http://127.0.0.1:4566/127/key");
  });
});
