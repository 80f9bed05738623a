import {
  type AnalyticsConfiguration,
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketMetricsConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketMetricsConfigurationCommand,
  type IntelligentTieringConfiguration,
  type InventoryConfiguration,
  type InventoryEncryption,
  type InventoryFormat,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketIntelligentTieringConfigurationsCommand,
  ListBucketInventoryConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  type MetricsConfiguration,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusalCode } from "./s3-support.ts";

describe("s3 bucket reports", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  function inventory(Id: string): InventoryConfiguration {
    return {
      Id,
      IsEnabled: false,
      IncludedObjectVersions: "All",
      Schedule: { Frequency: "Weekly" },
      OptionalFields: ["Size", "ETag"],
      Filter: { Prefix: "p" },
      Destination: { S3BucketDestination: { Bucket: "arn:aws:s3:::inventories", Format: "CSV", Prefix: "x" } },
    };
  }

  const putInventory = (Bucket: string, Id: string, configuration: InventoryConfiguration) =>
    aws.s3.send(new PutBucketInventoryConfigurationCommand({ Bucket, Id, InventoryConfiguration: configuration }));

  describe("s3 PutBucketInventoryConfiguration", () => {
    it("stores a configuration by its id, until it is deleted", async () => {
      const Bucket = await newBucket(aws);
      await putInventory(Bucket, "b", inventory("b"));
      await putInventory(Bucket, "a", inventory("a"));
      const read = await aws.s3.send(new GetBucketInventoryConfigurationCommand({ Bucket, Id: "b" }));
      expect(read.InventoryConfiguration).to.deep.equal(inventory("b"));
      const list = await aws.s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
      expect(list.InventoryConfigurationList).to.deep.equal([inventory("a"), inventory("b")]);
      const remove = () => aws.s3.send(new DeleteBucketInventoryConfigurationCommand({ Bucket, Id: "b" }));
      await remove();
      const gone = aws.s3.send(new GetBucketInventoryConfigurationCommand({ Bucket, Id: "b" }));
      expect(await refusalCode(gone)).to.equal("NoSuchConfiguration 404");
      expect(await refusalCode(remove())).to.equal("NoSuchConfiguration 404");
    });

    it("lists 100 at a time", async () => {
      const Bucket = await newBucket(aws);
      const ids = Array.from({ length: 101 }, (_, at) => `id-${String(at).padStart(3, "0")}`);
      for (const id of ids) await putInventory(Bucket, id, inventory(id));
      const first = await aws.s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
      expect(first.IsTruncated).to.equal(true);
      const ContinuationToken = first.NextContinuationToken;
      const second = await aws.s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket, ContinuationToken }));
      expect(second.IsTruncated).to.equal(false);
      const pages = [first, second].map((page) => page.InventoryConfigurationList ?? []);
      expect(pages.map((page) => page.length)).to.deep.equal([100, 1]);
      expect(pages.flat().map(({ Id }) => Id)).to.deep.equal(ids);
    });

    it("rejects an empty prefix, two kinds of encryption, and no key with MalformedXML or InvalidKmskeyId", async () => {
      const Bucket = await newBucket(aws);
      const refused = (more: Partial<InventoryConfiguration>) =>
        refusalCode(putInventory(Bucket, "a", { ...inventory("a"), ...more }));
      const encrypted = (Encryption: InventoryEncryption): Partial<InventoryConfiguration> => ({
        Destination: { S3BucketDestination: { Bucket: "arn:aws:s3:::inventories", Format: "CSV", Encryption } },
      });
      expect(await refused({ Filter: { Prefix: "" } })).to.equal("MalformedXML 400");
      expect(await refused(encrypted({ SSES3: {}, SSEKMS: { KeyId: "key" } }))).to.equal("MalformedXML 400");
      expect(await refused(encrypted({ SSEKMS: { KeyId: "key" } }))).to.equal("InvalidKmskeyId 400");
    });

    it("rejects another id in the document with IdMismatch", async () => {
      const call = putInventory(await newBucket(aws), "a", inventory("b"));
      expect(await refusalCode(call)).to.equal("IdMismatch 400");
    });

    it("rejects an unknown format with MalformedXML, and a destination that is no bucket with InvalidS3DestinationBucket", async () => {
      const Bucket = await newBucket(aws);
      const S3BucketDestination = { Bucket: "arn:aws:s3:::inventories", Format: "PDF" as InventoryFormat };
      const unknown = putInventory(Bucket, "a", { ...inventory("a"), Destination: { S3BucketDestination } });
      expect(await refusalCode(unknown)).to.equal("MalformedXML 400");
      const noBucket = { S3BucketDestination: { Bucket: "inventories", Format: "CSV" } } as const;
      const refused = putInventory(Bucket, "a", { ...inventory("a"), Destination: noBucket });
      expect(await refusalCode(refused)).to.equal("InvalidS3DestinationBucket 400");
    });
  });

  describe("s3 PutBucketAnalyticsConfiguration", () => {
    it("stores a configuration by its id, until it is deleted", async () => {
      const Bucket = await newBucket(aws);
      const Id = "all";
      const AnalyticsConfiguration: AnalyticsConfiguration = {
        Id,
        Filter: { And: { Prefix: "logs/", Tags: [{ Key: "k", Value: "v" }] } },
        StorageClassAnalysis: {},
      };
      await aws.s3.send(new PutBucketAnalyticsConfigurationCommand({ Bucket, Id, AnalyticsConfiguration }));
      const read = () => aws.s3.send(new GetBucketAnalyticsConfigurationCommand({ Bucket, Id }));
      expect((await read()).AnalyticsConfiguration).to.deep.equal(AnalyticsConfiguration);
      const list = await aws.s3.send(new ListBucketAnalyticsConfigurationsCommand({ Bucket }));
      expect(list.AnalyticsConfigurationList).to.deep.equal([AnalyticsConfiguration]);
      await aws.s3.send(new DeleteBucketAnalyticsConfigurationCommand({ Bucket, Id }));
      expect(await refusalCode(read())).to.equal("NoSuchConfiguration 404");
    });
  });

  describe("s3 PutBucketMetricsConfiguration", () => {
    it("stores a configuration by its id, until it is deleted", async () => {
      const Bucket = await newBucket(aws);
      const Id = "EntireBucket";
      const MetricsConfiguration: MetricsConfiguration = { Id, Filter: { Prefix: "x" } };
      await aws.s3.send(new PutBucketMetricsConfigurationCommand({ Bucket, Id, MetricsConfiguration }));
      const read = () => aws.s3.send(new GetBucketMetricsConfigurationCommand({ Bucket, Id }));
      expect((await read()).MetricsConfiguration).to.deep.equal(MetricsConfiguration);
      const list = await aws.s3.send(new ListBucketMetricsConfigurationsCommand({ Bucket }));
      expect(list.MetricsConfigurationList).to.deep.equal([MetricsConfiguration]);
      await aws.s3.send(new DeleteBucketMetricsConfigurationCommand({ Bucket, Id }));
      expect(await refusalCode(read())).to.equal("NoSuchConfiguration 404");
    });
  });

  describe("s3 PutBucketIntelligentTieringConfiguration", () => {
    const tiering = (Days: number): IntelligentTieringConfiguration => ({
      ...{ Id: "archive", Status: "Enabled", Filter: { Tag: { Key: "k", Value: "v" } } },
      Tierings: [{ AccessTier: "ARCHIVE_ACCESS", Days }],
    });

    it("stores a configuration by its id, until it is deleted", async () => {
      const Bucket = await newBucket(aws);
      const Id = "archive";
      const IntelligentTieringConfiguration = tiering(90);
      await aws.s3.send(
        new PutBucketIntelligentTieringConfigurationCommand({ Bucket, Id, IntelligentTieringConfiguration }),
      );
      const read = () => aws.s3.send(new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id }));
      expect((await read()).IntelligentTieringConfiguration).to.deep.equal(tiering(90));
      const list = await aws.s3.send(new ListBucketIntelligentTieringConfigurationsCommand({ Bucket }));
      expect(list.IntelligentTieringConfigurationList).to.deep.equal([tiering(90)]);
      await aws.s3.send(new DeleteBucketIntelligentTieringConfigurationCommand({ Bucket, Id }));
      expect(await refusalCode(read())).to.equal("NoSuchConfiguration 404");
    });

    it("rejects archiving before 90 days with InvalidAccessTier", async () => {
      const Bucket = await newBucket(aws);
      const early = { Bucket, Id: "archive", IntelligentTieringConfiguration: tiering(89) };
      const call = aws.s3.send(new PutBucketIntelligentTieringConfigurationCommand(early));
      expect(await refusalCode(call)).to.equal("InvalidAccessTier 400");
    });
  });
});
