import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import { isHeaderName } from "./cross-origin.ts";
import { invalidRequest, malformedXml, noSuchCorsConfiguration } from "./errors.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

export const bucketCors = {
  async PutBucketCors(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    requireIntegrity(ctx);
    const rules = input.CORSConfiguration?.CORSRules ?? [];
    validateRules(rules);
    await storeConfiguration(ctx.db, bucket, "CORS", { CORSRules: rules });
    return {};
  },

  async GetBucketCors(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const stored = await findConfiguration(ctx.db, bucket, "CORS");
    if (stored === undefined) throw noSuchCorsConfiguration(bucket.name);
    return stored;
  },

  async DeleteBucketCors(ctx, input) {
    await removeConfiguration(ctx.db, await requireBucket(ctx, input), "CORS");
    return {};
  },
} satisfies Operations<typeof S3, Context>;

const maxRules = 100;
const maxIdLength = 255;
const methods = ["GET", "PUT", "HEAD", "POST", "DELETE"];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
function validateRules(rules: readonly S3.CORSRule[]): void {
  if (rules.length === 0) throw malformedXml();
  if (rules.length > maxRules) {
    throw invalidRequest(`The number of CORS rules should not exceed allowed limit of ${maxRules} rules.`);
  }
  for (const { ID = "", AllowedMethods = [], AllowedOrigins = [], AllowedHeaders = [], ExposeHeaders = [] } of rules) {
    if (AllowedMethods.length === 0 || AllowedOrigins.length === 0 || ID.length > maxIdLength) throw malformedXml();
    const unsupported = AllowedMethods.find((method) => !methods.includes(method));
    if (unsupported !== undefined) {
      throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${unsupported}`);
    }
    refuseTwoWildcards("AllowedOrigin", AllowedOrigins);
    refuseTwoWildcards("AllowedHeader", AllowedHeaders);
    refuseOtherCharacters("AllowedHeader", AllowedHeaders);
    const exposed = ExposeHeaders.find((header) => header.includes("*"));
    if (exposed !== undefined) {
      throw invalidRequest(
        `ExposeHeader "${exposed}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
      );
    }
    refuseOtherCharacters("ExposeHeader", ExposeHeaders);
  }
}

function refuseTwoWildcards(element: string, values: readonly string[]): void {
  const refused = values.find((value) => value.split("*").length > 2);
  if (refused !== undefined) throw invalidRequest(`${element} "${refused}" can not have more than one wildcard.`);
}

/** Names of headers are tokens, or nothing (decision 0161). */
function refuseOtherCharacters(element: string, values: readonly string[]): void {
  const refused = values.find((value) => !isHeaderName(value));
  if (refused !== undefined) throw invalidRequest(`${element} "${refused}" contains invalid character.`);
}
