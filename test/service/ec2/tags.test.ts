import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
  type Tag,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, runOne, untilState } from "./support.ts";

describe("ec2 tags", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  function create(Resources: string[], Tags: Tag[]) {
    return aws.ec2.send(new CreateTagsCommand({ Resources, Tags }));
  }

  async function tagsOf(id: string): Promise<Tag[] | undefined> {
    return (await describeOne(aws.ec2, id)).Tags;
  }

  it("CreateTags adds tags and replaces those with the same key", async () => {
    const id = await runOne(aws.ec2);
    await create([id], [{ Key: "Name", Value: "one" }, { Key: "empty" }]);
    await create([id], [{ Key: "Name", Value: "two" }]);
    expect(await tagsOf(id)).to.deep.equal([
      { Key: "Name", Value: "two" },
      { Key: "empty", Value: "" },
    ]);
  });

  it("CreateTags tags resources of several types at once", async () => {
    const id = await runOne(aws.ec2);
    const vpcId = (await aws.ec2.send(new DescribeVpcsCommand({}))).Vpcs?.[0]?.VpcId ?? "";
    await create([id, vpcId], [{ Key: "shared", Value: id }]);
    const { Tags = [] } = await aws.ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: "tag:shared", Values: [id] }] }),
    );
    expect(Tags).to.have.deep.members([
      { ResourceId: id, ResourceType: "instance", Key: "shared", Value: id },
      { ResourceId: vpcId, ResourceType: "vpc", Key: "shared", Value: id },
    ]);
  });

  it("DeleteTags deletes by key, by key and value, and all", async () => {
    const id = await runOne(aws.ec2);
    await create(
      [id],
      ["a", "b", "c", "d"].map((Key) => ({ Key, Value: Key })),
    );
    await aws.ec2.send(
      new DeleteTagsCommand({
        Resources: [id],
        Tags: [{ Key: "a" }, { Key: "b", Value: "b" }, { Key: "c", Value: "x" }],
      }),
    );
    expect((await tagsOf(id))?.map((tag) => tag.Key)).to.deep.equal(["c", "d"]);
    await aws.ec2.send(new DeleteTagsCommand({ Resources: [id] }));
    expect(await tagsOf(id)).to.deep.equal([]);
  });

  it("DescribeTags finds by resource, type, key and value", async () => {
    const id = await runOne(aws.ec2);
    await create(
      [id],
      [
        { Key: "k1", Value: "v1" },
        { Key: "k2", Value: "v2" },
      ],
    );
    const byId = { Name: "resource-id", Values: [id] };
    const found = async (Filters: { Name: string; Values: string[] }[]) =>
      (await aws.ec2.send(new DescribeTagsCommand({ Filters }))).Tags?.map(({ Key }) => Key);
    expect(await found([byId])).to.deep.equal(["k1", "k2"]);
    expect(await found([byId, { Name: "key", Values: ["k2"] }])).to.deep.equal(["k2"]);
    expect(await found([byId, { Name: "value", Values: ["v?"] }])).to.deep.equal(["k1", "k2"]);
    expect(await found([byId, { Name: "resource-type", Values: ["volume"] }])).to.deep.equal([]);
  });

  it("DescribeTags gives each tag on one page, though what a page ended with has been deleted", async () => {
    const id = await runOne(aws.ec2);
    const keys = ["a", "a/b", "a/c", "b", "c", "d", "e/", "f"];
    await create(
      [id],
      keys.map((Key) => ({ Key, Value: "paged" })),
    );
    // The value is no condition of the query's.
    const Filters = [{ Name: "value", Values: ["paged"] }];
    const page = (NextToken?: string) =>
      aws.ec2.send(
        new DescribeTagsCommand({ Filters, MaxResults: 5, ...(NextToken === undefined ? {} : { NextToken }) }),
      );
    const first = await page();
    expect(first.Tags?.map(({ Key }) => Key)).to.deep.equal(keys.slice(0, 5));
    await aws.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "c" }] }));
    const second = await page(first.NextToken);
    expect(second.Tags?.map(({ Key }) => Key)).to.deep.equal(keys.slice(5));
    expect(second.NextToken).to.equal(undefined);
  });

  it("keeps a terminated instance's tags as long as it is listed", async () => {
    const id = await runOne(aws.ec2);
    await create([id], [{ Key: "Name", Value: "gone" }]);
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    expect(await tagsOf(id)).to.deep.equal([{ Key: "Name", Value: "gone" }]);
  });

  const refusals: readonly [what: string, id: string | undefined, tags: Tag[], code: string][] = [
    ["a reserved key", undefined, [{ Key: "aws:x", Value: "" }], "InvalidParameterValue"],
    ["an empty key", undefined, [{ Key: "", Value: "" }], "InvalidParameterValue"],
    ["a key of 129 characters", undefined, [{ Key: "k".repeat(129), Value: "" }], "InvalidParameterValue"],
    ["a value of 257 characters", undefined, [{ Key: "k", Value: "v".repeat(257) }], "InvalidParameterValue"],
    [
      "the same key twice",
      undefined,
      [
        { Key: "k", Value: "1" },
        { Key: "k", Value: "2" },
      ],
      "InvalidParameterValue",
    ],
    ["no tags", undefined, [], "MissingParameter"],
    ["51 tags", undefined, Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}` })), "TagLimitExceeded"],
    ["an unknown instance", "i-0123456789abcdef0", [{ Key: "k" }], "InvalidInstanceID.NotFound"],
    ["an unknown volume", "vol-0123456789abcdef0", [{ Key: "k" }], "InvalidVolume.NotFound"],
    ["what is no id", "my-server", [{ Key: "k" }], "InvalidID"],
  ];
  for (const [what, id, tags, code] of refusals) {
    it(`CreateTags rejects ${what} with ${code}`, async () => {
      const known = await runOne(aws.ec2);
      const answer = await refusal(create([known, id ?? known], tags));
      expect(answer).to.include({ code, status: 400 });
      expect(await tagsOf(known)).to.deep.equal([]);
    });
  }

  it("CreateTags counts the tags that are there", async () => {
    const id = await runOne(aws.ec2);
    await create(
      [id],
      Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}` })),
    );
    await create([id], [{ Key: "k0", Value: "new" }]);
    expect((await refusal(create([id], [{ Key: "one-more" }]))).code).to.equal("TagLimitExceeded");
  });
});
