import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DataFolderError, openDatabase } from "../../../src/db/open-database.ts";

describe("the metadata", () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-db-"));
  });

  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it("refuses a data folder that another LocalAWS uses", async () => {
    const first = await openDatabase(dataDir);
    try {
      const second = await openDatabase(dataDir).catch((error: unknown) => error);
      expect(second).to.be.instanceOf(DataFolderError);
    } finally {
      await first.destroy();
    }
  });

  it("opens again after it was closed", async () => {
    await (await openDatabase(dataDir)).destroy();
    await (await openDatabase(dataDir)).destroy();
  });
});
