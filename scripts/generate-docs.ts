import { mkdirSync, writeFileSync } from "node:fs";
import { documentation } from "./documentation.ts";

const root = new URL("../", import.meta.url);
mkdirSync(new URL("docs/", root), { recursive: true });
for (const [path, text] of Object.entries(await documentation())) {
  writeFileSync(new URL(path, root), text);
  console.log(path);
}
