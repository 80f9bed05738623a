import { gunzipSync } from "node:zlib";
import { fetching, printBytes, quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/** What is unpacked at the most. */
const maxUnpacked = 8 * 1024 * 1024;

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html#write-files */
export function stepsOfFiles(files: unknown): { now: Step[]; deferred: Step[] } {
  const now: Step[] = [];
  const deferred: Step[] = [];
  for (const file of listOf(files)) {
    if (!isMapping(file)) continue;
    (file.defer === true ? deferred : now).push(stepOfFile(file));
  }
  return { now, deferred };
}

function stepOfFile(file: CloudConfig): Step {
  const path = String(file.path ?? "");
  if (!path.startsWith("/")) return problem(`The path ${JSON.stringify(path)} does not start with a slash.`);
  const notes: string[] = [];
  let content: Buffer;
  try {
    content = decode(String(file.content ?? ""), String(file.encoding ?? "text/plain").toLowerCase(), notes);
  } catch (error) {
    return problem(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const mode = octal(file.permissions);
  if (mode === undefined) notes.push(`${String(file.permissions)} are no permissions, and 0644 is taken.`);
  const owner = file.owner === undefined ? "" : `chown ${quote(String(file.owner))} "$file"\n`;
  const append = file.append === true || file.append === "true";
  return {
    name: `write_files ${path}`,
    shell: `${notes.map((note) => `say ${quote(`write_files ${path}: ${note}`)}\n`).join("")}file=${quote(path)}
mkdir -p "\${file%/*}/"
${written(file.source, printBytes(content))} ${append ? ">>" : ">"}"$file" || exit
${owner}chmod ${mode ?? "0644"} "$file"`,
  };
}

/** What the file is fetched from goes before its content, which is there for when that fails. */
function written(source: unknown, print: string): string {
  if (!isMapping(source) || typeof source.uri !== "string") return print;
  const headers = isMapping(source.headers) ? Object.entries(source.headers) : [];
  return `{ ${fetching(source.uri, headers)} >"$dir/fetched" && cat "$dir/fetched" || { say ${quote(`write_files: ${source.uri} could not be fetched.`)}; ${print}; }; }`;
}

function problem(message: string): Step {
  return { name: "write_files", shell: `echo ${quote(message)}; exit 1` };
}

function decode(content: string, encoding: string, notes: string[]): Buffer {
  switch (encoding) {
    case "text/plain":
    case "":
      return Buffer.from(content);
    case "b64":
    case "base64":
      return Buffer.from(content, "base64");
    case "gz":
    case "gzip":
      return gunzipSync(Buffer.from(content, "latin1"), { maxOutputLength: maxUnpacked });
    case "gz+b64":
    case "gz+base64":
    case "gzip+b64":
    case "gzip+base64":
      return gunzipSync(Buffer.from(content, "base64"), { maxOutputLength: maxUnpacked });
    default:
      notes.push(`${encoding} is no encoding, and text/plain is taken.`);
      return Buffer.from(content);
  }
}

/** A number is meant as it is written in YAML, where `0644` is octal already. */
function octal(permissions: unknown): string | undefined {
  if (permissions === undefined || permissions === null) return "0644";
  const text = typeof permissions === "number" ? permissions.toString(8) : String(permissions).replace(/^0o/, "");
  return /^[0-7]{1,5}$/.test(text) ? text : undefined;
}
