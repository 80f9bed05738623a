import { NormalizedSchema } from "@smithy/core/schema";
import { expect } from "chai";
import { ec2 } from "../../src/services/ec2/index.ts";
import { rds } from "../../src/services/rds/index.ts";
import type { Service } from "../../src/services/service.ts";
import { sts } from "../../src/services/sts/index.ts";
import { type Echo, type EchoServer, startEchoServer } from "../support/echo-server.ts";
import { requires } from "../support/requirements.ts";
import { type SchemaRef, schemaValue } from "../support/schema-values.ts";
import { comparable, difference } from "../unit/protocol/comparable.ts";
import { operationSchemas } from "../unit/protocol/sdk-client.ts";
import { type BotocoreCall, type BotocoreRun, callWithBotocore } from "./botocore-run.ts";

/** botocore's models and the SDK's are of different days; this many operations both have, today's pairs somewhat more. */
const leastOperations = new Map([
  [ec2, 740],
  [rds, 160],
  [sts, 8],
]);

describe("botocore and our protocol", function () {
  this.timeout(240_000);
  requires("boto3");

  for (const service of [ec2, rds, sts]) {
    describe(service.name, () => {
      let server: EchoServer;
      let run: BotocoreRun;
      let schemas: Map<string, { input: SchemaRef; output: SchemaRef }>;
      let pairs: [BotocoreCall, Echo][];

      before(async () => {
        schemas = await schemasOf(service);
        server = await startEchoServer(service, (operation, index) => {
          const output = schemas.get(operation)?.output ?? "unit";
          return schemaValue(output, { members: index % 2 === 0 ? "all" : "empty", seed: index, integers: true });
        });
        run = await callWithBotocore({ [service.name]: server.url });
        const known = run.calls.filter(({ operation }) => schemas.has(operation));
        expect(known.length).to.be.at.least(2 * (leastOperations.get(service) ?? Number.NaN));
        expect(known.filter(({ received }) => received === undefined)).to.deep.equal([]);
        expect(known.map(({ operation }) => operation)).to.deep.equal(server.echoes.map(({ operation }) => operation));
        pairs = known.flatMap((call, index) => {
          const echo = server.echoes[index];
          return echo === undefined ? [] : [[call, echo]];
        });
      });

      after(() => server.close());

      it("read the same from what botocore wrote", async () => {
        const found: string[] = [];
        for (const [call, echo] of pairs) {
          const schema = NormalizedSchema.of(schemas.get(call.operation)?.input ?? "unit");
          const input = withoutMadeUp(call, schema, await comparable(echo.input));
          const line = difference(
            input,
            known(schema, call.sent, () => undefined),
          );
          if (line !== undefined) found.push(`${call.operation} with ${call.members} members: ${line}`);
        }
        expect(found).to.deep.equal([]);
      });

      it("write what botocore reads the same", async () => {
        const structures = run.structures.get(service.name) ?? {};
        const found: string[] = [];
        for (const [call, echo] of pairs) {
          const schema = NormalizedSchema.of(schemas.get(call.operation)?.output ?? "unit");
          const expected = known(schema, await comparable(echo.output), (name) => structures[name]);
          const line = difference(call.received, expected);
          if (line !== undefined) found.push(`${call.operation}: ${line}`);
        }
        expect(found).to.deep.equal([]);
      });
    });
  }
});

async function schemasOf(service: Service) {
  const operations = operationSchemas((await service.load()).sdk);
  return new Map(
    operations.map(({ name, input, output }) => [name, { input: input as SchemaRef, output: output as SchemaRef }]),
  );
}

/** What was read, without what botocore puts into a request on its own when its caller has not. */
function withoutMadeUp({ operation, sent }: BotocoreCall, ns: NormalizedSchema, input: unknown): unknown {
  const madeUp = Object.entries(input ?? {}).filter(([name, value]) => {
    if (name in sent) return false;
    const token = ns.getMemberSchemas()[name]?.isIdempotencyToken() && /^[0-9a-f-]{36}$/.test(String(value));
    return token || (operation === "CopySnapshot" && ["DestinationRegion", "PresignedUrl"].includes(name));
  });
  const names = new Set(madeUp.map(([name]) => name));
  return Object.fromEntries(Object.entries(input ?? {}).filter(([name]) => !names.has(name)));
}

/** A comparable value without the members that one of the two models does not have. */
function known(
  ns: NormalizedSchema,
  value: unknown,
  members: (structure: string) => readonly string[] | undefined,
): unknown {
  if (Array.isArray(value))
    return ns.isListSchema() ? value.map((item) => known(ns.getValueSchema(), item, members)) : value;
  if (typeof value !== "object" || value === null) return value;
  const names = members(ns.getName() ?? "");
  const entries = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    if (ns.isMapSchema()) return [[name, known(ns.getValueSchema(), member, members)]];
    const schema = ns.getMemberSchemas()[name];
    if (schema === undefined || names?.includes(name) === false) return [];
    return [[name, known(schema, member, members)]];
  });
  return Object.fromEntries(entries);
}
