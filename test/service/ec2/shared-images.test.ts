import {
  CancelImageLaunchPermissionCommand,
  CopyImageCommand,
  CopySnapshotCommand,
  CreateImageCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import type { TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";
import { runOne, uniqueName } from "./support.ts";
import { otherAccount, withTwoAccounts } from "./two-accounts.ts";

describe("ec2 images and snapshots that accounts share", () => {
  let aws: TestServer;
  let other: EC2Client;

  withTwoAccounts((...started) => {
    [aws, other] = started;
  });

  async function makeImage(): Promise<{ ImageId: string; SnapshotId: string }> {
    const InstanceId = await runOne(aws.ec2);
    const { ImageId = "" } = await aws.ec2.send(new CreateImageCommand({ InstanceId, Name: uniqueName("shared") }));
    return eventually("the image is there", async () => {
      const { Images } = await aws.ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
      const SnapshotId = only(Images).BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
      return only(Images).State === "available" && SnapshotId !== undefined ? { ImageId, SnapshotId } : undefined;
    });
  }

  const share = (ImageId: string, permission: { UserId: string } | { Group: "all" }) =>
    aws.ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [permission] } }));
  const idsOf = async (ec2: EC2Client, input = {}) =>
    ((await ec2.send(new DescribeImagesCommand(input))).Images ?? []).map(({ ImageId }) => ImageId);

  it("an image that is shared with an account is seen and launched by it, and not changed", async () => {
    const { ImageId } = await makeImage();
    await aws.ec2.send(new CreateTagsCommand({ Resources: [ImageId], Tags: [{ Key: "owner", Value: "me" }] }));
    const launch = () => other.send(new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1 }));
    expect(await idsOf(other, { ImageIds: [ImageId] })).to.deep.equal([]);
    expect(await codeOf(launch())).to.equal("InvalidAMIID.NotFound");
    await share(ImageId, { UserId: otherAccount });
    const { Images } = await other.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    expect(only(Images)).to.include({ ImageId, OwnerId: "000000000000", Public: false });
    expect(only(Images).Tags ?? []).to.deep.equal([]);
    expect(await idsOf(other, { ExecutableUsers: ["self"] })).to.deep.equal([ImageId]);
    expect(await idsOf(other, { Owners: ["000000000000"] })).to.deep.equal([ImageId]);
    expect(await idsOf(other, { Owners: ["self"] })).to.deep.equal([]);
    expect(only((await launch()).Instances).ImageId).to.equal(ImageId);
    expect(await codeOf(other.send(new DeregisterImageCommand({ ImageId })))).to.equal("AuthFailure");
    await other.send(new CancelImageLaunchPermissionCommand({ ImageId }));
    expect(await codeOf(launch())).to.equal("InvalidAMIID.NotFound");
  });

  it("a public image is everybody's to launch, and nobody's to give back", async () => {
    const { ImageId } = await makeImage();
    await share(ImageId, { Group: "all" });
    expect(await idsOf(other, { ExecutableUsers: ["all"], Owners: ["000000000000"] })).to.include(ImageId);
    const { Images } = await other.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    expect(only(Images).Public).to.equal(true);
    expect(await codeOf(other.send(new CancelImageLaunchPermissionCommand({ ImageId })))).to.equal(
      "InvalidParameterValue",
    );
  });

  it("an image is copied where its snapshot is shared too", async () => {
    const { ImageId, SnapshotId } = await makeImage();
    await share(ImageId, { UserId: otherAccount });
    const copy = () =>
      other.send(
        new CopyImageCommand({ SourceImageId: ImageId, SourceRegion: "us-east-1", Name: uniqueName("copied") }),
      );
    expect(await codeOf(copy())).to.equal("InvalidRequest");
    const CreateVolumePermission = { Add: [{ UserId: otherAccount }] };
    await aws.ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission }));
    const copied = await copy();
    const { Images } = await other.send(new DescribeImagesCommand({ ImageIds: [copied.ImageId ?? ""] }));
    expect(only(Images)).to.include({ OwnerId: otherAccount, SourceImageId: ImageId });
  });

  it("a snapshot that is shared makes volumes and copies", async () => {
    const AvailabilityZone = "us-east-1a";
    const { VolumeId } = await aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone, Size: 3 }));
    const { SnapshotId = "" } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    const volume = () => other.send(new CreateVolumeCommand({ AvailabilityZone, SnapshotId }));
    expect(await codeOf(volume())).to.equal("InvalidSnapshot.NotFound");
    const CreateVolumePermission = { Add: [{ UserId: otherAccount }] };
    await aws.ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission }));
    const described = await other.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
    expect(only(described.Snapshots)).to.include({ OwnerId: "000000000000", VolumeSize: 3 });
    const Filters = [{ Name: "volume-size", Values: ["3"] }];
    const listed = await other.send(new DescribeSnapshotsCommand({ RestorableByUserIds: ["self"], Filters }));
    expect(only(listed.Snapshots).SnapshotId).to.equal(SnapshotId);
    const mine = await other.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters }));
    expect(mine.Snapshots ?? []).to.deep.equal([]);
    const made = await volume();
    const { Volumes } = await other.send(new DescribeVolumesCommand({ VolumeIds: [made.VolumeId ?? ""] }));
    expect(only(Volumes)).to.include({ Size: 3, SnapshotId });
    const copy = await other.send(new CopySnapshotCommand({ SourceSnapshotId: SnapshotId, SourceRegion: "us-east-1" }));
    const own = await other.send(new DescribeSnapshotsCommand({ SnapshotIds: [copy.SnapshotId ?? ""] }));
    expect(only(own.Snapshots).OwnerId).to.equal(otherAccount);
  });
});
