import {
  CreateImageCommand,
  CreateImageUsageReportCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteImageUsageReportCommand,
  DescribeImageUsageReportEntriesCommand,
  DescribeImageUsageReportsCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
  waitUntilImageAvailable,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import type { TestServer } from "../../support/server.ts";
import { codeOf } from "./network-support.ts";
import { runOne } from "./support.ts";
import { otherAccount, withTwoAccounts } from "./two-accounts.ts";

describe("ec2 image usage reports", () => {
  let aws: TestServer;
  let other: EC2Client;
  withTwoAccounts((...made) => {
    [aws, other] = made;
  });

  it("count the instances and launch templates of other accounts that use an image", async () => {
    const InstanceId = await runOne(aws.ec2);
    const { ImageId = "" } = await aws.ec2.send(new CreateImageCommand({ InstanceId, Name: "shared" }));
    await waitUntilImageAvailable(
      { client: aws.ec2, maxWaitTime: 20, minDelay: 0.1, maxDelay: 1 },
      { ImageIds: [ImageId] },
    );
    const LaunchPermission = { Add: [{ UserId: otherAccount }] };
    await aws.ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
    await runOne(aws.ec2, { ImageId });
    await runOne(other, { ImageId });
    await runOne(other, { ImageId });
    for (const LaunchTemplateName of ["current", "former"]) {
      const LaunchTemplateData = { ImageId };
      await other.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
    }
    const LaunchTemplateData = { ImageId: "ami-0123456789abcdef0" };
    await other.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateName: "former", LaunchTemplateData }));

    const ResourceTypeOptions = [{ OptionName: "version-depth" as const, OptionValues: ["1"] }];
    const { ReportId } = await aws.ec2.send(
      new CreateImageUsageReportCommand({
        ImageId,
        ResourceTypes: [{ ResourceType: "ec2:Instance" }, { ResourceType: "ec2:LaunchTemplate", ResourceTypeOptions }],
        TagSpecifications: [{ ResourceType: "image-usage-report", Tags: [{ Key: "of", Value: "today" }] }],
      }),
    );
    const { ImageUsageReports } = await aws.ec2.send(new DescribeImageUsageReportsCommand({ ImageIds: [ImageId] }));
    expect(ImageUsageReports?.[0]).to.include({ ReportId, ImageId, State: "available" });
    expect(ImageUsageReports?.[0]?.Tags).to.deep.equal([{ Key: "of", Value: "today" }]);
    const list = async (input: object) =>
      (await aws.ec2.send(new DescribeImageUsageReportEntriesCommand(input))).ImageUsageReportEntries?.map(
        ({ AccountId, ResourceType, UsageCount }) => [AccountId, ResourceType, UsageCount],
      );
    expect(await list({ ReportIds: [ReportId] })).to.deep.equal([
      [otherAccount, "ec2:Instance", 2],
      [otherAccount, "ec2:LaunchTemplate", 1],
    ]);
    expect(await list({ Filters: [{ Name: "account-id", Values: ["333333333333"] }] })).to.deep.equal([]);

    const create = (input: object) => aws.ec2.send(new CreateImageUsageReportCommand({ ImageId, ...input } as never));
    expect(await codeOf(create({}))).to.equal("MissingParameter");
    expect(await codeOf(create({ ResourceTypes: [{ ResourceType: "s3:Bucket" }] }))).to.equal("InvalidParameterValue");
    await aws.ec2.send(new DeleteImageUsageReportCommand({ ReportId }));
    expect(await codeOf(aws.ec2.send(new DeleteImageUsageReportCommand({ ReportId })))).to.equal(
      "InvalidImageUsageReportId.NotFound",
    );
  });
});
