import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { consoleTypes, type OpenApiDocument } from "../../scripts/console-types.ts";
import { startLocalAws } from "../support/server.ts";

describe("console types of the JSON API", () => {
  it("are those of the OpenAPI document: npm run docs writes them", async () => {
    const server = await startLocalAws();
    try {
      const response = await fetch(`${server.endpoint}/docs/openapi.json`);
      const made = consoleTypes((await response.json()) as OpenApiDocument);
      const file = new URL("../../console/src/api-types.ts", import.meta.url);
      expect(await readFile(file, "utf8")).to.equal(made);
    } finally {
      await server.stop();
    }
  });
});
