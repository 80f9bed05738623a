import type { Api } from "../api.ts";
import type { ObjectMetadata } from "../api-types.ts";
import { bucketPath, type Storage } from "./storage.ts";

export type Preview =
  | { readonly kind: "image" | "video" | "audio"; readonly url: string }
  | { readonly kind: "text"; readonly text: string; readonly cut: boolean }
  | { readonly kind: "none" };

/** Bytes of text that are shown. */
const textLimit = 256 * 1024;
const imageLimit = 20 * 1024 * 1024;
/** Seconds that the link to an image or a video is good for: a video is fetched bit by bit while it is watched. */
const linkSeconds = 3600;

/** Images and videos come by a presigned link; scripts in an SVG do not run in an `<img>`. */
export async function loadPreview(
  { api, storage }: { api: Api; storage: Storage },
  bucket: string,
  object: ObjectMetadata,
): Promise<Preview> {
  const kind = kindOf(object);
  if (kind === "none") return { kind };
  if (kind !== "text") {
    const { url } = await storage.link(bucket, object.key, { expiresIn: linkSeconds, disposition: "inline" });
    return { kind, url };
  }
  const headers = { range: `bytes=0-${textLimit - 1}` };
  const path = `${bucketPath(bucket)}/objects/${encodeURIComponent(object.key)}`;
  const text = object.size === 0 ? "" : await (await api.fetch("GET", path, { headers })).text();
  const cut = object.size > textLimit;
  if (text.includes("\0")) return { kind: "none" };
  return { kind, text: isJson(object) && !cut ? indented(text) : text, cut };
}

function kindOf({ content_type: type, size, key, content_encoding: encoding }: ObjectMetadata): Preview["kind"] {
  if (size === 0 || (encoding !== null && encoding !== "aws-chunked")) return "none";
  if (type.startsWith("image/")) return size <= imageLimit ? "image" : "none";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/")) return "audio";
  if (/^text\/|json|xml|yaml|javascript|x-sh|toml|sql|csv/.test(type)) return "text";
  // Clients that know no type say this of everything.
  const unknown = /^(?:binary|application)\/octet-stream$/.test(type);
  return unknown &&
    /\.(?:txt|md|log|json|ya?ml|csv|tsv|xml|html?|css|[cm]?[jt]sx?|sh|py|rb|go|rs|java|sql|toml|ini|env|tf)$/i.test(key)
    ? "text"
    : "none";
}

function isJson({ content_type: type, key }: ObjectMetadata): boolean {
  return /json$/.test(type) || key.endsWith(".json");
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
