import type * as S3 from "@aws-sdk/client-s3";
import { invalidArgument, invalidS3DestinationBucket, malformedXml } from "./errors.ts";
import { validateConditions } from "./filter-conditions.ts";
import { isInventoryField } from "./inventory-fields.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html */
export function validateInventory(inventory: S3.InventoryConfiguration | undefined): void {
  const { Format, Bucket = "" } = inventory?.Destination?.S3BucketDestination ?? {};
  const versions = inventory?.IncludedObjectVersions;
  const frequency = inventory?.Schedule?.Frequency;
  if (Format !== "CSV" && Format !== "ORC" && Format !== "Parquet") throw malformedXml();
  if (versions !== "All" && versions !== "Current") throw malformedXml();
  if (frequency !== "Daily" && frequency !== "Weekly") throw malformedXml();
  if (!(inventory?.OptionalFields ?? []).every(isInventoryField)) throw malformedXml();
  requireBucketArn(Bucket);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html */
export function validateTiering(configuration: S3.IntelligentTieringConfiguration | undefined): void {
  const { Status, Tierings = [], Filter = {} } = configuration ?? {};
  if (Status !== "Enabled" && Status !== "Disabled") throw malformedXml();
  if (Tierings.length === 0) throw malformedXml();
  if (new Set(Tierings.map(({ AccessTier }) => AccessTier)).size < Tierings.length) throw malformedXml();
  validateConditions(Filter);
  for (const { AccessTier } of Tierings) {
    if (AccessTier !== "ARCHIVE_ACCESS" && AccessTier !== "DEEP_ARCHIVE_ACCESS") throw malformedXml();
  }
  const [archive, deep] = (["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"] as const).map(
    (tier) => Tierings.find(({ AccessTier }) => AccessTier === tier)?.Days,
  );
  if (archive !== undefined && archive < 90) {
    throw invalidArgument("Days specified in ARCHIVE_ACCESS tier should not be less than 90", "Days", archive);
  }
  if (deep !== undefined && (deep < 180 || (archive !== undefined && deep <= archive))) {
    throw invalidArgument(
      "Days specified in DEEP_ARCHIVE_ACCESS should not be less than 180, and be greater than days specified in ARCHIVE_ACCESS",
      "Days",
      deep,
    );
  }
  for (const { AccessTier, Days = 0 } of Tierings) {
    if (Days <= 730) continue;
    throw invalidArgument(`Days specified in ${AccessTier} tier should not be more than 730`, "Days", Days);
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AnalyticsConfiguration.html */
export function validateAnalytics(configuration: S3.AnalyticsConfiguration | undefined): void {
  validateConditions(configuration?.Filter ?? {});
  const { DataExport } = configuration?.StorageClassAnalysis ?? {};
  if (DataExport === undefined) return;
  const { Format, Bucket = "" } = DataExport.Destination?.S3BucketDestination ?? {};
  if (DataExport.OutputSchemaVersion !== "V_1" || Format !== "CSV") throw malformedXml();
  requireBucketArn(Bucket);
}

function requireBucketArn(arn: string): void {
  if (!/^arn:aws[\w-]*:s3:::[a-z0-9.-]{3,63}$/.test(arn)) throw invalidS3DestinationBucket();
}
