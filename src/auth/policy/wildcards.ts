/**
 * Whether a text fits a pattern in which `*` stands for any text and `?` for any one character. In time that grows with the
 * product of both lengths at most, whatever the pattern.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function fitsWildcards(pattern: string, text: string): boolean {
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
    } else if (expected === "?" || expected === text[position]) {
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
