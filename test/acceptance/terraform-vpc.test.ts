import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { useTerraform } from "../support/acceptance-terraform.ts";

describe("Terraform's network resources on the records runtime", function () {
  this.timeout(1_800_000);
  this.slow(300_000);
  const test = useTerraform(new URL("terraform-vpc", import.meta.url));

  it("are applied, planned without change, updated in place, and destroyed", async () => {
    const variables = { name: "shop", stage: "one" };
    const terraform = await test.init(variables);

    await terraform.apply();
    expect(await terraform.changes()).to.equal("");

    await terraform.setVariables({ name: "shop", stage: "two" });
    await terraform.apply();
    expect(await terraform.changes()).to.equal("");

    await terraform.destroy();
    const { Vpcs } = await test.aws.ec2.send(new DescribeVpcsCommand({}));
    expect(Vpcs?.map(({ IsDefault }) => IsDefault)).to.deep.equal([true]);
    expect((await test.aws.ec2.send(new DescribeAddressesCommand({}))).Addresses ?? []).to.deep.equal([]);
    expect((await test.aws.ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces ?? []).to.deep.equal(
      [],
    );
    const { NatGateways } = await test.aws.ec2.send(new DescribeNatGatewaysCommand({}));
    expect(new Set(NatGateways?.map(({ State }) => State))).to.deep.equal(new Set(["deleted"]));
  });
});
