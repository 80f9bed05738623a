import { expect } from "chai";
import { s3 } from "../../../src/services/s3/index.ts";
import type { ValueOptions } from "../../support/schema-values.ts";
import { createRoundTrip, differences, inputDifference, type RoundTrip } from "./round-trip.ts";
import type { CapturedRequest } from "./sdk-client.ts";

/** No other SDK sends it. */
function withoutId(request: CapturedRequest): CapturedRequest {
  const query = request.query.split("&").filter((parameter) => !parameter.startsWith("x-id="));
  return { ...request, query: query.join("&") };
}

/** Operations that `x-id` alone tells from others at a client that has one endpoint for both. */
const idOnly: Record<string, string> = {
  ListDirectoryBuckets: "is sent to s3express-control.REGION.amazonaws.com, and is ListBuckets in every other respect",
};

const variants: readonly ValueOptions[] = [
  { members: "all", seed: 2 },
  { members: "required", seed: 5 },
];

describe("s3 routes", () => {
  for (const variant of variants) {
    it(`find every operation without x-id: ${variant.members} members`, async () => {
      const trip = await createRoundTrip(s3);
      const operations = trip.operations.filter(({ name }) => !(name in idOnly));
      const found = await differences(operations, (operation) => inputDifference(trip, operation, variant, withoutId));
      expect(found).to.deep.equal([]);
    });

    for (const host of [
      "s3.localhost:4566",
      "localhost",
      "s3.us-east-1.amazonaws.com",
      "s3.localhost.localstack.cloud",
    ]) {
      it(`find every operation and bucket at a virtual host of ${host}: ${variant.members} members`, async () => {
        const trip = await createRoundTrip(s3, { forcePathStyle: false, endpoint: `http://${host}` });
        const found = await differences(trip.operations, (operation) => {
          return inputDifference(trip, operation, { ...variant, fixed: { Bucket: "a-bucket" } }, (request) => {
            sawVirtualHost(request, operation.name);
            return request;
          });
        });
        expect(found).to.deep.equal([]);
      });
    }
  }

  it("take a key's every byte from the path, in both styles", async () => {
    const pathStyle = await createRoundTrip(s3);
    const virtualHost = await createRoundTrip(s3, { forcePathStyle: false, endpoint: "http://s3.localhost:4566" });
    const keys = [
      "a/b",
      "/",
      "//",
      "a//b/",
      " ",
      "+",
      "%",
      "%25",
      "%2F",
      "?",
      "?acl",
      "#a",
      "&a=b",
      ".",
      "..",
      "../..",
      "a/./b",
    ];
    keys.push("\u0001", "\n", "\u007f", "é", "e\u0301", "😀", "a".repeat(1024), "*'()!~", "key:with;all=of@them,$");
    for (const trip of [pathStyle, virtualHost]) {
      for (const Key of keys) await expectKey(trip, Key);
    }
  });
});

async function expectKey(trip: RoundTrip, Key: string): Promise<void> {
  const operations = trip.operations.filter(({ name }) => ["GetObject", "PutObject", "DeleteObject"].includes(name));
  const options: ValueOptions = { members: "required", seed: 0, fixed: { Bucket: "a-bucket", Key } };
  const found = await differences(operations, (operation) => inputDifference(trip, operation, options));
  expect(found, JSON.stringify(Key)).to.deep.equal([]);
}

/** The client falls back to path style where a name is no host's; then the test would show nothing. */
function sawVirtualHost({ path, headers }: CapturedRequest, operation: string): void {
  if (operation === "ListBuckets" || operation === "ListDirectoryBuckets" || operation === "WriteGetObjectResponse")
    return;
  if (!headers.host?.startsWith("a-bucket.") || path.startsWith("/a-bucket")) {
    throw new Error(`${operation} was sent to ${headers.host}${path}.`);
  }
}
