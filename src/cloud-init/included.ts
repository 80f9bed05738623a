import { fetching, quote } from "./shell.ts";
import type { Step } from "./steps.ts";

/**
 * Fetches in the machine what an `#include` names and runs it there, where it is a script; what else it is, as `#cloud-config`, would
 * have to be read before the machine boots. https://cloudinit.readthedocs.io/en/latest/explanation/format.html#include-file
 */
export function includeSteps(content: string, run: (file: string) => string, file: string): Step[] {
  return urlsOf(content).map((url, index) => {
    const script = `${file}-${index + 1}`;
    return {
      name: `include ${url}`,
      shell: `${fetching(url)} >"$dir/scripts/${script}" || { say ${quote(`${url} could not be fetched.`)}; exit 1; }
IFS= read -r start <"$dir/scripts/${script}" || :
case $start in '#!'*) ;; *) say ${quote(`${url} is not run: of what #include names, LocalAWS runs scripts alone.`)}; exit 1;; esac
chmod 0700 "$dir/scripts/${script}" || exit
${run(script)}`,
    };
  });
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
