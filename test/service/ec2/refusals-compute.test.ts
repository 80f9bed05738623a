import {
  AttachVolumeCommand,
  CreateImageCommand,
  CreateLaunchTemplateVersionCommand,
  CreatePlacementGroupCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
  RegisterImageCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, run, runOne, uniqueName } from "./support.ts";

/** What is asked for in words, the request, and the code and message of its refusal. */
type Refusal = readonly [name: string, send: (ec2: EC2Client) => Promise<unknown>, code: string, message: string];

const unknownImage = "ami-0123456789abcdef0";

function launch(name: string, input: Partial<RunInstancesCommandInput>, code: string, message: string): Refusal {
  return [`RunInstances with ${name}`, (ec2) => run(ec2, input), code, message];
}

function volume(name: string, input: Partial<CreateVolumeCommandInput>, message: string): Refusal {
  const send = (ec2: EC2Client) => ec2.send(new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", ...input }));
  return [`CreateVolume of ${name}`, send, "InvalidParameterValue", message];
}

const refusals: Refusal[] = [
  launch(
    "an interface without a device index",
    { NetworkInterfaces: [{ AssociatePublicIpAddress: false }] },
    "InvalidParameterValue",
    "Each network interface requires a device index.",
  ),
  launch(
    "a device twice",
    {
      BlockDeviceMappings: [1, 2].map((VolumeSize) => ({ DeviceName: "/dev/sdf", Ebs: { VolumeSize } })),
    },
    "InvalidBlockDeviceMapping",
    "Duplicate device name /dev/sdf",
  ),
  launch(
    "a device that is none",
    { BlockDeviceMappings: [{ DeviceName: "/dev/nvme1n1", Ebs: { VolumeSize: 8 } }] },
    "InvalidBlockDeviceMapping",
    "Invalid device name /dev/nvme1n1",
  ),
  launch(
    "a key for a volume that is not encrypted",
    { BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 8, KmsKeyId: "alias/aws/ebs" } }] },
    "InvalidParameterDependency",
    "The parameter [KmsKeyId] requires the parameter Encrypted to be set.",
  ),
  launch(
    "a word that is no image",
    { ImageId: "foo-1" },
    "InvalidAMIID.Malformed",
    'Invalid id: "foo-1" (expecting "ami-...")',
  ),
  [
    "DescribeImages of an unknown image",
    (ec2) => ec2.send(new DescribeImagesCommand({ ImageIds: [unknownImage] })),
    "InvalidAMIID.NotFound",
    `The image id '[${unknownImage}]' does not exist`,
  ],
  [
    "TerminateInstances of none",
    (ec2) => ec2.send(new TerminateInstancesCommand({ InstanceIds: undefined })),
    "MissingParameter",
    "The request must contain the parameter InstanceId",
  ],
  [
    "CreateLaunchTemplateVersion without data",
    (ec2) => ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateData: undefined })),
    "MissingParameter",
    "No launch template data was provided. Launch template data is required to create a launch template.",
  ],
  [
    "DescribeLaunchTemplates by a name that none has",
    (ec2) => ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ["nowhere"] })),
    "InvalidLaunchTemplateName.NotFoundException",
    "At least one of the launch templates specified in the request does not exist.",
  ],
  [
    "DescribeVolumes by an id that is none",
    (ec2) => ec2.send(new DescribeVolumesCommand({ VolumeIds: ["disk-1"] })),
    "InvalidParameterValue",
    "Value (disk-1) for parameter volumes is invalid. Expected: 'vol-...'.",
  ],
  [
    "RegisterImage of an unknown architecture",
    (ec2) => ec2.send(new RegisterImageCommand({ Name: "pdp", Architecture: "pdp11" as "i386" })),
    "InvalidParameterValue",
    "Value (pdp11) for parameter architecture is invalid.",
  ],
  volume(
    "io1 with too many IOPS",
    { VolumeType: "io1", Size: 10, Iops: 501 },
    "Iops to volume size ratio of 50.100000 is too high; maximum is 50",
  ),
  volume(
    "gp3 with too many IOPS",
    { VolumeType: "gp3", Size: 7, Iops: 4000 },
    "Iops to volume size ratio of 571.428571 is too high; maximum is 500",
  ),
  volume(
    "gp3 with too much throughput",
    { VolumeType: "gp3", Size: 10, Throughput: 1000 },
    "Throughput (MiBps) to iops ratio of 0.333333 is too high; maximum is 0.250000 MiBps per iops",
  ),
];

