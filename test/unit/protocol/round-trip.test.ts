import { expect } from "chai";
import { services } from "../../../src/services/index.ts";
import type { ValueOptions } from "../../support/schema-values.ts";
import { createRoundTrip, differences, inputDifference, outputDifference, type RoundTrip } from "./round-trip.ts";

/** What the clients export today: a client that drops operations, or a test that loses them, shows here. */
const leastOperations: Record<string, number> = {
  s3: 112,
  ec2: 823,
  rds: 168,
  sts: 11,
  iam: 180,
  secretsmanager: 23,
  ssm: 140,
  "rds-data": 6,
};

const variants: readonly ValueOptions[] = [
  { members: "all", seed: 0 },
  { members: "all", seed: 7 },
  { members: "required", seed: 3 },
  { members: "empty", seed: 1 },
];

/** Answers that are no plain message, and why. */
const outputsLeftOut: Record<string, string> = {
  SelectObjectContent: "its answer is an event stream; LocalAWS answers NotImplemented",
};
/** The client takes an empty document for a failed copy; an answer without any member cannot be given. */
const neverEmpty = ["CopyObject", "UploadPartCopy", "CompleteMultipartUpload"];

for (const service of services) {
  describe(`${service.name} round trip`, function () {
    this.timeout(240_000);
    let trip: RoundTrip;

    before(async () => {
      trip = await createRoundTrip(service);
    });

    it("knows every operation of the client", () => {
      expect(trip.operations.length).to.be.at.least(leastOperations[service.name] ?? Number.NaN);
    });

    for (const variant of variants) {
      const name = `${variant.members} members, seed ${variant.seed}`;

      it(`carries the input of every operation: ${name}`, async () => {
        const found = await differences(trip.operations, (operation) => inputDifference(trip, operation, variant));
        expect(found).to.deep.equal([]);
      });

      it(`carries the output of every operation: ${name}`, async () => {
        const operations = trip.operations.filter((operation) => {
          return !(
            operation.name in outputsLeftOut ||
            (variant.members === "required" && neverEmpty.includes(operation.name))
          );
        });
        const found = await differences(operations, (operation) => outputDifference(trip, operation, variant));
        expect(found).to.deep.equal([]);
      });
    }
  });
}
