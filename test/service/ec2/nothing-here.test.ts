import {
  BundleInstanceCommand,
  CancelImportTaskCommand,
  CreateInstanceExportTaskCommand,
  CreateLocalGatewayRouteCommand,
  DeleteQueuedReservedInstancesCommand,
  DescribeCapacityBlocksCommand,
  DescribeElasticGpusCommand,
  DescribeFpgaImagesCommand,
  DescribeHostReservationsCommand,
  DescribeImportImageTasksCommand,
  DescribeInstanceSqlHaStatesCommand,
  DescribeIpv6PoolsCommand,
  DescribeLocalGatewaysCommand,
  DescribeReservedInstancesOfferingsCommand,
  DisableFastLaunchCommand,
  EnableFastLaunchCommand,
  ExportImageCommand,
  GetAssociatedIpv6PoolCidrsCommand,
  ListSnapshotsInRecycleBinCommand,
  PurchaseHostReservationCommand,
  RestoreVolumeFromRecycleBinCommand,
  RunScheduledInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf } from "./network-support.ts";
import { refusal, runOne } from "./support.ts";

describe("ec2 families of which an account has none", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("lists are empty, with their filters", async () => {
    const Filters = [{ Name: "state", Values: ["available"] }];
    expect((await aws.ec2.send(new DescribeLocalGatewaysCommand({ Filters }))).LocalGateways).to.deep.equal([]);
    expect((await aws.ec2.send(new DescribeFpgaImagesCommand({ Filters }))).FpgaImages).to.deep.equal([]);
    expect((await aws.ec2.send(new DescribeCapacityBlocksCommand({ Filters }))).CapacityBlocks).to.deep.equal([]);
    const tag = [{ Name: "tag:Name", Values: ["mine"] }];
    expect((await aws.ec2.send(new DescribeIpv6PoolsCommand({ Filters: tag }))).Ipv6Pools).to.deep.equal([]);
    const family = [{ Name: "instance-family", Values: ["m5"] }];
    const reservations = await aws.ec2.send(new DescribeHostReservationsCommand({ Filter: family }));
    expect(reservations.HostReservationSet).to.deep.equal([]);
    const states = await aws.ec2.send(new DescribeInstanceSqlHaStatesCommand({ Filters: tag }));
    expect(states.Instances).to.deep.equal([]);
    const offerings = await aws.ec2.send(new DescribeReservedInstancesOfferingsCommand({ InstanceType: "t3.micro" }));
    expect(offerings.ReservedInstancesOfferings).to.deep.equal([]);
  });

  it("an unknown filter, a page out of bounds and a dry run are refused", async () => {
    const Filters = [{ Name: "colour", Values: ["red"] }];
    const unknown = await refusal(aws.ec2.send(new DescribeElasticGpusCommand({ Filters })));
    expect(unknown).to.include({ code: "InvalidParameterValue", message: "The filter 'colour' is invalid" });
    expect(await codeOf(aws.ec2.send(new DescribeLocalGatewaysCommand({ MaxResults: 5000 })))).to.equal(
      "InvalidParameterValue",
    );
    expect(await codeOf(aws.ec2.send(new DescribeLocalGatewaysCommand({ DryRun: true })))).to.equal("DryRunOperation");
  });

  it("what is named is not found", async () => {
    const LocalGatewayRouteTableId = "lgw-rtb-0123456789abcdef0";
    const route = { LocalGatewayRouteTableId, DestinationCidrBlock: "10.0.0.0/8" };
    expect(await codeOf(aws.ec2.send(new CreateLocalGatewayRouteCommand(route)))).to.equal(
      "InvalidLocalGatewayRouteTableID.NotFound",
    );
    const ImportTaskIds = ["import-ami-0123456789abcdef0"];
    expect(await codeOf(aws.ec2.send(new DescribeImportImageTasksCommand({ ImportTaskIds })))).to.equal(
      "InvalidConversionTaskId",
    );
    const ImportTaskId = ImportTaskIds[0];
    expect(await codeOf(aws.ec2.send(new CancelImportTaskCommand({ ImportTaskId })))).to.equal(
      "InvalidConversionTaskId",
    );
    const purchase = { HostIdSet: ["h-0123456789abcdef0"], OfferingId: "hro-0123456789abcdef0" };
    expect(await codeOf(aws.ec2.send(new PurchaseHostReservationCommand(purchase)))).to.equal(
      "InvalidHostReservationOfferingId.NotFound",
    );
    const SnapshotIds = ["snap-0123456789abcdef0"];
    expect(await codeOf(aws.ec2.send(new ListSnapshotsInRecycleBinCommand({ SnapshotIds })))).to.equal(
      "InvalidSnapshot.NotFound",
    );
    const VolumeId = "vol-0123456789abcdef0";
    expect(await codeOf(aws.ec2.send(new RestoreVolumeFromRecycleBinCommand({ VolumeId })))).to.equal(
      "InvalidVolume.NotFound",
    );
  });

  it("nothing is scheduled, queued or of a pool", async () => {
    const ScheduledInstanceId = "sci-1234-1234-1234-1234-123456789012";
    const LaunchSpecification = { ImageId: "alpine:latest" };
    const scheduled = new RunScheduledInstancesCommand({ ScheduledInstanceId, LaunchSpecification });
    expect(await codeOf(aws.ec2.send(scheduled))).to.equal("InvalidScheduledInstance");
    const ReservedInstancesIds = ["b847fa93-e282-4f55-b59a-1342f5bd7c02"];
    const queued = await aws.ec2.send(new DeleteQueuedReservedInstancesCommand({ ReservedInstancesIds }));
    expect(queued.FailedQueuedPurchaseDeletions?.[0]).to.deep.include({ ReservedInstancesId: ReservedInstancesIds[0] });
    expect(queued.FailedQueuedPurchaseDeletions?.[0]?.Error?.Code).to.equal("reserved-instances-id-invalid");
    const PoolId = "ipv6pool-ec2-0123456789abcdef0";
    expect(await codeOf(aws.ec2.send(new GetAssociatedIpv6PoolCidrsCommand({ PoolId })))).to.equal(
      "InvalidPoolId.NotFound",
    );
  });

  it("no image is of Windows, whose launches alone can be made fast", async () => {
    const fast = new EnableFastLaunchCommand({ ImageId: "alpine:latest" });
    expect((await refusal(aws.ec2.send(fast))).code).to.equal("InvalidParameterValue");
    const ImageId = "ami-0123456789abcdef0";
    expect(await codeOf(aws.ec2.send(new DisableFastLaunchCommand({ ImageId })))).to.equal("InvalidAMIID.NotFound");
  });

  it("instances and images are neither bundled nor exported", async () => {
    const InstanceId = await runOne(aws.ec2);
    const bundle = { InstanceId, Storage: { S3: { Bucket: "bundles", Prefix: "b" } } };
    expect(await codeOf(aws.ec2.send(new BundleInstanceCommand(bundle)))).to.equal("InvalidInstanceType");
    const task = { InstanceId, TargetEnvironment: "vmware" as const, ExportToS3Task: { S3Bucket: "exports" } };
    expect(await codeOf(aws.ec2.send(new CreateInstanceExportTaskCommand(task)))).to.equal("NotExportable");
    const image = {
      ImageId: "alpine:latest",
      DiskImageFormat: "VMDK" as const,
      S3ExportLocation: { S3Bucket: "exports" },
    };
    expect(await codeOf(aws.ec2.send(new ExportImageCommand(image)))).to.equal("InvalidParameter");
  });
});
