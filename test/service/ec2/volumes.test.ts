import {
  AttachVolumeCommand,
  CopySnapshotCommand,
  CreateSnapshotCommand,
  CreateSnapshotsCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumeAttributeCommand,
  DescribeVolumeStatusCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  DetachVolumeCommand,
  DisableEbsEncryptionByDefaultCommand,
  EC2Client,
  EnableEbsEncryptionByDefaultCommand,
  EnableSnapshotBlockPublicAccessCommand,
  GetEbsDefaultKmsKeyIdCommand,
  GetEbsEncryptionByDefaultCommand,
  LockSnapshotCommand,
  ModifySnapshotAttributeCommand,
  ModifyVolumeAttributeCommand,
  ModifyVolumeCommand,
  ResetEbsDefaultKmsKeyIdCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  UnlockSnapshotCommand,
  waitUntilSnapshotCompleted,
  waitUntilVolumeAvailable,
  waitUntilVolumeDeleted,
  waitUntilVolumeInUse,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 volumes and snapshots", () => {
  let aws: TestServer;
  const waiting = () => ({ client: aws.ec2, maxWaitTime: 10, minDelay: 0.1, maxDelay: 1 });

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function newVolume(changes: Partial<CreateVolumeCommandInput> = {}): Promise<string> {
    const { VolumeId = "" } = await aws.ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 8, ...changes }),
    );
    return VolumeId;
  }
  const volume = async (id: string) =>
    (await aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes?.[0];

  it("makes a volume that becomes available, with the figures of its type and its tags", async () => {
    const made = await aws.ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: "us-east-1a",
        ...{ Size: 100, VolumeType: "gp3" },
        TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "Name", Value: "data" }] }],
      }),
    );
    expect(made).to.include({ State: "creating", Size: 100, VolumeType: "gp3", Iops: 3000, Throughput: 125 });
    const id = made.VolumeId ?? "";
    await waitUntilVolumeAvailable(waiting(), { VolumeIds: [id] });
    expect((await volume(id))?.Tags).to.deep.equal([{ Key: "Name", Value: "data" }]);
    await aws.ec2.send(new DeleteVolumeCommand({ VolumeId: id }));
    await waitUntilVolumeDeleted(waiting(), { VolumeIds: [id] });
  });

  it("refuses what no volume can be", async () => {
    for (const [changes, code] of [
      [{ AvailabilityZone: "us-east-1z" }, "InvalidZone.NotFound"],
      [{ Size: undefined }, "MissingParameter"],
      [{ Size: 20_000, VolumeType: "gp2" }, "InvalidParameterValue"],
      [{ VolumeType: "io1" }, "InvalidParameterCombination"],
      [{ VolumeType: "gp2", Iops: 1000 }, "InvalidParameterCombination"],
      [{ VolumeType: "gp3", Throughput: 5000 }, "InvalidParameterValue"],
      [{ SnapshotId: "snap-0123456789abcdef0" }, "InvalidSnapshot.NotFound"],
      [{ KmsKeyId: "alias/x" }, "InvalidParameterDependency"],
      [{ DryRun: true }, "DryRunOperation"],
    ] as const) {
      expect((await refusal(newVolume(changes))).code, JSON.stringify(changes)).to.equal(code);
    }
  });

  it("makes one volume of two requests with one ClientToken", async () => {
    const ClientToken = uniqueName("token");
    expect(await newVolume({ ClientToken })).to.equal(await newVolume({ ClientToken }));
  });

  it("attaches and detaches, with AWS's errors for what is in the way", async () => {
    const InstanceId = await runOne(aws.ec2);
    const AvailabilityZone = (await describeOne(aws.ec2, InstanceId)).Placement?.AvailabilityZone ?? "";
    const [VolumeId, other] = [await newVolume({ AvailabilityZone }), await newVolume({ AvailabilityZone })];
    const attach = (changes: object = {}) =>
      aws.ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: "/dev/sdf", ...changes }));
    const elsewhere = await newVolume({
      AvailabilityZone: AvailabilityZone === "us-east-1a" ? "us-east-1b" : "us-east-1a",
    });
    expect((await refusal(attach({ VolumeId: elsewhere }))).code).to.equal("InvalidVolume.ZoneMismatch");
    expect((await refusal(attach({ Device: "../x" }))).code).to.equal("InvalidParameterValue");
    const attached = await attach();
    expect(attached).to.include({ State: "attaching", Device: "/dev/sdf", DeleteOnTermination: false });
    await waitUntilVolumeInUse(waiting(), { VolumeIds: [VolumeId] });
    const { BlockDeviceMappings = [] } = await describeOne(aws.ec2, InstanceId);
    expect(BlockDeviceMappings.map(({ DeviceName }) => DeviceName)).to.include("/dev/sdf");
    expect(await refusal(attach())).to.include({ code: "VolumeInUse" });
    expect((await refusal(attach({ VolumeId: other }))).message).to.include(
      "Attachment point /dev/sdf is already in use",
    );
    expect((await refusal(aws.ec2.send(new DeleteVolumeCommand({ VolumeId })))).code).to.equal("VolumeInUse");
    const detach = (changes: object = {}) => aws.ec2.send(new DetachVolumeCommand({ VolumeId, ...changes }));
    expect((await refusal(detach({ Device: "/dev/sdg" }))).code).to.equal("InvalidAttachment.NotFound");
    const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName !== "/dev/sdf")?.Ebs?.VolumeId;
    expect((await refusal(detach({ VolumeId: root }))).code).to.equal("OperationNotPermitted");
    expect(await detach({ InstanceId })).to.include({ State: "detaching", InstanceId });
    await waitUntilVolumeAvailable(waiting(), { VolumeIds: [VolumeId] });
    expect((await refusal(detach())).code).to.equal("IncorrectState");
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(aws.ec2, InstanceId, "stopped");
    await attach();
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await waitUntilVolumeAvailable(waiting(), { VolumeIds: [VolumeId] });
    expect((await refusal(volume(root ?? ""))).code).to.equal("InvalidVolume.NotFound");
  });

  it("modifies a volume, remembers how, and never makes it smaller", async () => {
    const VolumeId = await newVolume({ Size: 10, VolumeType: "gp2" });
    const { VolumesModifications } = await aws.ec2.send(new DescribeVolumesModificationsCommand({}));
    expect(VolumesModifications?.some((one) => one.VolumeId === VolumeId)).to.equal(false);
    const one = aws.ec2.send(new DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] }));
    expect((await refusal(one)).code).to.equal("InvalidVolumeModification.NotFound");
    const { VolumeModification } = await aws.ec2.send(
      new ModifyVolumeCommand({ VolumeId, Size: 20, VolumeType: "gp3", Throughput: 250 }),
    );
    expect(VolumeModification).to.include({ ModificationState: "modifying", OriginalSize: 10, TargetSize: 20 });
    const again = await aws.ec2.send(new DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] }));
    expect(again.VolumesModifications?.[0]).to.include({ ModificationState: "completed", Progress: 100 });
    expect(await volume(VolumeId)).to.include({ Size: 20, VolumeType: "gp3", Iops: 3000, Throughput: 250 });
    expect((await refusal(aws.ec2.send(new ModifyVolumeCommand({ VolumeId, Size: 5 })))).code).to.equal(
      "InvalidParameterValue",
    );
  });

  for (const Name of ["fast-restored", "operator.managed"]) {
    it(`finds by ${Name} that a volume is not`, async () => {
      const VolumeId = await newVolume();
      const find = async (value: string) => {
        const Filters = [
          { Name, Values: [value] },
          { Name: "volume-id", Values: [VolumeId] },
        ];
        return (await aws.ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes?.length;
      };
      expect([await find("false"), await find("true")]).to.deep.equal([1, 0]);
    });
  }

  it("tells a volume's status and attributes", async () => {
    const VolumeId = await newVolume();
    const { VolumeStatuses } = await aws.ec2.send(new DescribeVolumeStatusCommand({ VolumeIds: [VolumeId] }));
    expect(VolumeStatuses?.[0]?.VolumeStatus?.Status).to.equal("ok");
    await aws.ec2.send(new ModifyVolumeAttributeCommand({ VolumeId, AutoEnableIO: { Value: true } }));
    const { AutoEnableIO } = await aws.ec2.send(
      new DescribeVolumeAttributeCommand({ VolumeId, Attribute: "autoEnableIO" }),
    );
    expect(AutoEnableIO).to.deep.equal({ Value: true });
  });

  it("encrypts new volumes by default where that is on, and what comes of encrypted ones", async () => {
    expect((await aws.ec2.send(new GetEbsDefaultKmsKeyIdCommand({}))).KmsKeyId).to.equal("alias/aws/ebs");
    const managed = /^arn:aws:kms:us-east-1:000000000000:key\/[\da-f-]{36}$/;
    expect((await aws.ec2.send(new ResetEbsDefaultKmsKeyIdCommand({}))).KmsKeyId).to.match(managed);
    await aws.ec2.send(new EnableEbsEncryptionByDefaultCommand({}));
    expect((await aws.ec2.send(new GetEbsEncryptionByDefaultCommand({}))).EbsEncryptionByDefault).to.equal(true);
    const VolumeId = await newVolume();
    await aws.ec2.send(new DisableEbsEncryptionByDefaultCommand({}));
    const found = await volume(VolumeId);
    expect(found?.Encrypted).to.equal(true);
    expect(found?.KmsKeyId).to.match(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/);
    const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    expect(await volume(await newVolume({ SnapshotId }))).to.include({ Encrypted: true, KmsKeyId: found?.KmsKeyId });
    expect((await volume(await newVolume()))?.Encrypted).to.equal(false);
  });

  it("takes snapshots, finds, copies and deletes them", async () => {
    const VolumeId = await newVolume({ Size: 12 });
    const made = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId, Description: "nightly" }));
    expect(made).to.include({ State: "pending", VolumeSize: 12, Description: "nightly", OwnerId: "000000000000" });
    const SnapshotId = made.SnapshotId ?? "";
    await waitUntilSnapshotCompleted(waiting(), { SnapshotIds: [SnapshotId] });
    const Filters = [{ Name: "volume-id", Values: [VolumeId] }];
    const { Snapshots } = await aws.ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters }));
    expect(Snapshots?.map((one) => one.SnapshotId)).to.deep.equal([SnapshotId]);
    const west = new EC2Client({ ...aws.clientConfig, region: "us-west-2" });
    const copy = await west.send(new CopySnapshotCommand({ SourceRegion: "us-east-1", SourceSnapshotId: SnapshotId }));
    const copied = await west.send(new DescribeSnapshotsCommand({ SnapshotIds: [copy.SnapshotId ?? ""] }));
    expect(copied.Snapshots?.[0]?.VolumeSize).to.equal(12);
    west.destroy();
    expect((await volume(await newVolume({ SnapshotId, Size: 5 })))?.Size).to.equal(12);
    expect((await volume(await newVolume({ SnapshotId, Size: undefined })))?.Size).to.equal(12);
    await aws.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
    expect((await refusal(aws.ec2.send(new DeleteSnapshotCommand({ SnapshotId })))).code).to.equal(
      "InvalidSnapshot.NotFound",
    );
  });

  it("takes snapshots of all volumes of an instance, tagged as their volumes", async () => {
    const InstanceId = await runOne(aws.ec2, {
      BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 3 } }],
      TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "from", Value: "launch" }] }],
    });
    const { Snapshots = [] } = await aws.ec2.send(
      new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId }, CopyTagsFromSource: "volume" }),
    );
    expect(Snapshots.map(({ VolumeSize }) => VolumeSize)).to.have.members([8, 3]);
    expect(Snapshots[0]?.Tags).to.deep.equal([{ Key: "from", Value: "launch" }]);
  });

  it("shares a snapshot, unless public sharing is blocked", async () => {
    const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId: await newVolume() }));
    const share = (permission: object) =>
      aws.ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission: permission }));
    const permissions = async () => {
      const input = { SnapshotId, Attribute: "createVolumePermission" } as const;
      return (await aws.ec2.send(new DescribeSnapshotAttributeCommand(input))).CreateVolumePermissions;
    };
    await share({ Add: [{ UserId: "123456789012" }, { Group: "all" }] });
    expect(await permissions()).to.deep.equal([{ UserId: "123456789012" }, { Group: "all" }]);
    await share({ Remove: [{ Group: "all" }] });
    expect(await permissions()).to.deep.equal([{ UserId: "123456789012" }]);
    expect((await refusal(share({ Add: [{ UserId: "12" }] }))).code).to.equal("InvalidUserID.Malformed");
    await aws.ec2.send(new EnableSnapshotBlockPublicAccessCommand({ State: "block-all-sharing" }));
    expect((await refusal(share({ Add: [{ Group: "all" }] }))).code).to.equal("OperationNotPermitted");
  });

  it("keeps a locked snapshot", async () => {
    const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId: await newVolume() }));
    const lock = await aws.ec2.send(new LockSnapshotCommand({ SnapshotId, LockMode: "governance", LockDuration: 2 }));
    expect(lock).to.include({ LockState: "governance", LockDuration: 2 });
    const { Snapshots } = await aws.ec2.send(new DescribeLockedSnapshotsCommand({}));
    expect(Snapshots?.map((one) => one.SnapshotId)).to.deep.equal([SnapshotId]);
    expect((await refusal(aws.ec2.send(new DeleteSnapshotCommand({ SnapshotId })))).code).to.equal(
      "OperationNotPermitted",
    );
    await aws.ec2.send(new UnlockSnapshotCommand({ SnapshotId }));
    await aws.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
  });
});
