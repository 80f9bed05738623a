import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { invalidArgument, malformedXml } from "./errors.ts";
import { isEncryption } from "./object-encryption.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

export const bucketEncryption = {
  async PutBucketEncryption(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const [rule, ...others] = input.ServerSideEncryptionConfiguration?.Rules ?? [];
    if (rule === undefined || others.length > 0) throw malformedXml();
    await storeConfiguration(ctx.db, bucket, "Encryption", { Rules: [completeRule(rule)] });
    return {};
  },

  async GetBucketEncryption(ctx, input) {
    const stored = await findConfiguration(ctx.db, await requireBucket(ctx, input), "Encryption");
    return { ServerSideEncryptionConfiguration: stored ?? { Rules: [completeRule({})] } };
  },

  /** Back to keys of S3: there is no bucket without encryption. */
  async DeleteBucketEncryption(ctx, input) {
    await removeConfiguration(ctx.db, await requireBucket(ctx, input), "Encryption");
    return {};
  },
} satisfies Operations<typeof S3, Context>;

/** The rule as it reads back. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html */
function completeRule(rule: S3.ServerSideEncryptionRule): S3.ServerSideEncryptionRule {
  const { SSEAlgorithm, KMSMasterKeyID } = rule.ApplyServerSideEncryptionByDefault ?? { SSEAlgorithm: "AES256" };
  if (!isEncryption(SSEAlgorithm)) throw malformedXml();
  if (KMSMasterKeyID !== undefined && SSEAlgorithm === "AES256") {
    throw invalidArgument(
      "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
      "ApplyServerSideEncryptionByDefault",
      SSEAlgorithm,
    );
  }
  const blocked = rule.BlockedEncryptionTypes?.EncryptionType;
  if (blocked?.some((type) => type !== "NONE" && type !== "SSE-C")) throw malformedXml();
  if (rule.BlockedEncryptionTypes !== undefined && blocked?.length !== 1) {
    const message = "BlockedEncryptionTypes must have exactly one encryption type";
    throw invalidArgument(message, "BlockedEncryptionTypes", blocked?.join(",") ?? "null");
  }
  return {
    ApplyServerSideEncryptionByDefault: {
      SSEAlgorithm,
      ...(KMSMasterKeyID === undefined ? {} : { KMSMasterKeyID }),
    },
    BucketKeyEnabled: rule.BucketKeyEnabled === true,
    ...(blocked === undefined ? {} : { BlockedEncryptionTypes: { EncryptionType: blocked } }),
  };
}
