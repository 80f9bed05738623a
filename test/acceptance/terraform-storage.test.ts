import { DescribeImagesCommand, DescribeSnapshotsCommand, DescribeVolumesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { useTerraform } from "../support/acceptance-terraform.ts";

describe("Terraform's volumes, snapshots and images on the records runtime", function () {
  this.timeout(1_800_000);
  this.slow(300_000);
  const test = useTerraform(new URL("terraform-storage", import.meta.url));

  it("applies, plans no change, updates, plans none again, and destroys all of it", async () => {
    const variables = (size: number) => ({ size: String(size) });
    const terraform = await test.init(variables(8));
    await terraform.apply();
    expect((await terraform.outputs()).same?.value).to.deep.equal(Array(6).fill(true));
    expect(await terraform.changes()).to.equal("");
    await terraform.setVariables(variables(12));
    await terraform.apply();
    expect(await terraform.changes()).to.equal("");
    await terraform.destroy();
    expect((await test.aws.ec2.send(new DescribeVolumesCommand({}))).Volumes).to.deep.equal([]);
    const { Snapshots = [] } = await test.aws.ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }));
    // The copies that CopyImage made belong to no resource of Terraform's, as on AWS, unless it deletes them.
    expect(Snapshots.filter(({ Description }) => !Description?.startsWith("Copied"))).to.deep.equal([]);
    expect((await test.aws.ec2.send(new DescribeImagesCommand({ Owners: ["self"] }))).Images).to.deep.equal([]);
  });
});
