import type Docker from "dockerode";
import { binlogFile, byNumber, type Replay, replayOf } from "../binlog-recovery.ts";
import type { DatabaseArchives, RecoveryPoint } from "../database-driver.ts";
import { keepBinlogs, purgeBinlogs } from "../mysql-replication.ts";
import { filesOfArchive } from "./archive-files.ts";
import { ArchiveVolumes, segments } from "./archive-volumes.ts";
import { mustSucceed } from "./container-exec.ts";
import { singleFileArchive } from "./file-archive.ts";
import { fileIn, mysqlDataFolder, mysqlInContainer } from "./mysql-images.ts";

/** Copies what the archive does not have yet; what a binlog has is never changed, only added to. */
const copyBinlogs = `
test -d ${segments} || exit 0
for file in ${mysqlDataFolder}/binlog.[0-9]*; do
  copy=${segments}/$(basename "$file")
  test -e "$copy" && test "$(stat -c %s "$copy")" = "$(stat -c %s "$file")" || cp -p "$file" "$copy"
done`;

/** Copies of the binlogs of servers, which are in their data folders. */
export class DockerBinlogArchives implements DatabaseArchives {
  readonly engines = ["mariadb", "mysql"] as const;
  readonly #volumes: ArchiveVolumes;
  readonly #noteArchived: (id: string, archived: boolean) => void;

  /** @param noteArchived keeps whether a server is archived, for its next start */
  constructor(docker: Docker, folder: string, noteArchived: (id: string, archived: boolean) => void) {
    this.#noteArchived = noteArchived;
    this.#volumes = new ArchiveVolumes(docker, {
      servers: { folder, kind: "mysql-database" },
      archives: { folder, kind: "mysql-archive" },
    });
  }

  /** For the container of a server that is being made. */
  mountFor(id: string): Promise<Docker.MountSettings> {
    return this.#volumes.mountFor(id);
  }

  async open(id: string): Promise<void> {
    await this.#volumes.inServer(id, async (container) => {
      await this.#volumes.open(container, "mysql");
      this.#noteArchived(id, true);
      await keepBinlogs(mysqlInContainer(container), true);
    });
  }

  async flush(id: string): Promise<void> {
    await this.#volumes.inServer(id, (container) => mustSucceed(container, copyBinlogs));
  }

  async prune(id: string, before: Date): Promise<void> {
    await this.flush(id);
    await this.#volumes.prune(id, before);
    await this.#volumes.inServer(id, (container) => purgeBinlogs(mysqlInContainer(container), before));
  }

  async remove(id: string): Promise<void> {
    this.#noteArchived(id, false);
    await this.#volumes.inServer(id, (container) => keepBinlogs(mysqlInContainer(container), false));
    await this.#volumes.remove(id);
  }

  list(): Promise<string[]> {
    return this.#volumes.list();
  }

  async removeAll(): Promise<void> {
    await this.#volumes.removeAll();
  }

  /** Gives a container that has not been started, and has a snapshot's data, what came after it. @throws DatabaseLaunchError */
  async prepare({ archiveOf, until }: RecoveryPoint, container: Docker.Container): Promise<Replay> {
    const { Image } = await container.inspect();
    await this.flush(archiveOf);
    const last = await lastBinlog(container);
    const archived = new Map<string, Buffer>();
    await this.#volumes.read(archiveOf, Image, async (archive) => {
      const isLater = (name: string) => binlogFile.test(name) && byNumber(name, last.name) >= 0;
      for (const [name, content] of await filesOfArchive(archive, isLater)) archived.set(name, content);
    });
    const later = [...archived].sort(([a], [b]) => byNumber(a, b));
    const found = await replayOf(
      last,
      later.map(([name, content]) => ({ name, read: async () => content })),
      until,
    );
    for (const { name, content } of found.files) {
      // What is in the data folder becomes the server's when it starts.
      await container.putArchive(singleFileArchive(name, content, 0o600), { path: mysqlDataFolder });
    }
    return found;
  }
}

/** The newest in the data folder of a container. */
async function lastBinlog(container: Docker.Container): Promise<{ name: string; size: number }> {
  const index = (await fileIn(container, "binlog.index")).toString();
  const name = index.trim().split("/").at(-1) ?? "";
  return { name, size: (await fileIn(container, name)).length };
}