describe("ec2 refusals of instances, images and volumes", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  for (const [name, send, code, message] of refusals) {
    it(`refuses ${name} with ${code}`, async () => {
      expect(await refusal(send(aws.ec2))).to.include({ code, message, status: 400 });
    });
  }

  it("takes the least IOPS of gp3 for the smallest volume", async () => {
    const made = await aws.ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", VolumeType: "gp3", Size: 1, Iops: 3000 }),
    );
    expect(made.Iops).to.equal(3000);
  });

  it("shows the root device first, whose volume a running instance keeps", async () => {
    const id = await runOne(aws.ec2, { Placement: { AvailabilityZone: "us-east-1a" } });
    const { VolumeId = "" } = await aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 1 }));
    const attach = { InstanceId: id, VolumeId };
    const wrong = await refusal(aws.ec2.send(new AttachVolumeCommand({ ...attach, Device: "Disk_D" })));
    expect(wrong.message).to.equal(
      "Value (Disk_D) for parameter device is invalid. Disk_D is not a valid EBS device name.",
    );
    await aws.ec2.send(new AttachVolumeCommand({ ...attach, Device: "/dev/sda2" }));
    const { RootDeviceName, BlockDeviceMappings = [] } = await describeOne(aws.ec2, id);
    expect(BlockDeviceMappings.map(({ DeviceName }) => DeviceName)).to.deep.equal([RootDeviceName, "/dev/sda2"]);
    const { code } = await refusal(
      aws.ec2.send(new DetachVolumeCommand({ VolumeId: BlockDeviceMappings[0]?.Ebs?.VolumeId ?? "" })),
    );
    expect(code).to.equal("OperationNotPermitted");
  });

  it("puts no instance of a burstable type into a cluster", async () => {
    const GroupName = uniqueName("cluster");
    await aws.ec2.send(new CreatePlacementGroupCommand({ GroupName, Strategy: "cluster" }));
    const { code, message } = await refusal(run(aws.ec2, { InstanceType: "t3.micro", Placement: { GroupName } }));
    expect(code).to.equal("InvalidParameterCombination");
    expect(message).to.equal("Placement groups may not be used with instances of type 't3.micro'.");
    const [placed] = await run(aws.ec2, { InstanceType: "c5.large", Placement: { GroupName } });
    expect(placed?.Placement?.GroupName).to.equal(GroupName);
  });

  it("adds and removes permissions, and knows no other operation", async () => {
    const InstanceId = await runOne(aws.ec2);
    const { ImageId = "" } = await aws.ec2.send(new CreateImageCommand({ InstanceId, Name: uniqueName("shared") }));
    const { Reservations = [] } = await aws.ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
    const VolumeId = Reservations[0]?.Instances?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? "";
    const { SnapshotId = "" } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    const wrong = { OperationType: "give" as "add", UserIds: ["111122223333"] };
    for (const sent of [
      aws.ec2.send(new ModifyImageAttributeCommand({ ImageId, Attribute: "launchPermission", ...wrong })),
      aws.ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, Attribute: "createVolumePermission", ...wrong })),
    ]) {
      expect(await refusal(sent)).to.include({
        code: "InvalidParameterValue",
        message: "Value (give) for parameter operationType is invalid.",
      });
    }
  });
});
