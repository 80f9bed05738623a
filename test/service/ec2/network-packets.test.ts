import { connect } from "node:net";
import { text } from "node:stream/consumers";
import {
  AcceptVpcPeeringConnectionCommand,
  AllocateAddressCommand,
  AssociateAddressCommand,
  AssociateVpcCidrBlockCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateKeyPairCommand,
  CreateRouteCommand,
  CreateSubnetCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteVpcPeeringConnectionCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type InstanceTunnel, openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { mainTableOf, makeOpenVpc } from "./network-support.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

interface Launched {
  readonly id: string;
  readonly address: string;
  readonly tunnel: InstanceTunnel;
}

/** Listens at 8080, and answers whom it lets connect with a word. */
const listener = "nc -ll -p 8080 -e echo pong >/dev/null 2>&1 </dev/null &";

describe("ec2 packets between networks", function () {
  this.timeout(240_000);
  requires("docker", "packetRules", "root");
  let aws: TestServer;
  let KeyName: string;
  let privateKey: string;
  let one: Launched;
  let other: Launched;
  let oneVpc: string;
  let otherVpc: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "docker", sshListen: "127.0.0.1:0" });
    KeyName = uniqueName("networks");
    const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    privateKey = KeyMaterial;
    oneVpc = await makeOpenVpc(aws.ec2, "10.81.0.0/16");
    otherVpc = await makeOpenVpc(aws.ec2, "10.82.0.0/16");
    [one, other] = await Promise.all([launch(oneVpc, "10.81.1.0/24"), launch(otherVpc, "10.82.1.0/24")]);
    await Promise.all([one, other].map(({ tunnel }) => tunnel.run(listener)));
  });
  after(async () => {
    one?.tunnel.close();
    other?.tunnel.close();
    await aws?.server.reset();
    await aws?.stop();
  });

  async function launch(VpcId: string, CidrBlock: string): Promise<Launched> {
    const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock }));
    const id = await runOne(aws.ec2, { KeyName, SubnetId: Subnet?.SubnetId });
    const { PrivateIpAddress: address = "" } = await describeOne(aws.ec2, id);
    return { id, address, tunnel: await openTunnel(aws, { id, privateKey, host: "127.0.0.1" }) };
  }

  const pings = async (from: Launched, address: string) =>
    (await from.tunnel.run(`ping -c 1 -W 1 ${address}`)).exitCode === 0;
  const becomes = (what: string, wanted: boolean, probe: () => Promise<boolean>) =>
    eventually(`${what} ${wanted ? "passes" : "is dropped"}`, async () => (await probe()) === wanted);

  it("go through a peering connection where the routes of both sides lead, and end with it", async () => {
    const across = () => pings(one, other.address);
    expect(await across(), "without a connection").to.equal(false);
    const { VpcPeeringConnection } = await aws.ec2.send(
      new CreateVpcPeeringConnectionCommand({ VpcId: oneVpc, PeerVpcId: otherVpc }),
    );
    const VpcPeeringConnectionId = VpcPeeringConnection?.VpcPeeringConnectionId ?? "";
    await aws.ec2.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    const add = async (VpcId: string, DestinationCidrBlock: string) =>
      aws.ec2.send(
        new CreateRouteCommand({
          RouteTableId: await mainTableOf(aws.ec2, VpcId),
          DestinationCidrBlock,
          VpcPeeringConnectionId,
        }),
      );
    await add(oneVpc, "10.82.0.0/16");
    expect(await across(), "without a route back").to.equal(false);
    await add(otherVpc, "10.81.0.0/16");
    await becomes("a ping", true, across);
    expect(await pings(other, one.address), "the other way").to.equal(true);
    expect((await one.tunnel.run(`nc -w 1 ${other.address} 8080 </dev/null`)).stdout).to.equal("pong\n");
    await aws.ec2.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    await becomes("a ping without the connection", false, across);
  });

  it("reach the subnets of a VPC's further blocks", async () => {
    await aws.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: oneVpc, CidrBlock: "10.83.0.0/16" }));
    const further = await launch(oneVpc, "10.83.1.0/24");
    await becomes("a ping", true, () => pings(one, further.address));
    expect(await pings(further, one.address), "the other way").to.equal(true);
    expect(await pings(further, other.address), "to another VPC").to.equal(false);
    further.tunnel.close();
  });

  it("reach Elastic IPs, from this host and from instances with a public address of their own", async () => {
    for (const VpcId of [oneVpc, otherVpc]) {
      const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
      const GatewayId = InternetGateway?.InternetGatewayId;
      await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId }));
      const RouteTableId = await mainTableOf(aws.ec2, VpcId);
      await aws.ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId }));
    }
    const give = async (InstanceId: string) => {
      const { AllocationId, PublicIp = "" } = await aws.ec2.send(new AllocateAddressCommand({}));
      await aws.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId }));
      return PublicIp;
    };
    const publicAddress = await give(other.id);
    await eventually("the address answers this host", async () => (await answerOf(publicAddress)) === "pong\n");
    expect(await pings(one, publicAddress), "from an instance without a public address").to.equal(false);
    const own = await give(one.id);
    await becomes("a ping to the address", true, () => pings(one, publicAddress));
    await becomes("a ping to one's own", true, () => pings(one, own));
  });
});

/** What listens at port 8080 says; nothing where nobody answers. */
function answerOf(host: string): Promise<string> {
  const socket = connect({ host, port: 8080, timeout: 1000 });
  socket.once("timeout", () => socket.destroy(new Error("No answer.")));
  return text(socket).catch(() => "");
}
