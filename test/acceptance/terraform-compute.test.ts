import {
  DescribeCapacityReservationsCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribePlacementGroupsCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { useTerraform } from "../support/acceptance-terraform.ts";

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+9udE9t62LL0fuxtuaeFtMHVPFsAEsXYnOgiX1SdB6 admin";

describe("Terraform's instances on the records runtime", function () {
  this.timeout(1_800_000);
  this.slow(300_000);
  const test = useTerraform(new URL("terraform-compute", import.meta.url));

  it("are applied, planned without change, updated in place, and destroyed with what launches them", async () => {
    const variables = { name: "shop", public_key: publicKey };
    const terraform = await test.init(variables);

    await terraform.apply();
    const made = await terraform.outputs();
    expect(await terraform.changes()).to.equal("");

    await terraform.setVariables({ ...variables, instance_type: "t3.small", greeting: "good day" });
    await terraform.apply();
    expect(await terraform.changes()).to.equal("");
    expect((await terraform.outputs()).web).to.deep.equal(made.web);

    await terraform.destroy();
    const { Reservations = [] } = await test.aws.ec2.send(new DescribeInstancesCommand({}));
    const states = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
    expect(new Set(states)).to.deep.equal(new Set(["terminated"]));
    expect((await test.aws.ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs ?? []).to.deep.equal([]);
    expect((await test.aws.ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates ?? []).to.deep.equal([]);
    expect((await test.aws.ec2.send(new DescribePlacementGroupsCommand({}))).PlacementGroups ?? []).to.deep.equal([]);
    const { CapacityReservations } = await test.aws.ec2.send(new DescribeCapacityReservationsCommand({}));
    expect(CapacityReservations?.map(({ State }) => State)).to.deep.equal(["cancelled"]);
  });
});
