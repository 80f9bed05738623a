import {
  CancelSpotFleetRequestsCommand,
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DeleteFleetsCommand,
  DeleteLaunchTemplateCommand,
  DescribeFleetHistoryCommand,
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  DescribeSpotFleetInstancesCommand,
  ModifyFleetCommand,
  RequestSpotFleetCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { uniqueName, untilState } from "./support.ts";

describe("ec2 fleets that maintain their capacity", () => {
  let aws: TestServer;
  const templateName = uniqueName("maintained");

  before(async () => {
    aws = await startLocalAws();
    await createTemplate();
  });
  after(() => aws.stop());

  function createTemplate() {
    return aws.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: templateName,
        LaunchTemplateData: { ImageId: "alpine:latest", InstanceType: "t3.micro" },
      }),
    );
  }

  async function createFleet(type: "maintain" | "request", total: number): Promise<string> {
    const { FleetId = "" } = await aws.ec2.send(
      new CreateFleetCommand({
        Type: type,
        LaunchTemplateConfigs: [
          { LaunchTemplateSpecification: { LaunchTemplateName: templateName, Version: "$Latest" } },
        ],
        TargetCapacitySpecification: { TotalTargetCapacity: total },
      }),
    );
    return FleetId;
  }

  async function membersOf(FleetId: string, server = aws): Promise<string[]> {
    const { ActiveInstances = [] } = await server.ec2.send(new DescribeFleetInstancesCommand({ FleetId }));
    return ActiveInstances.map(({ InstanceId = "" }) => InstanceId);
  }

  async function terminate(ids: readonly string[]): Promise<void> {
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
    for (const id of ids) await untilState(aws.ec2, id, "terminated");
  }

  it("replace what is terminated, no more and no less, and count it", async () => {
    const FleetId = await createFleet("maintain", 3);
    const before = await membersOf(FleetId);
    await terminate(before.slice(0, 2));
    const after = await eventually("three members", async () => {
      const members = await membersOf(FleetId);
      return members.length === 3 && members;
    });
    expect(after).to.include(before[2]);
    expect(after).to.not.include.members(before.slice(0, 2));
    // What is done to the fleet comes after the replacements that are under way.
    await aws.ec2.send(new ModifyFleetCommand({ FleetId, TargetCapacitySpecification: { TotalTargetCapacity: 4 } }));
    expect(await membersOf(FleetId)).to.have.length(4);
    const { HistoryRecords = [] } = await aws.ec2.send(
      new DescribeFleetHistoryCommand({ FleetId, StartTime: new Date(0), EventType: "instance-change" }),
    );
    expect(HistoryRecords).to.have.length(6);
    const rest = await membersOf(FleetId);
    await aws.ec2.send(new DeleteFleetsCommand({ FleetIds: [FleetId], TerminateInstances: true }));
    for (const id of rest) await untilState(aws.ec2, id, "terminated");
    expect(await membersOf(FleetId)).to.deep.equal([]);
  });

  it("do so as Spot Fleets, which stop when they are cancelled; those of the type request never do", async () => {
    const requested = await createFleet("request", 1);
    const { SpotFleetRequestId = "" } = await aws.ec2.send(
      new RequestSpotFleetCommand({
        SpotFleetRequestConfig: {
          IamFleetRole: "arn:aws:iam::000000000000:role/fleet",
          TargetCapacity: 2,
          LaunchSpecifications: [{ ImageId: "alpine:latest", InstanceType: "t3.small" }],
        },
      }),
    );
    const members = async () => {
      const found = await aws.ec2.send(new DescribeSpotFleetInstancesCommand({ SpotFleetRequestId }));
      return (found.ActiveInstances ?? []).map(({ InstanceId = "" }) => InstanceId);
    };
    const [first = "", second = ""] = await members();
    await terminate([...(await membersOf(requested)), first]);
    const replaced = await eventually("two members", async () => {
      const now = await members();
      return now.length === 2 && now;
    });
    expect(replaced).to.include(second);
    await aws.ec2.send(
      new CancelSpotFleetRequestsCommand({ SpotFleetRequestIds: [SpotFleetRequestId], TerminateInstances: false }),
    );
    await terminate(replaced);
    expect(await members()).to.deep.equal([]);
    expect(await membersOf(requested)).to.deep.equal([]);
  });

  it("say when nothing can be launched, and make good for it after a restart", async () => {
    const FleetId = await createFleet("maintain", 1);
    const status = async () => {
      const { Fleets = [] } = await aws.ec2.send(new DescribeFleetsCommand({ FleetIds: [FleetId] }));
      return Fleets[0]?.ActivityStatus;
    };
    expect(await status()).to.equal("fulfilled");
    await aws.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: templateName }));
    await terminate(await membersOf(FleetId));
    await eventually("the error", async () => (await status()) === "error");
    await createTemplate();
    await aws.close();
    const second = await startLocalAws({ dataDir: aws.dataDir });
    try {
      const [made = ""] = await eventually("a new member", async () => {
        const members = await membersOf(FleetId, second);
        return members.length === 1 && members;
      });
      await untilState(second.ec2, made, "running");
    } finally {
      await second.stop();
    }
  });
});
