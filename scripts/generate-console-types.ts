import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "../src/index.ts";
import { consoleTypes, type OpenApiDocument } from "./console-types.ts";

/** Writes console/src/api-types.ts from the OpenAPI document that a server answers with. */
const file = fileURLToPath(new URL("../console/src/api-types.ts", import.meta.url));
const dataDir = await mkdtemp(join(tmpdir(), "localaws-types-"));
const server = await createServer({ listen: "127.0.0.1:0", runtime: "records", dataDir });
try {
  const response = await fetch(`${server.endpoint}/docs/openapi.json`);
  await writeFile(file, consoleTypes((await response.json()) as OpenApiDocument));
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}
