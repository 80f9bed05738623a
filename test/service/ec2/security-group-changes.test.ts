import {
  AcceptVpcPeeringConnectionCommand,
  AssociateSecurityGroupVpcCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcPeeringConnectionCommand,
  DescribeSecurityGroupReferencesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupVpcAssociationsCommand,
  DescribeStaleSecurityGroupsCommand,
  DisassociateSecurityGroupVpcCommand,
  GetSecurityGroupsForVpcCommand,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRuleRequest,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeVpc, only } from "./network-support.ts";
import { refusal, uniqueName } from "./support.ts";

const ssh: IpPermission = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.0.0.0/8" }] };

describe("ec2 changes of security groups", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function make(VpcId: string): Promise<string> {
    const request = new CreateSecurityGroupCommand({ GroupName: uniqueName("group"), Description: "of a test", VpcId });
    return (await aws.ec2.send(request)).GroupId ?? "";
  }

  async function authorize(GroupId: string, ...IpPermissions: IpPermission[]): Promise<string> {
    const made = await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    return made.SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? "";
  }

  async function rule(id: string) {
    const request = new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] });
    return only((await aws.ec2.send(request)).SecurityGroupRules);
  }

  async function peer(VpcId: string, PeerVpcId: string): Promise<string> {
    const made = await aws.ec2.send(new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId }));
    const id = made.VpcPeeringConnection?.VpcPeeringConnectionId ?? "";
    await aws.ec2.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    return id;
  }

  it("ModifySecurityGroupRules replaces a rule and keeps its id", async () => {
    const GroupId = await make(await makeVpc(aws.ec2));
    const id = await authorize(GroupId, ssh);
    await authorize(GroupId, { ...ssh, FromPort: 80, ToPort: 80 });
    const modify = (SecurityGroupRule: SecurityGroupRuleRequest, SecurityGroupRuleId = id) =>
      aws.ec2.send(
        new ModifySecurityGroupRulesCommand({
          GroupId,
          SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }],
        }),
      );
    await modify({ IpProtocol: "udp", FromPort: 53, ToPort: 54, CidrIpv6: "2001:DB8::/32", Description: "names" });
    expect(await rule(id)).to.deep.include({
      ...{ GroupId, IsEgress: false, IpProtocol: "udp", FromPort: 53, ToPort: 54, CidrIpv6: "2001:db8::/32" },
      Description: "names",
    });
    expect((await rule(id)).CidrIpv4).to.equal(undefined);
    const taken = modify({ IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv4: "10.0.0.0/8" });
    expect(await codeOf(taken)).to.equal("InvalidPermission.Duplicate");
    const none = modify({ IpProtocol: "tcp", FromPort: 80, ToPort: 80 });
    expect(await codeOf(none)).to.equal("InvalidParameterCombination");
    const unknown = modify({ IpProtocol: "-1", CidrIpv4: "0.0.0.0/0" }, "sgr-0123456789abcdef0");
    expect(await codeOf(unknown)).to.equal("InvalidSecurityGroupRuleId.NotFound");
  });

  it("UpdateSecurityGroupRuleDescriptionsIngress works by rule id and by permission", async () => {
    const GroupId = await make(await makeVpc(aws.ec2));
    const id = await authorize(GroupId, ssh);
    const update = (input: object) =>
      aws.ec2.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, ...input }));
    await update({ SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: id, Description: "one" }] });
    expect((await rule(id)).Description).to.equal("one");
    await update({ IpPermissions: [{ ...ssh, IpRanges: [{ CidrIp: "10.0.0.0/8", Description: "two" }] }] });
    expect((await rule(id)).Description).to.equal("two");
    const other = await refusal(update({ IpPermissions: [{ ...ssh, FromPort: 23, ToPort: 23 }] }));
    expect(other).to.deep.include({
      code: "InvalidPermission.NotFound",
      message: "The specified rule does not exist in this security group.",
    });
  });

  it("RevokeSecurityGroupIngress refuses what is not there, outside of the default VPC", async () => {
    const GroupId = await make(await makeVpc(aws.ec2));
    const id = await authorize(GroupId, ssh);
    const revoke = (input: object) => aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, ...input }));
    const unknown = revoke({ IpPermissions: [{ ...ssh, ToPort: 23 }] });
    expect(await codeOf(unknown)).to.equal("InvalidPermission.NotFound");
    const answer = await revoke({ SecurityGroupRuleIds: [id] });
    expect(only(answer.RevokedSecurityGroupRules)).to.include({ SecurityGroupRuleId: id, CidrIpv4: "10.0.0.0/8" });
    expect(await codeOf(revoke({ SecurityGroupRuleIds: [id] }))).to.equal("InvalidSecurityGroupRuleId.NotFound");
  });

  it("refers to groups of peered VPCs alone, and tells of references and of stale rules", async () => {
    const [VpcId, peerVpcId] = [await makeVpc(aws.ec2, "10.1.0.0/16"), await makeVpc(aws.ec2, "10.2.0.0/16")];
    const [group, source] = [await make(VpcId), await make(peerVpcId)];
    const permission = { IpProtocol: "tcp", FromPort: 1, ToPort: 2, UserIdGroupPairs: [{ GroupId: source }] };
    expect(await codeOf(authorize(group, permission))).to.equal("InvalidGroup.NotFound");
    const VpcPeeringConnectionId = await peer(VpcId, peerVpcId);
    const id = await authorize(group, permission);
    expect((await rule(id)).ReferencedGroupInfo).to.deep.include({ GroupId: source, VpcId: peerVpcId });
    const { SecurityGroupReferenceSet } = await aws.ec2.send(
      new DescribeSecurityGroupReferencesCommand({ GroupId: [source] }),
    );
    expect(SecurityGroupReferenceSet).to.deep.equal([
      { GroupId: source, ReferencingVpcId: VpcId, VpcPeeringConnectionId },
    ]);
    const stale = async () =>
      (await aws.ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId }))).StaleSecurityGroupSet ?? [];
    expect(await stale()).to.deep.equal([]);
    await aws.ec2.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    expect(only(await stale())).to.deep.include({ GroupId: group, VpcId });
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: source }));
  });

  it("lets a group be used in another VPC", async () => {
    const [home, other] = [await makeVpc(aws.ec2), await makeVpc(aws.ec2)];
    const GroupId = await make(home);
    const { State } = await aws.ec2.send(new AssociateSecurityGroupVpcCommand({ GroupId, VpcId: other }));
    expect(State).to.equal("associating");
    const { SecurityGroupVpcAssociations } = await aws.ec2.send(
      new DescribeSecurityGroupVpcAssociationsCommand({ Filters: [{ Name: "group-id", Values: [GroupId] }] }),
    );
    expect(only(SecurityGroupVpcAssociations)).to.include({ VpcId: other, State: "associated" });
    const { SecurityGroupForVpcs } = await aws.ec2.send(
      new GetSecurityGroupsForVpcCommand({ VpcId: other, Filters: [{ Name: "group-id", Values: [GroupId] }] }),
    );
    expect(only(SecurityGroupForVpcs).PrimaryVpcId).to.equal(home);
    const inUse = aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    expect(await codeOf(inUse)).to.equal("DependencyViolation");
    await aws.ec2.send(new DisassociateSecurityGroupVpcCommand({ GroupId, VpcId: other }));
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  });
});
