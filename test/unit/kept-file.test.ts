import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createIdentityKey } from "../../src/imds/identity-key.ts";
import { keptFile } from "../../src/kept-file.ts";

describe("a file that is made at its first use", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "localaws-kept-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is kept, its owner's alone, and made anew only where there is nothing in it", () => {
    const file = join(folder, "metadata", "key");
    expect(keptFile(file, () => "first")).to.equal("first");
    expect(keptFile(file, () => "second")).to.equal("first");
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readdirSync(join(folder, "metadata"))).to.deep.equal(["key"]);
    writeFileSync(file, "");
    expect(keptFile(file, () => "third")).to.equal("third");
    expect(keptFile(file, () => "fourth")).to.equal("third");
  });

  it("is not left in part by a full disk, and is made when there is room again", async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    const disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "localaws-test", disk]);
    try {
      const file = join(disk, "key");
      const text = "k".repeat(5000);
      const filler = join(disk, "filler");
      // A page is left: too little for the text, and enough to begin with it.
      writeFileSync(filler, Buffer.alloc(60 * 1024));
      expect(() => keptFile(file, () => text)).to.throw("ENOSPC");
      expect(readdirSync(disk)).to.deep.equal(["filler"]);
      const identity = createIdentityKey(join(disk, "identity.pem"));
      writeFileSync(filler, Buffer.alloc(64 * 1024));
      const refused = await identity.sign("document").catch((error: NodeJS.ErrnoException) => error.code);
      expect(refused).to.equal("ENOSPC");
      rmSync(filler);
      expect(keptFile(file, () => text)).to.equal(text);
      expect(await identity.sign("document")).to.match(/^[\w+/]{300,}=*$/);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
