import {
  CreateInstanceConnectEndpointCommand,
  CreateSnapshotCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcBlockPublicAccessExclusionCommand,
  CreateVpcCommand,
  DeleteInstanceConnectEndpointCommand,
  DeleteSnapshotCommand,
  DeleteSubnetCommand,
  DeleteVpcBlockPublicAccessExclusionCommand,
  DescribeAvailabilityZonesCommand,
  DescribeFastSnapshotRestoresCommand,
  DescribeInstanceConnectEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeTagsCommand,
  DescribeVpcBlockPublicAccessExclusionsCommand,
  DescribeVpcBlockPublicAccessOptionsCommand,
  DisableFastSnapshotRestoresCommand,
  EnableFastSnapshotRestoresCommand,
  ModifyAvailabilityZoneGroupCommand,
  ModifyInstanceConnectEndpointCommand,
  ModifyVpcBlockPublicAccessExclusionCommand,
  ModifyVpcBlockPublicAccessOptionsCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

describe("ec2 services of a region's networks and disks", () => {
  let aws: TestServer;
  let VpcId: string;
  let SubnetId: string;

  before(async () => {
    aws = await startLocalAws();
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.31.0.0/16" }));
    VpcId = Vpc?.VpcId ?? "";
    const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.31.1.0/24" }));
    SubnetId = Subnet?.SubnetId ?? "";
  });
  after(() => aws.stop());

  it("VPC block public access is off at first, and modified for the region", async () => {
    const described = async () =>
      (await aws.ec2.send(new DescribeVpcBlockPublicAccessOptionsCommand({}))).VpcBlockPublicAccessOptions;
    expect(await described()).to.include({ State: "default-state", InternetGatewayBlockMode: "off" });
    const { VpcBlockPublicAccessOptions: answer } = await aws.ec2.send(
      new ModifyVpcBlockPublicAccessOptionsCommand({ InternetGatewayBlockMode: "block-ingress" }),
    );
    expect(answer).to.include({ State: "update-in-progress", InternetGatewayBlockMode: "block-ingress" });
    expect(await described()).to.include({ State: "update-complete", InternetGatewayBlockMode: "block-ingress" });
    expect((await described())?.LastUpdateTimestamp).to.be.instanceOf(Date);
    const strange = new ModifyVpcBlockPublicAccessOptionsCommand({ InternetGatewayBlockMode: "on" as "off" });
    expect((await refusal(aws.ec2.send(strange))).code).to.equal("InvalidParameterValue");
    await aws.ec2.send(new ModifyVpcBlockPublicAccessOptionsCommand({ InternetGatewayBlockMode: "off" }));
    expect(await described()).to.include({ InternetGatewayBlockMode: "off" });
  });

  it("exclusions of VPCs and subnets are made, changed, tagged and deleted once", async () => {
    const InternetGatewayExclusionMode = "allow-egress";
    const create = (place: { VpcId?: string; SubnetId?: string }) =>
      aws.ec2.send(
        new CreateVpcBlockPublicAccessExclusionCommand({
          ...place,
          InternetGatewayExclusionMode,
          TagSpecifications: [{ ResourceType: "vpc-block-public-access-exclusion", Tags: [{ Key: "a", Value: "b" }] }],
        }),
      );
    expect((await refusal(create({ VpcId, SubnetId }))).code).to.equal("InvalidParameterCombination");
    expect((await refusal(create({}))).code).to.equal("MissingParameter");
    expect((await refusal(create({ VpcId: "vpc-00000000000000000" }))).code).to.equal("InvalidVpcID.NotFound");
    const { VpcBlockPublicAccessExclusion: made } = await create({ SubnetId });
    const ExclusionId = made?.ExclusionId ?? "";
    expect(made).to.include({ State: "create-in-progress", InternetGatewayExclusionMode });
    expect(made?.ResourceArn).to.equal(`arn:aws:ec2:us-east-1:000000000000:subnet/${SubnetId}`);
    const described = async () => {
      const input = { ExclusionIds: [ExclusionId] };
      const found = await aws.ec2.send(new DescribeVpcBlockPublicAccessExclusionsCommand(input));
      return found.VpcBlockPublicAccessExclusions?.[0];
    };
    expect((await described())?.State).to.equal("create-complete");
    expect((await described())?.Tags).to.deep.equal([{ Key: "a", Value: "b" }]);
    await aws.ec2.send(
      new ModifyVpcBlockPublicAccessExclusionCommand({
        ExclusionId,
        InternetGatewayExclusionMode: "allow-bidirectional",
      }),
    );
    expect(await described()).to.include({
      State: "update-complete",
      InternetGatewayExclusionMode: "allow-bidirectional",
    });
    const remove = () => aws.ec2.send(new DeleteVpcBlockPublicAccessExclusionCommand({ ExclusionId }));
    expect((await remove()).VpcBlockPublicAccessExclusion?.State).to.equal("delete-in-progress");
    expect((await described())?.State).to.equal("delete-complete");
    expect((await refusal(remove())).message).to.contain("is in delete-complete state and cannot be deleted");
  });

  it("Instance Connect endpoints have an interface in their subnet while they are there", async () => {
    const input = { SubnetId, ClientToken: "once", PreserveClientIp: true };
    const { InstanceConnectEndpoint: made } = await aws.ec2.send(new CreateInstanceConnectEndpointCommand(input));
    const InstanceConnectEndpointId = made?.InstanceConnectEndpointId ?? "";
    expect(made).to.include({ State: "create-in-progress", VpcId, PreserveClientIp: true, IpAddressType: "ipv4" });
    const again = await aws.ec2.send(new CreateInstanceConnectEndpointCommand(input));
    expect(again.InstanceConnectEndpoint?.InstanceConnectEndpointId).to.equal(InstanceConnectEndpointId);
    const described = async () => {
      const ids = { InstanceConnectEndpointIds: [InstanceConnectEndpointId] };
      const found = await aws.ec2.send(new DescribeInstanceConnectEndpointsCommand(ids));
      return found.InstanceConnectEndpoints?.[0];
    };
    expect((await described())?.State).to.equal("create-complete");
    const NetworkInterfaceIds = made?.NetworkInterfaceIds ?? [];
    const { NetworkInterfaces = [] } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }),
    );
    expect(NetworkInterfaces[0]).to.include({ SubnetId, Status: "in-use", RequesterManaged: true });
    expect(NetworkInterfaces[0]?.Groups?.map(({ GroupId }) => GroupId)).to.deep.equal(made?.SecurityGroupIds);
    const change = new ModifyInstanceConnectEndpointCommand({ InstanceConnectEndpointId, PreserveClientIp: false });
    expect((await aws.ec2.send(change)).Return).to.equal(true);
    expect(await described()).to.include({ PreserveClientIp: false });
    const inUse = await refusal(aws.ec2.send(new DeleteSubnetCommand({ SubnetId })));
    expect(inUse.code).to.equal("DependencyViolation");
    const remove = () => aws.ec2.send(new DeleteInstanceConnectEndpointCommand({ InstanceConnectEndpointId }));
    expect((await remove()).InstanceConnectEndpoint?.State).to.equal("delete-in-progress");
    expect((await described())?.State).to.equal("delete-complete");
    expect((await refusal(remove())).code).to.equal("InvalidInstanceConnectEndpointId.NotFound");
    const gone = await refusal(aws.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds })));
    expect(gone.code).to.equal("InvalidNetworkInterfaceID.NotFound");
    const { Tags } = await aws.ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [InstanceConnectEndpointId] }] }),
    );
    expect(Tags).to.deep.equal([]);
  });

  it("fast snapshot restores are enabled by snapshot and zone, and end with the snapshot", async () => {
    const volume = await aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 1 }));
    const { SnapshotId = "" } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId: volume.VolumeId }));
    const zones = (...AvailabilityZones: string[]) => ({ SourceSnapshotIds: [SnapshotId], AvailabilityZones });
    const enabled = async () => {
      const Filters = [{ Name: "snapshot-id", Values: [SnapshotId] }];
      const found = await aws.ec2.send(new DescribeFastSnapshotRestoresCommand({ Filters }));
      return found.FastSnapshotRestores?.map(({ AvailabilityZone, State }) => [AvailabilityZone, State]);
    };
    const { Successful = [] } = await aws.ec2.send(
      new EnableFastSnapshotRestoresCommand(zones("us-east-1a", "us-east-1b")),
    );
    expect(Successful.map(({ State }) => State)).to.deep.equal(["enabling", "enabling"]);
    expect(await enabled()).to.have.deep.members([
      ["us-east-1a", "enabled"],
      ["us-east-1b", "enabled"],
    ]);
    const disabled = await aws.ec2.send(new DisableFastSnapshotRestoresCommand(zones("us-east-1a", "us-east-1c")));
    expect(disabled.Successful?.map(({ State }) => State)).to.deep.equal(["disabling"]);
    expect(disabled.Unsuccessful?.[0]?.FastSnapshotRestoreStateErrors?.[0]?.AvailabilityZone).to.equal("us-east-1c");
    expect(await enabled()).to.deep.equal([["us-east-1b", "enabled"]]);
    const strange = await refusal(aws.ec2.send(new EnableFastSnapshotRestoresCommand(zones("mars-1a"))));
    expect(strange.code).to.equal("InvalidParameterValue");
    await aws.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
    expect(await enabled()).to.deep.equal([]);
    const missing = await refusal(aws.ec2.send(new EnableFastSnapshotRestoresCommand(zones("us-east-1a"))));
    expect(missing.code).to.equal("InvalidSnapshot.NotFound");
  });

  it("ModifyAvailabilityZoneGroup has no group to opt in to", async () => {
    const modify = (GroupName: string) =>
      refusal(aws.ec2.send(new ModifyAvailabilityZoneGroupCommand({ GroupName, OptInStatus: "opted-in" })));
    const { AvailabilityZones = [] } = await aws.ec2.send(new DescribeAvailabilityZonesCommand({}));
    expect((await modify(AvailabilityZones[0]?.GroupName ?? "")).code).to.equal("UnsupportedOperation");
    expect((await modify("us-east-1-mars-1")).code).to.equal("InvalidParameterValue");
  });
});
