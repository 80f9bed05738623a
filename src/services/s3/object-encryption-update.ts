import type * as S3 from "@aws-sdk/client-s3";
import { isSignedV2 } from "../../auth/sigv2.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { accessDenied, invalidRequest } from "./errors.ts";
import { storedEncryption } from "./object-encryption.ts";
import { isRetained, lockOf } from "./object-lock.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { requireObject } from "./object-rows.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html */
export const objectEncryptionUpdate = {
  async UpdateObjectEncryption(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const change = validChange(ctx, bucket, input.ObjectEncryption);
    await ctx.db.transaction().execute(async (trx) => {
      const object = await requireObject(ctx, bucket, input, trx);
      refuseKinds(object.attributes);
      const lock = lockOf(object.attributes);
      if (isRetained(ctx, lock) || lock.ObjectLockLegalHoldStatus === "ON") {
        throw accessDenied(
          "The encryption type for the specified object can’t be updated because that object is protected by S3 Object Lock.",
        );
      }
      const { BucketKeyEnabled: _former, ...others } = JSON.parse(object.attributes) as ObjectMetadata;
      const attributes = JSON.stringify({ ...others, ...change });
      await trx.updateTable("s3_objects").set({ attributes }).where("id", "=", object.id).execute();
    });
    return {};
  },
} satisfies Operations<typeof S3, Context>;

function validChange(ctx: Context, bucket: Bucket, encryption: S3.ObjectEncryption | undefined) {
  if (isSignedV2(ctx.request)) {
    throw invalidRequest(
      "Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the request to use AWS Signature Version 4, and then try again.",
    );
  }
  if (encryption?.SSEKMS === undefined) {
    throw invalidRequest(
      "Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again.",
    );
  }
  const { KMSKeyArn, BucketKeyEnabled } = encryption.SSEKMS;
  if (!KMSKeyArn) {
    throw invalidRequest(
      "Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, and then try again.",
    );
  }
  const account = /^arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:(\d{12}):key\/.+$/.exec(KMSKeyArn)?.[1];
  if (account === undefined) {
    throw invalidRequest(
      "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again.",
    );
  }
  if (account !== bucket.account_id) {
    throw accessDenied(
      "The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS key from the same account, and then try again.",
    );
  }
  const ServerSideEncryption = "aws:kms" as const;
  return { ServerSideEncryption, SSEKMSKeyId: KMSKeyArn, ...(BucketKeyEnabled === true ? { BucketKeyEnabled } : {}) };
}

/** What is encrypted twice, or with a key that is not kept here, cannot be encrypted anew without its bytes. */
function refuseKinds(attributes: string): void {
  const { ServerSideEncryption, SSECustomerAlgorithm } = storedEncryption(attributes);
  if (SSECustomerAlgorithm === undefined && ServerSideEncryption !== "aws:kms:dsse") return;
  throw invalidRequest(
    "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
  );
}
