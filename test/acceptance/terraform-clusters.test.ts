import {
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeGlobalClustersCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { useTerraform } from "../support/acceptance-terraform.ts";

describe("Terraform's Aurora clusters on the records runtime", function () {
  // The provider waits half a minute before its first look at a cluster or a member, whatever is done to it.
  this.timeout(1_800_000);
  this.slow(600_000);
  const test = useTerraform(new URL("terraform-clusters", import.meta.url));

  it("applies, plans no change, updates, plans none again, and destroys all of it", async () => {
    const { rds } = test.aws;
    const describe = async () => {
      const { DBClusters: [cluster = {}] = [] } = await rds.send(
        new DescribeDBClustersCommand({ DBClusterIdentifier: "shop" }),
      );
      return cluster;
    };
    const terraform = await test.init({ name: "shop", stage: "one", retention: "1", class: "db.t4g.medium" });
    await terraform.apply();
    const before = await describe();
    const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({}));
    expect((await terraform.outputs()).cluster?.value).to.deep.equal({
      ...{ endpoint: "localhost", reader: "127.0.0.2", port: before.Port },
      ports: DBInstances.map(({ Endpoint }) => Endpoint?.Port),
    });
    expect(before.DBClusterMembers).to.have.length(2);
    expect(await terraform.changes()).to.equal("");

    await terraform.setVariables({ name: "shop", stage: "two", retention: "7", class: "db.r6g.large" });
    await terraform.apply();
    const after = await describe();
    expect(after).to.include({ BackupRetentionPeriod: 7, DbClusterResourceId: before.DbClusterResourceId });
    expect(after.TagList).to.deep.include({ Key: "Stage", Value: "two" });
    expect(await terraform.changes()).to.equal("");

    await terraform.destroy();
    expect((await rds.send(new DescribeDBClustersCommand({}))).DBClusters).to.deep.equal([]);
    expect((await rds.send(new DescribeDBInstancesCommand({}))).DBInstances).to.deep.equal([]);
    expect((await rds.send(new DescribeDBClusterSnapshotsCommand({}))).DBClusterSnapshots).to.deep.equal([]);
    expect((await rds.send(new DescribeGlobalClustersCommand({}))).GlobalClusters).to.deep.equal([]);
    const { DBClusterParameterGroups } = await rds.send(new DescribeDBClusterParameterGroupsCommand({}));
    expect(DBClusterParameterGroups).to.deep.equal([]);
  });
});
