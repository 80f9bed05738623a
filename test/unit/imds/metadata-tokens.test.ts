import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { createMetadataTokens } from "../../../src/imds/metadata-tokens.ts";

describe("tokens of the metadata service", () => {
  const key = randomBytes(32);
  let time = Date.UTC(2026, 0, 1);
  const open = (secret = key) =>
    createMetadataTokens(
      () => secret,
      () => new Date(time),
    );

  it("hold for the seconds that they were issued for, over a restart too", () => {
    const token = open().issue("i-1", 60);
    expect(open().secondsLeft("i-1", token)).to.equal(60);
    time += 59_000;
    expect(open().secondsLeft("i-1", token)).to.equal(1);
    time += 1000;
    expect(open().secondsLeft("i-1", token)).to.equal(undefined);
  });

  it("hold for one instance, under one key, and as they were issued alone", () => {
    const token = open().issue("i-1", 60);
    expect(token).to.have.length(56);
    expect(open().secondsLeft("i-2", token)).to.equal(undefined);
    expect(open(randomBytes(32)).secondsLeft("i-1", token)).to.equal(undefined);
    for (const other of ["", "x", token.slice(1), `A${token.slice(1)}`.replace(/^AA/, "AB"), `${token}AAAA`]) {
      expect(open().secondsLeft("i-1", other), other).to.equal(undefined);
    }
  });
});
