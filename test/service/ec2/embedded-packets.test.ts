import { AuthorizeSecurityGroupIngressCommand, CreateKeyPairCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type InstanceTunnel, openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

describe("ec2 networks without Docker", function () {
  this.timeout(180_000);
  requires("namespaces", "packetRules", "root");
  let aws: TestServer;
  const tunnels: InstanceTunnel[] = [];

  before(async () => {
    aws = await startLocalAws({ runtime: "embedded", sshListen: "127.0.0.1:0" });
  });
  after(async () => {
    for (const tunnel of tunnels) tunnel.close();
    await aws?.server.reset();
    await aws?.stop();
  });

  it("know private names, and let through what security groups let, between instances and from the host", async () => {
    const KeyName = uniqueName("embedded");
    const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    const [one, other] = [await runOne(aws.ec2, { KeyName }), await runOne(aws.ec2, { KeyName })];
    const client = await openTunnel(aws, { id: one, privateKey: KeyMaterial, host: "127.0.0.1" });
    tunnels.push(client);
    const server = await openTunnel(aws, { id: other, privateKey: KeyMaterial, host: "127.0.0.1" });
    tunnels.push(server);
    const {
      PrivateDnsName = "",
      PrivateIpAddress = "",
      PublicIpAddress = "",
      SecurityGroups,
    } = await describeOne(aws.ec2, other);

    const { stdout } = await client.run(`getent hosts ${PrivateDnsName}`);
    expect(stdout.split(/\s+/)[0]).to.equal(PrivateIpAddress);

    await server.run("mkdir -p /srv/www && echo pong >/srv/www/index.html && busybox httpd -p 8080 -h /srv/www");
    await eventually("members of the group reach each other", async () =>
      (await client.run(`wget -q -T 2 -t 1 -O - http://${PrivateDnsName}:8080/`)).stdout.includes("pong"),
    );
    const fromHost = async () => {
      const answer = await fetch(`http://${PublicIpAddress}:8080/`, { signal: AbortSignal.timeout(1000) });
      return (await answer.text()).trim();
    };
    expect(await fromHost().catch(() => "nothing")).to.equal("nothing");
    await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: SecurityGroups?.[0]?.GroupId,
        IpPermissions: [{ IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
      }),
    );
    await eventually("the host reaches the public address", async () => (await fromHost().catch(() => "")) === "pong");
  });
});
