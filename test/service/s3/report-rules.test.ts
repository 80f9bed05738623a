import {
  type AnalyticsConfiguration,
  type IntelligentTieringConfiguration,
  type MetricsConfiguration,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusal, refusalCode } from "./s3-support.ts";

/** What the configurations of a bucket that have ids must be. */
describe("s3 configurations of reports", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const Id = "id";
  const metrics = (more: Partial<MetricsConfiguration>) =>
    aws.s3.send(new PutBucketMetricsConfigurationCommand({ Bucket, Id, MetricsConfiguration: { Id, ...more } }));
  const analytics = (more: Partial<AnalyticsConfiguration>) => {
    const AnalyticsConfiguration = { Id, StorageClassAnalysis: {}, ...more };
    return aws.s3.send(new PutBucketAnalyticsConfigurationCommand({ Bucket, Id, AnalyticsConfiguration }));
  };
  const tiering = (more: Partial<IntelligentTieringConfiguration>) => {
    const Tierings = [{ Days: 90, AccessTier: "ARCHIVE_ACCESS" as const }];
    const IntelligentTieringConfiguration = { Id, Status: "Enabled" as const, Tierings, ...more };
    return aws.s3.send(
      new PutBucketIntelligentTieringConfigurationCommand({ Bucket, Id, IntelligentTieringConfiguration }),
    );
  };

  const kinds = [
    ["metrics", metrics, "MalformedXML 400", "MalformedXML 400"],
    ["analytics", analytics, "InvalidAnd 400", "InvalidPrefix 400"],
    ["tiering", tiering, "InvalidAnd 400", "InvalidPrefix 400"],
  ] as const;
  for (const [name, put, fewer, empty] of kinds) {
    it(`takes a filter of one condition, or of several in an And: ${name}`, async () => {
      const Tag = { Key: "a", Value: "b" };
      await put({ Filter: { Tag } });
      await put({ Filter: { And: { Prefix: "p", Tags: [Tag] } } });
      expect(await refusalCode(put({ Filter: { And: { Prefix: "p" } } }))).to.equal(fewer);
      expect(await refusalCode(put({ Filter: { Prefix: "" } }))).to.equal(empty);
      const tooLong = { Key: "k".repeat(129), Value: "" };
      expect(await refusalCode(put({ Filter: { Tag: tooLong } }))).to.equal("InvalidTag 400");
    });
  }

  it("exports an analysis as CSV of the first version into a bucket", async () => {
    const exported = (more: object, S3BucketDestination: object) =>
      analytics({
        StorageClassAnalysis: {
          DataExport: {
            OutputSchemaVersion: "V_1",
            Destination: {
              S3BucketDestination: { Format: "CSV", Bucket: `arn:aws:s3:::${Bucket}`, ...S3BucketDestination },
            },
            ...more,
          },
        },
      });
    await exported({}, {});
    expect(await refusalCode(exported({ OutputSchemaVersion: "V_2" }, {}))).to.equal("MalformedXML 400");
    expect(await refusalCode(exported({}, { Format: "ORC" }))).to.equal("MalformedXML 400");
    expect(await refusalCode(exported({}, { Bucket: "bucket" }))).to.equal("InvalidDestination 400");
    expect(await refusalCode(exported({}, { Prefix: "" }))).to.equal("InvalidDestination 400");
    expect(await refusalCode(analytics({ Filter: { Tag: { Key: "k", Value: "" } } }))).to.equal("InvalidTag 400");
  });

  it("counts by access points, by their ARNs alone", async () => {
    expect(await refusalCode(metrics({ Filter: { AccessPointArn: "point" } }))).to.equal("MalformedXML 400");
    await metrics({ Filter: { AccessPointArn: "arn:aws:s3:us-east-1:000000000000:accesspoint/point" } });
  });

  it("has an id of up to 64 letters, and the same one in the address", async () => {
    for (const [wrong, code] of [
      ["", "InvalidConfigId 400"],
      ["a b", "InvalidConfigId 400"],
      ["i".repeat(65), "InvalidConfigId 400"],
      ["other", "MalformedXML 400"],
    ] as const) {
      expect(await refusalCode(analytics({ Id: wrong })), wrong).to.equal(code);
      expect(await refusalCode(tiering({ Id: wrong })), wrong).to.equal(code);
      expect(await refusalCode(metrics({ Id: wrong })), wrong).to.equal("MalformedXML 400");
    }
  });

  it("has each tier once", async () => {
    const Tierings = [90, 100].map((Days) => ({ Days, AccessTier: "ARCHIVE_ACCESS" as const }));
    expect(await refusalCode(tiering({ Tierings }))).to.equal("InvalidAccessTier 400");
  });

  it("refuses a deep archive tier that does not come after the other one", async () => {
    const tiers = (archive: number, deep: number): IntelligentTieringConfiguration["Tierings"] => [
      { Days: archive, AccessTier: "ARCHIVE_ACCESS" },
      { Days: deep, AccessTier: "DEEP_ARCHIVE_ACCESS" },
    ];
    for (const [Tierings, message] of [
      [
        tiers(200, 180),
        "Days specified in DEEP_ARCHIVE_ACCESS should be greater than days specified in ARCHIVE_ACCESS",
      ],
      [tiers(90, 179), "Days specified in DEEP_ARCHIVE_ACCESS tier should not be less than 180."],
      [tiers(89, 180), "Days specified in ARCHIVE_ACCESS tier should not be less than 90."],
    ] as const) {
      expect(await refusal(tiering({ Tierings }))).to.deep.include({ code: "InvalidAccessTier", message });
    }
    await tiering({ Tierings: tiers(179, 180) });
  });
});
