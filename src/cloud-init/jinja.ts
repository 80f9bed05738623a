import { valueAt } from "./instance-data.ts";

/** A string, a name with what follows it in brackets and after dots, and filters. */
const expression = /^([A-Za-z_]\w*(?:\.\w+|\[\s*(?:'[^']*'|"[^"]*"|\d+)\s*\])*)\s*((?:\|[^|]*)*)$/;
const filter = /^(\w+)(?:\(\s*(?:'([^']*)'|"([^"]*)"|(\d+))?\s*\))?$/;

/**
 * `## template: jinja`, as far as it puts values of the instance into a text: `{{ v1.region }}`, with the filters default, upper, lower, trim
 * and length, and comments. What there is no value for is named in its place, as cloud-init does:
 * https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html#using-instance-data. @throws Error for statements and all else
 */
export function renderJinja(text: string, data: unknown): string {
  const body = text.replace(/^\s*## template: ?jinja[^\n]*\n?/i, "").replace(/\{#[\s\S]*?#\}/g, "");
  const statement = /\{%[\s\S]*?%\}/.exec(body)?.[0];
  if (statement !== undefined) throw new Error(`LocalAWS does not do the statement ${statement}.`);
  return body.replace(/\{\{-?([\s\S]*?)-?\}\}/g, (_, words: string) => valueOfExpression(words.trim(), data));
}

function valueOfExpression(words: string, data: unknown): string {
  const [, name = "", filters = ""] = expression.exec(words) ?? [];
  if (name === "") throw new Error(`LocalAWS does not do the expression ${words}.`);
  const path = [...name.matchAll(/'([^']*)'|"([^"]*)"|\w+/g)].map(([word, one, other]) => one ?? other ?? word);
  let value = valueAt(data, path);
  for (const part of filters.split("|").slice(1)) value = filtered(value, part.trim());
  if (value === undefined) return `CI_MISSING_JINJA_VAR/${path.at(-1)}`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function filtered(value: unknown, words: string): unknown {
  const [, name, one, other, number] = filter.exec(words) ?? [];
  const text = typeof value === "string" ? value : JSON.stringify(value);
  switch (name) {
    case "default":
    case "d":
      return value ?? one ?? other ?? number ?? "";
    case "upper":
      return text?.toUpperCase();
    case "lower":
      return text?.toLowerCase();
    case "trim":
      return text?.trim();
    case "length":
      return Array.isArray(value) ? value.length : text?.length;
    default:
      throw new Error(`LocalAWS does not do the filter ${words}.`);
  }
}
