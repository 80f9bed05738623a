import type { Readable } from "node:stream";
import { z } from "zod";
import { invalidFields } from "./problem.ts";
import { type Route, rawRoute, route } from "./route.ts";
import { named } from "./schemas.ts";

const newUpload = named("NewUpload", z.strictObject({ key: z.string().min(1), content_type: z.string().optional() }));

const upload = named("Upload", z.strictObject({ upload_id: z.string(), key: z.string() }));

const part = named("UploadedPart", z.strictObject({ part_number: z.int(), etag: z.string() }));

const completion = named(
  "UploadCompletion",
  z.strictObject({
    key: z.string().min(1),
    parts: z.array(part).min(1).max(10_000).describe("In the order of their numbers."),
  }),
);

const completed = named("CompletedUpload", z.strictObject({ key: z.string(), etag: z.string() }));

const ofKey = z.strictObject({ key: z.string().min(1) });

/** A large file in parts, each of which can be sent again: S3's multipart upload. */
export const uploadRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "POST", path: "/s3/buckets/{name}/uploads", tag: "s3", status: 201 },
      summary: "Begin an upload in parts",
      body: newUpload,
      reply: upload,
      errors: [400, 404],
    },
    async ({ params, body, call }) => {
      const { UploadId = "" } = await call("s3", "CreateMultipartUpload", {
        Bucket: params.name,
        Key: body.key,
        ContentType: body.content_type,
      });
      return { upload_id: UploadId, key: body.key };
    },
  ),
  rawRoute(
    {
      ...{ method: "PUT", path: "/s3/buckets/{name}/uploads/{upload_id}/parts/{part_number}", tag: "s3" },
      summary: "Upload a part",
      description:
        "The body is the part's bytes: 5 MiB to 5 GiB, the last part of any size. A number given again replaces its part.",
      query: ofKey,
      rawBody: { contentType: "application/octet-stream", schema: { type: "string", format: "binary" } },
      reply: { status: 200, schema: part, contentType: "application/json" },
      errors: [400, 404, 411],
    },
    async ({ params, query, req, callWith }) => {
      if (!/^[1-9]\d{0,4}$/.test(params.part_number)) {
        throw invalidFields([{ field: "path.part_number", message: "is a number from 1 to 10,000" }]);
      }
      const length = req.headers["content-length"];
      const bytes: Readable = req;
      const call = callWith(length === undefined ? {} : { headers: { "content-length": length } });
      const { ETag = "" } = await call("s3", "UploadPart", {
        Bucket: params.name,
        Key: query.key,
        UploadId: params.upload_id,
        PartNumber: Number(params.part_number),
        Body: bytes,
      });
      const body = { part_number: Number(params.part_number), etag: ETag } satisfies z.input<typeof part>;
      return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/s3/buckets/{name}/uploads/{upload_id}/complete", tag: "s3" },
      summary: "Make an object of the parts",
      body: completion,
      reply: completed,
      errors: [400, 404],
    },
    async ({ params, body, call }) => {
      const { ETag = "" } = await call("s3", "CompleteMultipartUpload", {
        Bucket: params.name,
        Key: body.key,
        UploadId: params.upload_id,
        MultipartUpload: {
          Parts: body.parts.map(({ part_number, etag }) => ({ PartNumber: part_number, ETag: etag })),
        },
      });
      return { key: body.key, etag: ETag.replace(/^"|"$/g, "") };
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/s3/buckets/{name}/uploads/{upload_id}", tag: "s3" },
      summary: "Give up an upload",
      query: ofKey,
      errors: [404],
    },
    async ({ params, query, call }) => {
      await call("s3", "AbortMultipartUpload", { Bucket: params.name, Key: query.key, UploadId: params.upload_id });
    },
  ),
];
