import type { CompletedPart } from "@aws-sdk/client-s3";
import { checksumAlgorithms } from "../../aws/checksum.ts";
import {
  entityTooSmall,
  internalError,
  invalidArgument,
  invalidPart,
  invalidPartOrder,
  invalidRequest,
  malformedXml,
} from "./errors.ts";
import { type PartRow, partChecksums } from "./part-rows.ts";
import type { UploadRow } from "./upload-rows.ts";

/** 5 MiB, for every part but the last. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const minPartBytes = 5 * 1024 * 1024;

/** The uploaded parts that a CompleteMultipartUpload lists. @throws MalformedXML, InvalidPartOrder, InvalidPart, EntityTooSmall */
export function listedParts(
  upload: UploadRow,
  uploaded: readonly PartRow[],
  listed: readonly CompletedPart[],
): PartRow[] {
  const byNumber = new Map(uploaded.map((part) => [part.part_number, part]));
  let previous = 0;
  const parts = listed.map((part) => {
    const { PartNumber, ETag } = part;
    if (PartNumber === undefined || ETag === undefined) throw malformedXml();
    if (PartNumber < 1) throw invalidArgument("PartNumber must be >= 1", "PartNumber", PartNumber);
    if (PartNumber <= previous) throw invalidPartOrder(upload.id);
    previous = PartNumber;
    const row = byNumber.get(PartNumber);
    if (row === undefined || row.etag !== ETag.replaceAll('"', "") || !sameChecksums(upload, part, row)) {
      throw invalidPart(upload.id, PartNumber, ETag.replaceAll('"', ""));
    }
    requireChecksum(upload, part, PartNumber);
    return row;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.size >= minPartBytes) continue;
    throw entityTooSmall({ size: part.size, min: minPartBytes, number: part.part_number, etag: part.etag });
  }
  // AWS fails where the parts of a composite checksum have gaps, and keeps the upload (decision 0159).
  if (upload.checksum_type === "COMPOSITE" && previous !== parts.length) throw internalError();
  return parts;
}

/** Parts are listed with checksums of the upload's algorithm, or none: one begun without takes not even the right ones. */
function sameChecksums(upload: UploadRow, part: CompletedPart, row: PartRow): boolean {
  const known = partChecksums(row);
  return checksumAlgorithms.every(
    ({ member, name }) =>
      part[member] === undefined || (name === upload.checksum_algorithm && part[member] === known[name]),
  );
}

/** A composite checksum is made of what the client knows of each part. */
function requireChecksum(upload: UploadRow, part: CompletedPart, partNumber: number): void {
  const algorithm = checksumAlgorithms.find(({ name }) => name === upload.checksum_algorithm);
  if (algorithm === undefined || upload.checksum_type !== "COMPOSITE" || part[algorithm.member] !== undefined) return;
  throw invalidRequest(
    `The upload was created using a ${algorithm.name.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`,
  );
}
