import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import { findConfiguration } from "./stored-configurations.ts";

type PublicAccessBlock = Required<S3.PublicAccessBlockConfiguration>;

export const allBlocked: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

const nothingBlocked: PublicAccessBlock = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

/** What is blocked, whether or not there is a configuration that says so. */
export async function publicAccessBlock(
  db: Kysely<Database>,
  bucket: { readonly id: number },
): Promise<PublicAccessBlock> {
  const stored = await findConfiguration(db, bucket, "PublicAccessBlock");
  return stored === null ? nothingBlocked : (stored ?? allBlocked);
}

/** A bucket whose controls were deleted has objects of their writers, as buckets had before there were controls. */
export async function objectOwnership(
  db: Kysely<Database>,
  bucket: { readonly id: number },
): Promise<S3.ObjectOwnership> {
  const stored = await findConfiguration(db, bucket, "OwnershipControls");
  return stored === null ? "ObjectWriter" : (stored ?? "BucketOwnerEnforced");
}
