import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal, runOne, uniqueName, untilState } from "./support.ts";

const ssh: IpPermission = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };

describe("ec2 security groups", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function create(GroupName = uniqueName("group")): Promise<string> {
    const made = await aws.ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: "of a test" }));
    return made.GroupId ?? "";
  }

  async function get(GroupId: string): Promise<SecurityGroup | undefined> {
    return (await aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }))).SecurityGroups?.[0];
  }

  it("CreateSecurityGroup makes a group that lets everything out and nothing in", async () => {
    const GroupName = uniqueName("new");
    const group = await get(await create(GroupName));
    expect(group).to.include({ GroupName, Description: "of a test", OwnerId: "000000000000" });
    expect(group?.VpcId).to.match(/^vpc-/);
    expect(group?.IpPermissions).to.deep.equal([]);
    expect(group?.IpPermissionsEgress).to.deep.equal([
      {
        IpProtocol: "-1",
        IpRanges: [{ CidrIp: "0.0.0.0/0" }],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [],
      },
    ]);
  });

  it("CreateSecurityGroup takes an empty VpcId for none", async () => {
    const GroupName = uniqueName("new");
    const made = await aws.ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: "d", VpcId: "" }));
    expect((await get(made.GroupId ?? ""))?.VpcId).to.equal((await get(await create()))?.VpcId);
  });

  it("has a default group whose members reach each other", async () => {
    const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupNames: ["default"] }));
    const [group] = SecurityGroups;
    expect(group?.Description).to.equal("default VPC security group");
    expect(group?.IpPermissions?.[0]?.IpProtocol).to.equal("-1");
    expect(group?.IpPermissions?.[0]?.UserIdGroupPairs).to.deep.equal([
      { GroupId: group?.GroupId, UserId: "000000000000" },
    ]);
    const answer = await refusal(aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: group?.GroupId })));
    expect(answer.code).to.equal("CannotDelete");
  });

  it("rejects a name that is taken with InvalidGroup.Duplicate", async () => {
    const GroupName = uniqueName("twice");
    const group = await get(await create(GroupName));
    const answer = await refusal(create(GroupName));
    expect(answer).to.deep.equal({
      code: "InvalidGroup.Duplicate",
      status: 400,
      message: `The security group '${GroupName}' already exists for VPC '${group?.VpcId}'`,
    });
  });

  for (const GroupName of ["sg-mine", "default", "ümlaut", ""]) {
    it(`rejects the name «${GroupName}» with InvalidParameterValue`, async () => {
      expect((await refusal(create(GroupName))).code).to.equal("InvalidParameterValue");
    });
  }

  it("authorizes rules, each with an id, and shows those of one port range together", async () => {
    const GroupId = await create();
    const answer = await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [
          {
            IpProtocol: "tcp",
            FromPort: 443,
            ToPort: 443,
            IpRanges: [{ CidrIp: "10.1.2.3/8", Description: "inside" }],
            Ipv6Ranges: [{ CidrIpv6: "2001:DB8:0::/32" }],
            UserIdGroupPairs: [{ GroupId }],
          },
          { IpProtocol: "icmp", FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: "0.0.0.0/0" }] },
        ],
        TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "a", Value: "b" }] }],
      }),
    );
    expect(answer.Return).to.equal(true);
    expect(
      answer.SecurityGroupRules?.map((rule) => rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.ReferencedGroupInfo),
    ).to.deep.equal(["10.0.0.0/8", "2001:db8::/32", { GroupId, UserId: "000000000000" }, "0.0.0.0/0"]);
    const group = await get(GroupId);
    expect(group?.IpPermissions).to.deep.equal([
      {
        IpProtocol: "tcp",
        FromPort: 443,
        ToPort: 443,
        IpRanges: [{ CidrIp: "10.0.0.0/8", Description: "inside" }],
        Ipv6Ranges: [{ CidrIpv6: "2001:db8::/32" }],
        PrefixListIds: [],
        UserIdGroupPairs: [{ GroupId, UserId: "000000000000" }],
      },
      {
        IpProtocol: "icmp",
        FromPort: -1,
        ToPort: -1,
        IpRanges: [{ CidrIp: "0.0.0.0/0" }],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [],
      },
    ]);
    const rules = await aws.ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [GroupId] }] }),
    );
    expect(rules.SecurityGroupRules?.length).to.equal(5);
    expect(rules.SecurityGroupRules?.filter((rule) => rule.Tags?.[0]?.Key === "a").length).to.equal(4);
  });

  it("takes the older form of a rule, with CidrIp beside the ports", async () => {
    const GroupId = await create();
    await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpProtocol: "6",
        FromPort: 80,
        ToPort: 81,
        CidrIp: "192.0.2.0/24",
      }),
    );
    expect((await get(GroupId))?.IpPermissions?.[0]).to.include({ IpProtocol: "tcp", FromPort: 80, ToPort: 81 });
  });

  it("rejects a rule that is there with InvalidPermission.Duplicate, and adds none of the others", async () => {
    const GroupId = await create();
    await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] }));
    const other = { ...ssh, FromPort: 80, ToPort: 80 };
    const answer = await refusal(
      aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [other, ssh] })),
    );
    expect(answer).to.deep.equal({
      code: "InvalidPermission.Duplicate",
      status: 400,
      message: 'the specified rule "peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW" already exists',
    });
    expect((await get(GroupId))?.IpPermissions?.length).to.equal(1);
  });

  const bad: readonly [what: string, permission: IpPermission, code: string][] = [
    ["a malformed address range", { ...ssh, IpRanges: [{ CidrIp: "10.0.0.0/33" }] }, "InvalidParameterValue"],
    ["a range that is a name", { ...ssh, IpRanges: [{ CidrIp: "localhost" }] }, "InvalidParameterValue"],
    ["ports out of order", { ...ssh, FromPort: 80, ToPort: 22 }, "InvalidParameterValue"],
    ["a port over 65535", { ...ssh, ToPort: 65_536 }, "InvalidParameterValue"],
    ["an unknown protocol", { ...ssh, IpProtocol: "carrier-pigeon" }, "InvalidParameterValue"],
    [
      "an unknown group",
      { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-0123456789abcdef0" }] },
      "InvalidGroup.NotFound",
    ],
    ["no source", { IpProtocol: "tcp", FromPort: 1, ToPort: 1 }, "InvalidPermission.Malformed"],
  ];
  for (const [what, permission, code] of bad) {
    it(`rejects a rule with ${what} with ${code}`, async () => {
      const GroupId = await create();
      const answer = await refusal(
        aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission] })),
      );
      expect(answer).to.include({ code, status: 400 });
      expect((await get(GroupId))?.IpPermissions).to.deep.equal([]);
    });
  }

  it("rejects the sixty-first rule in a direction", async () => {
    const GroupId = await create();
    const many = (count: number, from: number): IpPermission => ({
      ...ssh,
      IpRanges: Array.from({ length: count }, (_, index) => ({ CidrIp: `10.0.${from + index}.0/24` })),
    });
    await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [many(60, 0)] }));
    const answer = await refusal(
      aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [many(1, 60)] })),
    );
    expect(answer.code).to.equal("RulesPerSecurityGroupLimitExceeded");
    const Ipv6Ranges = [{ CidrIpv6: "2001:db8::/32" }];
    const ipv6 = { GroupId, IpPermissions: [{ ...ssh, IpRanges: [], Ipv6Ranges }] };
    await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand(ipv6));
  });

  it("revokes rules by permission and by id", async () => {
    const GroupId = await create();
    const { SecurityGroupRules = [] } = await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ ...ssh, IpRanges: [{ CidrIp: "10.0.0.0/8" }, { CidrIp: "192.168.0.0/16" }] }],
      }),
    );
    await aws.ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ ...ssh, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
      }),
    );
    expect((await get(GroupId))?.IpPermissions?.[0]?.IpRanges).to.deep.equal([{ CidrIp: "192.168.0.0/16" }]);
    const last = SecurityGroupRules[1]?.SecurityGroupRuleId ?? "";
    await aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: [last] }));
    expect((await get(GroupId))?.IpPermissions).to.deep.equal([]);
    const answer = await refusal(
      aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: [last] })),
    );
    expect(answer.code).to.equal("InvalidSecurityGroupRuleId.NotFound");
  });

  it("lists what is not there when rules of the default VPC's groups are revoked", async () => {
    const GroupId = await create();
    const answer = await aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] }));
    expect(answer.UnknownIpPermissions?.[0]).to.include({ IpProtocol: "tcp", FromPort: 22 });
  });

  it("takes the default egress rule away and adds others", async () => {
    const GroupId = await create();
    const everything: IpPermission = { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
    await aws.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [everything] }));
    expect((await get(GroupId))?.IpPermissionsEgress).to.deep.equal([]);
    await aws.ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [ssh] }));
    expect((await get(GroupId))?.IpPermissionsEgress?.[0]).to.include({ IpProtocol: "tcp", FromPort: 22 });
  });

  it("DeleteSecurityGroup refuses a group that is in use with DependencyViolation", async () => {
    const GroupId = await create();
    const id = await runOne(aws.ec2, { SecurityGroupIds: [GroupId] });
    const answer = await refusal(aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId })));
    expect(answer).to.deep.equal({
      code: "DependencyViolation",
      status: 400,
      message: `resource ${GroupId} has a dependent object`,
    });
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    const gone = await refusal(aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] })));
    expect(gone.code).to.equal("InvalidGroup.NotFound");
    expect(gone.message).to.equal(`The security group '${GroupId}' does not exist`);
  });

  it("DeleteSecurityGroup refuses a group that another group's rule names", async () => {
    const source = await create();
    const GroupId = await create();
    await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: source }] }],
      }),
    );
    const answer = await refusal(aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: source })));
    expect(answer.code).to.equal("DependencyViolation");
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: source }));
  });

  it("DescribeSecurityGroups filters by rule", async () => {
    const GroupId = await create();
    await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ ...ssh, FromPort: 2222, ToPort: 2222 }],
      }),
    );
    const { SecurityGroups = [] } = await aws.ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "ip-permission.from-port", Values: ["2222"] }] }),
    );
    expect(SecurityGroups.map((group) => group.GroupId)).to.deep.equal([GroupId]);
  });

  for (const direction of ["ip-permission", "egress.ip-permission"] as const) {
    it(`DescribeSecurityGroups finds by ${direction}.group-name whose rules name a group by its id`, async () => {
      const GroupName = uniqueName("peer");
      const [peer, GroupId] = [await create(GroupName), await create()];
      const rule = { GroupId, IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: peer }] }] };
      await (direction === "ip-permission"
        ? aws.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule))
        : aws.ec2.send(new AuthorizeSecurityGroupEgressCommand(rule)));
      const { SecurityGroups = [] } = await aws.ec2.send(
        new DescribeSecurityGroupsCommand({ Filters: [{ Name: `${direction}.group-name`, Values: [GroupName] }] }),
      );
      expect(SecurityGroups.map((group) => group.GroupId)).to.deep.equal([GroupId]);
    });
  }
});
