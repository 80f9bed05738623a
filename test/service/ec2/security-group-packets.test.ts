import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateManagedPrefixListCommand,
  CreateSecurityGroupCommand,
  type IpPermission,
  ModifyInstanceAttributeCommand,
  ModifyManagedPrefixListCommand,
  ModifySecurityGroupRulesCommand,
  RebootInstancesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type InstanceTunnel, openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName, untilState } from "./support.ts";

const everywhere = [{ CidrIp: "0.0.0.0/0" }];
/** Listens at 8080 and at 9090, and answers whom it lets connect with a word. */
const listener = "for port in 8080 9090; do nc -ll -p $port -e echo pong >/dev/null 2>&1 </dev/null & done";

describe("ec2 packets between instances", function () {
  this.timeout(240_000);
  requires("docker", "packetRules", "root");
  let aws: TestServer;
  let KeyName: string;
  let privateKey: string;
  let server: { id: string; address: string; tunnel: InstanceTunnel };
  let client: { id: string; address: string; tunnel: InstanceTunnel };
  let serverGroup: string;
  let clientGroup: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "docker", sshListen: "127.0.0.1:0" });
    KeyName = uniqueName("packets");
    const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    privateKey = KeyMaterial;
    serverGroup = await createGroup();
    clientGroup = await createGroup();
    server = await launch([serverGroup]);
    client = await launch([clientGroup]);
    await server.tunnel.run(listener);
  });
  after(async () => {
    server?.tunnel.close();
    client?.tunnel.close();
    await aws?.server.reset();
    await aws?.stop();
  });

  async function createGroup(): Promise<string> {
    const GroupName = uniqueName("packets");
    const { GroupId = "" } = await aws.ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: "packets" }));
    return GroupId;
  }

  async function launch(SecurityGroupIds: string[]) {
    const id = await runOne(aws.ec2, { KeyName, SecurityGroupIds });
    const { PrivateIpAddress: address = "" } = await describeOne(aws.ec2, id);
    return { id, address, tunnel: await openTunnel(aws, { id, privateKey, host: "127.0.0.1" }) };
  }

  const connects = async (port = 8080, from = client, to = server.address) =>
    (await from.tunnel.run(`nc -w 1 ${to} ${port} </dev/null`)).stdout.includes("pong");
  const pings = async () => (await client.tunnel.run(`ping -c 1 -W 1 ${server.address}`)).exitCode === 0;
  /** What is refused is refused once it was let through, or the other way round: each test sees both. */
  const becomes = (what: string, wanted: boolean, probe: () => Promise<boolean>) =>
    eventually(`${what} is ${wanted ? "let through" : "dropped"}`, async () => (await probe()) === wanted);

  const allow = (permission: IpPermission, GroupId = serverGroup) =>
    aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission] }));
  const forbid = (permission: IpPermission, GroupId = serverGroup) =>
    aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission] }));
  const tcp = (port: number, source: IpPermission) => ({ IpProtocol: "tcp", FromPort: port, ToPort: port, ...source });

  it("are dropped where no rule lets them in, and let in by ports", async () => {
    expect(await connects()).to.equal(false);
    const rule = tcp(8080, { IpRanges: everywhere });
    await allow(rule);
    await becomes("8080", true, connects);
    expect(await connects(9090)).to.equal(false);
    expect(await pings()).to.equal(false);
    await forbid(rule);
    await becomes("8080", false, connects);
  });

  it("are let in by addresses, and no longer when a rule is modified", async () => {
    const { SecurityGroupRules: [rule] = [] } = await allow(
      tcp(8080, { IpRanges: [{ CidrIp: `${client.address}/32` }] }),
    );
    await becomes("the client", true, connects);
    const SecurityGroupRuleId = rule?.SecurityGroupRuleId ?? "";
    const other = { IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, CidrIpv4: "203.0.113.0/24" };
    await aws.ec2.send(
      new ModifySecurityGroupRulesCommand({
        GroupId: serverGroup,
        SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: other }],
      }),
    );
    await becomes("the client", false, connects);
    await aws.ec2.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: serverGroup, SecurityGroupRuleIds: [SecurityGroupRuleId] }),
    );
  });

  it("are let in by groups, from who is in them now", async () => {
    const rule = tcp(8080, { UserIdGroupPairs: [{ GroupId: clientGroup }] });
    await allow(rule);
    await becomes("the group's member", true, connects);
    const late = await launch([clientGroup]);
    await becomes("a later member", true, () => connects(8080, late));
    const leave = new ModifyInstanceAttributeCommand({ InstanceId: client.id, Groups: [await createGroup()] });
    await aws.ec2.send(leave);
    await becomes("who has left", false, connects);
    expect(await connects(8080, late)).to.equal(true);
    await aws.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: client.id, Groups: [clientGroup] }));
    await becomes("who has come back", true, connects);
    late.tunnel.close();
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [late.id] }));
    await untilState(aws.ec2, late.id, "terminated");
    await forbid(rule);
    await becomes("the group's member", false, connects);
  });

  it("are let in by the entries of prefix lists", async () => {
    const { PrefixList } = await aws.ec2.send(
      new CreateManagedPrefixListCommand({ PrefixListName: uniqueName("list"), AddressFamily: "IPv4", MaxEntries: 5 }),
    );
    const PrefixListId = PrefixList?.PrefixListId ?? "";
    const rule = { IpProtocol: "-1", PrefixListIds: [{ PrefixListId }] };
    await allow(rule);
    expect(await connects()).to.equal(false);
    const Cidr = `${client.address}/32`;
    const CurrentVersion = 1;
    await aws.ec2.send(new ModifyManagedPrefixListCommand({ PrefixListId, CurrentVersion, AddEntries: [{ Cidr }] }));
    await becomes("an entry", true, connects);
    expect(await pings()).to.equal(true);
    await forbid(rule);
    await becomes("an entry", false, connects);
  });

  it("of ICMP are let in by their type", async () => {
    const rule = { IpProtocol: "icmp", FromPort: 8, ToPort: -1, IpRanges: everywhere };
    await allow(rule);
    await becomes("an echo request", true, pings);
    expect(await connects()).to.equal(false);
    await forbid(rule);
    await becomes("an echo request", false, pings);
  });

  it("are let out by the rules of egress alone", async () => {
    const ingress = tcp(8080, { IpRanges: everywhere });
    await allow(ingress);
    await becomes("8080", true, connects);
    const all = { IpProtocol: "-1", IpRanges: everywhere };
    await aws.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: clientGroup, IpPermissions: [all] }));
    await becomes("what goes out", false, connects);
    const some = tcp(8080, { UserIdGroupPairs: [{ GroupId: serverGroup }] });
    await aws.ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: clientGroup, IpPermissions: [some] }));
    await becomes("what goes to the group", true, connects);
    await aws.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: clientGroup, IpPermissions: [some] }));
    await becomes("what goes to the group", false, connects);
    expect(
      (await client.tunnel.run("wget -q -O - http://169.254.169.254/latest/meta-data/instance-id")).stdout,
    ).to.equal(client.id);
    await aws.ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: clientGroup, IpPermissions: [all] }));
    await becomes("what goes out", true, connects);
    await forbid(ingress);
  });

  it("are filtered after a reboot, too", async () => {
    await aws.ec2.send(new RebootInstancesCommand({ InstanceIds: [server.id] }));
    await allow(tcp(9090, { IpRanges: everywhere }));
    await eventually("the instance is there again", async () => {
      server.tunnel.close();
      try {
        server.tunnel = await openTunnel(aws, { id: server.id, privateKey, host: "127.0.0.1" });
        await server.tunnel.run(listener);
      } catch {
        // Until the machine is back nobody gets in.
        return false;
      }
      return connects(9090);
    });
    expect(await connects(8080)).to.equal(false);
  });
});
