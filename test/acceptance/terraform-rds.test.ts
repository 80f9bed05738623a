import {
  DescribeDBInstancesCommand,
  DescribeDBParametersCommand,
  DescribeEventSubscriptionsCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { useTerraform } from "../support/acceptance-terraform.ts";

describe("Terraform's databases, replicas and event subscriptions on the records runtime", function () {
  this.timeout(1_800_000);
  this.slow(600_000);
  const test = useTerraform(new URL("terraform-rds", import.meta.url));

  it("applies, plans no change, updates, plans none again, and destroys all of it", async () => {
    const variables = (workMem: number) => ({ work_mem: String(workMem) });
    const terraform = await test.init(variables(4096));
    await terraform.apply();
    expect((await terraform.outputs()).certificate?.value).to.equal("rds-ca-rsa2048-g1");
    expect(await terraform.changes()).to.equal("");
    await terraform.setVariables(variables(8192));
    await terraform.apply();
    expect(await terraform.changes()).to.equal("");
    const group = { DBParameterGroupName: "orders", Source: "user" };
    const { Parameters = [] } = await test.aws.rds.send(new DescribeDBParametersCommand(group));
    expect(Parameters.map(({ ParameterName, ParameterValue }) => `${ParameterName} ${ParameterValue}`)).to.deep.equal([
      ...["max_connections LEAST({DBInstanceClassMemory/9531392},80)", "work_mem 8192"],
    ]);
    await terraform.destroy();
    expect((await test.aws.rds.send(new DescribeDBInstancesCommand({}))).DBInstances).to.deep.equal([]);
    const subscriptions = await test.aws.rds.send(new DescribeEventSubscriptionsCommand({}));
    expect(subscriptions.EventSubscriptionsList).to.deep.equal([]);
  });
});
