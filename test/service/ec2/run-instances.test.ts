import {
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, run, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 RunInstances", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("answers pending and takes the instance to running on its own", async () => {
    const [instance] = await run(aws.ec2);
    expect(instance?.State).to.deep.equal({ Code: 0, Name: "pending" });
    expect(instance?.StateReason).to.deep.equal({ Code: "pending", Message: "pending" });
    expect(instance?.InstanceId).to.match(/^i-[0-9a-f]{17}$/);
    const running = await untilState(aws.ec2, instance?.InstanceId ?? "", "running");
    expect(running.State).to.deep.equal({ Code: 16, Name: "running" });
    expect(running.StateReason).to.equal(undefined);
  });

  it("puts the instances of one launch into one reservation, with launch indexes", async () => {
    const made = await aws.ec2.send(
      new RunInstancesCommand({ ImageId: "alpine:latest", InstanceType: "t3.micro", MinCount: 3, MaxCount: 3 }),
    );
    expect(made.Instances?.map((instance) => instance.AmiLaunchIndex)).to.deep.equal([0, 1, 2]);
    const { Reservations } = await aws.ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: "reservation-id", Values: [made.ReservationId ?? ""] }] }),
    );
    expect(Reservations?.length).to.equal(1);
    expect(Reservations?.[0]?.Instances?.map(({ InstanceId }) => InstanceId)).to.deep.equal(
      made.Instances?.map(({ InstanceId }) => InstanceId),
    );
  });

  it("gives each instance an address of its subnet that no other has", async () => {
    const { Subnets = [] } = await aws.ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: "availability-zone", Values: ["us-east-1d"] }] }),
    );
    const subnet = Subnets[0];
    const made = await run(aws.ec2, { SubnetId: subnet?.SubnetId, MinCount: 4, MaxCount: 4 });
    expect(subnet?.CidrBlock).to.equal("172.31.48.0/20");
    const addresses = made.map(({ PrivateIpAddress = "" }) => PrivateIpAddress);
    expect(new Set(addresses).size).to.equal(4);
    for (const address of addresses) expect(address).to.match(/^172\.31\.(4[89]|5\d|6[0-3])\.\d+$/);
    expect(made[0]?.PrivateDnsName).to.equal(`ip-${addresses[0]?.replaceAll(".", "-")}.ec2.internal`);
    const after = await aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnet?.SubnetId ?? ""] }));
    expect(after.Subnets?.[0]?.AvailableIpAddressCount).to.equal(4096 - 5 - 4);
  });

  it("takes an address that is asked for, and refuses it a second time", async () => {
    const { Subnets = [] } = await aws.ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: "availability-zone", Values: ["us-east-1e"] }] }),
    );
    const SubnetId = Subnets[0]?.SubnetId;
    const [instance] = await run(aws.ec2, { SubnetId, PrivateIpAddress: "172.31.64.77" });
    expect(instance?.PrivateIpAddress).to.equal("172.31.64.77");
    const again = await refusal(run(aws.ec2, { SubnetId, PrivateIpAddress: "172.31.64.77" }));
    expect(again).to.include({ code: "InvalidIPAddress.InUse", status: 400 });
    const outside = await refusal(run(aws.ec2, { SubnetId, PrivateIpAddress: "10.0.0.5" }));
    expect(outside.code).to.equal("InvalidParameterValue");
    const reserved = await refusal(run(aws.ec2, { SubnetId, PrivateIpAddress: "172.31.64.1" }));
    expect(reserved.code).to.equal("InvalidParameterValue");
  });

  it("makes a root volume and a primary interface, and drops them with the instance", async () => {
    const id = await runOne(aws.ec2);
    const byInstance = { Filters: [{ Name: "attachment.instance-id", Values: [id] }] };
    const { Volumes = [] } = await aws.ec2.send(new DescribeVolumesCommand(byInstance));
    expect(Volumes.length).to.equal(1);
    expect(Volumes[0]).to.include({ Size: 8, VolumeType: "gp3", State: "in-use", Iops: 3000, Throughput: 125 });
    expect(Volumes[0]?.Attachments?.[0]).to.include({ Device: "/dev/xvda", State: "attached", InstanceId: id });
    const { NetworkInterfaces = [] } = await aws.ec2.send(new DescribeNetworkInterfacesCommand(byInstance));
    expect(NetworkInterfaces.length).to.equal(1);
    expect(NetworkInterfaces[0]?.Attachment).to.include({ DeviceIndex: 0, Status: "attached", InstanceId: id });

    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    expect((await aws.ec2.send(new DescribeVolumesCommand(byInstance))).Volumes).to.deep.equal([]);
    const left = await aws.ec2.send(new DescribeNetworkInterfacesCommand(byInstance));
    expect(left.NetworkInterfaces).to.deep.equal([]);
  });

  it("keeps a volume that is not to be deleted on termination", async () => {
    const id = await runOne(aws.ec2, {
      BlockDeviceMappings: [
        { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 20, VolumeType: "gp2", DeleteOnTermination: false } },
        { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 5 } },
      ],
    });
    const { BlockDeviceMappings = [] } = await describeOne(aws.ec2, id);
    expect(BlockDeviceMappings.map(({ DeviceName }) => DeviceName)).to.have.members(["/dev/xvda", "/dev/sdf"]);
    const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === "/dev/xvda")?.Ebs?.VolumeId ?? "";
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    const { Volumes = [] } = await aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [root] }));
    expect(Volumes[0]).to.include({ State: "available", Size: 20, VolumeType: "gp2", Iops: 100 });
    expect(Volumes[0]?.Attachments).to.deep.equal([]);
  });

  it("tags what its tag specifications name", async () => {
    const id = await runOne(aws.ec2, {
      TagSpecifications: [
        { ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] },
        { ResourceType: "volume", Tags: [{ Key: "disk", Value: "root" }] },
        { ResourceType: "network-interface", Tags: [{ Key: "nic", Value: "first" }] },
      ],
    });
    const instance = await describeOne(aws.ec2, id);
    expect(instance.Tags).to.deep.equal([{ Key: "Name", Value: "web" }]);
    const byInstance = { Filters: [{ Name: "attachment.instance-id", Values: [id] }] };
    const { Volumes } = await aws.ec2.send(new DescribeVolumesCommand(byInstance));
    expect(Volumes?.[0]?.Tags).to.deep.equal([{ Key: "disk", Value: "root" }]);
    const { NetworkInterfaces } = await aws.ec2.send(new DescribeNetworkInterfacesCommand(byInstance));
    expect(NetworkInterfaces?.[0]?.TagSet).to.deep.equal([{ Key: "nic", Value: "first" }]);
  });

  it("makes nothing new for a client token that it has seen", async () => {
    const request = { ClientToken: uniqueName("token"), MinCount: 2, MaxCount: 2 };
    const first = await run(aws.ec2, request);
    const second = await run(aws.ec2, request);
    expect(second.map(({ InstanceId }) => InstanceId)).to.deep.equal(first.map(({ InstanceId }) => InstanceId));
    const other = await refusal(run(aws.ec2, { ...request, InstanceType: "t3.small" }));
    expect(other).to.include({ code: "IdempotentParameterMismatch", status: 400 });
  });

  it("makes one set of instances of equal requests that come at once", async () => {
    const request = { ClientToken: uniqueName("token") };
    const answers = await Promise.all([run(aws.ec2, request), run(aws.ec2, request), run(aws.ec2, request)]);
    expect(new Set(answers.map(([instance]) => instance?.InstanceId)).size).to.equal(1);
  });

  it("answers DryRunOperation to a dry run after checking it, and makes nothing", async () => {
    const KeyName = uniqueName("missing");
    expect((await refusal(run(aws.ec2, { DryRun: true, KeyName }))).code).to.equal("InvalidKeyPair.NotFound");
    const tag = uniqueName("dry");
    const TagSpecifications = [{ ResourceType: "instance" as const, Tags: [{ Key: tag, Value: "" }] }];
    expect(await refusal(run(aws.ec2, { DryRun: true, TagSpecifications }))).to.deep.equal({
      code: "DryRunOperation",
      status: 412,
      message: "Request would have succeeded, but DryRun flag is set.",
    });
    const found = await aws.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "tag-key", Values: [tag] }] }));
    expect(found.Reservations).to.deep.equal([]);
  });

  it("rejects an unknown image with InvalidAMIID.NotFound, naming the setting that allows it", async () => {
    const { code, message } = await refusal(run(aws.ec2, { ImageId: "ami-0123456789abcdef0" }));
    expect(code).to.equal("InvalidAMIID.NotFound");
    expect(message).to.match(/^The image id '\[ami-0123456789abcdef0\]' does not exist/);
    expect(message).to.include("LOCALAWS_EC2_UNKNOWN_AMI");
  });

  for (const ImageId of ["ami-xyz", "ami-123", "Not An Image", "case/UPPER"]) {
    it(`rejects the image ${ImageId} with InvalidAMIID.Malformed`, async () => {
      const { code } = await refusal(run(aws.ec2, { ImageId }));
      expect(code).to.equal("InvalidAMIID.Malformed");
    });
  }

  const refusals: readonly (readonly [what: string, overrides: Partial<RunInstancesCommandInput>, code: string])[] = [
    ["an unknown type", { InstanceType: "t9.huge" as never }, "InvalidParameterValue"],
    [
      "a type of another architecture",
      { ImageId: "ami-01d690ec5097a49e9", InstanceType: "t4g.micro" },
      "InvalidParameterValue",
    ],
    ["an unknown key pair", { KeyName: "no-such-key" }, "InvalidKeyPair.NotFound"],
    ["an unknown subnet", { SubnetId: "subnet-0123456789abcdef0" }, "InvalidSubnetID.NotFound"],
    ["a malformed subnet", { SubnetId: "subnet-x" }, "InvalidSubnetID.NotFound"],
    ["an unknown group", { SecurityGroupIds: ["sg-0123456789abcdef0"] }, "InvalidGroup.NotFound"],
    ["an unknown group name", { SecurityGroups: ["no-such-group"] }, "InvalidGroup.NotFound"],
    ["a count of zero", { MinCount: 0 }, "InvalidParameterValue"],
    ["more at least than at most", { MinCount: 3, MaxCount: 2 }, "InvalidParameterCombination"],
    ["user data that is no base64", { UserData: "***" }, "InvalidParameterValue"],
    ["user data over 16 KB", { UserData: Buffer.alloc(16_385).toString("base64") }, "InvalidParameterValue"],
    ["a zone of another region", { Placement: { AvailabilityZone: "eu-west-1a" } }, "InvalidParameterValue"],
    [
      "a volume that is too small",
      { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 1 } }] },
      "InvalidBlockDeviceMapping",
    ],
    [
      "reserved tags",
      { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "aws:x", Value: "" }] }] },
      "InvalidParameterValue",
    ],
    ["what is not emulated", { KernelId: "aki-00000000" }, "UnsupportedOperation"],
    ["more instances than the account may have", { MinCount: 100_000, MaxCount: 100_000 }, "InstanceLimitExceeded"],
  ];
  for (const [what, overrides, code] of refusals) {
    it(`rejects ${what} with ${code}`, async () => {
      const answer = await refusal(run(aws.ec2, overrides));
      expect(answer).to.include({ code, status: 400 });
    });
  }

  it("puts an instance into the groups that it names", async () => {
    const GroupName = uniqueName("group");
    const { GroupId = "" } = await aws.ec2.send(
      new CreateSecurityGroupCommand({ GroupName, Description: "of a test" }),
    );
    const byId = await describeOne(aws.ec2, await runOne(aws.ec2, { SecurityGroupIds: [GroupId] }));
    expect(byId.SecurityGroups).to.deep.equal([{ GroupId, GroupName }]);
    const byName = await describeOne(aws.ec2, await runOne(aws.ec2, { SecurityGroups: [GroupName] }));
    expect(byName.SecurityGroups).to.deep.equal([{ GroupId, GroupName }]);
    const usual = await describeOne(aws.ec2, await runOne(aws.ec2));
    expect(usual.SecurityGroups?.map((group) => group.GroupName)).to.deep.equal(["default"]);
  });
});

describe("ec2 RunInstances with LOCALAWS_EC2_UNKNOWN_AMI", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records", unknownAmi: "alpine:latest" });
  });
  after(() => aws.stop());

  it("runs an AMI id that the catalogue does not know", async () => {
    const instance = await describeOne(aws.ec2, await runOne(aws.ec2, { ImageId: "ami-0123456789abcdef0" }));
    expect(instance.ImageId).to.equal("ami-0123456789abcdef0");
  });

  it("still rejects what is no AMI id", async () => {
    expect((await refusal(run(aws.ec2, { ImageId: "ami-xyz" }))).code).to.equal("InvalidAMIID.Malformed");
  });
});
