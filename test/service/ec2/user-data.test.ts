import { gzipSync } from "node:zlib";
import {
  type EC2Client,
  GetConsoleOutputCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { runOne, untilState } from "./support.ts";

for (const [runtime, needs] of [
  ["docker", "docker"],
  ["embedded", "namespaces"],
] as const) {
  describe(`ec2 user data on ${runtime}`, function () {
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

    const launch = (userData: string | Buffer) =>
      runOne(aws.ec2, { UserData: Buffer.from(userData).toString("base64") });

    it("runs a script as root at the first boot alone, and shows what it says on the console", async () => {
      const id = await launch(
        '#!/bin/sh\nid -un\necho "count $(date +%s%N)" >>/root/runs\necho "runs $(wc -l </root/runs)"\n',
      );
      const text = await consoleWith(aws.ec2, id, "finished");
      expect(text)
        .to.match(/^root\r?$/m)
        .and.to.match(/^runs 1\r?$/m);
      await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
      await untilState(aws.ec2, id, "stopped");
      await aws.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
      await untilState(aws.ec2, id, "running");
      expect(await console(aws.ec2, id)).not.to.include("runs");
    });

    it("reports a script that fails, and what comes after it goes on", async () => {
      const id = await launch(
        [
          'Content-Type: multipart/mixed; boundary="==B=="\nMIME-Version: 1.0\n',
          '--==B==\nContent-Type: text/x-shellscript; charset="us-ascii"\nContent-Disposition: attachment; filename="bad.sh"\n\n#!/no/such/interpreter\n',
          `--==B==\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n${Buffer.from("#!/bin/sh\necho the second\nexit 3\n").toString("base64")}\n`,
          "--==B==\nContent-Type: text/plain\n\n#include\nhttp://127.0.0.1/x\n",
          "--==B==\nContent-Type: text/cloud-config\n\nruncmd: [echo the third]\n",
          "--==B==--\n",
        ].join("\n"),
      );
      const text = await consoleWith(aws.ec2, id, "finished, with failures");
      expect(text).to.include("script bad.sh failed with exit code").and.to.include("#include is not supported");
      expect(text).to.match(/the second\r?\ncloud-init: script part-002 failed with exit code 3\r?\n/);
      expect(text).to.match(/^the third\r?$/m);
    });

    it("does what a compressed #cloud-config asks for, and its bootcmd at every boot", async () => {
      const config = `#cloud-config
bootcmd:
  - echo "boot of $(cat /proc/sys/kernel/hostname) for $id"
hostname: web-1
users:
  - default
  - name: ada
    gecos: Ada Lovelace
    groups: staff
    ssh_authorized_keys: [ssh-ed25519 AAAAC3Nz ada@example]
ssh_authorized_keys: [ssh-ed25519 AAAAC3Nx root@example]
write_files:
  - path: /srv/new/plain.txt
    content: |
      it's "quoted" $HOME
    permissions: '0640'
  - path: /srv/new/bytes
    encoding: b64
    content: AAEC/w==
  - {path: /srv/new/gz, encoding: gz+b64, content: ${gzipSync("zipped").toString("base64")}, permissions: 0600}
  - {path: /srv/new/plain.txt, content: more, append: true, permissions: '0640'}
runcmd:
  - [sh, -c, 'echo "one $1"', sh, "a b"]
  - cat /srv/new/plain.txt; echo
  - od -An -tx1 /srv/new/bytes; cat /srv/new/gz; echo
  - ls -l /srv/new/plain.txt /srv/new/gz | cut -c1-10
  - id ada; cat ~ada/.ssh/authorized_keys /root/.ssh/authorized_keys /etc/hostname
  - "false"
  - echo after
final_message: up after $UPTIME seconds
swap: {}
`;
      const id = await launch(gzipSync(config));
      const text = (await consoleWith(aws.ec2, id, "finished")).replaceAll("\r", "");
      for (const line of [
        `boot of ${await hostName(aws.ec2, id)} for ${id}`,
        "one a b",
        'it\'s "quoted" $HOME',
        "more",
        " 00 01 02 ff",
        "zipped",
        "-rw-r-----",
        "-rw-------",
        "ssh-ed25519 AAAAC3Nz ada@example",
        "ssh-ed25519 AAAAC3Nx root@example",
        "web-1",
        "after",
        "cloud-init: cloud-config: LocalAWS does nothing for the key swap.",
      ]) {
        expect(text.split("\n"), text).to.include(line);
      }
      expect(text).to.match(/uid=\d+\(ada\).*staff/);
      expect(text).to.match(/^up after \d+(\.\d+)? seconds$/m);
      await aws.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
      await eventually("the second boot", async () => {
        const again = await console(aws.ec2, id);
        return again.includes("boot of") && !again.includes("after");
      });
    });
  });
}

async function hostName(ec2: EC2Client, id: string): Promise<string> {
  return /boot of (\S+)/.exec(await console(ec2, id))?.[1] ?? "";
}

async function console(ec2: EC2Client, id: string): Promise<string> {
  const { Output = "" } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
  return Buffer.from(Output, "base64").toString();
}

async function consoleWith(ec2: EC2Client, id: string, words: string): Promise<string> {
  let text = "";
  try {
    return await eventually(words, async () => {
      text = await console(ec2, id);
      return text.includes(words) && text;
    });
  } catch (error) {
    throw new Error(`${String(error)}: ${text}`);
  }
}
