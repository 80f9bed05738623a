import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { CreateKeyPairCommand, GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { runOne, uniqueName } from "./support.ts";

const execute = promisify(execFile);

for (const [runtime, needs] of [
  ["docker", ["docker", "ssh"]],
  // Without root a machine has no user but root.
  ["embedded", ["namespaces", "root", "ssh"]],
] as const) {
  describe(`ec2 default users on ${runtime}`, function () {
    this.timeout(180_000);
    requires(...needs);
    let aws: TestServer;
    let folder: string;
    let keyFile: string;
    let keyName: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "localaws-users-"));
      aws = await startLocalAws({ runtime, sshListen: "127.0.0.1:0" });
      keyName = uniqueName("users");
      const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName: keyName }));
      keyFile = join(folder, "key.pem");
      await writeFile(keyFile, KeyMaterial, { mode: 0o400 });
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    const launch = (userData?: string) =>
      runOne(aws.ec2, {
        ...{ ImageId: "alpine:latest", KeyName: keyName },
        ...(userData === undefined ? {} : { UserData: Buffer.from(userData).toString("base64") }),
      });
    const options = () => [
      ...["-F", "none", "-i", keyFile, "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no"],
      ...["-o", `UserKnownHostsFile=${join(folder, "known")}`, "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"],
    ];
    async function ssh(user: string, command: string, ...words: string[]) {
      const to = ["-p", String(aws.server.ssh?.port), ...words, `${user}@127.0.0.1`, command];
      const child = spawn("ssh", [...options(), ...to], { stdio: ["ignore", "pipe", "pipe"] });
      const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      return { code: await exited, stdout: stdout.replaceAll("\r", ""), stderr };
    }
    async function console(id: string): Promise<string> {
      return await eventually("the end of its boot", async () => {
        const { Output = "" } = await aws.ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
        const words = Buffer.from(Output, "base64").toString().replaceAll("\r", "");
        return words.includes("cloud-init: finished") && words;
      });
    }

    it("logs in as the image's own, who may do everything by sudo", async () => {
      const id = await launch();
      const who =
        "id -un; id -u; id -g; pwd; echo $HOME; sudo -n id -u; sudo -u nobody id -un; stat -c %U .ssh/authorized_keys";
      const alpine = "alpine\n1000\n1000\n/home/alpine\n/home/alpine\n0\nnobody\nalpine\n";
      expect(await ssh(`alpine+${id}`, who)).to.deep.equal({ code: 0, stdout: alpine, stderr: "" });
      // What other images call theirs.
      expect((await ssh(`ec2-user+${id}`, who)).stdout).to.equal(alpine);
      expect((await ssh(`root+${id}`, "id -u; pwd")).stdout).to.equal("0\n/root\n");
      expect((await ssh(`stranger+${id}`, "id")).stderr).to.include("Permission denied (publickey)");
      const terminal = await ssh(`alpine+${id}`, 'stat -Lc %U /proc/self/fd/0; echo own >"$(tty)"; exit 4', "-tt");
      expect(terminal).to.deep.include({ code: 4, stdout: "alpine\nown\n" });
      const file = join(folder, "file");
      await writeFile(file, "mine");
      await execute("scp", [...options(), "-P", String(aws.server.ssh?.port), file, `alpine+${id}@127.0.0.1:mine`]);
      expect((await ssh(`alpine+${id}`, "stat -c '%U %n' ~/mine; cat mine")).stdout).to.equal(
        "alpine /home/alpine/mine\nmine",
      );
    });

    it("is there for user data", async () => {
      const id = await launch(`#!/bin/sh
mkdir /srv/app && chown alpine:alpine /srv/app && stat -c '%U %G' /srv/app
# /etc/profile tells of it, which the stand-in of Docker's image has not.
su - alpine -c 'id -un; pwd; echo "at $AWS_ENDPOINT_URL"'
sudo -iu alpine sh -c 'id -un; sudo id -un; echo "of $SUDO_USER"'
LEFT=behind sudo sh -c 'echo "$LEFT, $USER"'; LEFT=kept sudo -E sh -c 'echo "$LEFT, $SUDO_UID"'
echo ada:x:1234:1234::/:/bin/sh >>/etc/passwd
sudo -u ada sudo id; echo "refused $?"
echo 'ada ALL=(alpine) NOPASSWD: /bin/echo, /usr/bin/whoami' >/etc/sudoers.d/ada
sudo -u ada sudo -u alpine whoami; sudo -u ada sudo whoami; sudo -u ada sudo -u alpine id; echo "refused $?"
`);
      const words = await console(id);
      for (const line of [
        ...[
          "alpine alpine",
          runtime === "embedded" ? "alpine\n/home/alpine\nat http://169.254.169.254" : "alpine\n/home/alpine\nat ",
          "alpine\nroot\nof root",
          ", root\nkept, 0",
        ],
        ...["ada is not in the sudoers file.\nrefused 1", "alpine\nSorry, user ada is not allowed to execute '"],
        "' as alpine on ",
      ]) {
        expect(words).to.include(line);
      }
      expect(words.match(/^refused 1$/gm)).to.have.lengthOf(2);
    });

    it("is called as #cloud-config says, and has what it says", async () => {
      const id = await launch(`#cloud-config
system_info: {default_user: {name: grace, gecos: Grace Hopper, groups: [crew]}}
users: [default, {name: ada, uid: 1815}]
ssh_authorized_keys: [ssh-ed25519 AAAAC3Nz ada@example]
disable_root: true
disable_root_opts: 'no-port-forwarding,command="echo Please log in as $USER; exit 142"'
runcmd:
  - id grace; cat ~grace/.ssh/authorized_keys /etc/sudoers.d/90-cloud-init-users; id -u ada
`);
      const words = await console(id);
      expect(words).to.match(/^uid=1000\(grace\) gid=1000\(grace\) groups=.*\(crew\)$/m);
      expect(words)
        .to.include("ssh-ed25519 AAAAC3Nz ada@example")
        .and.to.include("grace ALL=(ALL) NOPASSWD:ALL")
        .and.to.match(/^1815$/m);
      expect((await ssh(`grace+${id}`, "id -un")).stdout).to.equal("grace\n");
      expect(await ssh(`root+${id}`, "id")).to.deep.include({ code: 142, stdout: "Please log in as grace\n" });
    });

    it("is not made where the users leave it out", async () => {
      const id = await launch("#cloud-config\nusers: [{name: ada}]\nruncmd: [id alpine; id ada]\n");
      expect(await console(id))
        .to.match(/uid=1000\(ada\)/)
        .and.not.to.match(/uid=\d+\(alpine\)/);
      expect((await ssh(`alpine+${id}`, "id -un")).stdout).to.equal("root\n");
    });
  });
}
