import { expect } from "chai";
import fc from "fast-check";
import { AwsError } from "../../../src/aws/aws-error.ts";
import { pathFilters } from "../../../src/aws/filter-paths.ts";
import { compileFilters, literalValues } from "../../../src/aws/filters.ts";

interface Item {
  Name: string;
  Size?: number;
  Made?: Date;
  Parts?: { Colour: string; Round?: boolean }[];
  Tags?: { Key: string; Value: string }[];
}

const table = pathFilters<Item>()({
  name: "Name",
  size: "Size",
  made: "Made",
  colour: "Parts.Colour",
  round: "Parts.Round",
});

function matches(item: Item, ...filters: [name: string, ...values: string[]][]): boolean {
  const compiled = compileFilters(
    filters.map(([Name, ...Values]) => ({ Name, Values })),
    table,
    (each: Item) => each.Tags,
  );
  return compiled(item);
}

/** Text as a filter value that stands for itself. */
const literally = (text: string) => text.replace(/[*?\\]/g, "\\$&");

describe("compileFilters", () => {
  const item: Item = {
    Name: "a*b",
    Size: 8,
    Made: new Date("2025-01-02T03:04:05.000Z"),
    Parts: [{ Colour: "red", Round: true }, { Colour: "blue" }],
    Tags: [{ Key: "team", Value: "x y" }],
  };

  it("takes any of the values, and all of the filters", () => {
    expect(matches(item, ["colour", "green", "blue"])).to.equal(true);
    expect(matches(item, ["colour", "red"], ["size", "9"])).to.equal(false);
    expect(matches(item, ["colour", "red"], ["size", "8"])).to.equal(true);
  });

  it("compares numbers, booleans and dates as texts", () => {
    expect(matches(item, ["round", "true"])).to.equal(true);
    expect(matches(item, ["made", "2025-01-02T*"])).to.equal(true);
  });

  it("finds tags by key and by value", () => {
    expect(matches(item, ["tag:team", "x*"])).to.equal(true);
    expect(matches(item, ["tag:other", "*"])).to.equal(false);
    expect(matches(item, ["tag-key", "te?m"])).to.equal(true);
  });

  it("matches nothing where the member is missing, whatever the pattern", () => {
    expect(matches({ Name: "x" }, ["size", "*"])).to.equal(false);
  });

  it("refuses a filter that the table does not have, also one that every object has", () => {
    for (const name of ["color", "constructor", ""]) {
      expect(() => matches(item, [name, "x"])).to.throw(AwsError, `The filter '${name}' is invalid`);
    }
  });

  it("refuses more than 200 values", () => {
    const values = Array.from({ length: 201 }, String);
    expect(() => matches(item, ["name", ...values])).to.throw(AwsError, /maximum number of filter values/);
  });

  it("takes any text literally when its wildcards are escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
        expect(matches({ Name: one }, ["name", literally(one)])).to.equal(true);
        expect(matches({ Name: other }, ["name", literally(one)])).to.equal(one === other);
      }),
    );
  });

  it("lets a star stand for any text, of several lines too", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, middle, after) => {
        expect(
          matches({ Name: before + middle + after }, ["name", `${literally(before)}*${literally(after)}`]),
        ).to.equal(true);
        expect(matches({ Name: `${before}\n${after}` }, ["name", `${literally(before)}*${literally(after)}`])).to.equal(
          true,
        );
      }),
    );
  });

  it("does not take long for a pattern of many stars", () => {
    // With backtracking this would not end in a lifetime.
    expect(matches({ Name: "a".repeat(256) }, ["name", `${"*a".repeat(12)}*b`])).to.equal(false);
  });
});

describe("literalValues", () => {
  it("gives values without wildcards, and nothing where there is one or there are none", () => {
    expect(literalValues({ Name: "x", Values: ["a", "b"] })).to.deep.equal(["a", "b"]);
    for (const value of ["a*", "?", "a\\*"]) expect(literalValues({ Values: ["b", value] })).to.equal(undefined);
    expect(literalValues({ Values: [] })).to.equal(undefined);
  });
});
