import type { ConditionKeys } from "./conditions.ts";
import type { Pattern } from "./wildcards.ts";

const variable = /\$\{([^}]*)\}/;

/**
 * A pattern with the values of its variables in place of them: `${aws:userid}`, `${aws:userid, 'nobody'}`, and `${*}`, `${?}`,
 * `${$}` for the characters. In values no character has a meaning. Undefined where a variable has no value, or several.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function withValues(pattern: string, keys: ConditionKeys): Pattern | undefined {
  if (!pattern.includes("${")) return pattern;
  // Every second piece is what was between braces.
  const pieces = pattern.split(new RegExp(variable, "g"));
  const expanded: string[] = [];
  for (const [at, piece] of pieces.entries()) {
    if (at % 2 === 0) {
      expanded.push(...piece.split(""));
      continue;
    }
    const value = variableValue(piece, keys);
    if (value === undefined) return undefined;
    // Two characters stand for the second one.
    expanded.push(...value.split("").map((character) => `\\${character}`));
  }
  return expanded;
}

function variableValue(name: string, keys: ConditionKeys): string | undefined {
  if (name === "*" || name === "?" || name === "$") return name;
  const [, key = "", fallback] = /^\s*([^,]*?)\s*(?:,\s*'(.*)'\s*)?$/.exec(name) ?? [];
  const values = keys(key.toLowerCase()) ?? [];
  return values.length > 1 ? undefined : (values[0] ?? fallback);
}
