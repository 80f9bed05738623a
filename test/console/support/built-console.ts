import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isBuilt } from "../../support/built.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
export const consoleFolder = join(root, "dist/console");

/** Builds the console where `npm run build` puts it, unless what is there is newer than every source. */
export async function ensureConsole(): Promise<void> {
  if (isBuilt("console/index.html", "console")) return;
  await promisify(execFile)(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build", "console"], {
    cwd: root,
  });
}
