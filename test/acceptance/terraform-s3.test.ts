import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { useTerraform } from "../support/acceptance-terraform.ts";

describe("Terraform's buckets on the records runtime", function () {
  this.timeout(1_800_000);
  this.slow(300_000);
  const test = useTerraform(new URL("terraform-s3", import.meta.url));

  it("are applied with every configuration, planned without change, updated in place, and destroyed", async () => {
    const terraform = await test.init({ stage: "one" });
    await terraform.apply();
    expect((await terraform.outputs()).seen?.value).to.deep.equal({
      body: "Hello, one",
      keys: ["copied/hello.txt", "dir/zeros.bin", "public/hello.txt"],
      region: "us-east-1",
      domain: "tf-main.s3.amazonaws.com",
    });
    expect(await terraform.changes()).to.equal("");

    await terraform.setVariables({ stage: "two" });
    await terraform.apply();
    expect(await terraform.changes()).to.equal("");

    await terraform.destroy();
    expect((await test.aws.s3.send(new ListBucketsCommand({}))).Buckets ?? []).to.deep.equal([]);
  });
});
