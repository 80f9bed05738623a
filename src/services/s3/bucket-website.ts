import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { invalidArgument, invalidRequest, malformedXml, noSuchBucket, noSuchWebsiteConfiguration } from "./errors.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

export const bucketWebsite = {
  async PutBucketWebsite(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const website = input.WebsiteConfiguration ?? {};
    if (website.RedirectAllRequestsTo === undefined) validateHosting(website);
    else validateRedirectAll(website);
    await storeConfiguration(ctx.db, bucket, "Website", website);
    return {};
  },

  async GetBucketWebsite(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const stored = await findConfiguration(ctx.db, bucket, "Website");
    if (stored === undefined) throw noSuchWebsiteConfiguration(bucket.name);
    return stored;
  },

  async DeleteBucketWebsite(ctx, input) {
    await removeConfiguration(ctx.db, await requireBucket(ctx, input), "Website");
    return {};
  },
} satisfies Operations<typeof S3, Context>;

/** That of a bucket by its name, for the website itself. @throws NoSuchBucket, NoSuchWebsiteConfiguration */
export async function websiteConfiguration(
  { db }: Pick<ServiceContext, "db">,
  name: string,
): Promise<S3.WebsiteConfiguration> {
  const bucket = await db.selectFrom("buckets").select("id").where("name", "=", name).executeTakeFirst();
  if (bucket === undefined) throw noSuchBucket(name);
  const stored = await findConfiguration(db, bucket, "Website");
  if (stored === undefined) throw noSuchWebsiteConfiguration(name);
  return stored;
}

const maxRoutingRules = 50;

function validateRedirectAll(website: S3.WebsiteConfiguration): void {
  const { RedirectAllRequestsTo, IndexDocument, ErrorDocument, RoutingRules } = website;
  if ([IndexDocument, ErrorDocument, RoutingRules].some((member) => member !== undefined)) {
    throw invalidArgument(
      "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
      "RedirectAllRequestsTo",
      "not null",
    );
  }
  const { HostName, Protocol } = RedirectAllRequestsTo ?? {};
  if (HostName === undefined) throw malformedXml();
  // As S3's recorded answers have these (decision 0150).
  if (HostName === "") {
    throw invalidRequest('A host name must be provided to redirect all requests (e.g. "example.com").');
  }
  validateProtocol(Protocol);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html */
function validateHosting({ IndexDocument, ErrorDocument, RoutingRules }: S3.WebsiteConfiguration): void {
  if (IndexDocument === undefined) {
    throw invalidArgument(
      "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
      "IndexDocument",
      "null",
    );
  }
  const suffix = IndexDocument.Suffix ?? "";
  if (suffix === "" || suffix.includes("/")) {
    throw invalidArgument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix);
  }
  if (ErrorDocument?.Key === "") {
    throw invalidArgument("The ErrorDocument Key is not well formed", "ErrorDocument", "");
  }
  if (RoutingRules === undefined) return;
  if (RoutingRules.length === 0) throw malformedXml();
  if (RoutingRules.length > maxRoutingRules) {
    throw invalidRequest(
      `${RoutingRules.length} routing rules provided, the number of routing rules in a website configuration is limited to ${maxRoutingRules}.`,
    );
  }
  for (const rule of RoutingRules) validateRoutingRule(rule);
}

function validateRoutingRule({ Condition, Redirect = {} }: S3.RoutingRule): void {
  if (Redirect.ReplaceKeyPrefixWith !== undefined && Redirect.ReplaceKeyWith !== undefined) {
    throw invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  }
  if (Condition !== undefined && Object.keys(Condition).length === 0) {
    throw invalidRequest(
      "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
    );
  }
  validateProtocol(Redirect.Protocol);
  const code = Redirect.HttpRedirectCode;
  if (code !== undefined && !/^3(?!00)\d\d$/.test(code)) {
    throw invalidRequest(`The provided HTTP redirect code (${code}) is not valid. Valid codes are 3XX except 300.`);
  }
  const errorCode = Condition?.HttpErrorCodeReturnedEquals;
  if (errorCode !== undefined && !/^[45]\d\d$/.test(errorCode)) {
    throw invalidRequest(`The provided HTTP error code (${errorCode}) is not valid. Valid codes are 4XX or 5XX.`);
  }
}

function validateProtocol(protocol: string | undefined): void {
  if (protocol === undefined || protocol === "http" || protocol === "https") return;
  throw invalidRequest(
    "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
  );
}
