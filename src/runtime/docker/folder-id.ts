import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { keptFile } from "../../kept-file.ts";

/**
 * The id by which the engine's objects are known to belong to this data folder; made at the first call. It is kept in
 * the folder, not derived from its path: that is the same in every container that LocalAWS itself runs in, and another
 * after the folder has been moved.
 */
export function folderId(dataDir: string): string {
  return keptFile(join(dataDir, "docker", "folder-id"), () => `${randomBytes(8).toString("hex")}\n`).trim();
}
