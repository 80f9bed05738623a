import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeVolumesCommand,
  paginateDescribeInstanceTypes,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal, runOne } from "./support.ts";

describe("ec2 DescribeImages", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function names(input: DescribeImagesCommandInput): Promise<(string | undefined)[]> {
    return (await aws.ec2.send(new DescribeImagesCommand(input))).Images?.map(({ Name }) => Name) ?? [];
  }

  const searches: readonly [what: string, owner: string, name: string, found: RegExp][] = [
    ["Amazon Linux 2023", "amazon", "al2023-ami-2023.*-x86_64", /^al2023-ami-2023\..*-kernel-6\.1-x86_64$/],
    ["Amazon Linux 2023's minimal image", "amazon", "al2023-ami-minimal-2023.*-arm64", /-kernel-6\.1-arm64$/],
    ["Amazon Linux 2", "amazon", "amzn2-ami-hvm-*-x86_64-gp2", /^amzn2-ami-hvm-2\.0\./],
    ["Amazon Linux 2's minimal image", "amazon", "amzn2-ami-minimal-hvm-*-x86_64-ebs", /^amzn2-ami-minimal-hvm-2\.0\./],
    ["Amazon Linux 2 with its later kernel", "amazon", "amzn2-ami-kernel-5.10-hvm-*-x86_64-gp2", /^amzn2-ami-kernel-/],
    ["Ubuntu 20.04", "099720109477", "ubuntu/images/hvm-ssd/ubuntu-focal-20.04-amd64-server-*", /focal-20\.04-amd64/],
    ["Ubuntu 22.04", "099720109477", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*", /jammy-22\.04-amd64/],
    [
      "Ubuntu 24.04",
      "099720109477",
      "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*",
      /noble-24\.04-amd64/,
    ],
    ["Debian 12", "136693071363", "debian-12-amd64-*", /^debian-12-amd64-/],
    ["Debian 13", "136693071363", "debian-13-arm64-*", /^debian-13-arm64-/],
    ["Alpine", "538276064493", "alpine-3.*-x86_64-uefi-cloudinit-*", /^alpine-3\./],
  ];
  for (const [what, owner, name, expected] of searches) {
    it(`finds ${what} by its owner and the pattern of its name`, async () => {
      const found = await names({ Owners: [owner], Filters: [{ Name: "name", Values: [name] }] });
      expect(found.length).to.equal(1);
      expect(found[0]).to.match(expected);
    });
  }

  it("gives minimal images small disks, and none is the latest of its publisher's", async () => {
    const filters = (name: string) => ({ Owners: ["amazon"], Filters: [{ Name: "name", Values: [name] }] });
    const { Images: minimal = [] } = await aws.ec2.send(new DescribeImagesCommand(filters("amzn2-ami-minimal-hvm-*")));
    expect(minimal.map(({ BlockDeviceMappings: [root] = [] }) => root?.Ebs?.VolumeSize)).to.deep.equal([2, 2]);
    const id = await runOne(aws.ec2, {
      ImageId: minimal.find(({ Architecture }) => Architecture === "x86_64")?.ImageId,
    });
    const ofInstance = { Filters: [{ Name: "attachment.instance-id", Values: [id] }] };
    const { Volumes = [] } = await aws.ec2.send(new DescribeVolumesCommand(ofInstance));
    expect(Volumes[0]).to.include({ Size: 2, VolumeType: "standard" });

    const { Images = [] } = await aws.ec2.send(new DescribeImagesCommand(filters("al2023-ami-*-x86_64")));
    const latest = Images.toSorted((a, b) => `${b.CreationDate}`.localeCompare(`${a.CreationDate}`))[0];
    expect(latest?.Name).to.match(/^al2023-ami-2023\./);
  });

  it("filters by architecture and root device, and finds none of its own", async () => {
    const arm = await aws.ec2.send(
      new DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["arm64"] }] }),
    );
    expect(new Set(arm.Images?.map(({ Architecture }) => Architecture))).to.deep.equal(new Set(["arm64"]));
    expect(await names({ Filters: [{ Name: "root-device-type", Values: ["instance-store"] }] })).to.deep.equal([]);
    expect(await names({ Owners: ["self"] })).to.deep.equal([]);
  });

  it("describes a Docker image by its name", async () => {
    const { Images = [] } = await aws.ec2.send(
      new DescribeImagesCommand({ ImageIds: ["registry.example:5000/team/app:1.2"] }),
    );
    expect(Images[0]).to.include({
      ImageId: "registry.example:5000/team/app:1.2",
      OwnerId: "000000000000",
      RootDeviceName: "/dev/xvda",
    });
  });

  it("rejects unknown and malformed ids and unknown filters", async () => {
    const answers = [
      await refusal(names({ ImageIds: ["ami-0123456789abcdef0"] })),
      await refusal(names({ ImageIds: ["ami-nope"] })),
      await refusal(names({ Filters: [{ Name: "colour", Values: ["x"] }] })),
      await refusal(names({ Owners: ["nobody"] })),
    ];
    expect(answers.map(({ code }) => code)).to.deep.equal([
      "InvalidAMIID.NotFound",
      "InvalidAMIID.Malformed",
      "InvalidParameterValue",
      "InvalidParameterValue",
    ]);
  });
});

