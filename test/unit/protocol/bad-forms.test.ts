import { Readable } from "node:stream";
import { setImmediate as nextTick } from "node:timers/promises";
import { expect } from "chai";
import { createProtocol } from "../../../src/protocol/create-protocol.ts";
import type { Protocol } from "../../../src/protocol/protocol.ts";
import { ec2 } from "../../../src/services/ec2/index.ts";
import { iam } from "../../../src/services/iam/index.ts";
import { rds } from "../../../src/services/rds/index.ts";
import type { Service } from "../../../src/services/service.ts";
import { sts } from "../../../src/services/sts/index.ts";
import { expectError } from "./expect-error.ts";

interface Parsed {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** An operation of each service with an integer, and its required members. */
const samples = [
  { service: ec2, action: "DescribeInstances", integer: "MaxResults", required: "" },
  { service: rds, action: "DescribeDBInstances", integer: "MaxRecords", required: "" },
  { service: sts, action: "AssumeRole", integer: "DurationSeconds", required: "&RoleArn=r&RoleSessionName=s" },
  { service: iam, action: "ListUsers", integer: "MaxItems", required: "" },
];

for (const { service, action, integer, required } of samples) {
  describe(`${service.name} forms that are wrong`, () => {
    let parse: (form: string | Uint8Array, query?: string) => Promise<Parsed>;
    const head = `Action=${action}&Version=${service.apiVersion}${required}`;
    const invalid = service.protocol === "ec2Query" ? "InvalidParameterValue" : "MalformedInput";

    before(async () => {
      parse = parserOf(service, createProtocol(service, (await service.load()).sdk));
    });

    it("get InvalidAction for an unknown action", async () => {
      for (const name of [
        "Nope",
        action.toLowerCase(),
        `${action}Command`,
        "__proto__",
        "constructor",
        "toString",
        "a\u0000b",
      ]) {
        await expectError(parse(`Action=${encodeURIComponent(name)}`), "InvalidAction", 400);
      }
    });

    it("get MissingAction without one", async () => {
      for (const form of ["", "Action=", "Version=1", "=", "&&&", "Action.1=x"]) {
        await expectError(parse(form), "MissingAction", 400);
      }
    });

    it(`get ${invalid} for numbers that are none`, async () => {
      for (const text of [
        "12abc",
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "0x10",
        "1_000",
        "",
        " ",
        "1,5",
        "٣",
        "--1",
        "1.2.3",
      ]) {
        await expectError(parse(`${head}&${integer}=${encodeURIComponent(text)}`), invalid, 400);
      }
    });

    it("get MalformedQueryString where a parameter is not percent-encoded UTF-8", async () => {
      for (const text of ["%", "%4", "%zz", "%ff", "%c3%28", "%ed%a0%80", "%u0041"]) {
        await expectError(parse(`${head}&A=${text}`), "MalformedQueryString", 400);
        await expectError(parse(`${head}&${text}=A`), "MalformedQueryString", 400);
      }
      await expectError(
        parse(Buffer.concat([Buffer.from(`${head}&A=`), Buffer.of(0xff)])),
        "MalformedQueryString",
        400,
      );
    });

    it("get MalformedQueryString for too many parameters and for too deep names", async () => {
      await expectError(parse(`${head}${"&a=b".repeat(100_000)}`), "MalformedQueryString", 400);
      await expectError(parse(`${head}&${"a.".repeat(10_000)}a=b`), "MalformedQueryString", 400);
    });

    it("get RequestEntityTooLarge beyond their limit, without being read to their end", async () => {
      let sent = 0;
      const long = Readable.from(
        (async function* () {
          while (sent++ < 1000) yield await nextTick(Buffer.alloc(65536, "a"));
        })(),
      );
      const protocol = createProtocol(service, (await service.load()).sdk);
      await expectError(protocol.match({ ...envelope(""), body: long }), "RequestEntityTooLarge", 413);
      long.destroy();
      expect(sent).to.be.below(100);
    });

    it("set nothing on Object.prototype, and know no member of that name", async () => {
      const names = [
        "__proto__.polluted",
        "constructor.prototype.polluted",
        "Filters.__proto__.1.polluted",
        "__proto__",
      ];
      const { input } = await parse(`${head}${names.map((name) => `&${name}=yes`).join("")}`);
      expect(Object.hasOwn(Object.prototype, "polluted")).to.equal(false);
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
      expect(Object.getPrototypeOf(input)).to.equal(Object.prototype);
      expect(Object.keys(input)).not.to.include.members(["__proto__"]);
    });

    it("take parameters from the query, too, and the first of two", async () => {
      const { operation, input } = await parse(`${integer}=7`, `${head}&${integer}=5`);
      expect(operation).to.equal(action);
      expect(input[integer]).to.equal(5);
    });

    it("ignore parameters that the operation has not, or not of that form", async () => {
      const { input } = await parse(`${head}&Whatever=1&Some.Thing.1=2&X-Amz-Date=3&${integer}.2=4&.=5&a..b=6`);
      expect(input).not.to.have.any.keys("Whatever", "Some", integer);
    });
  });
}

describe("ec2 forms", () => {
  let parse: (form: string) => Promise<Parsed>;

  before(async () => {
    parse = parserOf(ec2, createProtocol(ec2, (await ec2.load()).sdk));
  });

  it("get MissingParameter that names the member and the parameter's place", async () => {
    await expectError(parse("Action=TerminateInstances"), "MissingParameter", 400, /InstanceId/);
    await expectError(parse("Action=CreateTags&ResourceId.1=i-1"), "MissingParameter", 400, /Tag/);
  });

  it("may leave gaps in a list, and use any order", async () => {
    const { input } = await parse(
      "Action=DescribeInstances&InstanceId.7=c&InstanceId.2=a&InstanceId.3=b&InstanceId.10=d",
    );
    expect(input).to.deep.equal({ InstanceIds: ["a", "b", "c", "d"] });
  });

  it("may number the only value, and not number the only item, as boto 2 and libcloud do", async () => {
    expect((await parse("Action=GetConsoleOutput&InstanceId.1=i-1")).input).to.deep.equal({ InstanceId: "i-1" });
    expect((await parse("Action=DescribeKeyPairs&KeyName=a")).input).to.deep.equal({ KeyNames: ["a"] });
    expect((await parse("Action=DescribeKeyPairs&KeyName=")).input).to.deep.equal({ KeyNames: [] });
  });

  it("may have absurd indexes, without a list of that length", async () => {
    const { input } = await parse(
      "Action=DescribeInstances&Filter.999999999.Name=n&Filter.999999999.Value.888888888=v",
    );
    expect(input).to.deep.equal({ Filters: [{ Name: "n", Values: ["v"] }] });
    for (const index of ["99999999999999999999", "1e3", "-1", "0x1", "1.5", " 1", "length", "__proto__", ""]) {
      const parsed = await parse(`Action=DescribeInstances&InstanceId.${encodeURIComponent(index)}=i-1`);
      expect(parsed.input.InstanceIds ?? [], index).to.have.lengthOf.at.most(1);
    }
  });

  it("get InvalidParameterValue for booleans and dates that are none, with the parameter's name", async () => {
    for (const text of ["maybe", "1", "yes", "", "truefalse"]) {
      await expectError(parse(`Action=DescribeInstances&DryRun=${text}`), "InvalidParameterValue", 400, /DryRun/);
    }
    const fleet = "Action=RequestSpotInstances&ValidFrom=";
    for (const text of [
      "yesterday",
      "2024-13-01T00:00:00Z",
      "2024-02-30T25:00:00Z",
      "2024-01-01T00:00:00+99:99",
      "",
      "-",
    ]) {
      await expectError(parse(fleet + encodeURIComponent(text)), "InvalidParameterValue", 400, /ValidFrom/);
    }
  });

  it("may write booleans and dates as other clients do", async () => {
    for (const [text, value] of [
      ["True", true],
      ["TRUE", true],
      ["False", false],
    ] as const) {
      expect((await parse(`Action=DescribeInstances&DryRun=${text}`)).input).to.deep.equal({ DryRun: value });
    }
    for (const text of [
      "2024-02-29T23:59:58Z",
      "2024-02-29T23:59:58.000Z",
      "2024-03-01T00:59:58+01:00",
      "1709251198",
    ]) {
      const { input } = await parse(`Action=RequestSpotInstances&ValidFrom=${encodeURIComponent(text)}`);
      expect(input.ValidFrom, text).to.deep.equal(new Date("2024-02-29T23:59:58Z"));
    }
  });

  it("get InvalidParameterValue for base64 that is none", async () => {
    for (const text of ["%%%", "a", "ab=c", "====", "é"]) {
      const form = `Action=ImportKeyPair&KeyName=k&PublicKeyMaterial=${encodeURIComponent(text)}`;
      await expectError(parse(form), "InvalidParameterValue", 400, /PublicKeyMaterial/);
    }
  });
});

describe("rds and sts forms", () => {
  it("get the service's own code for a missing member, which names it", async () => {
    const parseRds = parserOf(rds, createProtocol(rds, (await rds.load()).sdk));
    await expectError(parseRds("Action=DeleteDBInstance"), "MissingParameter", 400, /DBInstanceIdentifier/);
    const parseSts = parserOf(sts, createProtocol(sts, (await sts.load()).sdk));
    const message =
      /^1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null$/;
    await expectError(parseSts("Action=AssumeRole&RoleArn=r"), "ValidationError", 400, message);
  });

  it("take a list however its items are wrapped", async () => {
    const parse = parserOf(rds, createProtocol(rds, (await rds.load()).sdk));
    for (const wrapper of ["Tags.Tag.1", "Tags.member.1", "Tags.1"]) {
      const { input } = await parse(`Action=AddTagsToResource&ResourceName=r&${wrapper}.Key=k&${wrapper}.Value=v`);
      expect(input, wrapper).to.deep.equal({ ResourceName: "r", Tags: [{ Key: "k", Value: "v" }] });
    }
  });
});

function envelope(query: string) {
  const headers = { host: "localhost", "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  return { method: "POST", path: "/", query, headers };
}

function parserOf(
  service: Service,
  protocol: Protocol,
): (form: string | Uint8Array, query?: string) => Promise<Parsed> {
  return async (form, query = "") => {
    const body = Readable.from([Buffer.from(form)]);
    const call = await protocol.match({ ...envelope(query), body });
    expect(call.payload, service.name).to.deep.equal(Buffer.from(form));
    return { operation: call.operation, input: await call.parse(body) };
  };
}
