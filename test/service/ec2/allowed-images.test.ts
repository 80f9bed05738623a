import {
  CreateImageCommand,
  CreateLaunchTemplateCommand,
  DescribeAwsNetworkPerformanceMetricSubscriptionsCommand,
  DescribeImageReferencesCommand,
  DescribeImagesCommand,
  DescribeInstanceImageMetadataCommand,
  DisableAllowedImagesSettingsCommand,
  DisableAwsNetworkPerformanceMetricSubscriptionCommand,
  EnableAllowedImagesSettingsCommand,
  EnableAwsNetworkPerformanceMetricSubscriptionCommand,
  GetAllowedImagesSettingsCommand,
  GetImageAncestryCommand,
  ModifyInstanceEventStartTimeCommand,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
  ReportInstanceStatusCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";
import { run, runOne, uniqueName } from "./support.ts";

describe("ec2 allowed images", () => {
  let aws: TestServer;
  let amazon: string;
  let canonical: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
    amazon = await oneNamed("al2023-ami-2023*-x86_64");
    canonical = await oneNamed("ubuntu/images/*24.04*amd64*");
  });
  after(() => aws.stop());
  afterEach(() => aws.ec2.send(new DisableAllowedImagesSettingsCommand({})));

  async function oneNamed(pattern: string): Promise<string> {
    const Filters = [{ Name: "name", Values: [pattern] }];
    const { Images } = await aws.ec2.send(new DescribeImagesCommand({ Filters }));
    return Images?.[0]?.ImageId ?? "";
  }

  async function listed(...filters: [Name: string, ...Values: string[]][]): Promise<(string | undefined)[]> {
    const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
    const { Images = [] } = await aws.ec2.send(new DescribeImagesCommand({ Filters }));
    return Images.map(({ ImageId }) => ImageId);
  }

  it("what is not allowed is neither found nor launched, an account's own images are", async () => {
    const InstanceId = await runOne(aws.ec2, { ImageId: canonical });
    const { ImageId: own = "" } = await aws.ec2.send(new CreateImageCommand({ InstanceId, Name: uniqueName("own") }));
    const ImageCriteria = [{ ImageProviders: ["amazon"], ImageNames: ["al2023-*"] }];
    await aws.ec2.send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria }));
    await aws.ec2.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState: "enabled" }));
    const settings = await aws.ec2.send(new GetAllowedImagesSettingsCommand({}));
    expect(settings).to.deep.include({ State: "enabled", ImageCriteria, ManagedBy: "account" });
    expect(await listed())
      .to.include.members([amazon, own])
      .and.not.include(canonical);
    expect(await codeOf(run(aws.ec2, { ImageId: canonical }))).to.equal("InvalidAMIID.NotFound");
    await run(aws.ec2, { ImageId: amazon });
    const metadata = await aws.ec2.send(new DescribeInstanceImageMetadataCommand({ InstanceIds: [InstanceId] }));
    expect(only(metadata.InstanceImageMetadata).ImageMetadata).to.include({ ImageId: canonical, ImageAllowed: false });
  });

  it("audit mode only says what would not be allowed", async () => {
    const ImageCriteria = [{ ImageNames: ["al2023-*"] }];
    await aws.ec2.send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria }));
    await aws.ec2.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState: "audit-mode" }));
    expect(await listed(["image-allowed", "false"]))
      .to.include(canonical)
      .and.not.include(amazon);
    await run(aws.ec2, { ImageId: canonical });
    await aws.ec2.send(new DisableAllowedImagesSettingsCommand({}));
    expect(await listed(["image-allowed", "false"])).to.deep.equal([]);
  });

  it("an unknown provider is refused", async () => {
    const ImageCriteria = [{ ImageProviders: ["everybody"] }];
    const replace = new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria });
    expect(await codeOf(aws.ec2.send(replace))).to.equal("InvalidParameterValue");
  });

  it("an image has its ancestors and what refers to it", async () => {
    const InstanceId = await runOne(aws.ec2, { ImageId: amazon });
    const { ImageId = "" } = await aws.ec2.send(new CreateImageCommand({ InstanceId, Name: uniqueName("child") }));
    const { ImageAncestryEntries = [] } = await aws.ec2.send(new GetImageAncestryCommand({ ImageId }));
    expect(ImageAncestryEntries[0]?.ImageId).to.equal(ImageId);
    const child = await runOne(aws.ec2, { ImageId });
    const LaunchTemplateName = uniqueName("template");
    const made = await aws.ec2.send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: { ImageId } }),
    );
    const { ImageReferences = [] } = await aws.ec2.send(
      new DescribeImageReferencesCommand({ ImageIds: [ImageId], IncludeAllResourceTypes: true }),
    );
    expect(ImageReferences.map(({ Arn }) => Arn?.split("/")[1])).to.have.members([
      child,
      made.LaunchTemplate?.LaunchTemplateId,
    ]);
  });

  it("a report of an instance's status is taken, and events that there are not cannot be moved", async () => {
    const InstanceId = await runOne(aws.ec2);
    const report = { Instances: [InstanceId], Status: "impaired" as const, ReasonCodes: ["unresponsive" as const] };
    await aws.ec2.send(new ReportInstanceStatusCommand(report));
    const unknown = { ...report, Instances: ["i-0123456789abcdef0"] };
    expect(await codeOf(aws.ec2.send(new ReportInstanceStatusCommand(unknown)))).to.equal("InvalidInstanceID.NotFound");
    const event = { InstanceId, InstanceEventId: "instance-event-0123456789abcdef0", NotBefore: new Date() };
    expect(await codeOf(aws.ec2.send(new ModifyInstanceEventStartTimeCommand(event)))).to.equal(
      "InvalidInstanceEventIDNotFound",
    );
  });

  it("subscriptions to network performance metrics are kept", async () => {
    const pair = { Source: "us-east-1", Destination: "eu-west-1" };
    await aws.ec2.send(new EnableAwsNetworkPerformanceMetricSubscriptionCommand(pair));
    const there = async () => {
      const found = await aws.ec2.send(new DescribeAwsNetworkPerformanceMetricSubscriptionsCommand({}));
      return found.Subscriptions ?? [];
    };
    expect(only(await there())).to.include({ ...pair, Metric: "aggregate-latency", Statistic: "p50" });
    await aws.ec2.send(new DisableAwsNetworkPerformanceMetricSubscriptionCommand(pair));
    expect(await there()).to.deep.equal([]);
    const nowhere = new EnableAwsNetworkPerformanceMetricSubscriptionCommand({ ...pair, Source: "atlantis-1" });
    expect(await codeOf(aws.ec2.send(nowhere))).to.equal("InvalidParameterValue");
  });
});
