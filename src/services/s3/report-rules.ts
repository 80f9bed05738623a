import type * as S3 from "@aws-sdk/client-s3";
import { idMismatch, invalidConfiguration, invalidS3DestinationBucket, invalidTag, malformedXml } from "./errors.ts";
import { validateConditions } from "./filter-conditions.ts";
import { isInventoryField } from "./inventory-fields.ts";

/*
 * What each kind of report refuses, and with which code: a server that was made by probes of S3 has it in its
 * internal/services/s3/{inventory,analytics,tiering}_rules.go and metrics_filter.go, https://github.com/radkawar/stackd
 */

const idPattern = /^[\w.-]{1,64}$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html */
export function validateInventory(id: string, inventory: S3.InventoryConfiguration): void {
  const { Format, Bucket = "", AccountId, Encryption } = inventory.Destination?.S3BucketDestination ?? {};
  const { IncludedObjectVersions: versions, IsEnabled, OptionalFields = [], Filter } = inventory;
  const frequency = inventory.Schedule?.Frequency;
  if (Format !== "CSV" && Format !== "ORC" && Format !== "Parquet") throw malformedXml();
  if (versions !== "All" && versions !== "Current") throw malformedXml();
  if (frequency !== "Daily" && frequency !== "Weekly") throw malformedXml();
  if (IsEnabled === undefined || Bucket === "" || AccountId === "") throw malformedXml();
  if (!OptionalFields.every(isInventoryField)) throw malformedXml();
  if (!idPattern.test(inventory.Id ?? "")) throw malformedXml();
  if (inventory.Id !== id) throw idMismatch();
  if (!isBucketArn(Bucket)) throw invalidS3DestinationBucket();
  if (Filter !== undefined && !Filter.Prefix) throw malformedXml();
  if (Encryption === undefined) return;
  const { SSES3, SSEKMS } = Encryption;
  if ((SSES3 === undefined) === (SSEKMS === undefined) || SSEKMS?.KeyId === "") throw malformedXml();
  if (SSEKMS === undefined || /^arn:[\w-]+:kms:[\w-]+:\d{12}:(?:key|alias)\/.+$/.test(SSEKMS.KeyId ?? "")) return;
  throw invalidConfiguration("InvalidKmskeyId", "The KMS key ID is invalid.");
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_MetricsConfiguration.html */
export function validateMetrics(id: string, { Id = "", Filter }: S3.MetricsConfiguration): void {
  if (!idPattern.test(Id) || Id !== id) throw malformedXml();
  if (Filter === undefined) return;
  if (Object.keys(Filter).length !== 1) throw malformedXml();
  validateConditions(Filter);
  if ((Filter.Prefix ?? Filter.And?.Prefix) === "") throw malformedXml();
  const accessPoint = Filter.AccessPointArn ?? Filter.And?.AccessPointArn;
  if (accessPoint === undefined) return;
  if (!/^arn:[\w-]+:s3:[\w-]+:\d{12}:accesspoint\/[\w.-]+$/.test(accessPoint)) throw malformedXml();
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html */
export function validateTiering(id: string, configuration: S3.IntelligentTieringConfiguration): void {
  const { Id = "", Status, Tierings = [], Filter } = configuration;
  if (Status !== "Enabled" && Status !== "Disabled") throw malformedXml();
  if (Tierings.length === 0) throw malformedXml();
  for (const { AccessTier } of Tierings) {
    if (AccessTier !== "ARCHIVE_ACCESS" && AccessTier !== "DEEP_ARCHIVE_ACCESS") throw malformedXml();
  }
  checkId(Id, {
    none: "Config Id cannot be null or empty.",
    long: "Config Id should be more than 1 character and less than 64 characters in length.",
  });
  if (Id !== id) throw malformedXml();
  if (Filter !== undefined) {
    const { Tags = [] } = checkFilter(Filter);
    const twice = Tags.find(({ Key }, at) => Tags.findIndex((other) => other.Key === Key) < at);
    if (twice !== undefined) {
      const message = `All Tag Keys in an And must be unique. Found duplicate entry for ${twice.Key}.`;
      throw invalidConfiguration("InvalidAnd", message);
    }
    validateConditions(Filter);
  }
  checkTiers(Tierings);
}

function checkTiers(tierings: readonly S3.Tiering[]): void {
  const days = new Map<string, number>();
  const refused = (message: string) => invalidConfiguration("InvalidAccessTier", message);
  for (const { AccessTier: tier = "", Days = 0 } of tierings) {
    const min = tier === "ARCHIVE_ACCESS" ? 90 : 180;
    if (days.has(tier)) {
      throw refused(`All Access Tiers in a configuration must be unique. Found duplicate entry for ${tier}.`);
    }
    if (Days < min) throw refused(`Days specified in ${tier} tier should not be less than ${min}.`);
    if (Days > 730) throw refused(`Days specified in ${tier} tier should not be more than 730.`);
    days.set(tier, Days);
  }
  const [archive, deep] = [days.get("ARCHIVE_ACCESS"), days.get("DEEP_ARCHIVE_ACCESS")];
  if (archive === undefined || deep === undefined || deep > archive) return;
  throw refused("Days specified in DEEP_ARCHIVE_ACCESS should be greater than days specified in ARCHIVE_ACCESS");
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AnalyticsConfiguration.html */
export function validateAnalytics(id: string, configuration: S3.AnalyticsConfiguration): void {
  const { Id = "", Filter, StorageClassAnalysis } = configuration;
  const { DataExport } = StorageClassAnalysis ?? {};
  const { Format, Bucket = "", BucketAccountId, Prefix } = DataExport?.Destination?.S3BucketDestination ?? {};
  const isExport = DataExport?.OutputSchemaVersion === "V_1" && Format === "CSV" && BucketAccountId !== "";
  if (DataExport !== undefined && !isExport) throw malformedXml();
  checkId(Id, {
    none: "Config Id is null or empty",
    long: "Config Id should not be more than 1 char and less than 64 chars in length",
  });
  if (Id !== id) throw malformedXml();
  if (Filter !== undefined) {
    const tags = Filter.And?.Tags ?? [];
    if (Filter.And !== undefined && (tags.length === 0 || tags.length > 10)) {
      const message =
        "Number of tags should not be less than 1 and more than 10 within And. And cannot contain less than 2 elements.";
      throw invalidConfiguration("InvalidAnd", message);
    }
    for (const tag of checkFilter(Filter).Tags ?? []) checkTag(tag);
  }
  if (DataExport === undefined) return;
  if (!isBucketArn(Bucket)) throw invalidConfiguration("InvalidDestination", "Invalid bucket ARN.");
  if (Prefix !== "") return;
  const message = "S3BucketDestination Prefix should be set with a valid non-empty value or not set at all.";
  throw invalidConfiguration("InvalidDestination", message);
}

function checkId(id: string, { none, long }: { readonly none: string; readonly long: string }): void {
  if (idPattern.test(id)) return;
  const pattern = "Config Id does not match the pattern ^[a-zA-Z0-9\\-_.]+$";
  throw invalidConfiguration("InvalidConfigId", id === "" ? none : id.length > 64 ? long : pattern);
}

/** What the one condition of a filter, or the several of its `And`, are. @throws MalformedXML, InvalidAnd, InvalidPrefix */
function checkFilter(filter: S3.IntelligentTieringFilter | S3.AnalyticsFilter): S3.IntelligentTieringAndOperator {
  if (Object.keys(filter).length !== 1) throw malformedXml();
  const { Prefix, Tag, And } = filter;
  const { Tags = [], ...others } = And ?? {};
  if (And !== undefined && Object.keys(others).length + Tags.length < 2) {
    const message =
      "Number of Prefixes and Tags combined cannot be less than 2. And cannot contain less than 2 elements.";
    throw invalidConfiguration("InvalidAnd", message);
  }
  if ((Prefix ?? others.Prefix) === "") {
    const message = "Filter Prefix should be set to a valid non-empty value or not set at all.";
    throw invalidConfiguration("InvalidPrefix", message);
  }
  return { Tags: Tag === undefined ? Tags : [Tag] };
}

/** An analysis is by tags that have a value, too. */
function checkTag({ Key = "", Value }: S3.Tag): void {
  if (Key.length < 1 || Key.length > 128) throw invalidTag("Tag Key cannot be empty or longer than 128 chars.");
  if (Value === undefined) throw invalidTag("Tag Value must be specified.");
  if (Value.length < 1 || Value.length > 256) throw invalidTag("Tag Value cannot be empty or longer than 256 chars.");
  if (!tagText.test(Key)) throw invalidTag("Tag Key contains invalid characters.");
  if (!tagText.test(Value)) throw invalidTag("Tag Value contains invalid characters.");
}

const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function isBucketArn(arn: string): boolean {
  return /^arn:aws[\w-]*:s3:::[a-z0-9.-]{3,63}$/.test(arn);
}
