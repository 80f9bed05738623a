import { gunzipSync } from "node:zlib";
import { parse as parseYaml } from "yaml";
import { isMapping } from "./steps.ts";

/** One thing that user data asks for. */
export interface UserDataPart {
  /** A MIME type: `text/cloud-config`, `text/x-shellscript`. */
  readonly type: string;
  readonly name: string | undefined;
  readonly content: Buffer;
  /** How it is put together with others of its kind, where its MIME headers say so. */
  readonly merges?: string | undefined;
}

/** What is unpacked at the most: user data is small, and what is compressed in it may not be. */
const maxUnpacked = 8 * 1024 * 1024;

/** https://cloudinit.readthedocs.io/en/latest/explanation/format.html: the formats by their first line. */
const firstLines: readonly (readonly [start: string, type: string])[] = [
  ["#cloud-config-archive", "text/cloud-config-archive"],
  ["#cloud-config-jsonp", "text/cloud-config-jsonp"],
  ["#cloud-config", "text/cloud-config"],
  ["#cloud-boothook", "text/cloud-boothook"],
  ["#include-once", "text/x-include-once-url"],
  ["#include", "text/x-include-url"],
  ["#part-handler", "text/part-handler"],
  ["#upstart-job", "text/upstart-job"],
  ["## template: jinja", "text/jinja2"],
  ["#!", "text/x-shellscript"],
];

/** Takes user data apart: gzip, multipart MIME with parts in it, and what each part is. @throws Error for broken gzip */
export function splitUserData(bytes: Buffer): UserDataPart[] {
  return parse({ type: undefined, name: undefined, content: bytes }, 0);
}

interface RawPart extends Omit<UserDataPart, "type"> {
  readonly type: string | undefined;
}

/** Multipart messages in multipart messages end somewhere. */
const maxDepth = 8;

function parse(part: RawPart, depth: number): UserDataPart[] {
  const content = unpack(part.content);
  const text = content.toString("latin1");
  const isMessage = part.type === undefined && /^(?:content-type|mime-version|from |to|subject)\b/i.test(text);
  if (isMessage && depth < maxDepth) {
    const { headers, body } = splitMessage(text);
    const boundary = parameter(headers["content-type"], "boundary");
    if (boundary !== undefined) return parseMultipart(body, boundary, depth);
    return parse(decoded(headers, body), depth + 1);
  }
  if (text.trim() === "") return [];
  const told = part.type === "text/plain" || part.type === "application/octet-stream" ? undefined : part.type;
  const type = told ?? sniff(text) ?? "text/x-not-multipart";
  if (type === "text/cloud-config-archive" && depth < maxDepth) return parseArchive(content, depth);
  return [{ ...part, type, content }];
}

/** https://cloudinit.readthedocs.io/en/latest/explanation/format.html#cloud-config-archive */
function parseArchive(content: Buffer, depth: number): UserDataPart[] {
  const entries: unknown = parseYaml(content.toString("utf8"), {
    version: "1.1",
    logLevel: "error",
    maxAliasCount: 1000,
  });
  if (!Array.isArray(entries)) throw new Error("A #cloud-config-archive is a list.");
  return entries.flatMap((entry: unknown) => {
    const part = isMapping(entry) ? entry : { content: entry };
    const own = Buffer.from(String(part.content ?? ""));
    const type =
      part.type === undefined ? (sniff(String(part.content ?? "")) ?? "text/cloud-config") : String(part.type);
    return parse(
      { type, name: part.filename === undefined ? undefined : String(part.filename), content: own },
      depth + 1,
    );
  });
}

function parseMultipart(body: string, boundary: string, depth: number): UserDataPart[] {
  const parts: UserDataPart[] = [];
  const lines = `\n${body}`.split(new RegExp(`\\r?\\n--${escapeRegExp(boundary)}(--)?[ \\t]*(?=\\r?\\n|$)`));
  // Between two texts stands what the group matched: `--` at the end of all.
  for (let index = 2; index < lines.length; index += 2) {
    if (lines[index - 1] === "--") break;
    const { headers, body: own } = splitMessage((lines[index] ?? "").replace(/^\r?\n/, ""));
    const inner = parameter(headers["content-type"], "boundary");
    if (inner !== undefined && depth < maxDepth) parts.push(...parseMultipart(own, inner, depth + 1));
    else parts.push(...parse(decoded(headers, own), depth + 1));
  }
  return parts;
}

function decoded(headers: Readonly<Record<string, string>>, body: string): RawPart {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "text/plain";
  const name =
    parameter(headers["content-disposition"], "filename") ?? parameter(headers["content-type"], "name") ?? undefined;
  const merges = headers["merge-type"] ?? headers["x-merge-type"];
  return { type, name, merges, content: decodeBody(body, headers["content-transfer-encoding"]) };
}

function decodeBody(body: string, encoding: string | undefined): Buffer {
  switch (encoding?.trim().toLowerCase()) {
    case "base64":
      return Buffer.from(body, "base64");
    case "quoted-printable":
      return Buffer.from(
        body
          .replace(/=\r?\n/g, "")
          .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        "latin1",
      );
    default:
      return Buffer.from(body, "latin1");
  }
}

function unpack(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: maxUnpacked }) : bytes;
}

function sniff(text: string): string | undefined {
  const start = text.trimStart().toLowerCase();
  return firstLines.find(([line]) => start.startsWith(line))?.[1];
}

function splitMessage(text: string): { headers: Record<string, string>; body: string } {
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const headers: Record<string, string> = {};
  for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { headers, body: end === null ? "" : text.slice(end.index + end[0].length) };
}

function parameter(header: string | undefined, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]+))`, "i").exec(header ?? "");
  return match?.[1] ?? match?.[2];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
