import { expect } from "chai";
import { ec2 } from "../../src/services/ec2/index.ts";
import { rds } from "../../src/services/rds/index.ts";
import { sts } from "../../src/services/sts/index.ts";
import { requires } from "../support/requirements.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";
import { type BotocoreCall, type BotocoreRun, callWithBotocore } from "./botocore-run.ts";

/** What botocore's models have today; newer ones have more. */
const leastOperations = { ec2: 700, rds: 160, sts: 8 };

describe("botocore", function () {
  this.timeout(240_000);
  requires("boto3");

  describe("calls every operation that its models have", () => {
    let server: TestServer;
    let run: BotocoreRun;

    before(async () => {
      server = await startLocalAws();
      run = await callWithBotocore({ ec2: server.endpoint, rds: server.endpoint, sts: server.endpoint });
    });

    after(() => server.stop());

    for (const service of [ec2, rds, sts]) {
      it(`and gets an answer of ${service.name}'s to each, a result or an error in AWS's own form`, async () => {
        const { operations } = await service.load();
        const calls = run.calls.filter((call) => call.service === service.name);
        expect(new Set(calls.map(({ operation }) => operation)).size).to.be.at.least(
          leastOperations[service.name as "ec2"],
        );
        expect(calls.map((call) => wrong(call, operations)).filter((found) => found !== undefined)).to.deep.equal([]);
      });
    }
  });
});

/** What is wrong with an answer; undefined where nothing is. */
function wrong(call: BotocoreCall, operations: Readonly<Record<string, unknown>>): string | undefined {
  const { operation, members, error, exception, requestId } = call;
  const found = `${operation} with ${members} members: ${exception ?? JSON.stringify(error ?? "succeeds")}`;
  if (exception !== undefined || !requestId) return found;
  if (!Object.hasOwn(operations, operation)) {
    const refused = error?.code === "NotImplemented" && error.status === 501 && error.message.includes(operation);
    return refused ? undefined : found;
  }
  if (error === undefined || (error.code === "NotImplemented" && error.status === 501)) return undefined;
  const misread = ["InvalidAction", "MissingAction", "MalformedInput", "MalformedQueryString"].includes(error.code);
  return misread || !error.message || error.status < 400 || error.status > 499 ? found : undefined;
}
