import {
  CopyImageCommand,
  CreateImageCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeSnapshotsCommand,
  DisableImageCommand,
  DisableImageDeregistrationProtectionCommand,
  EC2Client,
  EnableImageBlockPublicAccessCommand,
  EnableImageCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  ModifyImageAttributeCommand,
  RegisterImageCommand,
  ResetImageAttributeCommand,
  waitUntilImageAvailable,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, run, runOne, uniqueName } from "./support.ts";

describe("ec2 images of an account", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const find = async (input: Partial<DescribeImagesCommandInput>) =>
    (await aws.ec2.send(new DescribeImagesCommand(input))).Images ?? [];
  const waiting = () => ({ client: aws.ec2, maxWaitTime: 10, minDelay: 0.1, maxDelay: 1 });

  async function newImage(): Promise<{ id: string; name: string; instanceId: string }> {
    const instanceId = await runOne(aws.ec2, {
      BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 3, VolumeType: "gp3" } }],
    });
    const name = uniqueName("image");
    const { ImageId: id = "" } = await aws.ec2.send(
      new CreateImageCommand({
        ...{ InstanceId: instanceId, Name: name, Description: "made" },
        TagSpecifications: [
          { ResourceType: "image", Tags: [{ Key: "of", Value: name }] },
          { ResourceType: "snapshot", Tags: [{ Key: "of", Value: name }] },
        ],
      }),
    );
    await waitUntilImageAvailable(waiting(), { ImageIds: [id] });
    return { id, name, instanceId };
  }

  it("makes an image of an instance, with snapshots of its volumes, that instances can be made from", async () => {
    const { id, name, instanceId } = await newImage();
    const [image] = await find({ Owners: ["self"], Filters: [{ Name: "name", Values: [`${name}*`] }] });
    expect(image).to.include({
      ImageId: id,
      Name: name,
      State: "available",
      Public: false,
      SourceInstanceId: instanceId,
    });
    expect(image?.Tags).to.deep.equal([{ Key: "of", Value: name }]);
    expect(image?.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.VolumeSize)).to.have.members([8, 3]);
    const tagged = [{ Name: "tag:of", Values: [name] }];
    const { Snapshots = [] } = await aws.ec2.send(new DescribeSnapshotsCommand({ Filters: tagged }));
    expect(Snapshots.map(({ SnapshotId }) => SnapshotId)).to.have.members(
      image?.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.SnapshotId) ?? [],
    );
    const inUse = aws.ec2.send(new DeleteSnapshotCommand({ SnapshotId: Snapshots[0]?.SnapshotId }));
    expect((await refusal(inUse)).code).to.equal("InvalidSnapshot.InUse");
    const copy = await runOne(aws.ec2, { ImageId: id });
    expect((await describeOne(aws.ec2, copy)).BlockDeviceMappings?.length).to.equal(2);
    const gone = await aws.ec2.send(new DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true }));
    expect(gone.DeleteSnapshotResults?.map(({ ReturnCode }) => ReturnCode)).to.deep.equal(["success", "success"]);
    expect(await find({ ImageIds: [id] })).to.deep.equal([]);
    expect((await refusal(run(aws.ec2, { ImageId: id }))).code).to.equal("InvalidAMIID.Unavailable");
  });

  it("refuses names that are none or are taken, and instances that are none", async () => {
    const { name, instanceId } = await newImage();
    const create = (Name: string, InstanceId = instanceId) =>
      aws.ec2.send(new CreateImageCommand({ InstanceId, Name }));
    expect((await refusal(create(name))).code).to.equal("InvalidAMIName.Duplicate");
    expect((await refusal(create("a"))).code).to.equal("InvalidAMIName.Malformed");
    expect((await refusal(create("other", "i-0123456789abcdef0"))).code).to.equal("InvalidInstanceID.NotFound");
  });

  it("registers an image of a snapshot", async () => {
    const { VolumeId } = await aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 5 }));
    const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    const Name = uniqueName("registered");
    const root = { DeviceName: "/dev/xvda", Ebs: { SnapshotId } };
    const input = { Name, Architecture: "x86_64", VirtualizationType: "hvm", RootDeviceName: "/dev/xvda" } as const;
    const { ImageId = "" } = await aws.ec2.send(new RegisterImageCommand({ ...input, BlockDeviceMappings: [root] }));
    const [image] = await find({ ImageIds: [ImageId] });
    expect(image).to.include({ Architecture: "x86_64", VirtualizationType: "hvm", RootDeviceName: "/dev/xvda" });
    expect(image?.BlockDeviceMappings?.[0]?.Ebs).to.include({ SnapshotId, VolumeSize: 5, VolumeType: "gp2" });
    const rootless = new RegisterImageCommand({ ...input, Name: uniqueName("x"), BlockDeviceMappings: [] });
    expect((await refusal(aws.ec2.send(rootless))).code).to.equal("InvalidBlockDeviceMapping");
  });

  it("copies an image from another region, with snapshots of its own", async () => {
    const { id, name } = await newImage();
    const west = new EC2Client({ ...aws.clientConfig, region: "us-west-2" });
    const { ImageId = "" } = await west.send(
      new CopyImageCommand({ Name: "copy", SourceImageId: id, SourceRegion: "us-east-1", CopyImageTags: true }),
    );
    const [copy] = (await west.send(new DescribeImagesCommand({ ImageIds: [ImageId] }))).Images ?? [];
    expect(copy).to.include({ Name: "copy", SourceImageId: id, SourceImageRegion: "us-east-1", State: "available" });
    expect(copy?.Tags).to.deep.equal([{ Key: "of", Value: name }]);
    const ids = copy?.BlockDeviceMappings?.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []) ?? [];
    expect((await west.send(new DescribeSnapshotsCommand({ SnapshotIds: ids }))).Snapshots?.length).to.equal(2);
    west.destroy();
    const here = new CopyImageCommand({ Name: uniqueName("here"), SourceImageId: id, SourceRegion: "us-east-1" });
    expect((await aws.ec2.send(here)).ImageId).to.match(/^ami-/);
    const nowhere = new CopyImageCommand({ Name: uniqueName("no"), SourceImageId: id, SourceRegion: "mars-1" });
    expect(await refusal(aws.ec2.send(nowhere))).to.include({ code: "InvalidParameterValue" });
  });

  it("keeps every permission of those that are given at once", async () => {
    const { id: ImageId } = await newImage();
    const accounts = ["111111111111", "222222222222", "333333333333", "444444444444"];
    const share = (UserId: string) =>
      aws.ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ UserId }] } }));
    await Promise.all(accounts.map(share));
    const answer = await aws.ec2.send(new DescribeImageAttributeCommand({ ImageId, Attribute: "launchPermission" }));
    expect(answer.LaunchPermissions?.map(({ UserId }) => UserId)).to.have.members(accounts);
  });

  it("shares an image, and makes it public unless that is blocked", async () => {
    const { id: ImageId } = await newImage();
    const permissions = async () => {
      const input = { ImageId, Attribute: "launchPermission" } as const;
      return (await aws.ec2.send(new DescribeImageAttributeCommand(input))).LaunchPermissions;
    };
    const modify = (input: object) => aws.ec2.send(new ModifyImageAttributeCommand({ ImageId, ...input }));
    await modify({ Attribute: "launchPermission", OperationType: "add", UserIds: ["123456789012"] });
    await modify({ LaunchPermission: { Add: [{ Group: "all" }] } });
    expect(await permissions()).to.deep.equal([{ UserId: "123456789012" }, { Group: "all" }]);
    expect((await find({ ImageIds: [ImageId] }))[0]?.Public).to.equal(true);
    expect((await find({ ExecutableUsers: ["123456789012"] })).map((image) => image.ImageId)).to.deep.equal([ImageId]);
    await aws.ec2.send(new ResetImageAttributeCommand({ ImageId, Attribute: "launchPermission" }));
    expect(await permissions()).to.deep.equal([]);
    expect((await refusal(modify({ LaunchPermission: { Add: [{ UserId: "x" }] } }))).code).to.equal(
      "InvalidAMIAttributeItemValue",
    );
    await modify({ Description: { Value: "changed" } });
    expect((await find({ ImageIds: [ImageId] }))[0]?.Description).to.equal("changed");
    await aws.ec2.send(new EnableImageBlockPublicAccessCommand({ ImageBlockPublicAccessState: "block-new-sharing" }));
    expect((await refusal(modify({ LaunchPermission: { Add: [{ Group: "all" }] } }))).code).to.equal(
      "OperationNotPermitted",
    );
  });

  it("deprecates, disables and protects an image, and changes none of others", async () => {
    const { id: ImageId } = await newImage();
    const DeprecateAt = new Date(Date.now() + 86_400_000);
    await aws.ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt }));
    expect((await find({ ImageIds: [ImageId] }))[0]?.DeprecationTime).to.match(/:00\.000Z$/);
    await aws.ec2.send(new DisableImageCommand({ ImageId }));
    expect((await find({ Owners: ["self"] })).some((image) => image.ImageId === ImageId)).to.equal(false);
    const all = await find({ Owners: ["self"], IncludeDisabled: true });
    expect(all.find((image) => image.ImageId === ImageId)?.State).to.equal("disabled");
    await aws.ec2.send(new EnableImageCommand({ ImageId }));
    await aws.ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId }));
    const deregister = () => aws.ec2.send(new DeregisterImageCommand({ ImageId }));
    expect((await refusal(deregister())).code).to.equal("OperationNotPermitted");
    await aws.ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
    await aws.ec2.send(new CreateTagsCommand({ Resources: [ImageId], Tags: [{ Key: "Name", Value: "mine" }] }));
    expect((await find({ Filters: [{ Name: "tag:Name", Values: ["mine"] }] }))[0]?.ImageId).to.equal(ImageId);
    await deregister();
    const [amazon] = await find({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-2023*"] }] });
    const foreign = aws.ec2.send(new DisableImageCommand({ ImageId: amazon?.ImageId }));
    expect((await refusal(foreign)).code).to.equal("AuthFailure");
  });
});
