import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createIdentityKey } from "../../../src/imds/identity-key.ts";
import { requires } from "../../support/requirements.ts";

describe("envelopes of instance identity documents", () => {
  requires("openssl");
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-identity-"));
    file = join(folder, "identity.pem");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function opened(envelope: string, ...how: string[]): Promise<string> {
    const path = join(folder, "envelope");
    await writeFile(path, `-----BEGIN PKCS7-----\n${envelope}\n-----END PKCS7-----\n`);
    const args = ["smime", "-verify", "-in", path, "-inform", "PEM", "-certfile", `${file}.crt`, ...how];
    return execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });
  }

  it("are verified by openssl, by the certificate that stays", async () => {
    for (const length of [10, 100, 200, 70_000]) {
      const document = `{"a": "${"é".repeat(length)}"}`;
      const envelope = await createIdentityKey(file).envelop(document);
      expect(Math.max(...envelope.split("\n").map((line) => line.length))).to.equal(64);
      expect(await opened(envelope, "-noverify", "-binary")).to.equal(document);
      expect(await opened(envelope, "-CAfile", `${file}.crt`, "-binary")).to.equal(document);
    }
    expect(await readFile(`${file}.crt`, "utf8")).to.match(/^-----BEGIN CERTIFICATE-----/);
  });

  it("are refused when the document is changed", async () => {
    const envelope = Buffer.from(await createIdentityKey(file).envelop("document"), "base64");
    envelope.write("D", envelope.indexOf("document"));
    const refused = await opened(envelope.toString("base64"), "-noverify").catch((error: Error) => error.message);
    expect(refused).to.match(/digest failure|bad signature|signature failure/i);
  });
});
