import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HttpResponse } from "../aws/http-message.ts";

/** Where the console's own pages begin; a browser that asks for `/` is sent there. */
export const consoleBase = "/console/";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * A file of the console, by its path below `/console/`. Any path that names no file is a page of the console, which finds
 * out by itself what it is to show; undefined for a file that is not there.
 */
export async function consoleFile(path: string): Promise<HttpResponse | undefined> {
  const folder = builtConsole();
  if (folder === undefined) {
    const body = "The console is not built: `npm run build` makes it.\n";
    return { status: 503, headers: { "content-type": "text/plain; charset=utf-8" }, body };
  }
  // Vite names an asset after its content: what has been got once never changes.
  const isAsset = path.startsWith("assets/");
  if (/^(?:assets\/)?[\w-][\w.-]*$/.test(path)) {
    const type = types[extname(path)];
    const file = join(folder, path);
    if (type !== undefined && existsSync(file)) {
      const cache = isAsset ? "public, max-age=31536000, immutable" : "no-cache";
      return { status: 200, headers: { "content-type": type, "cache-control": cache }, body: createReadStream(file) };
    }
  }
  if (isAsset) return undefined;
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
  return { status: 200, headers, body: await readFile(join(folder, "index.html")) };
}

/** Beside the bundle or its chunks; for the sources, where the build puts it. */
function builtConsole(): string | undefined {
  return ["./console", "../console", "../../dist/console"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(join(folder, "index.html")));
}
