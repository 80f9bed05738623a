import { readFileSync } from "node:fs";
import { expect } from "chai";
import { documentation } from "../../scripts/documentation.ts";

describe("documentation", () => {
  it("is what `npm run docs` makes of the source", async function () {
    this.timeout(180_000);
    for (const [path, text] of Object.entries(await documentation())) {
      const file = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
      expect(file, `${path} is out of date: run \`npm run docs\``).to.equal(text);
    }
  });
});
