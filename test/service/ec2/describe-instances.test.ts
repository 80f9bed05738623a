import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  paginateDescribeInstances,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal, run, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 DescribeInstances", () => {
  let aws: TestServer;
  const role = uniqueName("role");
  let web = "";
  let database = "";

  async function found(input: DescribeInstancesCommandInput): Promise<(string | undefined)[]> {
    const { Reservations = [] } = await aws.ec2.send(new DescribeInstancesCommand(input));
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
  }

  function tagged(...tags: [string, string][]) {
    const Tags = tags.map(([Key, Value]) => ({ Key, Value }));
    return { TagSpecifications: [{ ResourceType: "instance" as const, Tags }] };
  }

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
    const { TagSpecifications } = tagged([role, "web-1"], ["star", "a*b"]);
    const interfaceTags = { ResourceType: "network-interface" as const, Tags: [{ Key: "card", Value: "front" }] };
    web = await runOne(aws.ec2, {
      ...{ InstanceType: "t3.small", TagSpecifications: [...TagSpecifications, interfaceTags] },
    });
    database = await runOne(aws.ec2, {
      ...tagged([role, "db-1"]),
      InstanceType: "m5.large",
      Placement: { AvailabilityZone: "us-east-1b" },
    });
  });
  after(() => aws.stop());

  /** Of us-east-1b's subnet, 172.31.16.0/20. */
  const networks = Array.from({ length: 16 }, (_, index) => `172.31.${16 + index}.*`);
  const filters: readonly [
    what: string,
    filters: [name: string, ...values: string[]][],
    who: "web" | "db" | "both" | "none",
  ][] = [
    ["an instance type", [["instance-type", "m5.large"]], "db"],
    ["a type with a wildcard", [["instance-type", "t3.*"]], "web"],
    ["one character with a question mark", [["instance-type", "t?.small"]], "web"],
    ["values as alternatives", [["instance-type", "m5.large", "t3.small"]], "both"],
    [
      "filters that must all match",
      [
        ["instance-type", "t3.small"],
        ["availability-zone", "us-east-1b"],
      ],
      "none",
    ],
    ["a zone", [["availability-zone", "us-east-1b"]], "db"],
    ["an interface's zone", [["network-interface.availability-zone", "us-east-1b"]], "db"],
    ["interfaces of nobody else", [["network-interface.requester-managed", "false"]], "both"],
    ["the owner of an attachment", [["network-interface.attachment.instance-owner-id", "111122223333"]], "none"],
    ["an interface's tag", [["network-interface.tag-key", "card"]], "web"],
    ["the value of an interface's tag", [["network-interface.tag-value", "fr*"]], "web"],
    ["a value that no interface is tagged with", [["network-interface.tag-value", "web-1"]], "none"],
    ["an interface's network card", [["network-interface.attachment.network-card-index", "0"]], "both"],
    ["the metadata service over IPv4", [["metadata-options.http-protocol-ipv4", "enabled"]], "both"],
    ["no operator", [["operator.managed", "false"]], "both"],
    ["reservations", [["capacity-reservation-specification.capacity-reservation-preference", "open"]], "both"],
    ["a tag's value", [[`tag:${role}`, "web-1"]], "web"],
    ["a tag's value with a wildcard", [[`tag:${role}`, "*-1"]], "both"],
    ["a tag's key", [["tag-key", role]], "both"],
    ["an escaped star", [["tag:star", "a\\*b"]], "web"],
    ["an escaped star that does not stand for other text", [["tag:star", "\\*"]], "none"],
    ["the state by name", [["instance-state-name", "running"]], "both"],
    ["the state by code", [["instance-state-code", "16"]], "both"],
    ["another state", [["instance-state-name", "stopped"]], "none"],
    ["a value in another case, which does not match", [["instance-type", "T3.small"]], "none"],
    ["the subnet's network", [["network-interface.private-ip-address", ...networks]], "db"],
    ["the group's name", [["instance.group-name", "default"]], "both"],
    ["the root device", [["block-device-mapping.device-name", "/dev/xvda"]], "both"],
    ["no value at all", [["instance-type"]], "none"],
  ];
  for (const [what, wanted, who] of filters) {
    it(`finds by ${what}`, async () => {
      const expected = { web: [web], db: [database], both: [web, database], none: [] }[who];
      const Filters = wanted.map(([Name, ...Values]) => ({ Name, Values }));
      expect(await found({ Filters: [...Filters, { Name: "tag-key", Values: [role] }] })).to.deep.equal(expected);
    });
  }

  it("finds by id, and by id and filter", async () => {
    expect(await found({ InstanceIds: [web] })).to.deep.equal([web]);
    expect(await found({ Filters: [{ Name: "instance-id", Values: [web] }] })).to.deep.equal([web]);
    expect(
      await found({ InstanceIds: [web, database], Filters: [{ Name: "instance-type", Values: ["m5.*"] }] }),
    ).to.deep.equal([database]);
  });

  it("rejects an unknown filter with InvalidParameterValue", async () => {
    const answer = await refusal(
      aws.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "colour", Values: ["red"] }] })),
    );
    expect(answer).to.deep.equal({
      code: "InvalidParameterValue",
      status: 400,
      message: "The filter 'colour' is invalid",
    });
  });

  it("rejects unknown ids with InvalidInstanceID.NotFound, naming them all", async () => {
    const ids = ["i-0123456789abcdef0", "i-0123456789abcdef1"];
    const answer = await refusal(aws.ec2.send(new DescribeInstancesCommand({ InstanceIds: [web, ...ids] })));
    expect(answer.code).to.equal("InvalidInstanceID.NotFound");
    expect(answer.message).to.equal(`The instance IDs '${ids.join(", ")}' do not exist`);
  });

  it("pages through all instances once, in order", async () => {
    const key = uniqueName("page");
    const made = await run(aws.ec2, { MinCount: 12, MaxCount: 12, ...tagged([key, "x"]) });
    const pages: (string | undefined)[][] = [];
    const input = { Filters: [{ Name: "tag-key", Values: [key] }] };
    for await (const page of paginateDescribeInstances({ client: aws.ec2, pageSize: 5 }, input)) {
      pages.push(
        page.Reservations?.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId)) ?? [],
      );
    }
    expect(pages.map((page) => page.length)).to.deep.equal([5, 5, 2]);
    expect(pages.flat()).to.deep.equal(made.map(({ InstanceId }) => InstanceId));
  });

  it("fills its pages with what matches, wherever that lies", async () => {
    const key = uniqueName("sparse");
    const made = await run(aws.ec2, { MinCount: 40, MaxCount: 40, ...tagged([key, "x"]) });
    // The query finds all of these; which ones match is known when they have been read.
    const launchIndexes = [0, 9, 10, 11, 12, 38, 39];
    const Filters = [
      { Name: "tag-key", Values: [key] },
      { Name: "launch-index", Values: launchIndexes.map(String) },
    ];
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateDescribeInstances({ client: aws.ec2, pageSize: 5 }, { Filters })) {
      pages.push(
        page.Reservations?.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId)) ?? [],
      );
    }
    expect(pages.map((page) => page.length)).to.deep.equal([5, 2]);
    expect(pages.flat()).to.deep.equal(launchIndexes.map((index) => made[index]?.InstanceId));
  });

  for (const MaxResults of [4, 1001]) {
    it(`rejects MaxResults ${MaxResults} with InvalidParameterValue`, async () => {
      const answer = await refusal(aws.ec2.send(new DescribeInstancesCommand({ MaxResults })));
      expect(answer.code).to.equal("InvalidParameterValue");
      expect(answer.message).to.match(/for parameter maxResults is invalid/);
    });
  }

  it("rejects a token that it never gave with InvalidParameterValue", async () => {
    const answer = await refusal(aws.ec2.send(new DescribeInstancesCommand({ NextToken: "bm9uc2Vuc2U" })));
    expect(answer.code).to.equal("InvalidParameterValue");
    expect(answer.message).to.include("NextToken");
  });

  it("rejects ids together with MaxResults with InvalidParameterCombination", async () => {
    const answer = await refusal(aws.ec2.send(new DescribeInstancesCommand({ InstanceIds: [web], MaxResults: 5 })));
    expect(answer).to.include({
      code: "InvalidParameterCombination",
      message: "The parameter instancesSet cannot be used with the parameter maxResults",
    });
  });

  it("shows an account's instances to no other region", async () => {
    const { EC2Client } = await import("@aws-sdk/client-ec2");
    const elsewhere = new EC2Client({ ...aws.clientConfig, region: "eu-west-1" });
    const { Reservations } = await elsewhere.send(new DescribeInstancesCommand({}));
    expect(Reservations).to.deep.equal([]);
    const answer = await refusal(elsewhere.send(new DescribeInstancesCommand({ InstanceIds: [web] })));
    expect(answer.code).to.equal("InvalidInstanceID.NotFound");
    elsewhere.destroy();
  });
});

describe("ec2 DescribeInstanceStatus", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("shows running instances as reachable, and others only when all are asked for", async () => {
    const running = await runOne(aws.ec2);
    const stopped = await runOne(aws.ec2);
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [stopped] }));
    await untilState(aws.ec2, stopped, "stopped");
    const InstanceIds = [running, stopped];
    const some = await aws.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds }));
    expect(some.InstanceStatuses?.map(({ InstanceId }) => InstanceId)).to.deep.equal([running]);
    expect(some.InstanceStatuses?.[0]?.InstanceStatus).to.deep.equal({
      Status: "ok",
      Details: [{ Name: "reachability", Status: "passed" }],
    });
    const all = await aws.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds, IncludeAllInstances: true }));
    expect(all.InstanceStatuses?.map(({ InstanceStatus }) => InstanceStatus?.Status)).to.deep.equal([
      "ok",
      "not-applicable",
    ]);
  });
});
