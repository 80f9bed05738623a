import { renderTemplate } from "./bounded-jinja.ts";
import { withAliases } from "./instance-data.ts";

const rawBlock = /\{%-?\s*raw\s*-?%\}([\s\S]*?)\{%-?\s*endraw\s*-?%\}/;
/** What is put into the text as it is: a name, with what follows it in brackets and after dots. */
const plainValue = /\{\{(-?)\s*([A-Za-z_]\w*(?:\.\w+|\[\s*(?:'[^']*'|"[^"]*"|\d+)\s*\])*)\s*(-?)\}\}/;
const marked = new RegExp(`${rawBlock.source}|${plainValue.source}`, "g");

/**
 * `## template: jinja`, with values of the instance. What there is no value for is named in its place, as cloud-init does:
 * https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html#using-instance-data.
 * @throws Error for what is no such template, and for one that does not end soon
 */
export function renderJinja(text: string, data: Readonly<Record<string, unknown>>): string {
  const body = text.replace(/^\s*## template: ?jinja[^\n]*\n?/i, "");
  const raws: Record<string, string> = {};
  const template = body.replace(marked, (_, raw: string | undefined, before = "", name = "", after = "") => {
    if (raw === undefined) {
      const last = String(name).match(/\w+/g)?.at(-1);
      return `{{${before} ${name} | default("CI_MISSING_JINJA_VAR/${last}") ${after}}}`;
    }
    const stand = `localaws_raw_${Object.keys(raws).length}`;
    raws[stand] = raw;
    return `{{ ${stand} }}`;
  });
  const rendered = renderTemplate(template, { ...withAliases(data), ...raws });
  return template.endsWith("\n") ? `${rendered}\n` : rendered;
}
