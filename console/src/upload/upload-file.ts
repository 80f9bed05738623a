import type { Api } from "../api.ts";
import type { Upload as PartialUpload, UploadedPart } from "../api-types.ts";
import { bucketPath } from "../store/storage.ts";
import { send } from "./send.ts";

export interface FileUpload {
  readonly bucket: string;
  readonly key: string;
  readonly file: File;
  /** Bytes of the file that have been sent. */
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Bytes: larger files go in parts of this size, each of which is sent again when it fails. */
const partSize = 16 * 1024 * 1024;
const mostParts = 10_000;
const triesOfAPart = 3;

/** Resolves when the object is there. @throws ApiError, or the signal's reason; then nothing of it is left */
export async function uploadFile(api: Api, upload: FileUpload): Promise<void> {
  if (upload.file.size > partSize * 2) await inParts(api, upload);
  else await atOnce(api, upload);
}

async function atOnce(api: Api, { bucket, key, file, onProgress, signal }: FileUpload): Promise<void> {
  const body = new FormData();
  // The field counts for the file that follows it.
  body.append("key", key);
  body.append("file", file, file.name);
  const url = `${bucketPath(bucket)}/objects`;
  await send({ method: "POST", url, body, headers: api.authorization(), onProgress, signal });
}

async function inParts(api: Api, upload: FileUpload): Promise<void> {
  const { bucket, key, file, signal } = upload;
  const begin = { key, ...(file.type !== "" && { content_type: file.type }) };
  const { upload_id: id } = await api.call<PartialUpload>("POST", `${bucketPath(bucket)}/uploads`, {
    json: begin,
    signal,
  });
  const path = `${bucketPath(bucket)}/uploads/${encodeURIComponent(id)}`;
  try {
    const size = Math.max(partSize, Math.ceil(file.size / mostParts));
    const parts: UploadedPart[] = [];
    for (let at = 0; at < file.size; at += size) {
      const url = `${path}/parts/${parts.length + 1}?${new URLSearchParams({ key })}`;
      parts.push(await sendPart(api, url, upload, [at, at + size]));
    }
    await api.call("POST", `${path}/complete`, { json: { key, parts }, signal });
  } catch (error) {
    await api.call("DELETE", path, { query: { key } }).catch(() => undefined);
    throw error;
  }
}

async function sendPart(
  api: Api,
  url: string,
  { file, onProgress, signal }: FileUpload,
  [start, end]: readonly [number, number],
): Promise<UploadedPart> {
  for (let tries = 1; ; tries += 1) {
    try {
      signal.throwIfAborted();
      const answer = await send({
        ...{ method: "PUT", url, body: file.slice(start, end), headers: api.authorization(), signal },
        onProgress: (bytes) => onProgress(start + bytes),
      });
      // The route's schema.
      return JSON.parse(answer) as UploadedPart;
    } catch (error) {
      if (signal.aborted || tries === triesOfAPart) throw error;
    }
  }
}