describe("ec2 DescribeInstanceTypes", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("knows what a type is made of", async () => {
    const { InstanceTypes = [] } = await aws.ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ["t2.micro", "c6i.2xlarge"] }),
    );
    const [small, large] = InstanceTypes;
    expect(small?.VCpuInfo?.DefaultVCpus).to.equal(1);
    expect(small?.MemoryInfo?.SizeInMiB).to.equal(1024);
    expect(small).to.include({ Hypervisor: "xen", BurstablePerformanceSupported: true, BareMetal: false });
    expect(large?.VCpuInfo).to.include({ DefaultVCpus: 8, DefaultCores: 4, DefaultThreadsPerCore: 2 });
    expect(large?.MemoryInfo?.SizeInMiB).to.equal(16_384);
  });

  it("knows the cores that may be chosen, and how many volumes can be attached", async () => {
    const asked = ["m5.large", "m5.4xlarge", "m6g.xlarge", "c7i.16xlarge", "r8g.48xlarge", "t2.micro"] as const;
    const { InstanceTypes = [] } = await aws.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [...asked] }));
    const [small, even, arm, dedicated, large, xen] = InstanceTypes;
    expect(small?.VCpuInfo?.ValidCores).to.deep.equal([1]);
    expect(even?.VCpuInfo?.ValidCores).to.deep.equal([2, 4, 6, 8]);
    expect(arm?.VCpuInfo?.ValidCores).to.deep.equal([1, 2, 3, 4]);
    expect(even?.EbsInfo).to.include({ MaximumEbsAttachments: 27, AttachmentLimitType: "shared" });
    expect(dedicated?.EbsInfo).to.include({ MaximumEbsAttachments: 48, AttachmentLimitType: "dedicated" });
    expect(large?.EbsInfo?.MaximumEbsAttachments).to.equal(128);
    expect(large?.MemoryInfo?.SizeInMiB).to.equal(1536 * 1024);
    expect(xen?.EbsInfo).to.include({ EbsOptimizedSupport: "unsupported", NvmeSupport: "unsupported" });
  });

  it("knows local disks and GPUs, and finds types by their disks", async () => {
    const asked = ["m5d.large", "i3.16xlarge", "g4dn.12xlarge", "m7a.medium", "g6.48xlarge", "m3.medium"] as const;
    const { InstanceTypes = [] } = await aws.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [...asked] }));
    const [m5d, i3, g4dn, m7a, g6, m3] = asked.map((name) =>
      InstanceTypes.find(({ InstanceType }) => InstanceType === name),
    );
    expect(m5d?.InstanceStorageInfo).to.deep.include({ TotalSizeInGB: 75, NvmeSupport: "required" });
    expect(m5d?.MemoryInfo?.SizeInMiB).to.equal(8192);
    expect(m3?.InstanceStorageInfo).to.deep.include({ TotalSizeInGB: 4, NvmeSupport: "unsupported" });
    expect(m3?.VCpuInfo).to.deep.include({ DefaultVCpus: 1, DefaultCores: 1, DefaultThreadsPerCore: 1 });
    expect(m3?.EbsInfo?.EbsOptimizedSupport).to.equal("unsupported");
    expect(i3?.InstanceStorageInfo?.Disks).to.deep.equal([{ Count: 8, SizeInGB: 1900, Type: "ssd" }]);
    expect(i3).to.deep.include({ Hypervisor: "xen" });
    expect(i3?.NetworkInfo?.EnaSupport).to.equal("supported");
    expect(g4dn?.GpuInfo?.Gpus?.[0]).to.deep.include({ Name: "T4", Count: 4 });
    expect(g4dn?.GpuInfo?.TotalGpuMemoryInMiB).to.equal(65_536);
    expect(g4dn?.HibernationSupported).to.equal(false);
    expect(g6?.GpuInfo).to.deep.include({ TotalGpuMemoryInMiB: 8 * 22_888 });
    expect(g6?.InstanceStorageInfo?.TotalSizeInGB).to.equal(7520);
    expect(g6?.EbsInfo?.EbsOptimizedInfo?.BaselineBandwidthInMbps).to.equal(60_000);
    expect(m7a?.VCpuInfo).to.deep.include({ DefaultVCpus: 1, DefaultCores: 1, DefaultThreadsPerCore: 1 });
    const found = await aws.ec2.send(
      new DescribeInstanceTypesCommand({
        Filters: [{ Name: "instance-storage-info.disk.size-in-gb", Values: ["75"] }],
      }),
    );
    expect(found.InstanceTypes?.map(({ InstanceType }) => InstanceType)).to.include.members([
      ...["m5d.large", "r5d.large", "z1d.large", "m5ad.large", "r5dn.large"],
    ]);
  });

  it("knows bare metal, accelerators and types of several network cards", async () => {
    const asked = ["m5.metal", "p5.48xlarge", "inf2.24xlarge", "trn1.32xlarge", "c7gn.medium", "mac2.metal"] as const;
    const { InstanceTypes = [] } = await aws.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [...asked] }));
    const [metal, gpus, inference, training, arm, mac] = InstanceTypes;
    expect(metal).to.deep.include({ BareMetal: true, MemoryInfo: { SizeInMiB: 393_216 } });
    expect(metal?.Hypervisor).to.equal(undefined);
    expect(gpus?.GpuInfo).to.deep.include({ TotalGpuMemoryInMiB: 655_360 });
    expect(gpus?.NetworkInfo).to.include({ MaximumNetworkCards: 32, EfaSupported: true });
    expect(gpus?.NetworkInfo?.NetworkCards?.map((card) => card.NetworkCardIndex)).to.deep.equal([...Array(32).keys()]);
    expect(inference?.InferenceAcceleratorInfo?.Accelerators?.[0]).to.include({ Name: "Inferentia2", Count: 6 });
    expect(training?.NeuronInfo?.NeuronDevices?.[0]).to.include({ Name: "Trainium", Count: 16 });
    expect(arm?.VCpuInfo).to.include({ DefaultVCpus: 1, DefaultThreadsPerCore: 1 });
    expect(arm?.ProcessorInfo?.SupportedArchitectures).to.deep.equal(["arm64"]);
    expect(mac?.ProcessorInfo).to.deep.include({ Manufacturer: "Apple", SupportedArchitectures: ["arm64_mac"] });
  });

  it("knows the sizes of each family of the current generations", async () => {
    const families = [
      "m5n",
      "m6idn",
      "m7a",
      "m8g",
      "c6gn",
      "c7gn",
      "c8gd",
      "r5b",
      "r7iz",
      "r8i",
      "t4g",
      "i4g",
      "i7ie",
      "i8g",
    ];
    const others = [
      "d3",
      "d3en",
      "im4gn",
      "is4gen",
      "x1e",
      "x2gd",
      "x8g",
      "z1d",
      "g4ad",
      "g5g",
      "g6e",
      "inf1",
      "p4d",
      "hpc7g",
    ];
    for (const family of [...families, ...others]) {
      const { InstanceTypes = [] } = await aws.ec2.send(
        new DescribeInstanceTypesCommand({ Filters: [{ Name: "instance-type", Values: [`${family}.*`] }] }),
      );
      expect(InstanceTypes, family).to.not.be.empty;
      for (const { InstanceType, VCpuInfo, MemoryInfo } of InstanceTypes) {
        expect(VCpuInfo?.DefaultVCpus, InstanceType).to.be.greaterThan(0);
        expect(MemoryInfo?.SizeInMiB, InstanceType).to.be.greaterThan(500);
      }
    }
  });

  it("filters by vCPUs, memory and architecture", async () => {
    const { InstanceTypes = [] } = await aws.ec2.send(
      new DescribeInstanceTypesCommand({
        Filters: [
          { Name: "vcpu-info.default-vcpus", Values: ["2"] },
          { Name: "memory-info.size-in-mib", Values: ["8192"] },
          { Name: "processor-info.supported-architecture", Values: ["arm64"] },
        ],
      }),
    );
    const found = InstanceTypes.map(({ InstanceType }) => InstanceType);
    expect(found).to.include.members(["t4g.large", "m6g.large", "m7g.large"]);
    expect(found).to.not.include("m5.large");
  });

  it("pages through all types once", async () => {
    const found: (string | undefined)[] = [];
    for await (const page of paginateDescribeInstanceTypes({ client: aws.ec2, pageSize: 100 }, {})) {
      found.push(...(page.InstanceTypes ?? []).map(({ InstanceType }) => InstanceType));
    }
    expect(found.length).to.be.greaterThan(1200);
    expect(new Set(found).size).to.equal(found.length);
  });

  it("has a hundred on a page at most", async () => {
    const first = await aws.ec2.send(new DescribeInstanceTypesCommand({}));
    expect(first.InstanceTypes).to.have.length(100);
    expect(first.NextToken).to.be.a("string");
  });

  it("rejects an unknown type with InvalidInstanceType", async () => {
    const answer = await refusal(
      aws.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["t9.huge" as "t2.micro"] })),
    );
    expect(answer).to.deep.equal({
      code: "InvalidInstanceType",
      status: 400,
      message: "The following supplied instance types do not exist: [t9.huge]",
    });
  });

  it("offers a type in the region and in each of its zones", async () => {
    const Filters = [{ Name: "instance-type", Values: ["t3.micro"] }];
    const region = await aws.ec2.send(new DescribeInstanceTypeOfferingsCommand({ Filters }));
    expect(region.InstanceTypeOfferings).to.deep.equal([
      { InstanceType: "t3.micro", LocationType: "region", Location: "us-east-1" },
    ]);
    const zones = await aws.ec2.send(
      new DescribeInstanceTypeOfferingsCommand({ Filters, LocationType: "availability-zone" }),
    );
    expect(zones.InstanceTypeOfferings?.length).to.equal(6);
  });
});

