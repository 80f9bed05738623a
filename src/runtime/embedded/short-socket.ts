import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Bytes that the name of a Unix socket may have, everywhere: https://man7.org/linux/man-pages/man7/unix.7.html */
const longestName = 103;

/** Does `work` with a folder in which the socket `name` of `folder` can be reached, however long that folder's name is. */
export async function withShortName<T>(folder: string, name: string, work: (folder: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(join(folder, name)) <= longestName) return work(folder);
  const place = await mkdtemp(join(tmpdir(), "localaws-"));
  try {
    const link = join(place, "d");
    await symlink(folder, link);
    return await work(link);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
