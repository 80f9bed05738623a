import {
  AllocateHostsCommand,
  AssociateIamInstanceProfileCommand,
  CreateCapacityReservationCommand,
  CreateNetworkInterfaceCommand,
  CreatePlacementGroupCommand,
  DeletePlacementGroupCommand,
  DescribeCapacityReservationsCommand,
  DescribeHostsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeNetworkInterfacesCommand,
  DescribePlacementGroupsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeSubnetsCommand,
  DisassociateIamInstanceProfileCommand,
  GetCapacityReservationUsageCommand,
  ReleaseHostsCommand,
  ReplaceIamInstanceProfileAssociationCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, run, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 what a launch asks for", () => {
  let aws: TestServer;
  let subnetId: string;
  const zone = "us-east-1b";

  before(async () => {
    aws = await startLocalAws();
    const { Subnets = [] } = await aws.ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: "availability-zone", Values: [zone] }] }),
    );
    subnetId = Subnets[0]?.SubnetId ?? "";
  });
  after(() => aws.stop());

  it("gives a public address where the subnet or the request asks for one, anew at each start", async () => {
    const id = await runOne(aws.ec2);
    const first = await describeOne(aws.ec2, id);
    expect(first.PublicIpAddress).to.match(/^[\d.]+$/);
    expect(first.PublicDnsName).to.contain(String(first.PublicIpAddress).replaceAll(".", "-"));
    expect(first.NetworkInterfaces?.[0]?.Association).to.deep.include({
      IpOwnerId: "amazon",
      PublicIp: first.PublicIpAddress,
    });
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect(await untilState(aws.ec2, id, "stopped")).not.to.have.property("PublicIpAddress");
    await aws.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect((await untilState(aws.ec2, id, "running")).PublicIpAddress).to.match(/^[\d.]+$/);

    const [without] = await run(aws.ec2, {
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnetId, AssociatePublicIpAddress: false }],
    });
    expect(without).not.to.have.property("PublicIpAddress");
  });

  it("makes several interfaces with secondary addresses, and attaches one that is there", async () => {
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnetId }));
    const existing = NetworkInterface?.NetworkInterfaceId ?? "";
    const [instance] = await run(aws.ec2, {
      NetworkInterfaces: [
        { DeviceIndex: 1, NetworkInterfaceId: existing },
        { DeviceIndex: 0, SubnetId: subnetId, SecondaryPrivateIpAddressCount: 1, Description: "first" },
      ],
    });
    const [first, second] = instance?.NetworkInterfaces ?? [];
    expect(first).to.deep.include({ Description: "first" });
    expect(first?.PrivateIpAddresses?.map(({ Primary }) => Primary)).to.deep.equal([true, false]);
    expect(second).to.include({ NetworkInterfaceId: existing });
    expect(second?.Attachment?.DeleteOnTermination).to.equal(false);
    const id = instance?.InstanceId ?? "";
    await untilState(aws.ec2, id, "running");
    const again = await refusal(
      run(aws.ec2, { NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: existing }] }),
    );
    expect(again.code).to.equal("InvalidNetworkInterface.InUse");
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    const { NetworkInterfaces = [] } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [existing] }),
    );
    expect(NetworkInterfaces[0]).to.include({ Status: "available" });
  });

  it("rejects a public address beside two interfaces, indexes twice, and too many interfaces", async () => {
    const refused = async (...NetworkInterfaces: { DeviceIndex: number; AssociatePublicIpAddress?: boolean }[]) =>
      (await refusal(run(aws.ec2, { NetworkInterfaces }))).code;
    expect(await refused({ DeviceIndex: 0, AssociatePublicIpAddress: true }, { DeviceIndex: 1 })).to.equal(
      "InvalidParameterCombination",
    );
    expect(await refused({ DeviceIndex: 0 }, { DeviceIndex: 0 })).to.equal("InvalidParameterValue");
    expect(await refused({ DeviceIndex: 1 })).to.equal("InvalidParameterValue");
    expect(await refused({ DeviceIndex: 0 }, { DeviceIndex: 1 }, { DeviceIndex: 2 })).to.equal(
      "AttachmentLimitExceeded",
    );
  });

  it("rejects interfaces beside a subnet or groups, and says which", async () => {
    const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: subnetId }];
    const answerTo = async (beside: { SubnetId?: string; SecurityGroupIds?: string[] }) =>
      (await refusal(run(aws.ec2, { NetworkInterfaces, ...beside }))).message;
    expect(await answerTo({ SubnetId: subnetId })).to.equal(
      "Network interfaces and an instance-level subnet ID may not be specified on the same request",
    );
    expect(await answerTo({ SecurityGroupIds: ["sg-0123456789abcdef0"] })).to.equal(
      "Network interfaces and an instance-level security groups may not be specified on the same request",
    );
  });

  it("puts instances into placement groups, which are kept while they have some", async () => {
    const GroupName = uniqueName("group");
    const { PlacementGroup } = await aws.ec2.send(
      new CreatePlacementGroupCommand({ GroupName, Strategy: "partition", PartitionCount: 3 }),
    );
    expect(PlacementGroup).to.include({ GroupName, State: "available", Strategy: "partition", PartitionCount: 3 });
    const id = await runOne(aws.ec2, { Placement: { GroupName, PartitionNumber: 2 } });
    expect((await describeOne(aws.ec2, id)).Placement).to.include({ GroupName, PartitionNumber: 2 });
    const inUse = await refusal(aws.ec2.send(new DeletePlacementGroupCommand({ GroupName })));
    expect(inUse.code).to.equal("InvalidPlacementGroup.InUse");
    const twice = await refusal(aws.ec2.send(new CreatePlacementGroupCommand({ GroupName, Strategy: "spread" })));
    expect(twice.code).to.equal("InvalidPlacementGroup.Duplicate");
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    await aws.ec2.send(new DeletePlacementGroupCommand({ GroupName }));
    const gone = await refusal(aws.ec2.send(new DescribePlacementGroupsCommand({ GroupNames: [GroupName] })));
    expect(gone).to.include({ code: "InvalidPlacementGroup.Unknown" });
    expect((await refusal(run(aws.ec2, { Placement: { GroupName } }))).code).to.equal("InvalidPlacementGroup.Unknown");
  });

  it("puts instances on dedicated hosts as long as these have room", async () => {
    const { HostIds = [] } = await aws.ec2.send(
      new AllocateHostsCommand({ InstanceType: "m5.24xlarge", AvailabilityZone: zone, Quantity: 1 }),
    );
    const HostId = HostIds[0] ?? "";
    const place = { SubnetId: subnetId, Placement: { Tenancy: "host" as const, HostId } };
    const id = await runOne(aws.ec2, { ...place, InstanceType: "m5.24xlarge" });
    expect((await describeOne(aws.ec2, id)).Placement).to.include({ HostId, Tenancy: "host" });
    const { Hosts = [] } = await aws.ec2.send(new DescribeHostsCommand({ HostIds }));
    expect(Hosts[0]?.Instances?.map(({ InstanceId }) => InstanceId)).to.deep.equal([id]);
    const full = await refusal(run(aws.ec2, { ...place, InstanceType: "m5.24xlarge" }));
    expect(full.code).to.equal("InsufficientHostCapacity");
    const occupied = await aws.ec2.send(new ReleaseHostsCommand({ HostIds }));
    expect(occupied.Unsuccessful?.[0]?.Error?.Code).to.equal("Client.InvalidHost.Occupied");
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    expect((await aws.ec2.send(new ReleaseHostsCommand({ HostIds }))).Successful).to.deep.equal(HostIds);
  });

  it("runs instances in capacity reservations, and counts what is left", async () => {
    const { CapacityReservation } = await aws.ec2.send(
      new CreateCapacityReservationCommand({
        InstanceType: "c5.large",
        InstancePlatform: "Linux/UNIX",
        AvailabilityZone: zone,
        InstanceCount: 2,
      }),
    );
    const CapacityReservationId = CapacityReservation?.CapacityReservationId ?? "";
    const id = await runOne(aws.ec2, { InstanceType: "c5.large", SubnetId: subnetId });
    expect(await describeOne(aws.ec2, id)).to.include({ CapacityReservationId });
    const { CapacityReservations = [] } = await aws.ec2.send(
      new DescribeCapacityReservationsCommand({ CapacityReservationIds: [CapacityReservationId] }),
    );
    expect(CapacityReservations[0]).to.include({ TotalInstanceCount: 2, AvailableInstanceCount: 1 });
    expect(CapacityReservations[0]?.CapacityAllocations).to.deep.equal([{ AllocationType: "used", Count: 1 }]);
    const usage = await aws.ec2.send(new GetCapacityReservationUsageCommand({ CapacityReservationId }));
    expect(usage.InstanceUsages?.[0]?.UsedInstanceCount).to.equal(1);
    const target = { CapacityReservationTarget: { CapacityReservationId } };
    const request = { InstanceType: "c5.large" as const, SubnetId: subnetId, MinCount: 2, MaxCount: 2 };
    const full = await refusal(run(aws.ec2, { ...request, CapacityReservationSpecification: target }));
    expect(full.code).to.equal("ReservationCapacityExceeded");
  });

  it("shows the instance profile of a launch, and lets it be replaced and taken away", async () => {
    const id = await runOne(aws.ec2, { IamInstanceProfile: { Name: "web" } });
    const arn = "arn:aws:iam::000000000000:instance-profile/web";
    const shown = (await describeOne(aws.ec2, id)).IamInstanceProfile;
    expect(shown?.Arn).to.equal(arn);
    expect(shown?.Id).to.match(/^AIPA[A-Z2-7]{17}$/);
    const associations = async () => {
      const { IamInstanceProfileAssociations = [] } = await aws.ec2.send(
        new DescribeIamInstanceProfileAssociationsCommand({ Filters: [{ Name: "instance-id", Values: [id] }] }),
      );
      return IamInstanceProfileAssociations;
    };
    const [first] = await associations();
    expect(first).to.include({ State: "associated", InstanceId: id });
    const other = { Name: "other" };
    const twice = await refusal(
      aws.ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId: id, IamInstanceProfile: other })),
    );
    expect(twice.code).to.equal("IncorrectState");
    await aws.ec2.send(
      new ReplaceIamInstanceProfileAssociationCommand({
        AssociationId: first?.AssociationId,
        IamInstanceProfile: other,
      }),
    );
    const [second] = await associations();
    expect(second?.AssociationId).not.to.equal(first?.AssociationId);
    expect((await describeOne(aws.ec2, id)).IamInstanceProfile?.Arn).to.contain("instance-profile/other");
    await aws.ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId: second?.AssociationId }));
    expect(await associations()).to.deep.equal([]);
    expect(await describeOne(aws.ec2, id)).not.to.have.property("IamInstanceProfile");
  });

  it("answers a spot launch with a request of its own, closed when the instance ends", async () => {
    const id = await runOne(aws.ec2, {
      InstanceMarketOptions: { MarketType: "spot", SpotOptions: { MaxPrice: "0.05" } },
      TagSpecifications: [{ ResourceType: "spot-instances-request", Tags: [{ Key: "kind", Value: "spot" }] }],
    });
    const { InstanceLifecycle, SpotInstanceRequestId = "" } = await describeOne(aws.ec2, id);
    expect(InstanceLifecycle).to.equal("spot");
    const request = async () => {
      const { SpotInstanceRequests = [] } = await aws.ec2.send(
        new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [SpotInstanceRequestId] }),
      );
      return SpotInstanceRequests[0];
    };
    expect(await request()).to.include({ State: "active", InstanceId: id, SpotPrice: "0.05", Type: "one-time" });
    expect((await request())?.Tags).to.deep.equal([{ Key: "kind", Value: "spot" }]);
    const stop = await refusal(aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] })));
    expect(stop.code).to.equal("UnsupportedOperation");
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    expect(await request()).to.include({ State: "closed" });
  });
});
