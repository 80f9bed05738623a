import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { expect } from "chai";
import { type RunningDigests, runningDigests } from "../../../src/blobs/background-digests.ts";

const MiB = 1024 * 1024;

async function give(digests: RunningDigests, bytes: Buffer, chunk: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += chunk) await digests.update(bytes.subarray(at, at + chunk));
}

const expected = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

describe("the MD5 of a body", () => {
  it("is that of its bytes, in whatever chunks they come and however many are hashed at a time", async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => randomBytes(3 * MiB + index * 77_777));
    const chunks = [1000, 64 * 1024, 512 * 1024, MiB + 1, 8 * MiB];
    const digests = await Promise.all(
      bodies.map(async (body, index) => {
        const md5 = runningDigests(["md5"], body.length);
        await give(md5, body, chunks[index % chunks.length] ?? MiB);
        return (await md5.digest("md5")).toString("hex");
      }),
    );
    expect(digests).to.deep.equal(bodies.map(expected));
  });

  it("is that of no bytes where none came, and of a small body", async () => {
    const none = runningDigests(["md5"], 5 * MiB);
    expect((await none.digest("md5")).toString("hex")).to.equal(expected(Buffer.alloc(0)));
    const small = runningDigests(["md5"], 3);
    await give(small, Buffer.from("abc"), 3);
    expect((await small.digest("md5")).toString("hex")).to.equal(expected(Buffer.from("abc")));
  });

  it("comes with its SHA-256, by a thread or not", async () => {
    for (const length of [1000, 5 * MiB]) {
      const bytes = randomBytes(length);
      const both = runningDigests(["md5", "sha256"], length);
      await give(both, bytes, 100_000);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      expect((await both.digest("sha256")).toString("hex")).to.equal(sha256);
      expect((await both.digest("md5")).toString("hex")).to.equal(expected(bytes));
    }
  });

  it("has the next chunk wait where the thread has enough to do", async () => {
    const bytes = randomBytes(16 * MiB);
    const md5 = runningDigests(["md5"], bytes.length);
    const pending = md5.update(bytes);
    expect(pending).to.be.instanceOf(Promise);
    await pending;
    expect((await md5.digest("md5")).toString("hex")).to.equal(expected(bytes));
  });

  it("lets go of what is abandoned, also where it waits", async () => {
    const bytes = randomBytes(4 * MiB);
    for (let round = 0; round < 20; round++) {
      const md5 = runningDigests(["md5"], bytes.length);
      const pending = md5.update(bytes);
      md5.abandon();
      await pending;
    }
    const md5 = runningDigests(["md5"], bytes.length);
    await give(md5, bytes, 64 * 1024);
    expect((await md5.digest("md5")).toString("hex")).to.equal(expected(bytes));
    md5.abandon();
  });

  it("does not keep a process from its end", async function () {
    this.timeout(60_000);
    const source = new URL("../../../src/blobs/background-digests.ts", import.meta.url).href;
    const script = `
      const { runningDigests } = await import(${JSON.stringify(source)});
      const md5 = runningDigests(["md5"], ${4 * MiB});
      md5.update(new Uint8Array(${2 * MiB}));
      md5.abandon();`;
    const options = ["--import", "tsx/esm", "--input-type=module", "--eval", script];
    await promisify(execFile)(process.execPath, options, { timeout: 50_000 });
  });
});
