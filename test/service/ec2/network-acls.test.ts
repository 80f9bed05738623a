import {
  AssociateDhcpOptionsCommand,
  CreateDhcpOptionsCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  type CreateNetworkAclEntryCommandInput,
  DeleteDhcpOptionsCommand,
  DeleteNetworkAclCommand,
  DeleteNetworkAclEntryCommand,
  DescribeDhcpOptionsCommand,
  DescribeNetworkAclsCommand,
  DescribeVpcsCommand,
  ReplaceNetworkAclAssociationCommand,
  ReplaceNetworkAclEntryCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";
import { refusal } from "./support.ts";

describe("ec2 network ACLs and DHCP options", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function make(VpcId: string): Promise<string> {
    return (await aws.ec2.send(new CreateNetworkAclCommand({ VpcId }))).NetworkAcl?.NetworkAclId ?? "";
  }

  async function get(NetworkAclId: string) {
    return only((await aws.ec2.send(new DescribeNetworkAclsCommand({ NetworkAclIds: [NetworkAclId] }))).NetworkAcls);
  }

  const allow = (NetworkAclId: string): CreateNetworkAclEntryCommandInput => ({
    ...{ NetworkAclId, RuleNumber: 110, Protocol: "tcp", RuleAction: "allow", Egress: false },
    ...{ CidrBlock: "10.0.0.1/8", PortRange: { From: 80, To: 443 } },
  });

  it("CreateNetworkAcl makes one that denies everything; entries are added, replaced and deleted", async () => {
    const id = await make(await makeVpc(aws.ec2));
    const { Entries } = await get(id);
    expect(Entries?.map((entry) => [entry.RuleNumber, entry.RuleAction])).to.deep.equal([
      [32767, "deny"],
      [32767, "deny"],
    ]);
    await aws.ec2.send(new CreateNetworkAclEntryCommand(allow(id)));
    const inbound = async () => (await get(id)).Entries?.filter(({ Egress }) => Egress === false);
    expect((await inbound())?.[0]).to.deep.equal({
      ...{ RuleNumber: 110, Protocol: "6", RuleAction: "allow", Egress: false },
      ...{ CidrBlock: "10.0.0.0/8", PortRange: { From: 80, To: 443 } },
    });
    const other = { ...allow(id), CidrBlock: "10.0.0.0/9" };
    const twice = await refusal(aws.ec2.send(new CreateNetworkAclEntryCommand(other)));
    expect(twice).to.deep.include({
      code: "NetworkAclEntryAlreadyExists",
      message: "The network acl entry identified by 110 already exists.",
    });
    await aws.ec2.send(new ReplaceNetworkAclEntryCommand({ ...allow(id), RuleAction: "deny" }));
    expect((await inbound())?.[0]?.RuleAction).to.equal("deny");
    const key = { NetworkAclId: id, RuleNumber: 110, Egress: false };
    await aws.ec2.send(new DeleteNetworkAclEntryCommand(key));
    expect(await codeOf(aws.ec2.send(new DeleteNetworkAclEntryCommand(key)))).to.equal(
      "InvalidNetworkAclEntry.NotFound",
    );
    const replaced = aws.ec2.send(new ReplaceNetworkAclEntryCommand(allow(id)));
    expect(await codeOf(replaced)).to.equal("InvalidNetworkAclEntry.NotFound");
  });

  for (const [what, change, code] of [
    ["a rule number of AWS's own", { RuleNumber: 32767 }, "InvalidParameterValue"],
    ["TCP without ports", { PortRange: undefined }, "MissingParameter"],
    ["a range the wrong way round", { PortRange: { From: 2, To: 1 } }, "InvalidParameterValue"],
    ["no address range", { CidrBlock: undefined }, "MissingParameter"],
    ["a malformed range", { CidrBlock: "10.0.0/8" }, "InvalidParameterValue"],
    ["an unknown protocol", { Protocol: "sctp" }, "InvalidParameterValue"],
    ["ICMP without a type", { Protocol: "icmp", PortRange: undefined }, "MissingParameter"],
  ] as const) {
    it(`CreateNetworkAclEntry rejects ${what} with ${code}`, async () => {
      const id = await make(await makeVpc(aws.ec2));
      const request = new CreateNetworkAclEntryCommand({ ...allow(id), ...change });
      expect(await codeOf(aws.ec2.send(request))).to.equal(code);
    });
  }

  it("ReplaceNetworkAclAssociation moves a subnet, and an ACL in use or by default cannot be deleted", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const SubnetId = await makeSubnet(aws.ec2, VpcId);
    const id = await make(VpcId);
    const of = async () =>
      only(
        (
          await aws.ec2.send(
            new DescribeNetworkAclsCommand({ Filters: [{ Name: "association.subnet-id", Values: [SubnetId] }] }),
          )
        ).NetworkAcls,
      );
    const before = await of();
    const AssociationId = before.Associations?.[0]?.NetworkAclAssociationId;
    await aws.ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId: id }));
    expect((await of()).NetworkAclId).to.equal(id);
    const again = aws.ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId: id }));
    expect(await codeOf(again)).to.equal("InvalidAssociationID.NotFound");
    const inUse = aws.ec2.send(new DeleteNetworkAclCommand({ NetworkAclId: id }));
    expect(await codeOf(inUse)).to.equal("DependencyViolation");
    const usual = aws.ec2.send(new DeleteNetworkAclCommand({ NetworkAclId: before.NetworkAclId }));
    expect(await codeOf(usual)).to.equal("InvalidParameterValue");
  });

  it("DHCP options are made, associated, and stay while a VPC has them", async () => {
    const { DhcpOptions } = await aws.ec2.send(
      new CreateDhcpOptionsCommand({
        DhcpConfigurations: [
          { Key: "domain-name", Values: ["example.com"] },
          { Key: "domain-name-servers", Values: ["10.0.10.2", "10.0.10.3"] },
        ],
      }),
    );
    const DhcpOptionsId = DhcpOptions?.DhcpOptionsId ?? "";
    const VpcId = await makeVpc(aws.ec2);
    await aws.ec2.send(new AssociateDhcpOptionsCommand({ VpcId, DhcpOptionsId }));
    const { Vpcs } = await aws.ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: "dhcp-options-id", Values: [DhcpOptionsId] }] }),
    );
    expect(only(Vpcs).VpcId).to.equal(VpcId);
    const { DhcpOptions: found } = await aws.ec2.send(
      new DescribeDhcpOptionsCommand({ Filters: [{ Name: "value", Values: ["10.0.10.3"] }] }),
    );
    expect(only(found).DhcpOptionsId).to.equal(DhcpOptionsId);
    const inUse = aws.ec2.send(new DeleteDhcpOptionsCommand({ DhcpOptionsId }));
    expect(await codeOf(inUse)).to.equal("DependencyViolation");
    await aws.ec2.send(new AssociateDhcpOptionsCommand({ VpcId, DhcpOptionsId: "default" }));
    await aws.ec2.send(new DeleteDhcpOptionsCommand({ DhcpOptionsId }));
    const gone = aws.ec2.send(new DeleteDhcpOptionsCommand({ DhcpOptionsId }));
    expect(await codeOf(gone)).to.equal("InvalidDhcpOptionsID.NotFound");
  });
});
