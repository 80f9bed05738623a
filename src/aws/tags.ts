export interface Tag {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** What is wrong with a list of tags; each service words and codes it in its own way. */
export interface TagProblem {
  readonly kind: "empty-key" | "reserved-key" | "duplicate-key" | "key-too-long" | "value-too-long";
  readonly key: string;
}

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices */
export const maxTagsOfResource = 50;
const maxKeyLength = 128;
const maxValueLength = 256;

/** The first thing that AWS refuses in tags to be set, or undefined. Lengths are in UTF-16 code units. */
export function findTagProblem(tags: readonly Tag[]): TagProblem | undefined {
  const seen = new Set<string>();
  for (const tag of tags) {
    const key = tag.Key ?? "";
    if (key === "") return { kind: "empty-key", key };
    if (key.toLowerCase().startsWith("aws:")) return { kind: "reserved-key", key };
    if (key.length > maxKeyLength) return { kind: "key-too-long", key };
    if ((tag.Value ?? "").length > maxValueLength) return { kind: "value-too-long", key };
    if (seen.has(key)) return { kind: "duplicate-key", key };
    seen.add(key);
  }
  return undefined;
}
