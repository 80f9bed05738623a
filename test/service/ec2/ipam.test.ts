import {
  AllocateAddressCommand,
  AllocateIpamPoolCidrCommand,
  AssociateIpamResourceDiscoveryCommand,
  AssociateVpcCidrBlockCommand,
  CreateIpamCommand,
  CreateIpamPoolCommand,
  CreateIpamResourceDiscoveryCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteIpamCommand,
  DeleteIpamPoolCommand,
  DeleteIpamResourceDiscoveryCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DeprovisionIpamPoolCidrCommand,
  DescribeAddressesCommand,
  DescribeIpamPoolAllocationsCommand,
  DescribeIpamPoolsCommand,
  DescribeIpamResourceDiscoveriesCommand,
  DescribeIpamResourceDiscoveryAssociationsCommand,
  DescribeIpamScopesCommand,
  DescribeIpamsCommand,
  DisassociateIpamResourceDiscoveryCommand,
  DisassociateVpcCidrBlockCommand,
  GetIpamDiscoveredAccountsCommand,
  GetIpamPoolAllocationsCommand,
  GetIpamPoolCidrsCommand,
  ModifyIpamCommand,
  ModifyIpamPoolAllocationCommand,
  ModifyIpamPoolCommand,
  ModifyIpamResourceDiscoveryCommand,
  ModifyIpamScopeCommand,
  ProvisionIpamPoolCidrCommand,
  ReleaseAddressCommand,
  ReleaseIpamPoolAllocationCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";

describe("ec2 IPAM", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("says of each family that a change is complete, which Terraform waits for", async () => {
    const Description = "changed";
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }));
    const { IpamId = "", PrivateDefaultScopeId: IpamScopeId = "" } = Ipam ?? {};
    const made = await aws.ec2.send(new CreateIpamPoolCommand({ IpamScopeId, AddressFamily: "ipv4" }));
    const IpamPoolId = made.IpamPool?.IpamPoolId ?? "";
    const asked = await aws.ec2.send(new ModifyIpamCommand({ IpamId, Description }));
    expect(asked.Ipam?.State).to.equal("modify-in-progress");
    await aws.ec2.send(new ModifyIpamScopeCommand({ IpamScopeId, Description }));
    await aws.ec2.send(new ModifyIpamPoolCommand({ IpamPoolId, Description }));
    const { Ipams } = await aws.ec2.send(new DescribeIpamsCommand({ IpamIds: [IpamId] }));
    const { IpamScopes } = await aws.ec2.send(new DescribeIpamScopesCommand({ IpamScopeIds: [IpamScopeId] }));
    const { IpamPools } = await aws.ec2.send(new DescribeIpamPoolsCommand({ IpamPoolIds: [IpamPoolId] }));
    for (const one of [only(Ipams), only(IpamScopes), only(IpamPools)]) {
      expect(one).to.include({ Description, State: "modify-complete" });
    }
    await aws.ec2.send(new DeleteIpamCommand({ IpamId, Cascade: true }));
  });

  it("gives blocks of its pools to pools below, to VPCs and to whoever asks, and takes them back", async () => {
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }));
    const IpamId = Ipam?.IpamId ?? "";
    const { Ipams } = await aws.ec2.send(new DescribeIpamsCommand({ IpamIds: [IpamId] }));
    const { PrivateDefaultScopeId: IpamScopeId = "", State } = only(Ipams);
    expect(State).to.equal("create-complete");
    const { IpamScopes } = await aws.ec2.send(
      new DescribeIpamScopesCommand({ Filters: [{ Name: "ipam-id", Values: [IpamId] }] }),
    );
    expect(IpamScopes?.map(({ IpamScopeType }) => IpamScopeType)).to.have.members(["private", "public"]);
    const makePool = async (input: object = {}) => {
      const request = new CreateIpamPoolCommand({ IpamScopeId, AddressFamily: "ipv4", ...input });
      return (await aws.ec2.send(request)).IpamPool?.IpamPoolId ?? "";
    };
    const top = await makePool();
    const region = await makePool({ SourceIpamPoolId: top, Locale: "us-east-1", AllocationMinNetmaskLength: 20 });
    await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId: top, Cidr: "10.0.0.0/8" }));
    await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId: region, NetmaskLength: 16 }));
    const { IpamPoolCidrs } = await aws.ec2.send(new GetIpamPoolCidrsCommand({ IpamPoolId: region }));
    expect(only(IpamPoolCidrs)).to.include({ Cidr: "10.0.0.0/16", State: "provisioned" });

    const allocate = (input: object) => aws.ec2.send(new AllocateIpamPoolCidrCommand({ IpamPoolId: region, ...input }));
    const { IpamPoolAllocation } = await allocate({ Cidr: "10.0.0.0/24" });
    expect(await codeOf(allocate({ Cidr: "10.0.0.128/25" }))).to.equal("InvalidCidr.InUse");
    expect(await codeOf(allocate({ Cidr: "10.1.0.0/24" }))).to.equal("InvalidParameterValue");
    expect(await codeOf(allocate({ NetmaskLength: 17 }))).to.equal("InvalidParameterValue");
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ Ipv4IpamPoolId: region, Ipv4NetmaskLength: 20 }));
    expect(Vpc?.CidrBlock).to.equal("10.0.16.0/20");
    const taken = async () =>
      (await aws.ec2.send(new GetIpamPoolAllocationsCommand({ IpamPoolId: region }))).IpamPoolAllocations ?? [];
    expect((await taken()).map(({ Cidr, ResourceType }) => [Cidr, ResourceType])).to.deep.equal([
      ["10.0.0.0/24", "custom"],
      ["10.0.16.0/20", "vpc"],
    ]);
    expect(await codeOf(aws.ec2.send(new DeleteIpamPoolCommand({ IpamPoolId: region })))).to.equal(
      "DependencyViolation",
    );

    await aws.ec2.send(new DeleteVpcCommand({ VpcId: Vpc?.VpcId }));
    await aws.ec2.send(
      new ReleaseIpamPoolAllocationCommand({
        ...{ IpamPoolId: region, Cidr: "10.0.0.0/24", IpamPoolAllocationId: IpamPoolAllocation?.IpamPoolAllocationId },
      }),
    );
    expect(await taken()).to.deep.equal([]);
    await aws.ec2.send(new DeprovisionIpamPoolCidrCommand({ IpamPoolId: region, Cidr: "10.0.0.0/16" }));
    await aws.ec2.send(new DeleteIpamPoolCommand({ IpamPoolId: region }));
    expect(await codeOf(aws.ec2.send(new DeleteIpamCommand({ IpamId })))).to.equal("DependencyViolation");
    await aws.ec2.send(new DeleteIpamCommand({ IpamId, Cascade: true }));
    const gone = new DescribeIpamPoolsCommand({ IpamPoolIds: [top] });
    expect(await codeOf(aws.ec2.send(gone))).to.equal("InvalidIpamPoolId.NotFound");
  });

  it("shows allocations of all pools, and describes them anew", async () => {
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }));
    const IpamScopeId = Ipam?.PrivateDefaultScopeId ?? "";
    const made = await aws.ec2.send(new CreateIpamPoolCommand({ IpamScopeId, AddressFamily: "ipv4" }));
    const IpamPoolId = made.IpamPool?.IpamPoolId ?? "";
    await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId, Cidr: "10.77.0.0/16" }));
    const { IpamPoolAllocation } = await aws.ec2.send(
      new AllocateIpamPoolCidrCommand({ IpamPoolId, Cidr: "10.77.1.0/24" }),
    );
    const { IpamPoolAllocationId = "" } = IpamPoolAllocation ?? {};
    const Description = "for the office";
    await aws.ec2.send(new ModifyIpamPoolAllocationCommand({ IpamPoolAllocationId, Description }));
    const IpamPoolAllocationIds = [IpamPoolAllocationId];
    const named = await aws.ec2.send(new DescribeIpamPoolAllocationsCommand({ IpamPoolAllocationIds }));
    expect(only(named.IpamPoolAllocations)).to.include({ Cidr: "10.77.1.0/24", Description, ResourceType: "custom" });
    const Filters = [{ Name: "cidr", Values: ["10.77.1.*"] }];
    const found = await aws.ec2.send(new DescribeIpamPoolAllocationsCommand({ Filters }));
    expect(only(found.IpamPoolAllocations).IpamPoolAllocationId).to.equal(IpamPoolAllocationId);
    const unknown = { IpamPoolAllocationId: "ipam-pool-alloc-0123456789abcdef0" };
    expect(await codeOf(aws.ec2.send(new ModifyIpamPoolAllocationCommand(unknown)))).to.equal(
      "InvalidIpamPoolAllocationId.NotFound",
    );
  });

  it("gives further blocks of its pools to VPCs, and takes them back", async () => {
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }));
    const IpamScopeId = Ipam?.PrivateDefaultScopeId ?? "";
    const made = await aws.ec2.send(
      new CreateIpamPoolCommand({ IpamScopeId, AddressFamily: "ipv4", Locale: "us-east-1" }),
    );
    const IpamPoolId = made.IpamPool?.IpamPoolId ?? "";
    await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId, Cidr: "10.88.0.0/16" }));
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.1.0.0/16" }));
    const VpcId = Vpc?.VpcId ?? "";
    const { CidrBlockAssociation } = await aws.ec2.send(
      new AssociateVpcCidrBlockCommand({ VpcId, Ipv4IpamPoolId: IpamPoolId, Ipv4NetmaskLength: 24 }),
    );
    expect(CidrBlockAssociation?.CidrBlock).to.equal("10.88.0.0/24");
    const allocations = async () =>
      (await aws.ec2.send(new GetIpamPoolAllocationsCommand({ IpamPoolId }))).IpamPoolAllocations ?? [];
    expect(only(await allocations())).to.include({ Cidr: "10.88.0.0/24", ResourceId: VpcId, ResourceType: "vpc" });
    const { AssociationId } = CidrBlockAssociation ?? {};
    await aws.ec2.send(new DisassociateVpcCidrBlockCommand({ AssociationId }));
    expect(await allocations()).to.deep.equal([]);
  });

  it("plans the addresses of a VPC, of which subnets are given", async () => {
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }));
    const family = { IpamScopeId: Ipam?.PrivateDefaultScopeId, AddressFamily: "ipv4", Locale: "us-east-1" } as const;
    const source = await aws.ec2.send(new CreateIpamPoolCommand(family));
    const SourceIpamPoolId = source.IpamPool?.IpamPoolId ?? "";
    await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId: SourceIpamPoolId, Cidr: "10.66.0.0/16" }));
    const { Vpc } = await aws.ec2.send(
      new CreateVpcCommand({ Ipv4IpamPoolId: SourceIpamPoolId, Ipv4NetmaskLength: 20 }),
    );
    const { VpcId = "", CidrBlock: Cidr = "" } = Vpc ?? {};
    const SourceResource = {
      ...{ ResourceId: VpcId, ResourceType: "vpc" as const },
      ...{ ResourceRegion: "us-east-1", ResourceOwner: "000000000000" },
    };
    const made = await aws.ec2.send(new CreateIpamPoolCommand({ ...family, SourceIpamPoolId, SourceResource }));
    expect(made.IpamPool?.SourceResource).to.deep.equal(SourceResource);
    const IpamPoolId = made.IpamPool?.IpamPoolId ?? "";
    const other = new ProvisionIpamPoolCidrCommand({ IpamPoolId, Cidr: "10.66.128.0/20" });
    expect(await codeOf(aws.ec2.send(other))).to.equal("InvalidParameterValue");
    await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId, Cidr }));
    const planned = { Ipv4IpamPoolId: IpamPoolId, Ipv4NetmaskLength: 24 };
    const first = await aws.ec2.send(new CreateSubnetCommand({ VpcId, ...planned }));
    const second = await aws.ec2.send(new CreateSubnetCommand({ VpcId, ...planned }));
    expect([first, second].map(({ Subnet }) => Subnet?.CidrBlock)).to.deep.equal(["10.66.0.0/24", "10.66.1.0/24"]);
    const allocations = async () =>
      (await aws.ec2.send(new GetIpamPoolAllocationsCommand({ IpamPoolId }))).IpamPoolAllocations ?? [];
    const SubnetId = first.Subnet?.SubnetId;
    expect((await allocations())[0]).to.include({ ResourceId: SubnetId, ResourceType: "subnet" });
    const elsewhere = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.1.0.0/16" }));
    const misplaced = new CreateSubnetCommand({ VpcId: elsewhere.Vpc?.VpcId, ...planned });
    expect(await codeOf(aws.ec2.send(misplaced))).to.equal("InvalidParameterValue");
    await aws.ec2.send(new DeleteSubnetCommand({ SubnetId }));
    expect(await allocations()).to.have.length(1);
  });

  it("has pools of Amazon's public addresses, whose Elastic IPs are neighbours", async () => {
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }));
    const made = await aws.ec2.send(
      new CreateIpamPoolCommand({
        ...{ IpamScopeId: Ipam?.PublicDefaultScopeId, AddressFamily: "ipv4", Locale: "us-east-1" },
        ...{ AwsService: "ec2", PublicIpSource: "amazon" },
      }),
    );
    const IpamPoolId = made.IpamPool?.IpamPoolId ?? "";
    const { IpamPoolCidr } = await aws.ec2.send(new ProvisionIpamPoolCidrCommand({ IpamPoolId, NetmaskLength: 30 }));
    const [first = "", length] = IpamPoolCidr?.Cidr?.split("/") ?? [];
    expect(length).to.equal("30");
    const given: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const address = await aws.ec2.send(new AllocateAddressCommand({ IpamPoolId }));
      expect(address.PublicIpv4Pool).to.equal(IpamPoolId);
      given.push(address.PublicIp ?? "");
    }
    const base = Number(first.split(".")[3]);
    expect(given.map((address) => Number(address.split(".")[3]) - base)).to.deep.equal([0, 1, 2, 3]);
    expect(await codeOf(aws.ec2.send(new AllocateAddressCommand({ IpamPoolId })))).to.equal("InsufficientCidrBlocks");
    const [, Address] = given;
    const { Addresses } = await aws.ec2.send(new DescribeAddressesCommand({ PublicIps: [Address ?? ""] }));
    const { AllocationId } = only(Addresses);
    const { IpamPoolAllocations = [] } = await aws.ec2.send(new GetIpamPoolAllocationsCommand({ IpamPoolId }));
    expect(IpamPoolAllocations.find(({ ResourceId }) => ResourceId === AllocationId)).to.include({
      ...{ Cidr: `${Address}/32`, ResourceType: "eip" },
    });
    // Nobody else is given what is of the pool.
    await aws.ec2.send(new ReleaseAddressCommand({ AllocationId }));
    expect(await codeOf(aws.ec2.send(new AllocateAddressCommand({ Address })))).to.equal("InvalidAddress.NotFound");
    const again = await aws.ec2.send(new AllocateAddressCommand({ IpamPoolId, Address }));
    expect(again.PublicIp).to.equal(Address);
    const deprovision = new DeprovisionIpamPoolCidrCommand({ IpamPoolId, Cidr: IpamPoolCidr?.Cidr });
    expect(await codeOf(aws.ec2.send(deprovision))).to.equal("IncorrectState");
  });

  it("has a resource discovery of its own, and others that are associated", async () => {
    const { Ipam } = await aws.ec2.send(new CreateIpamCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }));
    const { IpamId = "", DefaultResourceDiscoveryId: own = "" } = Ipam ?? {};
    const { IpamResourceDiscoveries } = await aws.ec2.send(
      new DescribeIpamResourceDiscoveriesCommand({ IpamResourceDiscoveryIds: [own] }),
    );
    expect(only(IpamResourceDiscoveries)).to.include({ IsDefault: true, State: "create-complete" });
    const deletesOwn = aws.ec2.send(new DeleteIpamResourceDiscoveryCommand({ IpamResourceDiscoveryId: own }));
    expect(await codeOf(deletesOwn)).to.equal("InvalidParameterValue");

    const made = await aws.ec2.send(
      new CreateIpamResourceDiscoveryCommand({ OperatingRegions: [{ RegionName: "us-east-1" }] }),
    );
    const { IpamResourceDiscoveryId = "" } = made.IpamResourceDiscovery ?? {};
    const changed = await aws.ec2.send(
      new ModifyIpamResourceDiscoveryCommand({
        ...{ IpamResourceDiscoveryId, Description: "two", AddOperatingRegions: [{ RegionName: "eu-west-1" }] },
      }),
    );
    expect(changed.IpamResourceDiscovery?.OperatingRegions?.map(({ RegionName }) => RegionName)).to.deep.equal([
      "us-east-1",
      "eu-west-1",
    ]);
    const joined = await aws.ec2.send(new AssociateIpamResourceDiscoveryCommand({ IpamId, IpamResourceDiscoveryId }));
    const { IpamResourceDiscoveryAssociationId = "" } = joined.IpamResourceDiscoveryAssociation ?? {};
    const described = await aws.ec2.send(
      new DescribeIpamResourceDiscoveryAssociationsCommand({ Filters: [{ Name: "ipam-id", Values: [IpamId] }] }),
    );
    const shown = described.IpamResourceDiscoveryAssociations?.map(({ IsDefault, State }) => [IsDefault, State]);
    expect(shown).to.deep.equal([
      [true, "associate-complete"],
      [false, "associate-complete"],
    ]);
    const accounts = await aws.ec2.send(
      new GetIpamDiscoveredAccountsCommand({ IpamResourceDiscoveryId, DiscoveryRegion: "us-east-1" }),
    );
    expect(only(accounts.IpamDiscoveredAccounts).AccountId).to.equal("000000000000");

    const used = aws.ec2.send(new DeleteIpamResourceDiscoveryCommand({ IpamResourceDiscoveryId }));
    expect(await codeOf(used)).to.equal("DependencyViolation");
    await aws.ec2.send(new DisassociateIpamResourceDiscoveryCommand({ IpamResourceDiscoveryAssociationId }));
    await aws.ec2.send(new DeleteIpamResourceDiscoveryCommand({ IpamResourceDiscoveryId }));
    await aws.ec2.send(new DeleteIpamCommand({ IpamId }));
    const gone = new DescribeIpamResourceDiscoveriesCommand({ IpamResourceDiscoveryIds: [own] });
    expect(await codeOf(aws.ec2.send(gone))).to.equal("InvalidIpamResourceDiscoveryId.NotFound");
  });
});
