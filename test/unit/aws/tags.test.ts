import { expect } from "chai";
import { isResourceId, resourceIdPrefix } from "../../../src/aws/resource-id.ts";
import { findTagProblem } from "../../../src/aws/tags.ts";

describe("findTagProblem", () => {
  it("finds nothing wrong with tags at their limits", () => {
    const tags = [{ Key: "k".repeat(128), Value: "v".repeat(256) }, { Key: "empty" }, { Key: "Empty", Value: "" }];
    expect(findTagProblem(tags)).to.equal(undefined);
  });

  it("names the first problem and its key", () => {
    expect(findTagProblem([{ Value: "x" }])?.kind).to.equal("empty-key");
    expect(findTagProblem([{ Key: "AWS:x" }])).to.deep.equal({ kind: "reserved-key", key: "AWS:x" });
    expect(findTagProblem([{ Key: "k".repeat(129) }])?.kind).to.equal("key-too-long");
    expect(findTagProblem([{ Key: "k", Value: "v".repeat(257) }])?.kind).to.equal("value-too-long");
    expect(findTagProblem([{ Key: "k" }, { Key: "k" }])?.kind).to.equal("duplicate-key");
  });
});

describe("isResourceId", () => {
  it("takes 8 and 17 hexadecimal digits after the prefix", () => {
    expect(isResourceId("i", "i-0123456789abcdef0")).to.equal(true);
    expect(isResourceId("i", "i-01234567")).to.equal(true);
    for (const text of [
      "i-",
      "i-0123456789ABCDEF0",
      "i-0123456789abcdef01",
      "vol-01234567",
      "i-01234567 ",
      "i01234567",
    ]) {
      expect(isResourceId("i", text), text).to.equal(false);
    }
  });

  it("reads the prefix of an id", () => {
    expect(resourceIdPrefix("vpc-cidr-assoc-0123456789abcdef0")).to.equal("vpc-cidr-assoc");
    expect(resourceIdPrefix("web-server")).to.equal(undefined);
  });
});
