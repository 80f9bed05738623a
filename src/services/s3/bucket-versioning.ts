import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { illegalVersioningConfiguration, invalidBucketState, malformedXml, mfaRequired } from "./errors.ts";
import { lockConfiguration } from "./object-lock.ts";
import { findConfiguration, storeConfiguration } from "./stored-configurations.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html */
export const bucketVersioning = {
  async PutBucketVersioning(ctx, input) {
    await requireBucket(ctx, input);
    const { Status, MFADelete } = validVersioning(input.VersioningConfiguration);
    await ctx.db.transaction().execute(async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      if (Status === "Suspended" && (await lockConfiguration(trx, bucket)) !== undefined) {
        throw invalidBucketState(
          "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        );
      }
      if (Status === "Suspended" && (await findConfiguration(trx, bucket, "Replication")) !== undefined) {
        throw invalidBucketState(
          "A replication configuration is present on this bucket, so the versioning state cannot be changed.",
        );
      }
      await trx.updateTable("buckets").set({ versioning: Status }).where("id", "=", bucket.id).execute();
      await storeConfiguration(trx, bucket, "Versioning", { Status, MFADelete });
    });
    return {};
  },

  async GetBucketVersioning(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    if (bucket.versioning === null) return {};
    const stored = await findConfiguration(ctx.db, bucket, "Versioning");
    return {
      Status: bucket.versioning as S3.BucketVersioningStatus,
      ...(stored?.MFADelete === undefined ? {} : { MFADelete: stored.MFADelete }),
    };
  },
} satisfies Operations<typeof S3, Context>;

function validVersioning({ Status, MFADelete }: S3.VersioningConfiguration = {}): {
  Status: S3.BucketVersioningStatus;
  MFADelete: S3.MFADelete | undefined;
} {
  // An empty element counts as none.
  const status: string = Status ?? "";
  const mfaDelete: string = MFADelete ?? "";
  if (!["", "Enabled", "Disabled"].includes(mfaDelete)) throw malformedXml();
  if (status === "") throw illegalVersioningConfiguration();
  if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
  // No MFA device is known here, so that no code can be right.
  if (mfaDelete === "Enabled") throw mfaRequired();
  return { Status: status, MFADelete: mfaDelete === "" ? undefined : "Disabled" };
}
