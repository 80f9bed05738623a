import { z } from "zod";
import { digestHeader } from "./digest-header.ts";
import { objectDownload } from "./object-download.ts";
import { objectUpload } from "./object-upload.ts";
import { presignedLink } from "./presigned-link.ts";
import { type Route, route } from "./route.ts";
import { dateTime, isoTime, named, nextToken, pageQuery, tagsSchema } from "./schemas.ts";

const object = named(
  "Object",
  z.strictObject({
    key: z.string(),
    size: z.int().describe("Bytes."),
    etag: z.string(),
    last_modified: dateTime.nullable(),
    storage_class: z.string(),
  }),
);

const objectList = named(
  "ObjectList",
  z.strictObject({
    objects: z.array(object),
    prefixes: z.array(z.string()).describe("What lies below, as folders, where a delimiter is given."),
    next_token: nextToken,
  }),
);

const objectMetadata = named(
  "ObjectMetadata",
  object.extend({
    content_type: z.string(),
    cache_control: z.string().nullable(),
    content_disposition: z.string().nullable(),
    content_encoding: z.string().nullable(),
    metadata: z.record(z.string(), z.string()).describe("The `x-amz-meta-` headers."),
    tags: tagsSchema,
  }),
);

const deletion = named("ObjectDeletion", z.strictObject({ keys: z.array(z.string().min(1)).min(1).max(1000) }));

const deleted = named(
  "DeletedObjects",
  z.strictObject({
    deleted: z.array(z.string()),
    errors: z.array(z.strictObject({ key: z.string(), code: z.string(), message: z.string() })),
  }),
);

export const objectRoutes: readonly Route[] = [
  objectUpload,
  route(
    {
      ...{ method: "GET", path: "/s3/buckets/{name}/objects", tag: "s3" },
      summary: "List objects",
      query: pageQuery(1, 1000).extend({
        prefix: z.string().optional(),
        delimiter: z.string().optional().describe("`/` lists a folder: what lies deeper comes as `prefixes`."),
      }),
      reply: objectList,
      errors: [400, 404],
    },
    async ({ params, query, call }) => {
      const page = await call("s3", "ListObjectsV2", {
        Bucket: params.name,
        MaxKeys: query.limit,
        ContinuationToken: query.next_token,
        Prefix: query.prefix,
        Delimiter: query.delimiter,
      });
      return {
        objects: (page.Contents ?? []).map((found) => ({
          key: found.Key ?? "",
          size: found.Size ?? 0,
          etag: withoutQuotes(found.ETag),
          last_modified: isoTime(found.LastModified),
          storage_class: found.StorageClass ?? "STANDARD",
        })),
        prefixes: (page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix),
        next_token: page.NextContinuationToken ?? null,
      };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/s3/buckets/{name}/delete-objects", tag: "s3" },
      summary: "Delete many objects",
      body: deletion,
      reply: deleted,
      errors: [400, 404],
    },
    async ({ params, body, callWith }) => {
      const { Deleted = [], Errors = [] } = await callWith(digestHeader(JSON.stringify(body)))("s3", "DeleteObjects", {
        Bucket: params.name,
        Delete: { Objects: body.keys.map((Key) => ({ Key })) },
      });
      return {
        deleted: Deleted.map(({ Key = "" }) => Key),
        errors: Errors.map(({ Key = "", Code = "", Message = "" }) => ({ key: Key, code: Code, message: Message })),
      };
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/s3/buckets/{name}/metadata", tag: "s3" },
      summary: "Describe an object",
      query: z.strictObject({ key: z.string().min(1) }),
      reply: objectMetadata,
      errors: [404],
    },
    async ({ params, query, call }) => {
      const asked = { Bucket: params.name, Key: query.key };
      const head = await call("s3", "HeadObject", asked);
      const { TagSet = [] } = await call("s3", "GetObjectTagging", asked);
      return {
        key: query.key,
        size: head.ContentLength ?? 0,
        etag: withoutQuotes(head.ETag),
        last_modified: isoTime(head.LastModified),
        storage_class: head.StorageClass ?? "STANDARD",
        content_type: head.ContentType ?? "binary/octet-stream",
        cache_control: head.CacheControl ?? null,
        content_disposition: head.ContentDisposition ?? null,
        content_encoding: head.ContentEncoding ?? null,
        metadata: head.Metadata ?? {},
        tags: Object.fromEntries(TagSet.map(({ Key = "", Value = "" }) => [Key, Value])),
      };
    },
  ),
  objectDownload,
  route(
    {
      ...{ method: "DELETE", path: "/s3/buckets/{name}/objects/{key}", tag: "s3" },
      summary: "Delete an object",
      errors: [404],
    },
    async ({ params, call }) => {
      await call("s3", "DeleteObject", { Bucket: params.name, Key: params.key });
    },
  ),
  presignedLink,
];

function withoutQuotes(etag = ""): string {
  return etag.replace(/^"|"$/g, "");
}
