import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeVolumesCommand,
  type ImageAttributeName,
  ModifyImageAttributeCommand,
  type ModifyImageAttributeCommandInput,
  RegisterImageCommand,
  ResetImageAttributeCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal, uniqueName } from "./support.ts";

/** Decision 166 says where the answers are from. */
describe("ec2 images as they were recorded", () => {
  let aws: TestServer;
  let SnapshotId: string;

  before(async () => {
    aws = await startLocalAws();
    const { VolumeId } = await aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 1 }));
    SnapshotId = (await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }))).SnapshotId ?? "";
  });
  after(() => aws.stop());

  async function register(ebs: { Encrypted?: boolean } = {}): Promise<string> {
    const { ImageId = "" } = await aws.ec2.send(
      new RegisterImageCommand({
        ...{ Name: uniqueName("image"), Architecture: "x86_64", VirtualizationType: "hvm" },
        RootDeviceName: "/dev/sda1",
        BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { SnapshotId, ...ebs } }],
      }),
    );
    return ImageId;
  }
  const find = (input: DescribeImagesCommandInput) => aws.ec2.send(new DescribeImagesCommand(input));

  it("tells what an image has, and nothing of what it was not given", async () => {
    const { Images } = await find({ ImageIds: [await register()] });
    expect(Images?.[0]).to.deep.include({ DeregistrationProtection: "disabled", FreeTierEligible: true });
    expect(Images?.[0]?.CreationDate).to.match(/\.000Z$/);
    expect(Images?.[0]).to.not.have.any.keys("EnaSupport", "SriovNetSupport", "ImageAllowed", "Description");
  });

  it("has attributes without a value, and none of the block devices", async () => {
    const ImageId = await register();
    const attribute = (Attribute: ImageAttributeName) =>
      aws.ec2.send(new DescribeImageAttributeCommand({ ImageId, Attribute }));
    for (const [name, member] of [
      ["description", "Description"],
      ["bootMode", "BootMode"],
      ["kernel", "KernelId"],
      ["ramdisk", "RamdiskId"],
      ["uefiData", "UefiData"],
      ["lastLaunchedTime", "LastLaunchedTime"],
    ] as const) {
      expect(await attribute(name), name).to.have.deep.property(member, {});
    }
    expect(await refusal(attribute("blockDeviceMapping"))).to.deep.include({
      ...{ code: "AuthFailure", status: 400, message: "Unauthorized attempt to access restricted resource" },
    });
  });

  const combination = "InvalidParameterCombination";
  const modifications: readonly (readonly [Partial<ModifyImageAttributeCommandInput>, string, string])[] = [
    [{}, combination, "No attributes specified."],
    [{ LaunchPermission: {} }, combination, "No attributes specified."],
    [
      { Description: { Value: "x" }, ImdsSupport: { Value: "v2.0" } },
      ...([combination, "Fields for multiple attribute types specified: description, imdsSupport"] as const),
    ],
    [
      { Attribute: "description", Value: "" },
      ...(["MissingParameter", "The request must contain the parameter description"] as const),
    ],
    [
      { ImdsSupport: { Value: "" } },
      ...(["MissingParameter", "The request must contain the parameter imdsSupport with value v2.0"] as const),
    ],
    [
      { LaunchPermission: { Add: [{ UserId: "123" }] } },
      ...(["InvalidAMIAttributeItemValue", 'Invalid attribute item value "123 " for userId item type.'] as const),
    ],
  ];
  for (const [input, code, message] of modifications) {
    it(`ModifyImageAttribute refuses ${JSON.stringify(input)}`, async () => {
      const sent = aws.ec2.send(new ModifyImageAttributeCommand({ ImageId: await register(), ...input }));
      expect(await refusal(sent)).to.deep.include({ code, message });
    });
  }

  it("resets permissions alone, and encrypts nothing that is a snapshot", async () => {
    const Attribute = "description" as "launchPermission";
    const sent = aws.ec2.send(new ResetImageAttributeCommand({ ImageId: await register(), Attribute }));
    expect(await refusal(sent)).to.deep.include({ code: "InvalidRequest" });
    expect(await refusal(register({ Encrypted: false }))).to.deep.include({ code: "InvalidParameter" });
  });

  const describing: readonly (readonly [DescribeImagesCommandInput, string, string])[] = [
    [{ MaxResults: 1 }, "InvalidParameterValue", "Invalid value '1' for maxResults. Expecting a value greater than 5."],
    [
      { ImageIds: ["ami-0123456789abcdef0"], MaxResults: 5 },
      ...([combination, "The parameter imageIdsSet cannot be used with the parameter maxResults"] as const),
    ],
    [
      { ImageIds: ["ami-00000000000000000"] },
      ...(["InvalidAMIID.Malformed", 'Invalid id: "ami-00000000000000000"'] as const),
    ],
    [{ ImageIds: [""] }, "MissingParameter", "The request must contain the parameter ImageId"],
  ];
  for (const [input, code, message] of describing) {
    it(`DescribeImages refuses ${JSON.stringify(input)}`, async () => {
      expect(await refusal(find(input))).to.deep.include({ code, message });
    });
  }

  it("takes the filters of what no image here has, and finds none by them", async () => {
    await register();
    for (const Name of [
      "image-watermark.watermark-key",
      "scan-result.finding-scan-date",
      "public-ssm-parameter-name",
    ]) {
      expect((await find({ Owners: ["self"], Filters: [{ Name, Values: ["*"] }] })).Images, Name).to.deep.equal([]);
    }
  });

  it("a volume of another type than the image's has what that type has", async () => {
    const { ImageId } = await aws.ec2.send(
      new RegisterImageCommand({
        ...{
          Name: uniqueName("image"),
          Architecture: "x86_64",
          VirtualizationType: "hvm",
          RootDeviceName: "/dev/xvda",
        },
        BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { SnapshotId, VolumeType: "gp3", Iops: 3000 } }],
      }),
    );
    const { Instances } = await aws.ec2.send(
      new RunInstancesCommand({
        ...{ ImageId, MinCount: 1, MaxCount: 1 },
        BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeType: "gp2" } }],
      }),
    );
    const VolumeId = Instances?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? "";
    const { Volumes } = await aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    expect(Volumes?.[0]).to.include({ VolumeType: "gp2", Iops: 100 });
  });

  it("a deregistered image is none any more, and still known", async () => {
    const ImageId = await register();
    const deregister = () => aws.ec2.send(new DeregisterImageCommand({ ImageId }));
    expect(await deregister()).to.deep.include({ Return: true, DeleteSnapshotResults: [] });
    expect((await find({ ImageIds: [ImageId] })).Images).to.deep.equal([]);
    expect(await refusal(deregister())).to.deep.include({
      ...{ code: "InvalidAMIID.Unavailable", message: `The image ID '${ImageId}' is no longer available` },
    });
  });
});
