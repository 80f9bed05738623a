import { DescribeVolumesCommand, RunInstancesCommand, waitUntilInstanceRunning } from "@aws-sdk/client-ec2";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { useConsole } from "./support/console.ts";

describe("console VPCs and volumes", function () {
  this.timeout(180_000);
  requires("chromium");
  const console = useConsole();

  it("makes a VPC and a subnet in it, says in AWS's words what is refused, and deletes both", async () => {
    const { page } = await console.visit("/vpcs");
    await page.getByRole("button", { name: "Create VPC" }).click();
    await page.getByLabel("Name").fill("made-here");
    await page.getByLabel("IPv4 block").fill("10.9.0.0/16");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("link", { name: "made-here" }).click();
    await page.getByText("No subnets yet").waitFor();

    await page.getByRole("button", { name: "Create subnet" }).click();
    await page.getByLabel("IPv4 block").fill("192.168.0.0/24");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("dialog").getByRole("alert").getByText("InvalidSubnet.Range").waitFor();
    await page.getByLabel("IPv4 block").fill("10.9.3.0/24");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("row").filter({ hasText: "10.9.3.0/24" }).getByText("251").waitFor();

    await page.getByRole("link", { name: "VPCs" }).first().click();
    const row = page.getByRole("row").filter({ hasText: "made-here" });
    await row.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete 1 VPC?" });
    await dialog.getByText(/^made-here \(vpc-/).waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("alert").getByText("DependencyViolation").waitFor();
    await page.keyboard.press("Escape");

    await row.getByRole("link").click();
    await page.getByRole("row").filter({ hasText: "10.9.3.0/24" }).getByRole("checkbox").check();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete 1 subnet?" }).getByRole("button", { name: "Delete" }).click();
    await page.getByText("No subnets yet").waitFor();
    await page.getByRole("link", { name: "VPCs" }).first().click();
    await row.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
  });

  it("makes a volume, attaches it to an instance of its zone, detaches it and deletes it", async () => {
    const { ec2 } = console.server;
    const { Instances: [instance] = [] } = await ec2.send(
      new RunInstancesCommand({ ImageId: "alpine:latest", MinCount: 1, MaxCount: 1 }),
    );
    const InstanceIds = [instance?.InstanceId ?? ""];
    await waitUntilInstanceRunning({ client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 60 }, { InstanceIds });
    const { page } = await console.visit("/volumes");
    await page.getByRole("button", { name: "Create volume" }).first().click();
    await page.getByLabel("Name").fill("data");
    await page.getByLabel("Size (GiB)").fill("3");
    await page.getByLabel("Availability zone").fill(instance?.Placement?.AvailabilityZone ?? "");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const row = page.getByRole("row").filter({ hasText: "data" });
    await row.getByText("available").waitFor();

    await row.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Attach" }).click();
    await page.getByLabel("Instance").fill("i-00000000000000001");
    await page.getByRole("dialog").getByRole("button", { name: "Attach" }).click();
    await page.getByRole("alert").getByText("InvalidInstanceID.NotFound").waitFor();
    await page.getByLabel("Instance").fill(InstanceIds[0] ?? "");
    await page.getByRole("dialog").getByText("/mnt/ebs/sdf").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Attach" }).click();
    await row.getByText("in-use").waitFor();
    await row.getByRole("link", { name: InstanceIds[0] ?? "" }).waitFor();

    await page.getByRole("button", { name: "Detach" }).click();
    await page.getByRole("dialog", { name: "Detach this volume?" }).getByRole("button", { name: "Detach" }).click();
    await row.getByText("available").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete 1 volume?" });
    await dialog.getByText(/^data \(vol-/).waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
    const Filters = [{ Name: "tag:Name", Values: ["data"] }];
    await eventually("it is gone", async () => {
      return (await ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes?.length === 0;
    });
  });
});
