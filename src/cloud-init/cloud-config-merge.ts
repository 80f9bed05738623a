import { type CloudConfig, isMapping } from "./steps.ts";

/** How values of a kind are put together: the words in `list(append)`. */
type Mergers = ReadonlyMap<string, ReadonlySet<string>>;

/** The last part's keys replace those before it: https://github.com/canonical/cloud-init/blob/main/cloudinit/handlers/cloud_config.py */
const usual = mergersOfText("dict(replace)+list()+str()");

/**
 * One `#cloud-config` put on top of those before it, as it says itself: https://cloudinit.readthedocs.io/en/latest/reference/merging.html.
 * `header`: of its MIME part, which counts where the part itself says nothing.
 */
export function mergeCloudConfigs(before: CloudConfig, part: CloudConfig, header: string | undefined): CloudConfig {
  const own = mergersOf(part.merge_how ?? part.merge_type) ?? mergersOf(header) ?? usual;
  return merge(before, part, own) as CloudConfig;
}

function mergersOf(value: unknown): Mergers | undefined {
  if (typeof value === "string" && value.trim() !== "") return mergersOfText(value);
  if (!Array.isArray(value)) return undefined;
  const found = new Map<string, ReadonlySet<string>>();
  for (const entry of value) {
    if (!isMapping(entry)) continue;
    const settings = Array.isArray(entry.settings) ? entry.settings.map(String) : [];
    found.set(String(entry.name), new Set(settings));
  }
  return found.size === 0 ? undefined : found;
}

function mergersOfText(text: string): Mergers {
  return new Map(
    [...text.matchAll(/(\w+)\s*\(([^)]*)\)/g)].map(([, name = "", words = ""]) => [
      name,
      new Set(words.split(",").map((word) => word.trim())),
    ]),
  );
}

/** What no merger is named for stays as it was. */
function merge(before: unknown, after: unknown, mergers: Mergers): unknown {
  if (isMapping(before)) return mergeMappings(before, after, mergers);
  if (Array.isArray(before)) return mergeLists(before, after, mergers);
  const words = typeof before === "string" ? mergers.get("str") : undefined;
  if (words === undefined) return before;
  return words.has("append") && typeof after === "string" ? `${String(before)}${after}` : after;
}

function mergeMappings(before: CloudConfig, after: unknown, mergers: Mergers): CloudConfig {
  const words = mergers.get("dict");
  if (words === undefined || !isMapping(after)) return before;
  const merged = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(after)) {
    if (!merged.has(key)) merged.set(key, value);
    else if (value === null && words.has("allow_delete")) merged.delete(key);
    else if (words.has("replace")) merged.set(key, value);
    else if (isMapping(value) || recurses(words, value)) merged.set(key, merge(merged.get(key), value, mergers));
  }
  return Object.fromEntries(merged);
}

function mergeLists(before: readonly unknown[], after: unknown, mergers: Mergers): unknown {
  const words = mergers.get("list");
  if (words === undefined) return before;
  if (!Array.isArray(after))
    return words.has("append") || words.has("prepend") || words.has("no_replace") ? before : after;
  if (words.has("append")) return [...before, ...after];
  if (words.has("prepend")) return [...after, ...before];
  if (words.has("no_replace") && !words.has("replace")) return before;
  return before.map((value, index) => {
    if (index >= after.length) return value;
    const other: unknown = after[index];
    const goesIn = recurses(words, other) || (isMapping(other) && words.has("recurse_dict"));
    return goesIn ? merge(value, other, mergers) : other;
  });
}

function recurses(words: ReadonlySet<string>, value: unknown): boolean {
  if (Array.isArray(value)) return words.has("recurse_list") || words.has("recurse_array");
  return typeof value === "string" && words.has("recurse_str");
}
