import {
  AddTagsToResourceCommand,
  ListTagsForResourceCommand,
  RemoveTagsFromResourceCommand,
  type Tag,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds tags", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const add = (ResourceName: string, ...Tags: Tag[]) =>
    aws.rds.send(new AddTagsToResourceCommand({ ResourceName, Tags }));
  const list = async (ResourceName: string) =>
    (await aws.rds.send(new ListTagsForResourceCommand({ ResourceName }))).TagList;

  it("are added, replaced by key, listed and removed", async () => {
    const { DBInstanceArn } = await createAvailable(aws.rds);
    await add(DBInstanceArn, { Key: "a", Value: "1" }, { Key: "b", Value: "2" });
    await add(DBInstanceArn, { Key: "b", Value: "3" }, { Key: "ümlaut key", Value: "=+-@" });
    expect(await list(DBInstanceArn)).to.deep.equal([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "3" },
      { Key: "ümlaut key", Value: "=+-@" },
    ]);
    const TagKeys = ["a", "not-there", "ümlaut key"];
    await aws.rds.send(new RemoveTagsFromResourceCommand({ ResourceName: DBInstanceArn, TagKeys }));
    expect(await list(DBInstanceArn)).to.deep.equal([{ Key: "b", Value: "3" }]);
  });

  it("are refused beyond 50, all of the request", async () => {
    const { DBInstanceArn } = await createAvailable(aws.rds);
    const many = Array.from({ length: 50 }, (_, number) => ({ Key: `key-${number}`, Value: "" }));
    await add(DBInstanceArn, ...many);
    const error = await rejectionOf(add(DBInstanceArn, { Key: "key-0", Value: "new" }, { Key: "one-more", Value: "" }));
    expect(error.name).to.equal("InvalidParameterValue");
    expect(await list(DBInstanceArn)).to.have.deep.members(many);
  });

  for (const Key of ["aws:mine", "rds:mine", "ta<g"]) {
    it(`are refused with the key ${Key} with InvalidParameterValue`, async () => {
      const { DBInstanceArn } = await createAvailable(aws.rds);
      expect((await rejectionOf(add(DBInstanceArn, { Key, Value: "" }))).name).to.equal("InvalidParameterValue");
    });
  }

  it("of an unknown instance are answered with DBInstanceNotFound", async () => {
    const error = await rejectionOf(list("arn:aws:rds:us-east-1:000000000000:db:nobody"));
    expect(error).to.include({ name: "DBInstanceNotFoundFault", message: "DBInstance nobody not found." });
  });

  it("of what is no ARN of this account's are answered with InvalidParameterValue", async () => {
    for (const name of [
      "nonsense",
      "arn:aws:rds:us-east-1:111111111111:db:a",
      "arn:aws:rds:us-east-1:000000000000:db",
    ]) {
      const error = await rejectionOf(list(name));
      expect(error).to.include({ name: "InvalidParameterValue", message: `Invalid resource name: ${name}` });
    }
  });
});
