import type * as S3 from "@aws-sdk/client-s3";
import type { Selectable } from "kysely";
import type { ChecksumName } from "../../aws/checksum.ts";
import type { S3PartsTable } from "../../db/s3-tables.ts";
import { type ChecksumKind, type ChecksumMembers, checksumMember } from "./checksum-claims.ts";
import type { ObjectRow } from "./object-rows.ts";

export type PartRow = Selectable<S3PartsTable>;

/** The digests that are known of a part, by algorithm. */
export type PartChecksums = Readonly<Partial<Record<ChecksumName, string>>>;

export function partChecksums(part: Pick<PartRow, "checksums">): PartChecksums {
  return JSON.parse(part.checksums) as PartChecksums;
}

/** The part's own digest of the algorithm of its upload or object. */
export function partChecksumMember(algorithm: string | null, part: Pick<PartRow, "checksums">): ChecksumMembers {
  return algorithm === null ? {} : checksumMember(algorithm, partChecksums(part)[algorithm as ChecksumName]);
}

/** What a read of one part says of its checksum. */
export function partChecksum(object: ObjectRow, part: PartRow): ChecksumMembers & { ChecksumType?: ChecksumKind } {
  const member = partChecksumMember(object.checksum_algorithm, part);
  if (Object.keys(member).length === 0) return {};
  return { ...member, ChecksumType: object.checksum_type as S3.ChecksumType };
}
