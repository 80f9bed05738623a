import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { expect } from "chai";
import { type RunningMd5, runningMd5 } from "../../../src/blobs/background-md5.ts";

const MiB = 1024 * 1024;

async function give(md5: RunningMd5, bytes: Buffer, chunk: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += chunk) await md5.update(bytes.subarray(at, at + chunk));
}

const expected = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

describe("the MD5 of a body", () => {
  it("is that of its bytes, in whatever chunks they come and however many are hashed at a time", async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => randomBytes(3 * MiB + index * 77_777));
    const chunks = [1000, 64 * 1024, 512 * 1024, MiB + 1, 8 * MiB];
    const digests = await Promise.all(
      bodies.map(async (body, index) => {
        const md5 = runningMd5(body.length);
        await give(md5, body, chunks[index % chunks.length] ?? MiB);
        return (await md5.digest()).toString("hex");
      }),
    );
    expect(digests).to.deep.equal(bodies.map(expected));
  });

  it("is that of no bytes where none came, and of a small body", async () => {
    const none = runningMd5(5 * MiB);
    expect((await none.digest()).toString("hex")).to.equal(expected(Buffer.alloc(0)));
    const small = runningMd5(3);
    await give(small, Buffer.from("abc"), 3);
    expect((await small.digest()).toString("hex")).to.equal(expected(Buffer.from("abc")));
  });

  it("has the next chunk wait where the thread has enough to do", async () => {
    const bytes = randomBytes(16 * MiB);
    const md5 = runningMd5(bytes.length);
    const pending = md5.update(bytes);
    expect(pending).to.be.instanceOf(Promise);
    await pending;
    expect((await md5.digest()).toString("hex")).to.equal(expected(bytes));
  });

  it("lets go of what is abandoned, also where it waits", async () => {
    const bytes = randomBytes(4 * MiB);
    for (let round = 0; round < 20; round++) {
      const md5 = runningMd5(bytes.length);
      const pending = md5.update(bytes);
      md5.abandon();
      await pending;
    }
    const md5 = runningMd5(bytes.length);
    await give(md5, bytes, 64 * 1024);
    expect((await md5.digest()).toString("hex")).to.equal(expected(bytes));
    md5.abandon();
  });

  it("does not keep a process from its end", async function () {
    this.timeout(60_000);
    const source = new URL("../../../src/blobs/background-md5.ts", import.meta.url).href;
    const script = `
      const { runningMd5 } = await import(${JSON.stringify(source)});
      const md5 = runningMd5(${4 * MiB});
      md5.update(new Uint8Array(${2 * MiB}));
      md5.abandon();`;
    const options = ["--import", "tsx/esm", "--input-type=module", "--eval", script];
    await promisify(execFile)(process.execPath, options, { timeout: 50_000 });
  });
});
