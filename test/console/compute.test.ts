import {
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { clipboard, useConsole } from "./support/console.ts";

/** A row of the table of instances. */
const rowOf = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

async function launch(page: Page, name: string, count = 1): Promise<void> {
  await page.getByRole("button", { name: "Launch instance" }).click();
  const dialog = page.getByRole("dialog", { name: "Launch instances" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Count").fill(String(count));
  await dialog.getByRole("button", { name: "Launch" }).click();
  await dialog.waitFor({ state: "detached" });
}

describe("console instances", function () {
  this.timeout(240_000);
  requires("chromium", "namespaces");
  const console = useConsole({ runtime: "embedded" });

  const stateOf = async (name: string) => {
    const Filters = [{ Name: "tag:Name", Values: [name] }];
    const { Reservations: [reservation] = [] } = await console.server.ec2.send(
      new DescribeInstancesCommand({ Filters }),
    );
    return reservation?.Instances?.[0]?.State?.Name;
  };

  it("launches, types in the terminal and reads the answer, stops and terminates", async () => {
    const { page } = await console.visit("/instances");
    await launch(page, "journey");
    const row = rowOf(page, "journey");
    await row.getByText("running").waitFor();
    expect(await stateOf("journey")).to.equal("running");

    await row.getByRole("link", { name: "journey" }).click();
    await page.getByRole("tab", { name: "Terminal" }).click();
    await page.getByText("Connected", { exact: true }).waitFor();
    await page.keyboard.type("echo sum=$((40 + 2)) $(stty size)\n");
    await page
      .locator(".xterm-rows")
      .getByText(/sum=42 \d\d \d{2,3}/)
      .waitFor();

    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".page-head").getByText("stopped").waitFor();
    await page.getByText("The instance is stopped").waitFor();
    expect(await stateOf("journey")).to.equal("stopped");

    await page.getByRole("button", { name: "Terminate" }).click();
    const dialog = page.getByRole("dialog", { name: "Terminate 1 instance?" });
    await dialog.getByText("journey (i-").waitFor();
    await dialog.getByRole("button", { name: "Terminate" }).click();
    await page.locator(".page-head").getByText("terminated").waitFor();
    expect(await stateOf("journey")).to.equal("terminated");
  });

  it("keeps a shell while one looks at other pages, opens a second, and shows an exit code", async () => {
    const { page } = await console.visit("/instances");
    await launch(page, "shells");
    await rowOf(page, "shells").getByText("running").waitFor();
    await rowOf(page, "shells").getByRole("link").click();
    await page.getByRole("tab", { name: "Terminal" }).click();
    await page.getByText("Connected", { exact: true }).waitFor();
    await page.keyboard.type("marker=kept\n");

    await page.getByRole("navigation").getByRole("link", { name: "Buckets" }).click();
    await page.getByRole("heading", { level: 1, name: "Buckets" }).waitFor();
    await page.goBack();
    await page.getByRole("textbox", { name: /^Shell 1 in i-/ }).focus();
    await page.keyboard.type("echo still-$marker\n");
    await page.locator(".xterm-rows").getByText("still-kept").waitFor();

    await page.getByRole("button", { name: "New terminal" }).click();
    await page.getByRole("textbox", { name: /^Shell 2 in i-/ }).focus();
    await page.getByText("Connected", { exact: true }).waitFor();
    await page.keyboard.type("exit 7\n");
    await page.getByText("The shell ended with exit code 7").waitFor();
    await page.getByRole("button", { name: "Shell 1", exact: true }).click();
    await page.getByText("Connected", { exact: true }).waitFor();
  });

  it("stops, starts and terminates many at once", async () => {
    const { page } = await console.visit("/instances");
    await launch(page, "many", 2);
    const rows = rowOf(page, "many");
    const bothAre = (state: string) => rows.getByText(state, { exact: true }).nth(1).waitFor();
    const choose = async (action: string) => {
      for (const box of await rows.getByRole("checkbox").all()) await box.check();
      await page.getByRole("button", { name: action, exact: true }).click();
    };
    await bothAre("running");
    await choose("Stop");
    await bothAre("stopped");
    await choose("Start");
    await bothAre("running");
    await choose("Terminate");
    const dialog = page.getByRole("dialog", { name: "Terminate 2 instances?" });
    expect(await dialog.getByText(/^many \(i-/).count()).to.equal(2);
    await dialog.getByRole("button", { name: "Terminate" }).click();
    await bothAre("terminated");
  });

  it("shows what AWS's clients do, without being asked again", async () => {
    const { page } = await console.visit("/instances");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator(".live-state.live").waitFor();
    const Tags = [{ Key: "Name", Value: "from-the-sdk" }];
    await console.server.ec2.send(
      new RunInstancesCommand({
        ...{ ImageId: "alpine:latest", InstanceType: "t2.micro", MinCount: 1, MaxCount: 1 },
        TagSpecifications: [{ ResourceType: "instance", Tags }],
      }),
    );
    await rowOf(page, "from-the-sdk").getByText("running").waitFor();
  });

  it("launches in a subnet of another VPC, with the security groups of that alone", async () => {
    const { ec2 } = console.server;
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.7.0.0/16" }));
    const subnet = { VpcId: Vpc?.VpcId, CidrBlock: "10.7.1.0/24" };
    const { Subnet } = await ec2.send(new CreateSubnetCommand(subnet));
    const { GroupId = "" } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: "elsewhere", Description: "elsewhere", VpcId: Vpc?.VpcId }),
    );
    const { page } = await console.visit("/instances");
    await page.getByRole("button", { name: "Launch instance" }).click();
    const dialog = page.getByRole("dialog", { name: "Launch instances" });
    await dialog.getByLabel("Name").fill("in-a-subnet");
    expect(await dialog.getByLabel(GroupId).count()).to.equal(0);
    await dialog.getByLabel("Subnet").selectOption(Subnet?.SubnetId ?? "");
    await dialog.getByLabel(GroupId).check();
    await dialog.getByRole("button", { name: "Launch" }).click();
    await rowOf(page, "in-a-subnet").getByText("running").waitFor();
    const Filters = [{ Name: "tag:Name", Values: ["in-a-subnet"] }];
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    expect(Reservations?.[0]?.Instances?.[0]?.SubnetId).to.equal(Subnet?.SubnetId);
    expect(Reservations?.[0]?.Instances?.[0]?.SecurityGroups?.map((group) => group.GroupId)).to.deep.equal([GroupId]);
  });

  it("says in AWS's words why a launch is refused, and keeps what was typed", async () => {
    const { page } = await console.visit("/instances");
    await page.getByRole("button", { name: "Launch instance" }).click();
    const dialog = page.getByRole("dialog", { name: "Launch instances" });
    await dialog.getByLabel("Name").fill("refused");
    await dialog.getByLabel("Image").fill("ami-0123456789abcdef0");
    await dialog.getByRole("button", { name: "Launch" }).click();
    await dialog.getByRole("alert").getByText("InvalidAMIID.NotFound").waitFor();
    expect(await dialog.getByLabel("Name").inputValue()).to.equal("refused");
  });

  it("shows what CPU and memory a running instance uses, without asking again and again", async () => {
    const { page } = await console.visit("/instances");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await launch(page, "used");
    await rowOf(page, "used").getByText("running").waitFor();
    await rowOf(page, "used").getByRole("link", { name: "used" }).click();
    const usage = page.getByRole("region", { name: "Usage" });
    await usage.getByText(/\d+ % of a CPU/).waitFor();
    await usage.getByText(/\d+(\.\d+)? [kKM]i?B/).waitFor();
    const points = () => usage.locator("polyline").first().getAttribute("points");
    await eventually("the graph grows", async () => ((await points()) ?? "").split(" ").length > 3);
    expect(asked.filter((path) => path.includes("/stats"))).to.have.lengthOf(1);
  });
});

