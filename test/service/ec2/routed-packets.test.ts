import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AttachNetworkInterfaceCommand,
  CreateInternetGatewayCommand,
  CreateKeyPairCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateTransitGatewayCommand,
  CreateTransitGatewayRouteCommand,
  CreateTransitGatewayVpcAttachmentCommand,
  DetachNetworkInterfaceCommand,
  ModifyNetworkInterfaceAttributeCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { connectEngine } from "../../../src/runtime/docker/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { type InstanceTunnel, openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { mainTableOf, makeOpenVpc, makeSubnet } from "./network-support.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

interface Launched {
  readonly id: string;
  readonly address: string;
  readonly interfaceId: string;
  readonly tunnel: InstanceTunnel;
}

describe("ec2 packets by routes and further interfaces", function () {
  this.timeout(180_000);
  requires("docker", "packetRules", "root");
  let aws: TestServer;
  let KeyName: string;
  let privateKey: string;
  let vpcs: string[];
  let subnets: string[];
  let one: Launched;
  let forwarder: Launched;
  let other: Launched;
  const removals: (() => Promise<unknown>)[] = [];

  before(async () => {
    aws = await startLocalAws({ runtime: "docker", sshListen: "127.0.0.1:0" });
    KeyName = uniqueName("routed");
    const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    privateKey = KeyMaterial;
    vpcs = [await makeOpenVpc(aws.ec2, "10.91.0.0/16"), await makeOpenVpc(aws.ec2, "10.92.0.0/16")];
    const [near = "", far = ""] = vpcs;
    subnets = [
      await makeSubnet(aws.ec2, near, "10.91.1.0/24"),
      await makeSubnet(aws.ec2, near, "10.91.2.0/24"),
      await makeSubnet(aws.ec2, far, "10.92.1.0/24"),
    ];
    const [first, second, third] = [await launch(0), await launch(1, true), await launch(2)];
    one = first;
    forwarder = second;
    other = third;
  });
  after(async () => {
    for (const { tunnel } of [one, forwarder, other].filter((launched) => launched !== undefined)) tunnel.close();
    for (const remove of removals) await remove();
    await aws?.server.reset();
    await aws?.stop();
  });

  async function launch(index: number, AssociatePublicIpAddress = false): Promise<Launched> {
    const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: subnets[index], AssociatePublicIpAddress }];
    const id = await runOne(aws.ec2, { KeyName, NetworkInterfaces });
    const instance = await describeOne(aws.ec2, id);
    const interfaceId = instance.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? "";
    const tunnel = await openTunnel(aws, { id, privateKey, host: "127.0.0.1" });
    return { id, address: instance.PrivateIpAddress ?? "", interfaceId, tunnel };
  }

  async function newTable(SubnetId: string | undefined): Promise<string> {
    const { RouteTable } = await aws.ec2.send(new CreateRouteTableCommand({ VpcId: vpcs[0] }));
    const RouteTableId = RouteTable?.RouteTableId;
    await aws.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    return RouteTableId ?? "";
  }

  const pings = async (from: Launched, address: string) =>
    (await from.tunnel.run(`ping -c 1 -W 1 ${address}`)).exitCode === 0;
  const becomes = (what: string, wanted: boolean, probe: () => Promise<boolean>) =>
    eventually(`${what} ${wanted ? "passes" : "is dropped"}`, async () => (await probe()) === wanted);

  it("reach an interface that is attached at run time, at each of its addresses, until it is detached", async () => {
    const { NetworkInterface } = await aws.ec2.send(
      new CreateNetworkInterfaceCommand({ SubnetId: subnets[1], SecondaryPrivateIpAddressCount: 1 }),
    );
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId ?? "";
    const addresses = (NetworkInterface?.PrivateIpAddresses ?? []).map(({ PrivateIpAddress = "" }) => PrivateIpAddress);
    expect(addresses).to.have.lengthOf(2);
    const { AttachmentId } = await aws.ec2.send(
      new AttachNetworkInterfaceCommand({ InstanceId: one.id, NetworkInterfaceId, DeviceIndex: 1 }),
    );
    for (const address of addresses) await becomes(address, true, () => pings(forwarder, address));
    const shown = (await one.tunnel.run("ip addr show eth1")).stdout;
    for (const text of [...addresses, NetworkInterface?.MacAddress ?? "?"]) expect(shown).to.include(text);
    expect(await pings(one, forwarder.address), "by the first interface").to.equal(true);
    await aws.ec2.send(new DetachNetworkInterfaceCommand({ AttachmentId }));
    await becomes("a detached interface", false, () => pings(forwarder, addresses[0] ?? ""));
    expect((await one.tunnel.run("ip addr show eth1")).exitCode).not.to.equal(0);
  });

  it("go through a transit gateway as its route table says", async () => {
    const { TransitGateway } = await aws.ec2.send(new CreateTransitGatewayCommand({}));
    const TransitGatewayId = TransitGateway?.TransitGatewayId;
    for (const [index, VpcId] of vpcs.entries()) {
      const SubnetIds = [subnets[index * 2] ?? ""];
      await aws.ec2.send(new CreateTransitGatewayVpcAttachmentCommand({ TransitGatewayId, VpcId, SubnetIds }));
      const DestinationCidrBlock = index === 0 ? "10.92.0.0/16" : "10.91.0.0/16";
      expect(await pings(one, other.address), "before the routes").to.equal(false);
      const RouteTableId = await mainTableOf(aws.ec2, VpcId);
      await aws.ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock, TransitGatewayId }));
    }
    await becomes("a ping through the gateway", true, () => pings(one, other.address));
    expect(await pings(other, one.address), "the other way").to.equal(true);
    const TransitGatewayRouteTableId = TransitGateway?.Options?.AssociationDefaultRouteTableId;
    const DestinationCidrBlock = `${other.address}/32`;
    await aws.ec2.send(
      new CreateTransitGatewayRouteCommand({ TransitGatewayRouteTableId, DestinationCidrBlock, Blackhole: true }),
    );
    await becomes("what a black hole takes", false, () => pings(one, other.address));
  });

  it("go out through an instance that forwards, which takes one without a source/destination check", async () => {
    const { docker } = await connectEngine(10_000);
    const network = await docker.createNetwork({ Name: uniqueName("outside"), Driver: "bridge" });
    removals.push(() => network.remove());
    const outside = (await network.inspect()).IPAM?.Config?.[0]?.Gateway ?? "";
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
    const GatewayId = InternetGateway?.InternetGatewayId;
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId: vpcs[0] }));
    const [inner, outer] = [await newTable(subnets[0]), await newTable(subnets[1])];
    const DestinationCidrBlock = "0.0.0.0/0";
    await aws.ec2.send(new CreateRouteCommand({ RouteTableId: outer, DestinationCidrBlock, GatewayId }));
    await becomes("the forwarder's own ping", true, () => pings(forwarder, outside));
    const { interfaceId: NetworkInterfaceId } = forwarder;
    await aws.ec2.send(new CreateRouteCommand({ RouteTableId: inner, DestinationCidrBlock, NetworkInterfaceId }));
    expect(await pings(one, outside), "with the check").to.equal(false);
    const check = (Value: boolean) =>
      aws.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, SourceDestCheck: { Value } }));
    await check(false);
    await becomes("a ping through the forwarder", true, () => pings(one, outside));
    await check(true);
    await becomes("a ping with the check again", false, () => pings(one, outside));
  });
});
