import { createReadStream, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HttpResponse } from "../../aws/http-message.ts";

const types = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
} as const;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>LocalAWS JSON API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** A file, since the page's policy lets no script run that stands in it. */
const startScript = `SwaggerUIBundle({ url: "/docs/openapi.json", dom_id: "#swagger-ui", deepLinking: true, persistAuthorization: false, tryItOutEnabled: true });
`;

/** A file of the Swagger UI, by its path below `/docs/`; undefined when there is none. */
export function swaggerUiFile(name: string): HttpResponse | undefined {
  if (name === "") return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: page };
  if (name === "start.js") {
    return { status: 200, headers: { "content-type": "text/javascript; charset=utf-8" }, body: startScript };
  }
  const type = Object.entries(types).find(([known]) => known === name)?.[1];
  if (type === undefined) return undefined;
  const headers = { "content-type": type, "cache-control": "max-age=3600" };
  return { status: 200, headers, body: createReadStream(join(folder(), name)) };
}

/** Where the build has put them, beside the bundle or its chunks; for the sources, the package that they come from. */
function folder(): string {
  const built = ["./swagger-ui", "../swagger-ui"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = built.find((path) => existsSync(path));
  if (found !== undefined) return found;
  return dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));
}
