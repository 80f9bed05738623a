import {
  CancelSpotFleetRequestsCommand,
  CancelSpotInstanceRequestsCommand,
  CreateFleetCommand,
  type CreateFleetCommandInput,
  CreateLaunchTemplateCommand,
  CreateTagsCommand,
  DeleteFleetsCommand,
  DescribeFleetHistoryCommand,
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeSpotPriceHistoryCommand,
  ModifyFleetCommand,
  ModifySpotFleetRequestCommand,
  RequestSpotFleetCommand,
  RequestSpotInstancesCommand,
  type TargetCapacitySpecificationRequest,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, uniqueName, untilState } from "./support.ts";

describe("ec2 fleets and Spot requests", () => {
  let aws: TestServer;
  let templateId: string;

  before(async () => {
    aws = await startLocalAws();
    const { LaunchTemplate } = await aws.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: uniqueName("fleet"),
        LaunchTemplateData: { ImageId: "alpine:latest", InstanceType: "t3.micro" },
      }),
    );
    templateId = LaunchTemplate?.LaunchTemplateId ?? "";
  });
  after(() => aws.stop());

  function createFleet(overrides: Partial<CreateFleetCommandInput> = {}) {
    return aws.ec2.send(
      new CreateFleetCommand({
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: templateId, Version: "$Latest" } }],
        TargetCapacitySpecification: { TotalTargetCapacity: 3, SpotTargetCapacity: 1 },
        ...overrides,
      }),
    );
  }

  it("CreateFleet of the type instant answers with its instances, on demand and Spot", async () => {
    const {
      FleetId = "",
      Instances = [],
      Errors,
    } = await createFleet({
      Type: "instant",
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "role", Value: "worker" }] }],
    });
    expect(Errors).to.deep.equal([]);
    expect(Instances.map(({ Lifecycle, InstanceIds }) => [Lifecycle, InstanceIds?.length])).to.deep.equal([
      ["on-demand", 2],
      ["spot", 1],
    ]);
    const one = await describeOne(aws.ec2, Instances[0]?.InstanceIds?.[0] ?? "");
    expect(one.Tags).to.deep.include.members([
      { Key: "role", Value: "worker" },
      { Key: "aws:ec2:fleet-id", Value: FleetId },
    ]);
    const { Fleets = [] } = await aws.ec2.send(new DescribeFleetsCommand({ FleetIds: [FleetId] }));
    expect(Fleets[0]).to.include({ FleetState: "active", FulfilledCapacity: 3, FulfilledOnDemandCapacity: 2 });
  });

  it("launches the first override that can be had, by priority, and reports the others", async () => {
    const specification = { LaunchTemplateId: templateId, Version: "1" };
    const { Instances = [], Errors = [] } = await createFleet({
      Type: "instant",
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: specification,
          Overrides: [
            { InstanceType: "t3.small", Priority: 2, WeightedCapacity: 2 },
            { InstanceType: "t3.nano", Priority: 1, SubnetId: "subnet-00000000000000000" },
          ],
        },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: 4, DefaultTargetCapacityType: "on-demand" },
    });
    expect(Errors.map(({ ErrorCode }) => ErrorCode)).to.deep.equal(["InvalidSubnetID.NotFound"]);
    expect(Instances[0]).to.include({ InstanceType: "t3.small" });
    expect(Instances[0]?.InstanceIds).to.have.length(2);
  });

  it("grows and shrinks a fleet that maintains its capacity, and deletes it with its instances", async () => {
    const { FleetId = "" } = await createFleet({ TargetCapacitySpecification: { TotalTargetCapacity: 2 } });
    const members = async () => {
      const { ActiveInstances = [] } = await aws.ec2.send(new DescribeFleetInstancesCommand({ FleetId }));
      return ActiveInstances.map(({ InstanceId = "" }) => InstanceId);
    };
    expect(await members()).to.have.length(2);
    const grow = { TotalTargetCapacity: 4 };
    await aws.ec2.send(new ModifyFleetCommand({ FleetId, TargetCapacitySpecification: grow }));
    expect(await members()).to.have.length(4);
    const shrink = { TotalTargetCapacity: 1 };
    await aws.ec2.send(new ModifyFleetCommand({ FleetId, TargetCapacitySpecification: shrink }));
    const [left = "", ...others] = await members();
    expect(others).to.deep.equal([]);
    const { HistoryRecords = [] } = await aws.ec2.send(
      new DescribeFleetHistoryCommand({ FleetId, StartTime: new Date(0) }),
    );
    expect(HistoryRecords.filter(({ EventType }) => EventType === "instance-change")).to.have.length(4);
    await aws.ec2.send(new CreateTagsCommand({ Resources: [FleetId], Tags: [{ Key: "a", Value: "b" }] }));
    const deleted = await aws.ec2.send(new DeleteFleetsCommand({ FleetIds: [FleetId], TerminateInstances: true }));
    expect(deleted.SuccessfulFleetDeletions?.[0]?.CurrentFleetState).to.equal("deleted_terminating");
    await untilState(aws.ec2, left, "terminated");
    const missing = "fleet-00000000-0000-0000-0000-000000000000";
    const gone = await aws.ec2.send(new DeleteFleetsCommand({ FleetIds: [missing], TerminateInstances: true }));
    expect(gone.UnsuccessfulFleetDeletions?.[0]?.Error?.Code).to.equal("fleetIdDoesNotExist");
    const refused = await refusal(aws.ec2.send(new DescribeFleetsCommand({ FleetIds: ["fleet-1"] })));
    expect(refused.code).to.equal("InvalidFleetId.Malformed");
  });

  it("ModifyFleet counts weights, and keeps on demand and Spot apart", async () => {
    const { FleetId = "" } = await createFleet({
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateId: templateId, Version: "1" },
          Overrides: [{ InstanceType: "t3.small", WeightedCapacity: 2 }],
        },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: 4 },
    });
    const resize = async (TargetCapacitySpecification: TargetCapacitySpecificationRequest) => {
      await aws.ec2.send(new ModifyFleetCommand({ FleetId, TargetCapacitySpecification }));
      const { Fleets = [] } = await aws.ec2.send(new DescribeFleetsCommand({ FleetIds: [FleetId] }));
      return [Fleets[0]?.FulfilledOnDemandCapacity, Fleets[0]?.FulfilledCapacity];
    };
    expect(await resize({ TotalTargetCapacity: 6 })).to.deep.equal([6, 6]);
    expect(await resize({ TotalTargetCapacity: 2 })).to.deep.equal([2, 2]);
    expect(await resize({ TotalTargetCapacity: 2, SpotTargetCapacity: 2 })).to.deep.equal([0, 2]);
    await aws.ec2.send(new DeleteFleetsCommand({ FleetIds: [FleetId], TerminateInstances: true }));
  });

  it("rejects a fleet of a template that is not there, and capacities that do not add up", async () => {
    const config = { LaunchTemplateSpecification: { LaunchTemplateId: "lt-00000000000000000", Version: "1" } };
    expect((await refusal(createFleet({ LaunchTemplateConfigs: [config] }))).code).to.equal(
      "InvalidLaunchTemplateId.NotFound",
    );
    const target = { TotalTargetCapacity: 1, SpotTargetCapacity: 2 };
    expect((await refusal(createFleet({ TargetCapacitySpecification: target }))).code).to.equal(
      "InvalidParameterCombination",
    );
  });

  it("RequestSpotFleet fulfils weighted capacity, changes it and cancels", async () => {
    const { SpotFleetRequestId = "" } = await aws.ec2.send(
      new RequestSpotFleetCommand({
        SpotFleetRequestConfig: {
          IamFleetRole: "arn:aws:iam::000000000000:role/fleet",
          TargetCapacity: 4,
          LaunchSpecifications: [{ ImageId: "alpine:latest", InstanceType: "t3.small", WeightedCapacity: 2 }],
        },
      }),
    );
    const SpotFleetRequestIds = [SpotFleetRequestId];
    const state = async () => {
      const found = await aws.ec2.send(new DescribeSpotFleetRequestsCommand({ SpotFleetRequestIds }));
      return found.SpotFleetRequestConfigs?.[0];
    };
    expect((await state())?.SpotFleetRequestConfig).to.include({
      FulfilledCapacity: 4,
      AllocationStrategy: "lowestPrice",
    });
    await aws.ec2.send(new ModifySpotFleetRequestCommand({ SpotFleetRequestId, TargetCapacity: 6 }));
    const { ActiveInstances = [] } = await aws.ec2.send(new DescribeSpotFleetInstancesCommand({ SpotFleetRequestId }));
    expect(ActiveInstances).to.have.length(3);
    await aws.ec2.send(new CancelSpotFleetRequestsCommand({ SpotFleetRequestIds, TerminateInstances: true }));
    expect(await state()).to.include({ SpotFleetRequestState: "cancelled" });
    for (const { InstanceId = "" } of ActiveInstances) await untilState(aws.ec2, InstanceId, "terminated");
  });

  it("RequestSpotInstances is open at first, then active; a cancelled one leaves its instance running", async () => {
    const { SpotInstanceRequests = [] } = await aws.ec2.send(
      new RequestSpotInstancesCommand({
        InstanceCount: 2,
        SpotPrice: "0.5",
        LaunchSpecification: {
          ImageId: "alpine:latest",
          InstanceType: "t3.micro",
          Placement: { AvailabilityZone: "us-east-1c" },
        },
        TagSpecifications: [{ ResourceType: "spot-instances-request", Tags: [{ Key: "a", Value: "b" }] }],
      }),
    );
    expect(SpotInstanceRequests.map(({ State }) => State)).to.deep.equal(["open", "open"]);
    const ids = SpotInstanceRequests.map(({ SpotInstanceRequestId = "" }) => SpotInstanceRequestId);
    const described = await aws.ec2.send(new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: ids }));
    const [first] = described.SpotInstanceRequests ?? [];
    expect(first).to.include({ State: "active", SpotPrice: "0.5", LaunchedAvailabilityZone: "us-east-1c" });
    expect(first?.Tags).to.deep.equal([{ Key: "a", Value: "b" }]);
    const cancelled = await aws.ec2.send(new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: ids }));
    expect(cancelled.CancelledSpotInstanceRequests?.map(({ State }) => State)).to.deep.equal([
      "cancelled",
      "cancelled",
    ]);
    expect(await untilState(aws.ec2, first?.InstanceId ?? "", "running")).to.include({ InstanceLifecycle: "spot" });
  });

  it("DescribeSpotPriceHistory prices types by zone and product", async () => {
    const { SpotPriceHistory = [] } = await aws.ec2.send(
      new DescribeSpotPriceHistoryCommand({
        InstanceTypes: ["m5.large"],
        AvailabilityZone: "us-east-1a",
        ProductDescriptions: ["Linux/UNIX"],
      }),
    );
    expect(SpotPriceHistory).to.have.length(1);
    expect(Number(SpotPriceHistory[0]?.SpotPrice)).to.be.greaterThan(0);
  });
});
