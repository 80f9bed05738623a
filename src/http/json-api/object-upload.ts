import type { IncomingMessage } from "node:http";
import { Transform } from "node:stream";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import type { BodyStream } from "../../aws/operations.ts";
import type { CallOperation } from "../call-operation.ts";
import { refusal } from "./problem.ts";
import { rawRoute } from "./route.ts";
import { named } from "./schemas.ts";

const uploaded = named(
  "UploadedObjects",
  z.strictObject({
    objects: z.array(
      z.strictObject({ key: z.string(), size: z.int(), etag: z.string(), content_type: z.string().nullable() }),
    ),
  }),
);

type UploadedObject = z.input<typeof uploaded>["objects"][number];

export const objectUpload = rawRoute(
  {
    ...{ method: "POST", path: "/s3/buckets/{name}/objects", tag: "s3" },
    summary: "Upload files",
    description:
      "A form with any number of files, which are stored as they arrive. A file's key is `prefix` and its file name, which may hold a path, or `key` where that stands before the file. Fields count for the files that follow them. Files before one that fails are stored.",
    rawBody: {
      contentType: "multipart/form-data",
      schema: {
        type: "object",
        properties: {
          prefix: { type: "string", description: "Goes before the names of all files that follow." },
          key: { type: "string", description: "The whole key of the next file." },
          file: { type: "array", items: { type: "string", format: "binary" } },
        },
        required: ["file"],
      },
    },
    reply: { status: 201, schema: uploaded, contentType: "application/json" },
    errors: [400, 404, 413, 415],
  },
  async ({ params, req, call, signal }) => {
    await call("s3", "HeadBucket", { Bucket: params.name });
    const objects = await storeFiles(req, signal, (file) => storeFile(call, params.name, file));
    if (objects.length === 0) throw refusal(400, "MissingFile", "The form holds no file.");
    const body = JSON.stringify({ objects } satisfies z.input<typeof uploaded>);
    return { status: 201, headers: { "content-type": "application/json", "cache-control": "no-store" }, body };
  },
);

/** Fields beside the files. */
const maxFields = 10_000;

interface FormFile {
  readonly key: string;
  readonly contentType: string | undefined;
  readonly stream: BusboyFileStream;
}

/** Hands the files on one after another while the form is read; what arrives meanwhile waits in the socket. */
function storeFiles<Stored>(
  req: IncomingMessage,
  signal: AbortSignal,
  store: (file: FormFile) => Promise<Stored>,
): Promise<Stored[]> {
  const contentType = req.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\b.*boundary=/is.test(contentType)) {
    throw refusal(415, "UnsupportedMediaType", "Send the files as multipart/form-data.");
  }
  const form = formReader(req, contentType);
  return new Promise((resolve, reject) => {
    let prefix = "";
    let key: string | undefined;
    let current: BusboyFileStream | undefined;
    let stored = Promise.resolve<Stored[]>([]);
    let failed = false;

    const fail = (error: unknown) => {
      failed = true;
      req.unpipe(form);
      // Whoever reads the file that is under way learns of it there.
      current?.destroy(error instanceof Error ? error : new Error(String(error)));
      // The rest is read and dropped, so that the client sees the answer.
      req.resume();
      reject(error);
    };
    form.on("field", (name, value, _nameTruncated, valueTruncated) => {
      if (valueTruncated) fail(refusal(400, "KeyTooLongError", "Your key is too long"));
      else if (name === "prefix") prefix = value;
      else if (name === "key") key = value;
    });
    form.on("file", (_name, stream, filename, _encoding, mimeType) => {
      const file = { stream, key: key ?? prefix + unescaped(filename ?? ""), contentType: mimeType || undefined };
      key = undefined;
      current = stream;
      stream.on("error", () => undefined);
      stored = stored.then(async (earlier) => (failed ? earlier : [...earlier, await store(file)]));
      stored.catch(fail);
    });
    form.on("fieldsLimit", () => fail(refusal(400, "MalformedForm", `A form has at most ${maxFields} fields.`)));
    form.on("error", () => fail(refusal(400, "MalformedForm", "The form is cut off or is no multipart/form-data.")));
    form.on("finish", () => stored.then(resolve, reject));
    signal.addEventListener("abort", () => fail(new Error("The client went away.")), { once: true });
    req.pipe(form);
  });
}

function formReader(req: IncomingMessage, contentType: string): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { ...req.headers, "content-type": contentType },
      preservePath: true,
      limits: { fieldSize: 4096, fields: maxFields, headerPairs: 100, headerSize: 16_384 },
    });
  } catch (error) {
    throw refusal(400, "MalformedForm", error instanceof Error ? error.message : String(error));
  }
}

async function storeFile(call: CallOperation, bucket: string, file: FormFile): Promise<UploadedObject> {
  if (file.key === "") throw refusal(400, "MissingKey", "A file has no name: give its key in a field before it.");
  const size = { bytes: 0 };
  const body: BodyStream = Object.assign(file.stream.pipe(counting(size)), { lengthUnknown: true as const });
  // The operation may have given up on the body before the form fails: then nobody else hears of its error.
  body.on("error", () => undefined);
  file.stream.once("error", (error) => body.destroy(error));
  const { ETag = "" } = await call("s3", "PutObject", {
    Bucket: bucket,
    Key: file.key,
    Body: body,
    ContentType: file.contentType,
  });
  const etag = ETag.replace(/^"|"$/g, "");
  return { key: file.key, size: size.bytes, etag, content_type: file.contentType ?? null };
}

/** What one request may store: 5 GiB. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const maxBytes = 5 * 1024 ** 3;

function counting(size: { bytes: number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size.bytes += chunk.length;
      if (size.bytes <= maxBytes) done(null, chunk);
      else done(new AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400));
    },
  });
}

/** Browsers escape these three in a form's file names, and nothing else (https://html.spec.whatwg.org/#multipart-form-data). */
function unescaped(filename: string): string {
  return filename.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}
