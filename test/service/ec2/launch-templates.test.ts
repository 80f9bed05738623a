import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyLaunchTemplateCommand,
  type RequestLaunchTemplateData,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, uniqueName } from "./support.ts";

describe("ec2 launch templates", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function create(LaunchTemplateData: RequestLaunchTemplateData): Promise<{ id: string; name: string }> {
    const name = uniqueName("template");
    const { LaunchTemplate } = await aws.ec2.send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData, VersionDescription: "first" }),
    );
    return { id: LaunchTemplate?.LaunchTemplateId ?? "", name };
  }

  it("CreateLaunchTemplate makes version 1, the default, and gives the data back as it was given", async () => {
    const data: RequestLaunchTemplateData = {
      ImageId: "alpine:latest",
      InstanceType: "t3.micro",
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 12, Encrypted: true } }],
      NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: false, DeleteOnTermination: true }],
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "from", Value: "template" }] }],
      InstanceRequirements: undefined,
    };
    const { id, name } = await create(data);
    const { LaunchTemplateVersions = [] } = await aws.ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: name }),
    );
    expect(LaunchTemplateVersions).to.have.length(1);
    expect(LaunchTemplateVersions[0]).to.deep.include({
      LaunchTemplateId: id,
      VersionNumber: 1,
      DefaultVersion: true,
      VersionDescription: "first",
    });
    expect(LaunchTemplateVersions[0]?.CreatedBy).to.match(/^arn:aws:iam::/);
    const { InstanceRequirements: _, ...given } = data;
    expect(LaunchTemplateVersions[0]?.LaunchTemplateData).to.deep.equal(given);
  });

  it("adds versions on a source, moves the default, and resolves $Latest and $Default", async () => {
    const { id } = await create({ InstanceType: "t3.micro", KeyName: "one" });
    await aws.ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: id,
        SourceVersion: "1",
        LaunchTemplateData: { InstanceType: "t3.small" },
      }),
    );
    const versions = async (...Versions: string[]) => {
      const found = await aws.ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions }));
      return (found.LaunchTemplateVersions ?? []).map(({ VersionNumber }) => VersionNumber);
    };
    expect(await versions("$Latest")).to.deep.equal([2]);
    expect(await versions("$Default")).to.deep.equal([1]);
    expect(await versions()).to.deep.equal([2, 1]);
    const latest = await aws.ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ["2"] }),
    );
    expect(latest.LaunchTemplateVersions?.[0]?.LaunchTemplateData).to.include({
      InstanceType: "t3.small",
      KeyName: "one",
    });
    const { LaunchTemplate } = await aws.ec2.send(
      new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: "2" }),
    );
    expect(LaunchTemplate).to.include({ DefaultVersionNumber: 2, LatestVersionNumber: 2 });
    const deleted = await aws.ec2.send(
      new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ["1", "2", "9"] }),
    );
    expect(deleted.SuccessfullyDeletedLaunchTemplateVersions?.map((one) => one.VersionNumber)).to.deep.equal([1]);
    expect(
      deleted.UnsuccessfullyDeletedLaunchTemplateVersions?.map((one) => [one.VersionNumber, one.ResponseError?.Code]),
    ).to.deep.equal([
      [2, "unexpectedError"],
      [9, "launchTemplateVersionDoesNotExist"],
    ]);
  });

  it("RunInstances takes what the request does not say from the template, and tags its instances with it", async () => {
    const { id } = await create({
      ImageId: "alpine:latest",
      InstanceType: "t3.small",
      UserData: Buffer.from("#!/bin/sh").toString("base64"),
      Monitoring: { Enabled: true },
      DisableApiStop: true,
      TagSpecifications: [
        {
          ResourceType: "instance",
          Tags: [
            { Key: "a", Value: "t" },
            { Key: "b", Value: "t" },
          ],
        },
      ],
    });
    const { Instances = [] } = await aws.ec2.send(
      new RunInstancesCommand({
        MinCount: 1,
        MaxCount: 1,
        LaunchTemplate: { LaunchTemplateId: id, Version: "$Latest" },
        InstanceType: "t3.nano",
        TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "b", Value: "r" }] }],
      }),
    );
    const instance = await describeOne(aws.ec2, Instances[0]?.InstanceId ?? "");
    expect(instance).to.include({ InstanceType: "t3.nano", ImageId: "alpine:latest" });
    expect(instance.Monitoring?.State).to.equal("enabled");
    expect(instance.Tags).to.have.deep.members([
      { Key: "a", Value: "t" },
      { Key: "b", Value: "r" },
      { Key: "aws:ec2launchtemplate:id", Value: id },
      { Key: "aws:ec2launchtemplate:version", Value: "1" },
    ]);
  });

  it("deletes a template with its versions", async () => {
    const { id, name } = await create({ InstanceType: "t3.micro" });
    await aws.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: name }));
    const gone = await refusal(aws.ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] })));
    expect(gone.code).to.equal("InvalidLaunchTemplateId.NotFound");
    const unnamed = await refusal(aws.ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] })));
    expect(unnamed.code).to.equal("InvalidLaunchTemplateName.NotFoundException");
  });

  const refusals: [string, { name?: string; data: RequestLaunchTemplateData }, string][] = [
    ["a name with a space", { name: "a b c", data: { KeyName: "k" } }, "InvalidLaunchTemplateName.MalformedException"],
    [
      "a type beside requirements",
      { data: { InstanceType: "t3.micro", InstanceRequirements: { VCpuCount: { Min: 1 }, MemoryMiB: { Min: 1 } } } },
      "InvalidParameterCombination",
    ],
    ["user data that is no base64", { data: { UserData: "%%%" } }, "InvalidParameterValue"],
    [
      "tags of a type that no launch makes",
      { data: { TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "a", Value: "b" }] }] } },
      "InvalidParameterValue",
    ],
  ];
  for (const [what, { name, data }, code] of refusals) {
    it(`CreateLaunchTemplate rejects ${what} with ${code}`, async () => {
      const LaunchTemplateName = name ?? uniqueName("refused");
      const refused = await refusal(
        aws.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: data })),
      );
      expect(refused.code).to.equal(code);
    });
  }

  it("rejects a name that is taken, and a version that is not there", async () => {
    const { id, name } = await create({ InstanceType: "t3.micro" });
    const taken = await refusal(
      aws.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData: { KeyName: "k" } })),
    );
    expect(taken.code).to.equal("InvalidLaunchTemplateName.AlreadyExistsException");
    const missing = await refusal(
      aws.ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ["7"] })),
    );
    expect(missing.code).to.equal("InvalidLaunchTemplateId.VersionNotFound");
  });
});
