import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

describe("ec2 networks of VPCs", function () {
  this.timeout(180_000);
  requires("docker", "packetRules", "root");
  const servers: TestServer[] = [];

  after(async () => {
    for (const aws of servers) {
      await aws.server.reset();
      await aws.stop();
    }
  });

  /** A VPC of two subnets, where its default group lets pings in. */
  async function createVpc(aws: TestServer) {
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.77.0.0/16" }));
    const VpcId = Vpc?.VpcId ?? "";
    const subnets = ["10.77.1.0/24", "10.77.2.0/24"].map(async (CidrBlock) => {
      const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock }));
      return Subnet?.SubnetId ?? "";
    });
    const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
    const { SecurityGroups } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const IpPermissions = [{ IpProtocol: "icmp", FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: SecurityGroups?.[0]?.GroupId, IpPermissions }),
    );
    return await Promise.all(subnets);
  }

  async function start() {
    const aws = await startLocalAws({ runtime: "docker", sshListen: "127.0.0.1:0" });
    servers.push(aws);
    const KeyName = uniqueName("vpc");
    const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    const launch = async (SubnetId: string | undefined, PrivateIpAddress?: string) => {
      const id = await runOne(aws.ec2, { KeyName, SubnetId, PrivateIpAddress });
      const { PrivateIpAddress: address = "", PrivateDnsName: name = "" } = await describeOne(aws.ec2, id);
      return { id, address, name, tunnel: await openTunnel(aws, { id, privateKey: KeyMaterial, host: "127.0.0.1" }) };
    };
    return { aws, launch };
  }

  type Launched = Awaited<ReturnType<Awaited<ReturnType<typeof start>>["launch"]>>;

  const reaches = async (from: Launched, to: Launched) =>
    (await from.tunnel.run(`ping -c 1 -W 1 ${to.address}`)).exitCode === 0;
  const output = async ({ tunnel }: Launched, command: string) => (await tunnel.run(command)).stdout.trim();

  it("of the same block are apart, and give instances the very addresses that EC2 shows", async () => {
    // The third is of another LocalAWS on the same engine.
    const [{ aws, launch }, other] = await Promise.all([start(), start()]);
    const launchTwo = async (from: TestServer, run: typeof launch) => {
      const [one, two] = await createVpc(from);
      return await Promise.all([run(one, "10.77.1.10"), run(two, "10.77.2.10")]);
    };
    const vpcs = await Promise.all([
      launchTwo(aws, launch),
      launchTwo(aws, launch),
      launchTwo(other.aws, other.launch),
    ]);
    for (const [one, two] of vpcs) {
      for (const [instance, address] of [
        [one, "10.77.1.10"],
        [two, "10.77.2.10"],
      ] as const) {
        expect(instance.address).to.equal(address);
        expect(await output(instance, "ip -4 addr show eth0")).to.include(`inet ${address}/24`);
        expect(await output(instance, "wget -qO- http://169.254.169.254/latest/meta-data/local-ipv4")).to.equal(
          address,
        );
        expect(await output(instance, "wget -qO- http://169.254.169.254/latest/meta-data/instance-id")).to.equal(
          instance.id,
        );
      }
      expect(await reaches(one, two)).to.equal(true);
      expect(await reaches(two, one)).to.equal(true);
      const found = await output(one, `nslookup ${two.name}`);
      expect(found).to.include(two.address);
    }
    const stranger = await launch(undefined);
    expect(await reaches(stranger, vpcs[0][0])).to.equal(false);
    expect(await output(stranger, `nslookup ${vpcs[0][0].name}`)).not.to.include("10.77.1.10");
    for (const { tunnel } of [stranger, ...vpcs.flat()]) tunnel.close();
  });
});
