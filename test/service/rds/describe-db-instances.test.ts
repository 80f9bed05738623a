import {
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  type DescribeDBInstancesCommandInput,
  paginateDescribeDBInstances,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, uniqueIdentifier, untilGone } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds DescribeDBInstances", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const identifiers = async (input: DescribeDBInstancesCommandInput) => {
    const { DBInstances = [] } = await aws.rds.send(new DescribeDBInstancesCommand(input));
    return DBInstances.map((instance) => instance.DBInstanceIdentifier);
  };

  it("rejects an unknown identifier with DBInstanceNotFound 404", async () => {
    const identifier = uniqueIdentifier();
    const error = await rejectionOf(aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })));
    expect(error).to.deep.equal({
      name: "DBInstanceNotFoundFault",
      status: 404,
      message: `DBInstance ${identifier} not found.`,
    });
  });

  it("finds an instance by its identifier, its ARN and its resource id", async () => {
    const { DBInstanceIdentifier, DBInstanceArn, DbiResourceId = "" } = await createAvailable(aws.rds);
    const found = [DBInstanceIdentifier];
    expect(await identifiers({ DBInstanceIdentifier })).to.deep.equal(found);
    expect(await identifiers({ DBInstanceIdentifier: DBInstanceArn })).to.deep.equal(found);
    const by = (Name: string, ...Values: string[]) => identifiers({ Filters: [{ Name, Values }] });
    expect(await by("dbi-resource-id", DbiResourceId)).to.deep.equal(found);
    expect(await by("db-instance-id", DBInstanceIdentifier)).to.deep.equal(found);
    expect(await by("db-instance-id", DBInstanceArn, "another")).to.deep.equal(found);
    expect(await by("engine", "postgres")).to.include(DBInstanceIdentifier);
    expect(await by("engine", "mysql")).to.deep.equal([]);
    expect(await by("db-cluster-id", "one")).to.deep.equal([]);
    expect(await by("domain", "d-1")).to.deep.equal([]);
  });

  it("answers the resource id of a deleted instance with an empty list", async () => {
    const { DBInstanceIdentifier, DbiResourceId = "" } = await createAvailable(aws.rds);
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
    expect(await identifiers({ Filters: [{ Name: "dbi-resource-id", Values: [DbiResourceId] }] })).to.deep.equal([]);
  });

  it("rejects an unknown filter with InvalidParameterValue", async () => {
    const Filters = [{ Name: "color", Values: ["blue"] }];
    const error = await rejectionOf(aws.rds.send(new DescribeDBInstancesCommand({ Filters })));
    expect(error).to.include({ name: "InvalidParameterValue", message: "Unrecognized filter name: color" });
  });

  it("gives pages of 20 that together are all instances, in the order of their identifiers", async () => {
    const made = await Promise.all(Array.from({ length: 25 }, () => createAvailable(aws.rds)));
    const pages: (string | undefined)[][] = [];
    for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client: aws.rds, pageSize: 20 }, {})) {
      pages.push(DBInstances.map((instance) => instance.DBInstanceIdentifier));
    }
    expect(pages[0]).to.have.length(20);
    const all = pages.flat();
    expect(all).to.include.members(made.map((instance) => instance.DBInstanceIdentifier));
    expect(all).to.deep.equal([...all].sort());
    expect(new Set(all).size).to.equal(all.length);
  });

  for (const MaxRecords of [19, 101]) {
    it(`rejects MaxRecords ${MaxRecords} with InvalidParameterValue`, async () => {
      const error = await rejectionOf(aws.rds.send(new DescribeDBInstancesCommand({ MaxRecords })));
      expect(error).to.include({ name: "InvalidParameterValue" });
    });
  }

  it("rejects a marker that it never gave with InvalidParameterValue", async () => {
    const error = await rejectionOf(aws.rds.send(new DescribeDBInstancesCommand({ Marker: "elsewhere" })));
    expect(error).to.include({ name: "InvalidParameterValue" });
  });
});
