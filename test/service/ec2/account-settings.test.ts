import {
  CreateLaunchTemplateCommand,
  DescribeIdFormatCommand,
  DescribeInstanceEventNotificationAttributesCommand,
  DescribeReservedInstancesCommand,
  EnableSerialConsoleAccessCommand,
  GetLaunchTemplateDataCommand,
  GetSerialConsoleAccessStatusCommand,
  ModifyIdFormatCommand,
  RegisterInstanceEventNotificationAttributesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, runOne, uniqueName } from "./support.ts";

describe("ec2 account settings", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("has long ids of everything, and lets nobody go back", async () => {
    const { Statuses } = await aws.ec2.send(new DescribeIdFormatCommand({ Resource: "instance" }));
    expect(Statuses).to.deep.equal([{ Resource: "instance", UseLongIds: true }]);
    await aws.ec2.send(new ModifyIdFormatCommand({ Resource: "all-current", UseLongIds: true }));
    const back = await refusal(aws.ec2.send(new ModifyIdFormatCommand({ Resource: "vpc", UseLongIds: false })));
    expect(back.code).to.equal("OptInNotAllowed");
    const unknown = await refusal(aws.ec2.send(new DescribeIdFormatCommand({ Resource: "castle" })));
    expect(unknown.code).to.equal("InvalidParameterValue");
  });

  it("keeps the serial console's access and the tags of event notifications", async () => {
    expect(await aws.ec2.send(new GetSerialConsoleAccessStatusCommand({}))).to.include({
      SerialConsoleAccessEnabled: false,
    });
    await aws.ec2.send(new EnableSerialConsoleAccessCommand({}));
    expect(await aws.ec2.send(new GetSerialConsoleAccessStatusCommand({}))).to.include({
      SerialConsoleAccessEnabled: true,
    });
    const InstanceTagAttribute = { InstanceTagKeys: ["team"] };
    await aws.ec2.send(new RegisterInstanceEventNotificationAttributesCommand({ InstanceTagAttribute }));
    const kept = await aws.ec2.send(new DescribeInstanceEventNotificationAttributesCommand({}));
    expect(kept.InstanceTagAttribute).to.deep.equal({ InstanceTagKeys: ["team"], IncludeAllTagsOfInstance: false });
  });

  it("has no reserved instances", async () => {
    expect((await aws.ec2.send(new DescribeReservedInstancesCommand({}))).ReservedInstances ?? []).to.deep.equal([]);
  });

  it("GetLaunchTemplateData says what makes another instance like one that is there", async () => {
    const id = await runOne(aws.ec2, { UserData: Buffer.from("#!/bin/sh").toString("base64") });
    const { LaunchTemplateData } = await aws.ec2.send(new GetLaunchTemplateDataCommand({ InstanceId: id }));
    expect(LaunchTemplateData).to.include({ ImageId: "alpine:latest", InstanceType: "t3.micro" });
    const [own] = (await describeOne(aws.ec2, id)).NetworkInterfaces ?? [];
    expect(LaunchTemplateData?.NetworkInterfaces?.[0]).to.deep.include({
      ...{ NetworkInterfaceId: own?.NetworkInterfaceId, PrivateIpAddress: own?.PrivateIpAddress },
      PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: own?.PrivateIpAddress }],
    });
    const { ImageId, InstanceType } = LaunchTemplateData ?? {};
    await aws.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: uniqueName("copy"),
        LaunchTemplateData: { ImageId, InstanceType },
      }),
    );
  });
});
