import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import ssh2 from "ssh2";
import { readOrMakeHostKey } from "../../../src/ssh/host-key.ts";

describe("the SSH gateway's host key", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-test-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("can be read, whatever its bytes are", () => {
    // One in 256 begins with a zero.
    for (let made = 0; made < 1000; made++) {
      const file = join(folder, `key-${made}`);
      expect(ssh2.utils.parseKey(readOrMakeHostKey(file))).not.to.be.instanceOf(Error);
    }
  });

  it("is the same at the next start, and its owner's alone", async () => {
    const file = join(folder, "metadata", "ssh_host_ed25519_key");
    const key = readOrMakeHostKey(file);
    expect(readOrMakeHostKey(file)).to.equal(key);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });

  it("is not made anew over a file that holds something else", async () => {
    const file = join(folder, "other");
    await writeFile(file, "something else");
    expect(() => readOrMakeHostKey(file))
      .to.throw(file)
      .with.property("message")
      .that.includes("remove the file");
    expect(await readFile(file, "utf8")).to.equal("something else");
  });
});
