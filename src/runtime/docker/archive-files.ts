const blockBytes = 512;

/** The plain files of a tar archive (as `singleFileArchive` writes them), by the last parts of their names, that `wanted` names. */
export async function filesOfArchive(
  archive: NodeJS.ReadableStream,
  wanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  const blocks = new Blocks(archive);
  const files = new Map<string, Buffer>();
  for (;;) {
    const header = await blocks.take(blockBytes);
    if (header.length < blockBytes || header.every((byte) => byte === 0)) break;
    const name = textOf(header, 0, 100).split("/").at(-1) ?? "";
    const size = Number.parseInt(textOf(header, 124, 12), 8);
    const isFile = ["0", ""].includes(textOf(header, 156, 1));
    const content = await blocks.take(Math.ceil(size / blockBytes) * blockBytes, !(isFile && wanted(name)));
    if (isFile && wanted(name)) files.set(name, content.subarray(0, size));
  }
  // A connection whose answer is not read to its end stays open.
  await blocks.drain();
  return files;
}

function textOf(header: Buffer, at: number, length: number): string {
  return (
    header
      .subarray(at, at + length)
      .toString("latin1")
      .split("\0")[0]
      ?.trim() ?? ""
  );
}

/** Of a stream, so many bytes at a time. */
class Blocks {
  readonly #chunks: AsyncIterator<string | Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: NodeJS.ReadableStream) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Fewer where the stream ends; none that are only passed over. */
  async take(bytes: number, passOver = false): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0; ) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done === true) break;
        this.#rest = Buffer.from(value);
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      if (!passOver) parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async drain(): Promise<void> {
    while ((await this.#chunks.next()).done !== true);
  }
}
