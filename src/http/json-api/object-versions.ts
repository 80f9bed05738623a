import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import { encodePath } from "./presigned-link.ts";
import { type Route, route } from "./route.ts";
import { dateTime, isoTime, named, nextToken, pageQuery } from "./schemas.ts";

const objectVersion = named(
  "ObjectVersion",
  z.strictObject({
    key: z.string(),
    version_id: z.string().describe("`null` for what was written without versioning."),
    is_latest: z.boolean(),
    is_delete_marker: z.boolean(),
    size: z.int().nullable().describe("Bytes; null for a delete marker."),
    etag: z.string().nullable(),
    last_modified: dateTime.nullable(),
  }),
);

const versionList = named(
  "ObjectVersionList",
  z.strictObject({ versions: z.array(objectVersion), next_token: nextToken }),
);

const oneVersion = z.strictObject({ key: z.string().min(1), version_id: z.string().min(1) });

const restoredVersion = named("RestoredVersion", z.strictObject({ version_id: z.string().nullable() }));

export const objectVersionRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/s3/buckets/{name}/versions", tag: "s3" },
      summary: "List versions and delete markers",
      description: "Keys in their order; of each, the newest first.",
      query: pageQuery(1, 1000).extend({ prefix: z.string().optional() }),
      reply: versionList,
      errors: [400, 404],
    },
    async ({ params, query, call }) => {
      const page = await call("s3", "ListObjectVersions", {
        ...{ Bucket: params.name, Prefix: query.prefix, MaxKeys: query.limit },
        ...(query.next_token !== undefined && markersOf(query.next_token)),
      });
      const versions = (page.Versions ?? []).map((found) => toVersion(found, found.Size ?? 0));
      const markers = (page.DeleteMarkers ?? []).map((found) => toVersion(found, null));
      return {
        versions: [...versions, ...markers].sort(inOrder),
        next_token:
          page.NextKeyMarker === undefined ? null : tokenOf([page.NextKeyMarker, page.NextVersionIdMarker ?? ""]),
      };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/s3/buckets/{name}/versions/restore", tag: "s3" },
      summary: "Make an earlier version the latest",
      description: "It is copied: the versions that there are stay.",
      body: named("VersionToRestore", oneVersion),
      reply: restoredVersion,
      errors: [400, 404],
    },
    async ({ params: { name }, body, call }) => {
      const { VersionId } = await call("s3", "CopyObject", {
        ...{ Bucket: name, Key: body.key },
        CopySource: `${encodePath(name)}/${encodePath(body.key)}?versionId=${encodeURIComponent(body.version_id)}`,
      });
      return { version_id: VersionId ?? null };
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/s3/buckets/{name}/versions", tag: "s3" },
      summary: "Delete one version, or a delete marker, for good",
      query: oneVersion,
      errors: [400, 404],
    },
    async ({ params, query, call }) => {
      await call("s3", "DeleteObject", { Bucket: params.name, Key: query.key, VersionId: query.version_id });
    },
  ),
];

interface FoundVersion {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly IsLatest?: boolean | undefined;
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
}

function toVersion(found: FoundVersion, size: number | null): z.input<typeof objectVersion> {
  return {
    key: found.Key ?? "",
    version_id: found.VersionId ?? "null",
    is_latest: found.IsLatest ?? false,
    is_delete_marker: size === null,
    size,
    etag: found.ETag?.replace(/^"|"$/g, "") ?? null,
    last_modified: isoTime(found.LastModified),
  };
}

/** S3 lists delete markers apart from versions; keys are in the order of their bytes. */
function inOrder(one: z.input<typeof objectVersion>, other: z.input<typeof objectVersion>): number {
  const byKey = Buffer.compare(Buffer.from(one.key), Buffer.from(other.key));
  if (byKey !== 0) return byKey;
  if (one.is_latest !== other.is_latest) return one.is_latest ? -1 : 1;
  return (other.last_modified ?? "").localeCompare(one.last_modified ?? "");
}

function tokenOf(markers: readonly [key: string, versionId: string]): string {
  return Buffer.from(JSON.stringify(markers)).toString("base64url");
}

const markers = z.tuple([z.string(), z.string()]);

/** @throws AwsError InvalidArgument */
function markersOf(token: string): { KeyMarker: string; VersionIdMarker?: string } {
  try {
    const [KeyMarker, id] = markers.parse(JSON.parse(Buffer.from(token, "base64url").toString()));
    return { KeyMarker, ...(id !== "" && { VersionIdMarker: id }) };
  } catch {
    throw new AwsError("InvalidArgument", "The continuation token provided is incorrect", 400);
  }
}
