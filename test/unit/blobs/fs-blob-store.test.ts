import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import fc from "fast-check";
import type { DirectBody } from "../../../src/aws/http-message.ts";
import { FsBlobStore } from "../../../src/blobs/fs-blob-store.ts";
import { eventually } from "../../support/eventually.ts";

describe("FsBlobStore", () => {
  let folder: string;
  let store: FsBlobStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-blobs-"));
    store = new FsBlobStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Every file under the folder, by path. */
  async function files(): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  const bytes = (length: number) => Buffer.alloc(length, "0123456789abcdef");
  /** What a store refuses to take a source with. */
  const rejection = (source: Readable, into = store) =>
    into.put(source).then(
      () => new Error("it was stored"),
      (reason: Error) => reason,
    );
  const put = (...chunks: Buffer[]) => store.put(Readable.from(chunks));

  it("gives back what was put, and says its size", async () => {
    const blob = await put(Buffer.from("hello "), Buffer.from("world"));
    expect(blob.size).to.equal(11);
    expect((await buffer(store.get(blob.id))).toString()).to.equal("hello world");
    expect(Buffer.from(store.read(blob.id)).toString()).to.equal("hello world");
  });

  it("stores bodies of any size in any chunks, and shows every chunk in order", async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 700_000 })), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const chunks = lengths.map((length, at) => Buffer.alloc(length, at + 1));
        const seen: Uint8Array[] = [];
        const blob = await store.put(Readable.from(chunks), (chunk) => void seen.push(chunk));
        const whole = Buffer.concat(chunks);
        expect(blob.size).to.equal(whole.length);
        expect(Buffer.concat(seen).equals(whole)).to.equal(true);
        expect((await buffer(store.get(blob.id))).equals(whole)).to.equal(true);
      }),
      { numRuns: 30 },
    );
  });

  it("gives ranges, first and last byte included", async () => {
    const whole = bytes(3_000_000);
    const { id } = await put(whole);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(whole.length - 1), async (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) };
        const expected = whole.subarray(range.start, range.end + 1);
        expect((await buffer(store.get(id, range))).equals(expected)).to.equal(true);
        expect(Buffer.from(store.read(id, range)).equals(expected)).to.equal(true);
      }),
      { numRuns: 20 },
    );
  });

  it("throws ENOENT at once for a blob that is not there", () => {
    expect(() => store.get("0".repeat(32))).to.throw(/ENOENT/);
    expect(() => store.read("0".repeat(32))).to.throw(/ENOENT/);
  });

  it("leaves nothing of a source that fails, and rejects with its error", async () => {
    async function* failing() {
      yield bytes(2_000_000);
      throw new Error("the client went away");
    }
    const error = await rejection(Readable.from(failing()));
    expect(error.message).to.equal("the client went away");
    expect(await files()).to.deep.equal([]);
  });

  it("leaves nothing of a source that is destroyed, and rejects", async () => {
    const source = new Readable({ read() {} });
    source.push(bytes(2_000_000));
    const rejected = rejection(source);
    await eventually("the file", async () => (await files()).length > 0);
    source.destroy();
    expect((await rejected).message).to.match(/premature close/i);
    expect(await files()).to.deep.equal([]);
  });

  it("rejects with the file system's error where it cannot write, and leaves the source undestroyed", async () => {
    const path = join(folder, "a-file");
    await writeFile(path, "");
    const source = Readable.from([bytes(2_000_000), bytes(2_000_000)], { objectMode: true });
    const error = await rejection(source, new FsBlobStore(path));
    expect(error.message).to.match(/ENOTDIR/);
    expect(source.destroyed).to.equal(false);
  });

  it("goes on with an open stream when the blob is deleted", async () => {
    const { id } = await put(bytes(5_000_000));
    const stream = store.get(id);
    await store.delete(id);
    expect(await buffer(stream)).to.have.lengthOf(5_000_000);
    expect(() => store.get(id)).to.throw(/ENOENT/);
  });

  it("keeps a held blob until the last hold is let go", async () => {
    const { id } = await put(bytes(10));
    const first = store.hold([id]);
    const second = store.hold([id]);
    await store.delete(id);
    first();
    first();
    expect(store.read(id)).to.have.lengthOf(10);
    second();
    await eventually("the file to go", async () => (await files()).length === 0);
  });

  it("gives answers to hundreds of clients that fetch little less memory each, and large ones again afterwards", async () => {
    const { id } = await put(bytes(3 * 1024 * 1024));
    const sent: number[] = [];
    const streams = Array.from({ length: 100 }, () => store.get(id) as Readable & DirectBody);
    const neverFetched = (chunk: Uint8Array) => {
      sent.push(chunk.length);
      return new Promise<void>(() => {});
    };
    for (const stream of streams) void stream.sendTo(neverFetched);
    await eventually("all have begun", () => sent.length === streams.length);
    expect(sent.reduce((sum, length) => sum + length, 0)).to.be.below(42 * 1024 * 1024);
    for (const stream of streams) stream.destroy();
    const again = store.get(id) as Readable & DirectBody;
    const lengths: number[] = [];
    await again.sendTo(async (chunk) => {
      lengths.push(chunk.length);
    });
    again.destroy();
    expect(lengths).to.deep.equal([1024 * 1024, 1024 * 1024, 1024 * 1024]);
  });

  it("keeps a held blob that nobody deletes", async () => {
    const { id } = await put(bytes(10));
    store.hold([id])();
    expect(store.read(id)).to.have.lengthOf(10);
  });

  it("does not mind deleting what is not there", async () => {
    await store.delete("f".repeat(32));
  });

  it("collects what is not referenced and what is no blob, and says how many", async () => {
    const kept = await put(Buffer.from("kept"));
    await put(Buffer.from("orphan"));
    await writeFile(join(folder, "blobs", kept.id.slice(0, 2), "half-written"), "x");
    const removed = await store.collect(async (ids) => new Set(ids.filter((id) => id === kept.id)));
    expect(removed).to.equal(2);
    expect(await files()).to.have.lengthOf(1);
    expect(Buffer.from(store.read(kept.id)).toString()).to.equal("kept");
  });

  it("does not collect a blob that is being written", async () => {
    const source = new Readable({ read() {} });
    source.push(bytes(2_000_000));
    const stored = store.put(source);
    const [path = ""] = await eventually("the file", async () => {
      const found = await files();
      return found.length > 0 && found;
    });
    expect(await store.collect(async () => new Set())).to.equal(0);
    source.push(null);
    expect(await readFile(path)).to.have.lengthOf((await stored).size);
  });

  it("drops everything, and rejects what was being written meanwhile", async () => {
    await put(bytes(10));
    const source = new Readable({ read() {} });
    source.push(bytes(2_000_000));
    const rejected = rejection(source);
    await eventually("the second file", async () => (await files()).length > 1);
    await store.clear();
    source.push(null);
    expect((await rejected).message).to.match(/cleared/);
    expect(await files()).to.deep.equal([]);
    expect((await put(bytes(3))).size).to.equal(3);
  });

  it("drops all of nothing", async () => {
    await store.clear();
    await store.clear();
    expect(await files()).to.deep.equal([]);
  });
});
