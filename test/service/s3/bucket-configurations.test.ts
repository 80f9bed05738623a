import {
  CreateBucketMetadataConfigurationCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  ListBucketInventoryConfigurationsCommand,
  ListBucketsCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusal, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 the configuration of a new bucket", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  it("has no versioning, no acceleration, no logging and no notifications", async () => {
    const answers = [
      await aws.s3.send(new GetBucketVersioningCommand({ Bucket })),
      await aws.s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket })),
      await aws.s3.send(new GetBucketLoggingCommand({ Bucket })),
      await aws.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
    ];
    for (const { $metadata, ...answer } of answers) {
      expect($metadata.httpStatusCode).to.equal(200);
      expect(answer).to.deep.equal({});
    }
  });

  it("lets its owner do everything, and nobody else anything", async () => {
    const { Owner } = await aws.s3.send(new ListBucketsCommand({}));
    const acl = await aws.s3.send(new GetBucketAclCommand({ Bucket }));
    expect(acl.Owner).to.deep.equal(Owner);
    expect(acl.Grants).to.deep.equal([
      { Grantee: { ID: Owner?.ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" },
    ]);
    const controls = await aws.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
    expect(controls.OwnershipControls).to.deep.equal({ Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] });
    const block = await aws.s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(block.PublicAccessBlockConfiguration).to.deep.equal({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });

  it("encrypts with keys of S3", async () => {
    const { ServerSideEncryptionConfiguration } = await aws.s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(ServerSideEncryptionConfiguration?.Rules).to.deep.equal([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false },
    ]);
  });

  it("is paid for by its owner", async () => {
    expect((await aws.s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer).to.equal("BucketOwner");
  });

  it("has no inventories", async () => {
    const list = await aws.s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
    expect(list.IsTruncated).to.equal(false);
    const one = aws.s3.send(new GetBucketInventoryConfigurationCommand({ Bucket, Id: "nightly" }));
    expect(await refusalCode(one)).to.equal("NoSuchConfiguration 404");
  });

  const absent: [code: string, message: string, read: (bucket: string) => Promise<unknown>][] = [
    [
      "NoSuchBucketPolicy",
      "The bucket policy does not exist",
      (name) => aws.s3.send(new GetBucketPolicyCommand({ Bucket: name })),
    ],
    [
      "NoSuchBucketPolicy",
      "The bucket policy does not exist",
      (name) => aws.s3.send(new GetBucketPolicyStatusCommand({ Bucket: name })),
    ],
    [
      "NoSuchCORSConfiguration",
      "The CORS configuration does not exist",
      (name) => aws.s3.send(new GetBucketCorsCommand({ Bucket: name })),
    ],
    [
      "NoSuchWebsiteConfiguration",
      "The specified bucket does not have a website configuration",
      (name) => aws.s3.send(new GetBucketWebsiteCommand({ Bucket: name })),
    ],
    [
      "NoSuchLifecycleConfiguration",
      "The lifecycle configuration does not exist",
      (name) => aws.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: name })),
    ],
    [
      "ReplicationConfigurationNotFoundError",
      "The replication configuration was not found",
      (name) => aws.s3.send(new GetBucketReplicationCommand({ Bucket: name })),
    ],
    [
      "ObjectLockConfigurationNotFoundError",
      "Object Lock configuration does not exist for this bucket",
      (name) => aws.s3.send(new GetObjectLockConfigurationCommand({ Bucket: name })),
    ],
  ];
  for (const [at, [code, message, read]] of absent.entries()) {
    it(`answers ${code} where there is none (${at + 1})`, async () => {
      const refused = await refusal(read(Bucket));
      expect(refused).to.deep.include({ code, status: 404, message });
      expect(refused.members).to.deep.include({ BucketName: Bucket });
      expect(await refusalCode(read(uniqueName()))).to.equal("NoSuchBucket 404");
    });
  }

  it("rejects to be changed where that is not emulated with NotImplemented", async () => {
    const command = new CreateBucketMetadataConfigurationCommand({
      Bucket,
      MetadataConfiguration: { JournalTableConfiguration: { RecordExpiration: { Expiration: "DISABLED" } } },
    });
    expect(await refusalCode(aws.s3.send(command))).to.equal("NotImplemented 501");
  });
});