describe("console ssh command", () => {
  requires("chromium");
  const console = useConsole({ sshListen: "127.0.0.1:0" });

  it("is copied as the JSON API has it", async () => {
    const { ec2, server } = console.server;
    await ec2.send(new CreateKeyPairCommand({ KeyName: "for-ssh" }));
    const { Instances: [instance] = [] } = await ec2.send(
      new RunInstancesCommand({ ImageId: "alpine:latest", KeyName: "for-ssh", MinCount: 1, MaxCount: 1 }),
    );
    const { page } = await console.visit(`/instances/${instance?.InstanceId}`);
    await page.getByRole("button", { name: "Copy the ssh command" }).click();
    await page.getByText("Copied the ssh command.").waitFor();
    const user = `ec2-user+${instance?.InstanceId}`;
    expect(await clipboard(page)).to.equal(`ssh -i for-ssh.pem -p ${server.ssh?.port} ${user}@127.0.0.1`);
  });
});

describe("console key pairs and security groups", () => {
  requires("chromium");
  const console = useConsole();

  it("hands the private key out once", async () => {
    const { page } = await console.visit("/key-pairs");
    await page.getByRole("button", { name: "Create key pair" }).click();
    await page.getByLabel("Name").fill("once");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "The private key of once" });
    await dialog.getByText("PRIVATE KEY").first().waitFor();
    await dialog.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Copied the private key.").waitFor();
    expect(await clipboard(page)).to.match(/^-----BEGIN \w+ PRIVATE KEY-----\n/);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("row").filter({ hasText: "once" }).getByText("ed25519").waitFor();
  });

  it("deletes a key pair after it has asked for it by name", async () => {
    const { page } = await console.visit("/key-pairs");
    await page.getByRole("button", { name: "Create key pair" }).click();
    await page.getByLabel("Name").fill("short-lived");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("checkbox", { name: "Select short-lived" }).check();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete 1 key pair?" });
    await dialog.getByText("short-lived").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("checkbox", { name: "Select short-lived" }).waitFor({ state: "detached" });
  });

  it("creates a group, adds a rule, refuses it a second time as AWS does, and removes it", async () => {
    const { page } = await console.visit("/security-groups");
    await page.getByRole("button", { name: "Create security group" }).click();
    await page.getByLabel("Name").fill("browsers");
    await page.getByLabel("Description").fill("For browsers");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("link", { name: "browsers" }).click();
    await page.getByText("nothing is let in").waitFor();
    const add = async () => {
      await page.getByRole("button", { name: "Add rule" }).click();
      await page.getByLabel("Ports").fill("8000-8080");
      await page.getByRole("button", { name: "Add", exact: true }).click();
    };
    await add();
    await page.getByRole("region", { name: "Inbound" }).getByText("tcp 8000–8080").waitFor();
    await add();
    await page.getByRole("alert").getByText("InvalidPermission.Duplicate").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Remove the rule tcp 8000–8080/ }).click();
    await page.getByText("nothing is let in").waitFor();
  });
});
