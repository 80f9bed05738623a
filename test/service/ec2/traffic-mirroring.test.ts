import {
  CreateNetworkInterfaceCommand,
  CreateTagsCommand,
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  type CreateTrafficMirrorFilterRuleCommandInput,
  CreateTrafficMirrorSessionCommand,
  CreateTrafficMirrorTargetCommand,
  DeleteTrafficMirrorFilterCommand,
  DeleteTrafficMirrorFilterRuleCommand,
  DeleteTrafficMirrorSessionCommand,
  DeleteTrafficMirrorTargetCommand,
  DescribeSubnetsCommand,
  DescribeTrafficMirrorFilterRulesCommand,
  DescribeTrafficMirrorFiltersCommand,
  DescribeTrafficMirrorSessionsCommand,
  DescribeTrafficMirrorTargetsCommand,
  ModifyTrafficMirrorFilterNetworkServicesCommand,
  ModifyTrafficMirrorFilterRuleCommand,
  ModifyTrafficMirrorSessionCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

describe("ec2 traffic mirroring", () => {
  let aws: TestServer;
  let source: string;
  let destination: string;

  before(async () => {
    aws = await startLocalAws();
    const { Subnets } = await aws.ec2.send(new DescribeSubnetsCommand({}));
    const make = async () => {
      const { NetworkInterface } = await aws.ec2.send(
        new CreateNetworkInterfaceCommand({ SubnetId: Subnets?.[0]?.SubnetId }),
      );
      return NetworkInterface?.NetworkInterfaceId ?? "";
    };
    source = await make();
    destination = await make();
  });
  after(() => aws.stop());

  async function createFilter(): Promise<string> {
    const { TrafficMirrorFilter } = await aws.ec2.send(new CreateTrafficMirrorFilterCommand({ Description: "web" }));
    return TrafficMirrorFilter?.TrafficMirrorFilterId ?? "";
  }

  async function createRule(
    TrafficMirrorFilterId: string,
    overrides: Partial<CreateTrafficMirrorFilterRuleCommandInput> = {},
  ): Promise<string> {
    const { TrafficMirrorFilterRule } = await aws.ec2.send(
      new CreateTrafficMirrorFilterRuleCommand({
        TrafficMirrorFilterId,
        TrafficDirection: "ingress",
        RuleNumber: 10,
        RuleAction: "accept",
        Protocol: 6,
        DestinationPortRange: { FromPort: 80, ToPort: 443 },
        SourceCidrBlock: "10.0.0.0/8",
        DestinationCidrBlock: "0.0.0.0/0",
        ...overrides,
      }),
    );
    return TrafficMirrorFilterRule?.TrafficMirrorFilterRuleId ?? "";
  }

  it("filters show their rules by direction, in the order of their numbers", async () => {
    const TrafficMirrorFilterId = await createFilter();
    const TrafficMirrorFilterIds = [TrafficMirrorFilterId];
    const second = await createRule(TrafficMirrorFilterId, { RuleNumber: 20 });
    const first = await createRule(TrafficMirrorFilterId);
    const egress = await createRule(TrafficMirrorFilterId, { TrafficDirection: "egress" });
    const described = async () => {
      const found = await aws.ec2.send(new DescribeTrafficMirrorFiltersCommand({ TrafficMirrorFilterIds }));
      return found.TrafficMirrorFilters?.[0];
    };
    const filter = await described();
    expect(filter).to.include({ Description: "web" });
    expect(filter?.IngressFilterRules?.map((rule) => rule.TrafficMirrorFilterRuleId)).to.deep.equal([first, second]);
    expect(filter?.EgressFilterRules?.map((rule) => rule.TrafficMirrorFilterRuleId)).to.deep.equal([egress]);
    const services = { TrafficMirrorFilterId, AddNetworkServices: ["amazon-dns" as const] };
    await aws.ec2.send(new ModifyTrafficMirrorFilterNetworkServicesCommand(services));
    expect((await described())?.NetworkServices).to.deep.equal(["amazon-dns"]);
    await aws.ec2.send(new DeleteTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId: second }));
    expect((await described())?.IngressFilterRules).to.have.length(1);
    await aws.ec2.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId }));
    expect((await refusal(described())).code).to.equal("InvalidTrafficMirrorFilterId.NotFound");
    const left = new DescribeTrafficMirrorFilterRulesCommand({ TrafficMirrorFilterRuleIds: [first] });
    expect((await refusal(aws.ec2.send(left))).code).to.equal("InvalidTrafficMirrorFilterRuleId.NotFound");
  });

  it("rules are changed, and lose what is removed of them", async () => {
    const TrafficMirrorFilterId = await createFilter();
    const TrafficMirrorFilterRuleId = await createRule(TrafficMirrorFilterId);
    const { TrafficMirrorFilterRule } = await aws.ec2.send(
      new ModifyTrafficMirrorFilterRuleCommand({
        TrafficMirrorFilterRuleId,
        RuleNumber: 11,
        RuleAction: "reject",
        RemoveFields: ["destination-port-range", "protocol"],
      }),
    );
    expect(TrafficMirrorFilterRule).to.include({ RuleNumber: 11, RuleAction: "reject", TrafficDirection: "ingress" });
    expect(TrafficMirrorFilterRule).to.not.have.any.keys("Protocol", "DestinationPortRange");
    const { TrafficMirrorFilterRules } = await aws.ec2.send(
      new DescribeTrafficMirrorFilterRulesCommand({ TrafficMirrorFilterId }),
    );
    expect(TrafficMirrorFilterRules).to.deep.equal([TrafficMirrorFilterRule]);
    for (const [overrides, code] of [
      [{ RuleNumber: 11 }, "TrafficMirrorFilterRuleAlreadyExists"],
      [{ RuleNumber: 0 }, "InvalidParameterValue"],
      [{ SourceCidrBlock: "10.0.0.0/33" }, "InvalidParameterValue"],
      [{ Protocol: 1 }, "InvalidParameterCombination"],
      [{ DestinationPortRange: { FromPort: 90, ToPort: 80 } }, "InvalidParameterValue"],
    ] as const) {
      expect((await refusal(createRule(TrafficMirrorFilterId, overrides))).code).to.equal(code);
    }
  });

  it("sessions hold their target and filter, and choose a network id", async () => {
    const TrafficMirrorFilterId = await createFilter();
    const target = await aws.ec2.send(new CreateTrafficMirrorTargetCommand({ NetworkInterfaceId: destination }));
    const TrafficMirrorTargetId = target.TrafficMirrorTarget?.TrafficMirrorTargetId ?? "";
    expect(target.TrafficMirrorTarget).to.include({ Type: "network-interface", OwnerId: "000000000000" });
    const plan = { NetworkInterfaceId: source, TrafficMirrorTargetId, TrafficMirrorFilterId, SessionNumber: 1 };
    const create = () => aws.ec2.send(new CreateTrafficMirrorSessionCommand(plan));
    const { TrafficMirrorSession: made } = await create();
    const TrafficMirrorSessionId = made?.TrafficMirrorSessionId ?? "";
    expect(made).to.include(plan);
    expect(made?.VirtualNetworkId).to.be.within(0, 0xff_ff_ff);
    expect((await refusal(create())).code).to.equal("InvalidParameterValue");
    const Tags = [{ Key: "a", Value: "b" }];
    await aws.ec2.send(new CreateTagsCommand({ Resources: [TrafficMirrorSessionId, TrafficMirrorTargetId], Tags }));
    const change = { TrafficMirrorSessionId, PacketLength: 100, Description: "first hundred" };
    await aws.ec2.send(new ModifyTrafficMirrorSessionCommand(change));
    const { TrafficMirrorSessions } = await aws.ec2.send(
      new DescribeTrafficMirrorSessionsCommand({ Filters: [{ Name: "packet-length", Values: ["100"] }] }),
    );
    expect(TrafficMirrorSessions).to.deep.equal([{ ...made, ...change, Tags }]);
    const removeFilter = new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId });
    expect((await refusal(aws.ec2.send(removeFilter))).code).to.equal("TrafficMirrorFilterInUse");
    const removeTarget = () => aws.ec2.send(new DeleteTrafficMirrorTargetCommand({ TrafficMirrorTargetId }));
    expect((await refusal(removeTarget())).code).to.equal("TrafficMirrorTargetInUseException");
    await aws.ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId }));
    await removeTarget();
    const { TrafficMirrorTargets } = await aws.ec2.send(new DescribeTrafficMirrorTargetsCommand({}));
    expect(TrafficMirrorTargets).to.deep.equal([]);
  });
});
