import {
  CopySnapshotCommand,
  type CopySnapshotCommandInput,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumeAttributeCommand,
  DescribeVolumeStatusCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  EnableVolumeIOCommand,
  ModifyVolumeAttributeCommand,
  ModifyVolumeCommand,
  type VolumeType,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal, uniqueName } from "./support.ts";

/** Decision 165 says where the answers are from. */
describe("ec2 volumes as they were recorded", () => {
  let aws: TestServer;
  const AvailabilityZone = "us-east-1a";
  const gone = "vol-0123456789abcdef0";
  const zeros = "vol-00000000000000000";

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  function create(input: CreateVolumeCommandInput = {}) {
    return aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone, Size: 1, VolumeType: "gp3", ...input }));
  }

  async function createOne(input: CreateVolumeCommandInput = {}): Promise<string> {
    return (await create(input)).VolumeId ?? "";
  }

  const combination = "InvalidParameterCombination";
  const refused: readonly (readonly [CreateVolumeCommandInput, string, code?: string])[] = [
    [{ Iops: -1 }, "Value (-1) for parameter iops is invalid. Value must be a positive integer."],
    [{ Iops: 99 }, "Volume iops of 99 is too low; minimum is 100."],
    [{ Iops: 80_001 }, "Volume iops of 80001 is too high; maximum is 80000."],
    [{ Iops: 2999 }, "Iops to volume size ratio of 2999.000000 is too high; maximum is 500"],
    [{ Throughput: 2001 }, "Volume throughput of 2001 is too high; maximum is 2000."],
    [
      { Iops: 500, Throughput: 751 },
      "Throughput (MiBps) to iops ratio of 0.250333 is too high; maximum is 0.250000 MiBps per iops",
    ],
    [{ VolumeType: "gp2", Iops: 100 }, "The parameter iops is not supported for gp2 volumes.", combination],
    [{ VolumeType: "gp2", Throughput: 125 }, "The throughput parameter is not supported for gp2 volumes.", combination],
    [{ VolumeType: "io1" }, "The parameter iops must be specified for io1 volumes.", combination],
    [{ VolumeType: "gp2", Size: 16_385 }, "Volume of 16385GiB is too large for volume type gp2; maximum is 16384GiB"],
    [
      { VolumeType: "st1" },
      "The volume size is invalid for st1 volumes: 1 GiB. st1 volumes must be at least 125 GiB in size. Please specify a volume size above the minimum limit.",
    ],
    [{ Size: -1 }, "Value (-1) for parameter size is invalid. Value must be a positive integer."],
    [{ VolumeType: "bad" as VolumeType }, "Unsupported volume type 'bad' for volume creation. ", "UnknownVolumeType"],
    [
      { VolumeInitializationRate: 100 },
      "You can't specify VolumeInitializationRate for volumes that are not created from a snapshot.",
      combination,
    ],
    [
      { AvailabilityZoneId: "use1-az6" },
      "AvailabilityZone and AvailabilityZoneId can't be used together. Specify only one of these parameters.",
      combination,
    ],
    [{ AvailabilityZone: "" }, "The request must contain the parameter zone", "MissingParameter"],
  ];
  for (const [input, message, code = "InvalidParameterValue"] of refused) {
    it(`CreateVolume refuses ${JSON.stringify(input)}, in a dry run too`, async () => {
      expect(await refusal(create(input))).to.deep.include({ code, message });
      expect(await refusal(create({ ...input, DryRun: true }))).to.deep.include({ code, message });
    });
  }

  it("CreateVolume refuses Multi-Attach and long tokens where it is meant alone", async () => {
    for (const [input, code] of [
      [{ MultiAttachEnabled: true }, combination],
      [{ ClientToken: "x".repeat(65) }, "InvalidParameterValue"],
    ] as const) {
      expect(await refusal(create(input))).to.deep.include({ code });
      expect(await refusal(create({ ...input, DryRun: true }))).to.deep.include({ code: "DryRunOperation" });
    }
  });

  it("CreateVolume gives a gp3 volume what it has at least, and tells less than DescribeVolumes", async () => {
    const made = await create({ VolumeType: "GP3" as VolumeType, Iops: 500, Throughput: 1 });
    expect(made).to.deep.include({ VolumeType: "gp3", Iops: 3000, Throughput: 125, State: "creating" });
    expect(made).to.not.have.any.keys("Attachments", "OwnerId", "VolumeArn", "Operator");
    expect(made.CreateTime?.getMilliseconds()).to.equal(0);
    const { VolumeId = "" } = made;
    const { Volumes } = await aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    expect(Volumes?.[0]).to.deep.include({
      ...{ Attachments: [], OwnerId: "000000000000", Operator: { Managed: false, HiddenByDefault: false } },
      VolumeArn: `arn:aws:ec2:us-east-1:000000000000:volume/${VolumeId}`,
    });
    expect((await create({ VolumeType: "" as VolumeType })).VolumeType).to.equal("gp2");
  });

  it("a token goes for the same request in other words, not for what is said beside it, and not once the volume is gone", async () => {
    const ClientToken = uniqueName("token");
    const tags = [
      { Key: "a", Value: "b" },
      { Key: "c", Value: "d" },
    ];
    const tagged = (Tags: typeof tags) => ({ TagSpecifications: [{ ResourceType: "volume" as const, Tags }] });
    const VolumeId = await createOne({ ClientToken, ...tagged(tags) });
    const zone = { AvailabilityZone: undefined, AvailabilityZoneId: "use1-az6" };
    const again = await create({ ClientToken, Throughput: 125, ...zone, ...tagged(tags.toReversed()) });
    expect(again).to.deep.include({ VolumeId, State: "available" });
    const mismatch = "IdempotentParameterMismatch";
    expect(await refusal(create({ ClientToken, Iops: 3000, ...tagged(tags) }))).to.deep.include({ code: mismatch });
    await aws.ec2.send(new DeleteVolumeCommand({ VolumeId }));
    expect(await refusal(create({ ClientToken, ...tagged(tags) }))).to.deep.include({ code: mismatch });
  });

  it("dry runs of everything else but DeleteVolume say nothing of ids", async () => {
    const DryRun = true;
    const dry = [
      aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: ["bad"], DryRun })),
      aws.ec2.send(new DescribeVolumeStatusCommand({ VolumeIds: ["bad"], DryRun })),
      aws.ec2.send(new DescribeVolumesModificationsCommand({ VolumeIds: [gone], DryRun })),
      aws.ec2.send(new DescribeVolumeAttributeCommand({ VolumeId: gone, Attribute: "autoEnableIO", DryRun })),
      aws.ec2.send(new ModifyVolumeAttributeCommand({ VolumeId: "bad", DryRun })),
      aws.ec2.send(new ModifyVolumeCommand({ VolumeId: "bad", DryRun })),
      aws.ec2.send(new EnableVolumeIOCommand({ VolumeId: gone, DryRun })),
    ];
    for (const sent of dry) expect(await refusal(sent)).to.deep.include({ code: "DryRunOperation", status: 412 });
    const deletion = aws.ec2.send(new DeleteVolumeCommand({ VolumeId: "bad", DryRun }));
    expect(await refusal(deletion)).to.deep.include({
      ...{ code: "InvalidParameterValue", message: "The volume ID 'bad' is malformed" },
    });
  });

  it("an id of zeros is malformed, with words of each operation's own", async () => {
    const attribute = { VolumeId: zeros, Attribute: "autoEnableIO" as const };
    const own: readonly (readonly [Promise<unknown>, string, string])[] = [
      [
        aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [zeros] })),
        ...([
          "InvalidParameterValue",
          `Value (${zeros}) for parameter volumes is invalid. Expected: 'vol-...'.`,
        ] as const),
      ],
      [
        aws.ec2.send(new DescribeVolumeAttributeCommand(attribute)),
        ...(["InvalidVolumeID.Malformed", `Value ( ${zeros} ) for parameter VOLUME is invalid. `] as const),
      ],
      [
        aws.ec2.send(new ModifyVolumeAttributeCommand({ VolumeId: zeros, AutoEnableIO: { Value: true } })),
        ...(["InvalidVolumeID.Malformed", `The volume ID '${zeros}' is malformed`] as const),
      ],
    ];
    for (const [sent, code, message] of own) expect(await refusal(sent)).to.deep.include({ code, message });
  });

  it("pages of volumes are of any size, and exclude ids", async () => {
    await aws.ec2.send(new DescribeVolumesCommand({ MaxResults: 1001 }));
    const VolumeIds = [await createOne()];
    for (const page of [{ MaxResults: 1 }, { NextToken: "x" }]) {
      const parameter = "MaxResults" in page ? "maxResults" : "nextToken";
      expect(await refusal(aws.ec2.send(new DescribeVolumesCommand({ VolumeIds, ...page })))).to.deep.include({
        code: combination,
        message: `The parameter volumeIdsSet cannot be used with the parameter ${parameter}`,
      });
    }
    const { VolumeStatuses } = await aws.ec2.send(new DescribeVolumeStatusCommand({ VolumeIds: [""] }));
    expect(VolumeStatuses).to.not.have.lengthOf(0);
  });

  it("ModifyVolume refuses nothing, less, and what io1 with Multi-Attach cannot", async () => {
    const VolumeId = await createOne({ Size: 2 });
    const shared = await createOne({ VolumeType: "io1", Size: 4, Iops: 100, MultiAttachEnabled: true });
    for (const [input, message] of [
      [{ VolumeId }, "Invalid input: Must specify at least one of size, type, iops, throughput or multi-attach."],
      [{ VolumeId, Size: 1 }, "New size cannot be smaller than existing size"],
      [
        { VolumeId: shared, Size: 5 },
        "io1 volumes with Multi-Attach enabled do not support modify-volume actions. Please review the EBS technical documentation for information on the Multi-Attach limitations and considerations.",
      ],
    ] as const) {
      const sent = aws.ec2.send(new ModifyVolumeCommand(input));
      expect(await refusal(sent)).to.deep.include({ code: "InvalidParameterValue", message });
    }
    const attached = aws.ec2.send(new ModifyVolumeCommand({ VolumeId, MultiAttachEnabled: true }));
    expect(await refusal(attached)).to.deep.include({ code: combination });
  });

  it("EnableVolumeIO finds the volume's I/O enabled", async () => {
    const VolumeId = await createOne();
    expect(await refusal(aws.ec2.send(new EnableVolumeIOCommand({ VolumeId })))).to.deep.include({
      ...{ code: "IncorrectState", message: `Volume ${VolumeId} already has IO enabled.` },
    });
  });

  it("CopySnapshot looks at forms before a dry run, and at the destination after it", async () => {
    const VolumeId = await createOne();
    const taken = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    expect(taken).to.not.have.any.keys("StorageTier", "TransferType", "CompletionTime");
    const SourceRegion = "us-east-1";
    const copy = (input: Partial<CopySnapshotCommandInput>) =>
      aws.ec2.send(new CopySnapshotCommand({ SourceSnapshotId: taken.SnapshotId, SourceRegion, ...input }));
    for (const [input, code] of [
      [{ SourceSnapshotId: "bad" }, "InvalidParameterValue"],
      [{ SourceRegion: "not-a-region" }, "InvalidRegion"],
      [{ CompletionDurationMinutes: 16 }, "InvalidParameterValue"],
    ] as const) {
      expect(await refusal(copy({ ...input, DryRun: true }))).to.deep.include({ code });
    }
    const elsewhere = { DestinationRegion: "us-west-2" };
    expect(await refusal(copy({ ...elsewhere, DryRun: true }))).to.deep.include({ code: "DryRunOperation" });
    const { SnapshotId = "" } = await copy({ CompletionDurationMinutes: 15 });
    const { Snapshots } = await aws.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
    expect(Snapshots?.[0]).to.deep.include({ TransferType: "time-based", CompletionDurationMinutes: 15 });
  });

  it("a volume is as large as its snapshot, whatever less is asked for", async () => {
    const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId: await createOne({ Size: 3 }) }));
    expect((await create({ SnapshotId, Size: 1 })).Size).to.equal(3);
    const slow = { SnapshotId, VolumeInitializationRate: 99 };
    expect(await refusal(create(slow))).to.deep.include({ code: "InvalidParameterValue" });
  });
});
