import { expect } from "chai";
import { array, assert, asyncProperty, boolean, integer, record, uint8Array } from "fast-check";
import { outputFrames } from "../../../src/runtime/docker/output-frames.ts";

describe("runtime docker: a program's output", () => {
  const written = array(record({ error: boolean(), bytes: uint8Array({ maxLength: 40 }) }), { maxLength: 8 });

  it("is taken apart into both streams wherever the connection cuts it", async () => {
    await assert(
      asyncProperty(written, integer({ min: 1, max: 30 }), async (writes, pieceSize) => {
        const output = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
        for await (const { source, bytes } of outputFrames(pieces(Buffer.concat(writes.map(frame)), pieceSize))) {
          output[source] = Buffer.concat([output[source], bytes]);
        }
        for (const [source, error] of [["stdout", false] as const, ["stderr", true] as const]) {
          const expected = Buffer.concat(writes.filter((write) => write.error === error).map(({ bytes }) => bytes));
          expect(output[source].equals(expected)).to.equal(true);
        }
      }),
    );
  });
});

function frame({ error, bytes }: { error: boolean; bytes: Uint8Array }): Buffer {
  const header = Buffer.alloc(8);
  header[0] = error ? 2 : 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
