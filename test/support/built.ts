import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Whether this file of `dist` has been built of what these files and folders of the repository hold now. */
export function isBuilt(file: string, ...sources: readonly string[]): boolean {
  const built = join(root, "dist", file);
  return (
    existsSync(built) && statSync(built).mtimeMs > Math.max(...sources.flatMap((source) => times(join(root, source))))
  );
}

/** Node's arguments for the command: what is shipped, where it has been built of what is in `src` now, as `npm test` does; else the source. */
export function commandLine(): string[] {
  return isBuilt("main.js", "src")
    ? [join(root, "dist", "main.js")]
    : ["--import", "tsx", join(root, "src", "main.ts")];
}

function times(source: string): number[] {
  const within = statSync(source).isDirectory() ? readdirSync(source, { recursive: true, encoding: "utf8" }) : [];
  return [source, ...within.map((name) => join(source, name))].map((path) => statSync(path).mtimeMs);
}
