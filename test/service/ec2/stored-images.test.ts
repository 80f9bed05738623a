import {
  CreateImageCommand,
  CreateRestoreImageTaskCommand,
  CreateStoreImageTaskCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeStoreImageTasksCommand,
  EC2Client,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
  waitUntilStoreImageTaskComplete,
} from "@aws-sdk/client-ec2";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf } from "./network-support.ts";
import { runOne } from "./support.ts";

describe("ec2 images in buckets", () => {
  let aws: TestServer;
  let elsewhere: EC2Client;
  before(async () => {
    aws = await startLocalAws();
    elsewhere = new EC2Client({ ...aws.clientConfig, region: "eu-west-1" });
    for (const Bucket of ["images", "other-images"]) await aws.s3.send(new CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    elsewhere.destroy();
    await aws.stop();
  });

  const waiting = () => ({ client: aws.ec2, maxWaitTime: 20, minDelay: 0.1, maxDelay: 1 });

  async function makeImage(Name: string): Promise<string> {
    const InstanceId = await runOne(aws.ec2);
    const TagSpecifications = [{ ResourceType: "image" as const, Tags: [{ Key: "team", Value: "blue" }] }];
    const { ImageId } = await aws.ec2.send(new CreateImageCommand({ InstanceId, Name, TagSpecifications }));
    await waitUntilImageAvailable(waiting(), { ImageIds: [ImageId ?? ""] });
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    return ImageId ?? "";
  }

  async function describe1(client: EC2Client, id = "") {
    return (await client.send(new DescribeImagesCommand({ ImageIds: [id] }))).Images?.[0];
  }

  it("outlive the image and its snapshots, and are restored under their names, here and in other regions", async () => {
    const ImageId = await makeImage("kept");
    const before = await describe1(aws.ec2, ImageId);
    const { ObjectKey } = await aws.ec2.send(
      new CreateStoreImageTaskCommand({ ImageId, Bucket: "images", S3ObjectTags: [{ Key: "cost", Value: "low" }] }),
    );
    expect(ObjectKey).to.equal(`${ImageId}.bin`);
    await waitUntilStoreImageTaskComplete(waiting(), { ImageIds: [ImageId] });
    const Filters = [{ Name: "bucket", Values: ["images"] }];
    const { StoreImageTaskResults } = await aws.ec2.send(new DescribeStoreImageTasksCommand({ Filters }));
    expect(StoreImageTaskResults?.[0]).to.include({
      ...{ AmiId: ImageId, Bucket: "images", S3objectKey: ObjectKey, StoreTaskState: "Completed" },
      ProgressPercentage: 100,
    });
    const { TagSet } = await aws.s3.send(new GetObjectTaggingCommand({ Bucket: "images", Key: ObjectKey }));
    expect(TagSet).to.deep.equal([{ Key: "cost", Value: "low" }]);
    await aws.s3.send(new HeadObjectCommand({ Bucket: "images", Key: ObjectKey }));

    const restore = (changes: object) => new CreateRestoreImageTaskCommand({ Bucket: "images", ObjectKey, ...changes });
    expect(await codeOf(aws.ec2.send(restore({})))).to.equal("InvalidAMIName.Duplicate");
    await aws.ec2.send(new DeregisterImageCommand({ ImageId }));
    const SnapshotId = before?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
    await aws.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));

    const restored = await aws.ec2.send(restore({}));
    const image = await describe1(aws.ec2, restored.ImageId);
    expect(image).to.include({ Name: "kept", State: "available", Architecture: before?.Architecture });
    expect(image?.Tags).to.deep.equal([{ Key: "team", Value: "blue" }]);
    const snapshot = image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
    expect(snapshot)
      .to.match(/^snap-/)
      .and.to.not.equal(SnapshotId);
    await runOne(aws.ec2, { ImageId: restored.ImageId });

    await aws.s3.send(
      new CopyObjectCommand({ Bucket: "other-images", Key: "copy.bin", CopySource: `images/${ObjectKey}` }),
    );
    const copied = await elsewhere.send(restore({ Bucket: "other-images", ObjectKey: "copy.bin", Name: "far away" }));
    expect((await describe1(elsewhere, copied.ImageId))?.Name).to.equal("far away");
  });

  it("an object that is none, a bucket that is not there and an image of somebody else are refused", async () => {
    const ImageId = await makeImage("refused");
    const nowhere = new CreateStoreImageTaskCommand({ ImageId, Bucket: "nowhere" });
    expect(await codeOf(aws.ec2.send(nowhere))).to.equal("InvalidS3Bucket.NotFound");
    const { Images } = await aws.ec2.send(new DescribeImagesCommand({ Owners: ["amazon"] }));
    const amazons = new CreateStoreImageTaskCommand({ ImageId: Images?.[0]?.ImageId, Bucket: "images" });
    expect(await codeOf(aws.ec2.send(amazons))).to.equal("AuthFailure");
    for (const [Key, Body] of Object.entries({ text: "not JSON", json: '{"TaskId":"store-0"}', none: "null" })) {
      await aws.s3.send(new PutObjectCommand({ Bucket: "images", Key, Body }));
      const restore = new CreateRestoreImageTaskCommand({ Bucket: "images", ObjectKey: Key, Name: "never" });
      expect(await codeOf(aws.ec2.send(restore)), Key).to.equal("InvalidParameterValue");
    }
  });
});
