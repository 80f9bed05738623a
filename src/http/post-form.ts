import type { Readable } from "node:stream";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest } from "../aws/http-message.ts";

/** A form that a browser posts to a bucket, up to its file. */
export interface PostForm {
  /** By names in lower case; of a name that is there twice, the first. */
  readonly fields: Map<string, string>;
  /** Undefined where the form has none. */
  readonly file: { readonly stream: Readable; readonly name: string } | undefined;
  /** Lets go of what was not read. */
  release(): void;
}

/** Bytes of all fields before the file. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const maxFieldBytes = 20_480;

/** Reads the fields, which come before the file. @throws AwsError `MalformedPOSTRequest`, `MaxPostPreDataLengthExceeded` */
export function readPostForm(request: HttpRequest): Promise<PostForm> {
  const form = openForm(request.headers["content-type"] ?? "");
  const fields = new Map<string, string>();
  let bytes = 0;
  return new Promise((resolve, reject) => {
    let current: BusboyFileStream | undefined;
    const release = () => {
      request.body.unpipe(form);
      request.body.resume();
      current?.destroy();
    };
    const fail = (error: AwsError) => {
      // Whoever reads the file that is under way learns of it there.
      current?.destroy(error);
      release();
      reject(error);
    };
    form.on("field", (name, value) => {
      // What follows the file is not looked at.
      if (current !== undefined) return;
      bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
      if (bytes > maxFieldBytes) fail(fieldsTooLong());
      else if (!fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value);
    });
    form.on("file", (_name, stream, name) => {
      if (current !== undefined) {
        stream.resume();
        return;
      }
      current = stream;
      stream.on("error", () => undefined);
      resolve({ fields, file: { stream, name: fileName(name ?? "") }, release });
    });
    form.on("error", () => fail(malformedPostRequest()));
    form.on("finish", () => resolve({ fields, file: undefined, release }));
    request.body.once("error", () => fail(malformedPostRequest()));
    request.body.pipe(form);
  });
}

function openForm(contentType: string): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      preservePath: true,
      limits: { fieldSize: maxFieldBytes + 1, headerSize: 16_384 },
      // Some clients name a file for every part; the file is the part of that name.
      isPartAFile: (name) => name?.toLowerCase() === "file",
    });
  } catch {
    throw malformedPostRequest();
  }
}

/** Without a path, however the client's system writes one. */
function fileName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
}

export function malformedPostRequest(): AwsError {
  const message = "The body of your POST request is not well-formed multipart/form-data.";
  return new AwsError("MalformedPOSTRequest", message, 400);
}

function fieldsTooLong(): AwsError {
  // In S3's own spelling: https://github.com/benefitcloud/ember-uploader/issues/45
  const message = "Your POST request fields preceeding the upload file was too large.";
  return new AwsError("MaxPostPreDataLengthExceeded", message, 400, {
    members: { MaxPostPreDataLengthBytes: maxFieldBytes },
  });
}
