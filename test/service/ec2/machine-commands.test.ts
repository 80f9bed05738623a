import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, untilState } from "./support.ts";

for (const [runtime, needs] of [
  ["docker", "docker"],
  ["embedded", "namespaces"],
] as const) {
  describe(`ec2 commands of an instance on ${runtime}`, function () {
    this.timeout(180_000);
    requires(needs);
    let aws: TestServer;

    before(async () => {
      aws = await startLocalAws({ runtime });
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
    });

    const launch = (script: string, overrides: Parameters<typeof runOne>[1] = {}) =>
      runOne(aws.ec2, { UserData: Buffer.from(script).toString("base64"), ...overrides });
    async function console(id: string): Promise<string> {
      const { Output = "" } = await aws.ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
      return Buffer.from(Output, "base64").toString().replaceAll("\r", "");
    }
    const consoleWith = (id: string, words: RegExp) =>
      eventually(String(words), async () => {
        const text = await console(id);
        return words.test(text) && text;
      });

    it("stops it, or terminates it, as its shutdown behavior says", async () => {
      const stopping = await launch("#!/bin/sh\nsleep 1; shutdown -h now\n");
      const ending = await launch("#!/bin/sh\nsleep 1; poweroff\n", {
        InstanceInitiatedShutdownBehavior: "terminate",
      });
      expect(await untilState(aws.ec2, stopping, "stopped"))
        .to.have.property("StateReason")
        .that.includes({ Code: "Client.InstanceInitiatedShutdown" });
      await untilState(aws.ec2, ending, "terminated");
    });

    it("reboots it, which keeps its disk, its addresses and its state", async () => {
      const script = "#cloud-config\nbootcmd: [echo a boot >>/root/boots; echo boots $(wc -l </root/boots)]\n";
      const id = await launch(`${script}runcmd: [shutdown -r now]\n`);
      const before = await describeOne(aws.ec2, id);
      await consoleWith(id, /^boots 2$/m);
      const after = await describeOne(aws.ec2, id);
      expect(after.State?.Name).to.equal("running");
      for (const member of ["PrivateIpAddress", "PublicIpAddress", "LaunchTime"] as const) {
        expect(after[member], member).to.deep.equal(before[member]);
      }
    });

    it("reboots it when its user data has been done, as power_state asks", async () => {
      const id = await launch(
        "#cloud-config\nbootcmd: [echo boots >>/root/boots; cat /root/boots]\npower_state: {mode: reboot}\n",
      );
      await consoleWith(id, /^boots\nboots$/m);
    });

    it("tells by cloud-init how its boot goes, and what it knows of the instance", async () => {
      const id = await launch(`#!/bin/sh
cloud-init status
cloud-init query v1.instance_id; cloud-init query ds.meta_data.placement.availability_zone; cloud-id
(cloud-init status --wait; echo "waited, $?"; ls /var/lib/cloud/instance/boot-finished) >/proc/1/fd/1 2>&1 &
`);
      const text = await consoleWith(id, /boot-finished/);
      const zone = (await describeOne(aws.ec2, id)).Placement?.AvailabilityZone;
      expect(text).to.include(`status: running\n${id}\n${zone}\naws\n`);
      expect(text).to.match(/\nstatus: done\nwaited, 0\n/);
    });

    it("tells by cloud-init that a script has failed, and which", async () => {
      const id = await launch(`#!/bin/sh
(cloud-init status --wait --long; echo "waited, $?") >/proc/1/fd/1 2>&1 &
exit 3
`);
      const text = await consoleWith(id, /waited/);
      expect(text)
        .to.include("\nstatus: error\n")
        .and.to.include('errors: ["script part-001 failed with exit code 3"]');
      expect(text).to.include("waited, 1");
    });

    it("runs the scripts of cloud-init's folders, those of per-boot again", async () => {
      const id = await launch(`#cloud-config
write_files:
  - {path: /var/lib/cloud/scripts/per-boot/one.sh, permissions: '0755', content: "#!/bin/sh\\necho each boot"}
  - {path: /var/lib/cloud/scripts/per-instance/two.sh, permissions: '0755', content: "#!/bin/sh\\necho once of $INSTANCE_ID"}
runcmd: [echo the end]
power_state: {mode: reboot, condition: 'grep -q again /root/times; test $? -ne 0 && echo again >/root/times'}
`);
      const text = await consoleWith(id, /each boot/);
      if (text.includes("the end")) expect(text).to.match(new RegExp(`each boot[^]*once of ${id}[^]*the end`));
      await eventually("the second boot", async () => {
        const again = await console(id);
        return again.includes("each boot") && !again.includes("the end") && !again.includes("once of");
      });
    });

    it("lets root be another user by sudo", async () => {
      const id = await launch(
        "#!/bin/sh\nsudo -u nobody id -un; sudo -E A=b sh -c 'echo \"$A of $(id -un)\"'; sudo -nu nobody sh -c 'echo \"it'\"'\"'s $0\"' done\n",
      );
      expect(await consoleWith(id, /finished/)).to.include("\nnobody\nb of root\nit's done\n");
    });
  });
}
