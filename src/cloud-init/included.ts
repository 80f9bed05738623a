import { createHash } from "node:crypto";
import { renderJinja } from "./jinja.ts";
import { fetching, quote } from "./shell.ts";
import { splitUserData, type UserDataPart } from "./user-data-parts.ts";

/** What has been fetched, by its URL; undefined where that failed. */
export type Included = ReadonlyMap<string, Buffer | undefined>;

export interface ExpandedUserData {
  readonly parts: readonly UserDataPart[];
  /** Sentences for the console. */
  readonly problems: readonly string[];
  /** URLs that could not be fetched. */
  readonly failed: readonly string[];
  /** URLs that are to be fetched before all parts are known. */
  readonly missing: readonly string[];
}

/** As what includes what includes it would go on for ever. */
const maxUrls = 32;
const maxDepth = 5;

/**
 * Takes user data apart, with templates rendered and what `#include` names in its place, which may be anything that user data may be:
 * https://cloudinit.readthedocs.io/en/latest/explanation/format.html#include-file
 */
export function expandUserData(
  userData: Buffer | undefined,
  data: Readonly<Record<string, unknown>>,
  included: Included,
): ExpandedUserData {
  const problems: string[] = [];
  const failed: string[] = [];
  const missing: string[] = [];
  const seen = new Set<string>();
  const expand = (bytes: Buffer, depth: number): UserDataPart[] =>
    attempt("The user data could not be unpacked", () => splitUserData(bytes)).flatMap((part) => {
      switch (part.type) {
        case "text/jinja2":
          return attempt("template: jinja", () => {
            const text = renderJinja(part.content.toString("utf8"), data);
            return splitUserData(Buffer.from(text)).map((rendered) => ({ ...part, ...rendered, name: part.name }));
          });
        case "text/x-include-url":
        case "text/x-include-once-url":
          return urlsOf(part.content.toString("utf8")).flatMap((url) => include(url, depth + 1));
        default:
          return [part];
      }
    });
  function include(url: string, depth: number): UserDataPart[] {
    if (depth > maxDepth || seen.size >= maxUrls) {
      problems.push(`#include: LocalAWS does not follow as many as ${url}.`);
      return [];
    }
    seen.add(url);
    const content = included.get(url);
    if (content !== undefined) return expand(content, depth);
    (included.has(url) ? failed : missing).push(url);
    return [];
  }
  function attempt(what: string, work: () => UserDataPart[]): UserDataPart[] {
    try {
      return work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }
  const parts = userData === undefined ? [] : expand(userData, 0);
  return { parts, problems, failed, missing };
}

/** The command that writes what is at the URL, as the machine sees it, and as it was at the instance's first boot. */
export function fetchCommand(instanceId: string, url: string): string[] {
  const name = createHash("sha256").update(url).digest("hex");
  const script = `umask 077
dir=/var/lib/cloud/instances/${quote(instanceId)}/urlcache
file=$dir/${name}
mkdir -p "$dir" || exit
[ -e "$file" ] || { ${fetching(url)} >"$file.new" && mv -f "$file.new" "$file"; } || exit
cat "$file"`;
  return ["/bin/sh", "-c", script];
}

/** One a line, also on the first one's own; other lines that begin with `#` are comments. */
function urlsOf(content: string): string[] {
  return content
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/^#include(?:-once)?\b/i, "")
        .trim(),
    )
    .filter((line) => line !== "" && !line.startsWith("#"));
}
