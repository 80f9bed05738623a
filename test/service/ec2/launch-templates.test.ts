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
      new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ["1", "9"] }),
    );
    expect(deleted.SuccessfullyDeletedLaunchTemplateVersions?.map((one) => one.VersionNumber)).to.deep.equal([1]);
    expect(
      deleted.UnsuccessfullyDeletedLaunchTemplateVersions?.map((one) => [one.VersionNumber, one.ResponseError?.Code]),
    ).to.deep.equal([[9, "launchTemplateVersionDoesNotExist"]]);
  });

  it("DeleteLaunchTemplateVersions deletes nothing where the default version or what is no version is among them", async () => {
    const { id } = await create({ InstanceType: "t3.micro" });
    await aws.ec2.send(
      new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: id, LaunchTemplateData: { KeyName: "k" } }),
    );
    const refused = async (...Versions: string[]) =>
      (await refusal(aws.ec2.send(new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions }))))
        .message;
    expect(await refused("2", "1")).to.match(/^The default version cannot be deleted\./);
    expect(await refused("2", "$Default")).to.match(/^The default version cannot be deleted\./);
    expect(await refused("2", "x", "1")).to.equal("Invalid value for version: x");
    const { LaunchTemplateVersions = [] } = await aws.ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ["2", "1", "$Default"] }),
    );
    expect(LaunchTemplateVersions.map(({ VersionNumber }) => VersionNumber)).to.deep.equal([2, 1, 1]);
  });

  it("CreateLaunchTemplate warns of a type that is not there, and knows whole seconds", async () => {
    const { LaunchTemplate, Warning } = await aws.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: uniqueName("template"),
        LaunchTemplateData: { InstanceType: "not-real" as "t3.micro" },
      }),
    );
    expect(Warning?.Errors).to.deep.equal([
      {
        Code: "InvalidInstanceType",
        Message: "The following supplied instance types do not exist: [not-real]",
      },
    ]);
    expect(LaunchTemplate?.CreateTime?.getMilliseconds()).to.equal(0);
    expect(LaunchTemplate?.Tags).to.equal(undefined);
  });

  it("repeats a request with the same token, a template only while it has no other version", async () => {
    const request = {
      LaunchTemplateName: uniqueName("template"),
      LaunchTemplateData: { InstanceType: "t3.micro" as const },
      ClientToken: uniqueName("token"),
    };
    const template = async (changes = {}) =>
      (await aws.ec2.send(new CreateLaunchTemplateCommand({ ...request, ...changes }))).LaunchTemplate
        ?.LaunchTemplateId;
    const id = await template();
    expect(await template()).to.equal(id);
    const used = "Client token already used before.";
    expect((await refusal(template({ VersionDescription: "other" }))).message).to.equal(used);
    const version = {
      LaunchTemplateId: id,
      LaunchTemplateData: { KeyName: "k" },
      ClientToken: uniqueName("token"),
    };
    for (const _ of ["first", "repeated"]) {
      const made = await aws.ec2.send(new CreateLaunchTemplateVersionCommand(version));
      expect(made.LaunchTemplateVersion).to.deep.include({ VersionNumber: 2, DefaultVersion: false });
    }
    const late = await refusal(template());
    expect(late).to.deep.include({ code: "IdempotentParameterMismatch", message: used });
    await aws.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }));
    expect((await refusal(template())).code).to.equal("IdempotentParameterMismatch");
  });

  it("CreateLaunchTemplateVersion takes all from its source where it gives no data, and wants one of the two", async () => {
    const { id } = await create({ InstanceType: "t3.micro" });
    const { LaunchTemplateVersion } = await aws.ec2.send(
      new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: id, SourceVersion: "1", LaunchTemplateData: {} }),
    );
    expect(LaunchTemplateVersion?.LaunchTemplateData).to.deep.equal({ InstanceType: "t3.micro" });
    const empty = await refusal(
      aws.ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: id, LaunchTemplateData: {} })),
    );
    expect(empty).to.deep.include({ code: "MissingParameter" });
    expect(empty.message).to.match(/^No launch template data was provided\./);
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
    ["user data that is no base64", { data: { UserData: "%%%" } }, "InvalidUserData.Malformed"],
    ["no data", { data: {} }, "MissingParameter"],
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
