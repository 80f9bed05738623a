import {
  AllocateAddressCommand,
  CreateIpamCommand,
  CreateIpamPoolCommand,
  CreateIpamScopeCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteIpamScopeCommand,
  GetIpamDiscoveredResourceCidrsCommand,
  GetIpamResourceCidrsCommand,
  type GetIpamResourceCidrsCommandInput,
  ModifyIpamResourceCidrCommand,
  ProvisionIpamPoolCidrCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";

describe("ec2 resources of an IPAM", () => {
  let aws: TestServer;
  let discovery: string;
  let privateScope: string;
  let publicScope: string;
  let ipam: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({}));
    ({
      IpamId: ipam = "",
      PrivateDefaultScopeId: privateScope = "",
      PublicDefaultScopeId: publicScope = "",
      DefaultResourceDiscoveryId: discovery = "",
    } = Ipam ?? {});
  });
  after(() => aws.stop());

  const cidrs = async (input: Partial<GetIpamResourceCidrsCommandInput>) => {
    const request = new GetIpamResourceCidrsCommand({ IpamScopeId: privateScope, ...input });
    return (await aws.ec2.send(request)).IpamResourceCidrs ?? [];
  };
  const makeVpc = async (input: object) => (await aws.ec2.send(new CreateVpcCommand(input))).Vpc?.VpcId ?? "";

  it("shows how much of its block a VPC has given to subnets, and what the scope's others have", async () => {
    const TagSpecifications = [{ ResourceType: "vpc" as const, Tags: [{ Key: "Name", Value: "one" }] }];
    const VpcId = await makeVpc({ CidrBlock: "10.20.0.0/16", TagSpecifications });
    await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.20.0.0/18" }));
    const found = await cidrs({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] });
    expect(found.map(({ ResourceType, ResourceCidr }) => [ResourceType, ResourceCidr])).to.deep.equal([
      ["vpc", "10.20.0.0/16"],
      ["subnet", "10.20.0.0/18"],
    ]);
    expect(found[0]).to.deep.include({
      ...{ IpamId: ipam, IpamScopeId: privateScope, ResourceId: VpcId, ResourceName: "one", IpUsage: 0.25 },
      ...{ ManagementState: "unmanaged", ComplianceStatus: "unmanaged", OverlapStatus: "nonoverlapping" },
      ResourceTags: [{ Key: "Name", Value: "one" }],
    });
    const ResourceTag = { Key: "Name", Value: "one" };
    expect(only(await cidrs({ ResourceTag })).ResourceId).to.equal(VpcId);
    const other = await makeVpc({ CidrBlock: "10.20.128.0/17" });
    for (const ResourceId of [VpcId, other]) {
      expect(only(await cidrs({ ResourceId })).OverlapStatus).to.equal("overlapping");
    }
  });

  it("knows what has an allocation of a pool, and whether it keeps to the pool's rules", async () => {
    const rules = { Locale: "us-east-1", AllocationResourceTags: [{ Key: "team", Value: "a" }] };
    const made = await aws.ec2.send(
      new CreateIpamPoolCommand({ IpamScopeId: privateScope, AddressFamily: "ipv4", ...rules }),
    );
    const IpamPoolId = made.IpamPool?.IpamPoolId ?? "";
    await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId, Cidr: "10.64.0.0/12" }));
    const from = { Ipv4IpamPoolId: IpamPoolId, Ipv4NetmaskLength: 24 };
    const Tags = [{ Key: "team", Value: "a" }];
    const tagged = await makeVpc({ ...from, TagSpecifications: [{ ResourceType: "vpc", Tags }] });
    const bare = await makeVpc(from);
    const found = await cidrs({ IpamPoolId });
    expect(found.map((one) => [one.ResourceId, one.ManagementState, one.ComplianceStatus])).to.have.deep.members([
      [tagged, "managed", "compliant"],
      [bare, "managed", "noncompliant"],
    ]);
  });

  it("looks away from what is not to be monitored, and has in another scope what is moved there", async () => {
    const ResourceId = await makeVpc({ CidrBlock: "10.30.0.0/24" });
    const resource = { ResourceId, ResourceCidr: "10.30.0.0/24", ResourceRegion: "us-east-1" };
    const CurrentIpamScopeId = privateScope;
    const ignore = { ...resource, CurrentIpamScopeId, Monitored: false };
    const ignored = await aws.ec2.send(new ModifyIpamResourceCidrCommand(ignore));
    expect(ignored.IpamResourceCidr).to.include({ ManagementState: "ignored", OverlapStatus: "ignored" });
    const scope = await aws.ec2.send(new CreateIpamScopeCommand({ IpamId: ipam }));
    const DestinationIpamScopeId = scope.IpamScope?.IpamScopeId ?? "";
    const move = { ...resource, CurrentIpamScopeId, DestinationIpamScopeId, Monitored: true };
    await aws.ec2.send(new ModifyIpamResourceCidrCommand(move));
    expect(await cidrs({ ResourceId })).to.deep.equal([]);
    expect(only(await cidrs({ IpamScopeId: DestinationIpamScopeId })).ManagementState).to.equal("unmanaged");
    expect(await codeOf(aws.ec2.send(new ModifyIpamResourceCidrCommand(move)))).to.equal("InvalidParameterValue");
    await aws.ec2.send(new DeleteIpamScopeCommand({ IpamScopeId: DestinationIpamScopeId }));
    expect(only(await cidrs({ ResourceId })).IpamScopeId).to.equal(privateScope);
  });

  it("has Elastic IP addresses in the public scope, and its discovery shows everything", async () => {
    const { AllocationId = "", PublicIp } = await aws.ec2.send(new AllocateAddressCommand({}));
    const shown = only(await cidrs({ IpamScopeId: publicScope, ResourceType: "eip" }));
    expect(shown).to.include({ ResourceId: AllocationId, ResourceCidr: `${PublicIp}/32` });
    const discovered = async (ResourceRegion: string) => {
      const request = { IpamResourceDiscoveryId: discovery, ResourceRegion };
      return (await aws.ec2.send(new GetIpamDiscoveredResourceCidrsCommand(request))).IpamDiscoveredResourceCidrs ?? [];
    };
    const types = new Set((await discovered("us-east-1")).map(({ ResourceType }) => ResourceType));
    expect([...types]).to.have.members(["vpc", "subnet", "eip"]);
    expect(await discovered("eu-west-1")).to.deep.equal([]);
  });
});
