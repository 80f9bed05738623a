/** What one of a program's two streams wrote. */
export interface OutputFrame {
  readonly source: "stdout" | "stderr";
  readonly bytes: Buffer;
}

/**
 * Takes apart the engine's multiplexed stream of a program without a terminal: frames of an 8-byte header (the stream's
 * number, three zeros, the length in big endian) and that many bytes. Long frames come in pieces.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export async function* outputFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<OutputFrame> {
  let header = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of stream) {
    let offset = 0;
    while (offset < chunk.length) {
      if (left === 0) {
        const wanted = 8 - header.length;
        header = Buffer.concat([header, chunk.subarray(offset, offset + wanted)]);
        offset += wanted;
        if (header.length < 8) break;
        left = header.readUInt32BE(4);
      } else {
        const bytes = chunk.subarray(offset, offset + left);
        offset += bytes.length;
        left -= bytes.length;
        yield { source: header[0] === 2 ? "stderr" : "stdout", bytes };
      }
      if (left === 0) header = Buffer.alloc(0);
    }
  }
}
