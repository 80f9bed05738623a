import { gzipSync } from "node:zlib";
import {
  type EC2Client,
  GetConsoleOutputCommand,
  ModifyInstanceAttributeCommand,
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

    it("is not for an instance whose first boot had none", async () => {
      const id = await runOne(aws.ec2);
      await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
      await untilState(aws.ec2, id, "stopped");
      const Value = Buffer.from("#cloud-config\nbootcmd: [echo each boot]\nruncmd: [echo the first boot]\n");
      await aws.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, UserData: { Value } }));
      await aws.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
      await untilState(aws.ec2, id, "running");
      expect(await consoleWith(aws.ec2, id, "each boot")).not.to.include("first boot");
    });

    it("sets the system up as #cloud-config says", async () => {
      const config = `#cloud-config
bootcmd: ['echo "bootcmd of $INSTANCE_ID"']
random_seed: {file: /root/seed, data: c2VlZA==, encoding: b64}
groups:
  - crew: [root]
  - empty
users:
  - name: grace
    uid: 1777
    shell: /bin/sh
    homedir: /srv/grace
    groups: [crew]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    lock_passwd: false
    passwd: $6$salt$hash
  - {name: agent, system: true, sudo: false}
chpasswd:
  expire: false
  users: [{name: grace, password: $6$salt$other, type: hash}]
write_files:
  - path: /usr/local/sbin/curl
    permissions: '0755'
    content: |
      #!/bin/sh
      for word; do echo "$word" >>/root/curl; done
  - {path: /usr/local/sbin/update-ca-certificates, permissions: '0755', content: "#!/bin/sh"}
  - {path: /usr/local/sbin/update-ca-trust, permissions: '0755', content: "#!/bin/sh"}
  - {path: /root/odd, encoding: rot13, content: as it is, permissions: rw}
  - {path: /srv/grace/late, content: late, owner: 'grace:crew', defer: true}
fqdn: web.example.com
locale: en_GB.UTF-8
mounts:
  - [xvdf, /data/db, ext4]
  - [tmpfs, /scratch, tmpfs]
swap: {filename: /swap, size: 1G}
ca_certs: {trusted: ["a certificate"]}
ssh_keys: {ed25519_private: the private key, ed25519_public: ssh-ed25519 AAAA+B== host}
yum_repos:
  extras: {name: Extras, baseurl: 'http://repos.example/$releasever', enabled: true, gpgcheck: false}
apk_repos: {alpine_repo: {base_url: 'http://alpine.example', version: v3.20, community_enabled: true}}
apt:
  conf: APT::Get::Assume-Yes "true";
  sources:
    tool: {source: 'deb [signed-by=$KEY_FILE] http://tools.example stable main', key: a key}
runcmd:
  - id -u grace; id -gn grace; id grace | grep -c crew; sed -n /^grace:x/p /etc/passwd
  - grep -c '^grace:[$]6[$]salt[$]other:' /etc/shadow; cat /etc/sudoers.d/90-cloud-init-users; ls /etc/sudoers.d | grep -c agent
  - cat /root/seed; echo; cat /root/odd; echo; stat -c '%a %U %G' /root/odd /srv/grace/late
  - cat /etc/default/locale /etc/locale.conf 2>/dev/null; readlink /data/db
  - cat /usr/local/share/ca-certificates/cloud-init-ca-cert-1.crt /etc/pki/ca-trust/source/anchors/*.crt 2>/dev/null
  - stat -c '%a' /etc/ssh/ssh_host_ed25519_key; cat /etc/yum.repos.d/extras.repo /etc/apk/repositories
  - cat /etc/apt/sources.list.d/tool.list /etc/apt/cloud-init.gpg.d/tool.asc /etc/apt/apt.conf.d/94cloud-init-config
phone_home: {url: 'http://home.example/$INSTANCE_ID', post: [pub_key_ed25519, instance_id], tries: 1}
power_state: {mode: poweroff, condition: 'cat /root/curl; false'}
`;
      const id = await launch(config);
      const lines = (await consoleWith(aws.ec2, id, "finished")).replaceAll("\r", "").split("\n");
      for (const line of [
        `bootcmd of ${id}`,
        ...["1777", "grace", "1", "ALL=(ALL) NOPASSWD:ALL", "0"].map((text, index) =>
          index === 3 ? `grace ${text}` : text,
        ),
        ...["seed", "as it is", "644 root root", "644 grace crew", "LANG=en_GB.UTF-8", "/mnt/ebs/xvdf"],
        ...["a certificate", "600", "[extras]", "baseurl = http://repos.example/$releasever", "enabled = 1"],
        ...["gpgcheck = 0", "http://alpine.example/v3.20/main", "http://alpine.example/v3.20/community"],
        "deb [signed-by=/etc/apt/cloud-init.gpg.d/tool.asc] http://tools.example stable main",
        ...["a key", 'APT::Get::Assume-Yes "true";'],
        `pub_key_ed25519=ssh-ed25519+AAAA%2BB%3D%3D+host&instance_id=${id}`,
        `http://home.example/${id}`,
        "cloud-init: write_files /root/odd: rot13 is no encoding, and text/plain is taken.",
        "cloud-init: mounts: /data/db leads to /mnt/ebs/xvdf.",
        "cloud-init: mounts: tmpfs at /scratch is not done: volumes alone are.",
        "cloud-init: swap: the memory of an instance is its machine's; no swap is made.",
        "cloud-init: power_state: the condition is not met.",
        "cloud-init: finished",
      ]) {
        expect(lines, lines.join("\n")).to.include(line);
      }
      expect(lines.find((line) => line.startsWith("grace:"))).to.match(/^grace:x:1777:\d+:.*:\/srv\/grace:\/bin\/sh$/);
    });

    it("puts the parts of a message together as they ask", async () => {
      const part = (type: string, content: string, headers = "") =>
        `--==B==\nContent-Type: ${type}\n${headers}\n${content}\n`;
      const id = await launch(
        [
          'Content-Type: multipart/mixed; boundary="==B=="\nMIME-Version: 1.0\n\n',
          part("text/cloud-config", "#cloud-config\nfinal_message: replaced\nruncmd: [echo first]\n"),
          part("text/cloud-config", "#cloud-config\nfinal_message: the last word\n"),
          part("text/cloud-config", "merge_how: list(append)+dict(recurse_array)+str()\nruncmd: [echo second]\n"),
          part("text/cloud-config", "runcmd: [echo third]\n", "Merge-Type: list(prepend)+dict(recurse_list)\n"),
          part(
            "text/cloud-config-jsonp",
            '#cloud-config-jsonp\n[{"op":"add","path":"/runcmd/-","value":"echo fourth"}]',
          ),
          part("text/cloud-config-jsonp", '#cloud-config-jsonp\n[{"op":"remove","path":"/nothing"}]'),
          part(
            "text/cloud-config-archive",
            "#cloud-config-archive\n- {type: text/x-shellscript, content: '#!/bin/sh\n\n  echo of the archive', filename: own.sh}\n",
          ),
          "--==B==--\n",
        ].join(""),
      );
      const text = (await consoleWith(aws.ec2, id, "finished")).replaceAll("\r", "");
      expect(text)
        .to.match(/^third\nfirst\nsecond\nfourth\n/m)
        .and.to.match(/^the last word$/m);
      expect(text).to.include("running script own.sh\nof the archive\n").and.not.to.include("replaced");
      expect(text).to.include("cloud-config: it could not be read: There is no /nothing.");
    });

    it("puts what it knows of the instance into Jinja templates", async () => {
      const id = await launch(`## template: jinja
#cloud-config
{# a comment #}
runcmd:
  - echo "of {{ v1.region | upper }}, {{ds.meta_data.instance_id}}, {{ ds['meta-data']['ami-id'] | default('none') }}"
  - echo "at {{ ds.meta_data['local-hostname'] }}, {{ v1.nothing }} {{ v1.public_ssh_keys | length }}"
`);
      const text = (await consoleWith(aws.ec2, id, "finished")).replaceAll("\r", "");
      expect(text).to.include(`\nof US-EAST-1, ${id}, none\n`);
      expect(text).to.match(/\nat ip-[\d-]+\.ec2\.internal, CI_MISSING_JINJA_VAR\/nothing 0\n/);
      const statements = await launch(`## template: jinja
#!/bin/sh
{% if v1.region == "us-east-1" and v1.nothing is not defined %}
{% for word in ["one", "two"] %}
echo "{{ loop.index }} {{ word }} {% raw %}{{ raw }}{% endraw %}"
{% endfor %}
{% else %}
echo never
{% endif %}
`);
      const told = (await consoleWith(aws.ec2, statements, "finished")).replaceAll("\r", "");
      expect(told)
        .to.include("\n1 one {{ raw }}\n2 two {{ raw }}\n")
        .and.not.to.match(/^never$/m);
      const endless = "{% for i in range(999) %}{% for k in range(999) %}{{ i }}{% endfor %}{% endfor %}";
      const other = await launch(`## template: jinja\n#!/bin/sh\n${endless}\n`);
      expect(await consoleWith(aws.ec2, other, "finished")).to.include("more than LocalAWS lets it do");
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
      expect(text)
        .to.include("script bad.sh failed with exit code")
        .and.to.include("http://127.0.0.1/x could not be fetched.");
      expect(text).to.match(/the second\r?\ncloud-init: script part-002 failed with exit code 3\r?\n/);
      expect(text).to.match(/^the third\r?$/m);
    });

    it("does what is at the URLs that #include names, whatever that is", async () => {
      const tags = "http://169.254.169.254/latest/meta-data/tags/instance";
      const id = await runOne(aws.ec2, {
        UserData: Buffer.from(`#include ${tags}/Script\n# a comment\n${tags}/More\n`).toString("base64"),
        MetadataOptions: { HttpTokens: "optional", InstanceMetadataTags: "enabled" },
        TagSpecifications: [
          {
            ResourceType: "instance",
            Tags: [
              { Key: "Script", Value: "#!/bin/sh\necho of the tag, to $INSTANCE_ID" },
              { Key: "More", Value: `#include\n${tags}/Config\n${tags}/More` },
              { Key: "Config", Value: "## template: jinja\n#cloud-config\nruncmd: [echo in {{ v1.region }}]" },
            ],
          },
        ],
      });
      const text = (await consoleWith(aws.ec2, id, "finished")).replaceAll("\r", "");
      expect(text)
        .to.include(`\nof the tag, to ${id}\n`)
        .and.to.include("\nin us-east-1\n")
        .and.to.include(`#include: LocalAWS does not follow as many as ${tags}/`);
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
snap: {}
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
        "cloud-init: cloud-config: LocalAWS does nothing for the key snap.",
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
