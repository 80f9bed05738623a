import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { checksumOutput } from "./checksum-claims.ts";
import { type CustomerEncryption, proveCustomerKey, readKey } from "./customer-keys.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { pageSize } from "./list-objects.ts";
import { type ObjectRow, requireObject, versionOutput } from "./object-rows.ts";
import { partChecksumMember } from "./part-rows.ts";
import { partNumberMarker } from "./upload-parts.ts";

const attributeNames: readonly string[] = [
  "ETag",
  "Checksum",
  "ObjectParts",
  "StorageClass",
  "ObjectSize",
] satisfies S3.ObjectAttributes[];

export const objectAttributes = {
  async GetObjectAttributes(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const wanted = requestedAttributes(input.ObjectAttributes);
    const object = await requireObject(ctx, bucket, input);
    const stored = JSON.parse(object.attributes) as CustomerEncryption;
    proveCustomerKey(stored, readKey(stored, input));
    const withParts = wanted.has("ObjectParts") && object.parts_count !== null;
    return {
      LastModified: new Date(object.last_modified),
      ...versionOutput(bucket, object),
      // The one place where S3 writes an ETag without quotes.
      ...(wanted.has("ETag") ? { ETag: object.etag } : {}),
      ...(wanted.has("Checksum") ? { Checksum: wholeChecksum(object) } : {}),
      ...(withParts ? { ObjectParts: await objectParts(ctx, object, input) } : {}),
      ...(wanted.has("StorageClass") ? { StorageClass: object.storage_class as S3.StorageClass } : {}),
      ...(wanted.has("ObjectSize") ? { ObjectSize: object.size } : {}),
    };
  },
} satisfies Operations<typeof S3, Context>;

/** A composite checksum without its number of parts, which the parts tell. */
function wholeChecksum(object: ObjectRow): S3.Checksum {
  return checksumOutput({ ...object, checksum_value: object.checksum_value?.replace(/-\d+$/, "") ?? null });
}

function requestedAttributes(attributes: readonly string[] | undefined): Set<string> {
  const names = (attributes ?? []).map((name) => name.trim());
  if (names.length === 0) {
    throw invalidRequest(
      "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    );
  }
  const unknown = names.find((name) => !attributeNames.includes(name));
  if (unknown !== undefined) {
    throw invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", unknown);
  }
  return new Set(names);
}

/** The parts themselves are told of where the checksum is made of theirs. */
async function objectParts(
  ctx: Context,
  object: ObjectRow,
  input: S3.GetObjectAttributesRequest,
): Promise<S3.GetObjectAttributesParts> {
  const TotalPartsCount = object.parts_count ?? 0;
  if (object.checksum_type !== "COMPOSITE") return { TotalPartsCount };
  // S3 takes no notice of a limit below zero.
  const { MaxParts = -1 } = input;
  const limit = pageSize(MaxParts < 0 ? undefined : MaxParts, "max-parts");
  const marker = partNumberMarker(input.PartNumberMarker);
  const rows = await ctx.db
    .selectFrom("s3_parts")
    .selectAll()
    .where("upload_id", "=", object.content_id)
    .where("part_number", ">", marker)
    .orderBy("part_number")
    .limit(limit + 1)
    .execute();
  const parts = rows.slice(0, limit).map((part) => ({
    PartNumber: part.part_number,
    Size: part.size,
    ...partChecksumMember(object.checksum_algorithm, part),
  }));
  return {
    TotalPartsCount,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(parts.at(-1)?.PartNumber ?? 0),
    MaxParts: limit,
    IsTruncated: limit > 0 && rows.length > limit,
    Parts: parts,
  };
}
