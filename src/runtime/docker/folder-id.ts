import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The id by which the engine's objects are known to belong to this data folder; made at the first call. It is kept in
 * the folder, not derived from its path: that is the same in every container that LocalAWS itself runs in, and another
 * after the folder has been moved.
 */
export async function folderId(dataDir: string): Promise<string> {
  const file = join(dataDir, "docker", "folder-id");
  await mkdir(join(dataDir, "docker"), { recursive: true });
  try {
    await writeFile(file, `${randomBytes(8).toString("hex")}\n`, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return (await readFile(file, "utf8")).trim();
}
