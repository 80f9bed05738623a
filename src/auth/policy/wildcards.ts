/** A text, or its characters, of which one after a backslash is that character and no wildcard. */
export type Pattern = string | readonly string[];

/** The text that a pattern without wildcards stands for. */
export function plainText(pattern: Pattern): string {
  return typeof pattern === "string" ? pattern : pattern.map((character) => character.at(-1)).join("");
}

/**
 * Whether a text fits a pattern in which `*` stands for any text and `?` for any one character. In time that grows with the
 * product of both lengths at most, whatever the pattern.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function fitsWildcards(pattern: Pattern, text: string): boolean {
  let at = 0;
  let position = 0;
  /** Where the last `*` is, and up to where of the text it stands for. */
  let star = -1;
  let covered = 0;
  while (position < text.length) {
    const expected = pattern[at];
    if (expected === "*") {
      star = at++;
      covered = position;
    } else if (expected === "?" || expected?.at(-1) === text[position]) {
      at++;
      position++;
    } else if (star === -1) {
      return false;
    } else {
      at = star + 1;
      position = ++covered;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
