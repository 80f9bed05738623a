import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));
export const consoleFolder = join(root, "dist/console");

/** Builds the console where `npm run build` puts it, unless what is there is newer than every source. */
export async function ensureConsole(): Promise<void> {
  const built = join(consoleFolder, "index.html");
  if (existsSync(built) && (await newest(join(root, "console"))) < (await stat(built)).mtimeMs) return;
  await promisify(execFile)(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build", "console"], {
    cwd: root,
  });
}

async function newest(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const times = entries.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  return Math.max(...(await Promise.all(times)));
}
