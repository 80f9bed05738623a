import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

describe("ec2 networks of VPCs", function () {
  this.timeout(90_000);
  requires("docker");
  const servers: TestServer[] = [];

  after(async () => {
    for (const aws of servers) {
      await aws.server.reset();
      await aws.stop();
    }
  });

  /** A VPC of two subnets, where its default group lets pings in from its own block. */
  async function createVpc(aws: TestServer) {
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.77.0.0/16" }));
    const VpcId = Vpc?.VpcId ?? "";
    const subnets = ["10.77.1.0/24", "10.77.2.0/24"].map(async (CidrBlock) => {
      const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock }));
      return Subnet?.SubnetId ?? "";
    });
    const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
    const { SecurityGroups } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const IpPermissions = [{ IpProtocol: "icmp", FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: "10.77.0.0/16" }] }];
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
    const launch = async (SubnetId: string | undefined) => {
      const id = await runOne(aws.ec2, { KeyName, SubnetId });
      const { PrivateIpAddress: address = "", PrivateDnsName: name = "" } = await describeOne(aws.ec2, id);
      return { id, address, name, tunnel: await openTunnel(aws, { id, privateKey: KeyMaterial, host: "127.0.0.1" }) };
    };
    return { aws, launch };
  }

  type Launched = Awaited<ReturnType<Awaited<ReturnType<typeof start>>["launch"]>>;

  const reaches = async (from: Launched, to: Launched) =>
    (await from.tunnel.run(`ping -c 1 -W 1 ${to.address}`)).exitCode === 0;

  it("carry packets between the subnets of a VPC, also where its block is taken, and none to another VPC", async () => {
    // The second finds the block in use by the first.
    for (const { aws, launch } of [await start(), await start()]) {
      const [one, two] = await Promise.all((await createVpc(aws)).map(launch));
      const stranger = await launch(undefined);
      if (one === undefined || two === undefined) throw new Error("The VPC has no two subnets.");
      await eventually("a ping", () => reaches(one, two));
      expect(await reaches(two, one)).to.equal(true);
      expect(await reaches(stranger, one)).to.equal(false);
      expect(await reaches(one, stranger)).to.equal(false);
      expect(two.address).to.match(/^\d+\.\d+\.2\.\d+$/);
      const found = await one.tunnel.run(`nslookup ${two.name} 127.0.0.11`);
      expect(found.stdout).to.include(two.address);
      expect((await stranger.tunnel.run(`nslookup ${two.name} 127.0.0.11`)).stdout).not.to.include(two.address);
      for (const { tunnel } of [one, two, stranger]) tunnel.close();
    }
  });
});