describe("ec2 DescribeRegions and DescribeAvailabilityZones", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("lists the regions that need no opt-in, and all on request", async () => {
    const { Regions = [] } = await aws.ec2.send(new DescribeRegionsCommand({}));
    expect(Regions.length).to.equal(17);
    expect(Regions.find(({ RegionName }) => RegionName === "eu-central-1")).to.deep.equal({
      RegionName: "eu-central-1",
      Endpoint: "ec2.eu-central-1.amazonaws.com",
      OptInStatus: "opt-in-not-required",
    });
    const all = await aws.ec2.send(new DescribeRegionsCommand({ AllRegions: true }));
    expect(all.Regions?.find(({ RegionName }) => RegionName === "af-south-1")?.OptInStatus).to.equal("not-opted-in");
  });

  it("finds regions by name and filter, and rejects one that is none", async () => {
    const named = await aws.ec2.send(new DescribeRegionsCommand({ RegionNames: ["us-west-2", "af-south-1"] }));
    expect(named.Regions?.map(({ RegionName }) => RegionName)).to.have.members(["us-west-2", "af-south-1"]);
    const Filters = [{ Name: "region-name", Values: ["eu-west-*"] }];
    const filtered = await aws.ec2.send(new DescribeRegionsCommand({ Filters }));
    expect(filtered.Regions?.length).to.equal(3);
    const answer = await refusal(aws.ec2.send(new DescribeRegionsCommand({ RegionNames: ["mars-1"] })));
    expect(answer.code).to.equal("InvalidParameterValue");
  });

  it("lists the zones of the region with their ids", async () => {
    const { AvailabilityZones = [] } = await aws.ec2.send(new DescribeAvailabilityZonesCommand({}));
    expect(AvailabilityZones.map((zone) => [zone.ZoneName, zone.ZoneId])).to.deep.equal([
      ["us-east-1a", "use1-az6"],
      ["us-east-1b", "use1-az1"],
      ["us-east-1c", "use1-az2"],
      ["us-east-1d", "use1-az4"],
      ["us-east-1e", "use1-az3"],
      ["us-east-1f", "use1-az5"],
    ]);
    const answer = await refusal(aws.ec2.send(new DescribeAvailabilityZonesCommand({ ZoneNames: ["us-east-1z"] })));
    expect(answer.code).to.equal("InvalidParameterValue");
  });
});
