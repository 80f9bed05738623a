import { expect } from "chai";
import fc from "fast-check";
import { decodePageToken, firstPage } from "../../../src/aws/pagination.ts";

const keyOf = (item: number) => String(item).padStart(6, "0");

/** Everything that a client collects by following the tokens. */
function collect(items: readonly number[], limit: number): number[][] {
  const pages: number[][] = [];
  let rest = items;
  for (;;) {
    const page = firstPage(rest, { kind: "things", limit, keyOf });
    pages.push(page.items);
    if (page.nextToken === undefined) return pages;
    const after = decodePageToken("things", page.nextToken);
    rest = items.filter((item) => after !== undefined && keyOf(item) > after);
  }
}

describe("firstPage", () => {
  it("gives everything once, in order, in full pages", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(999_999), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (list, limit) => {
          const items = list.sort((one, other) => one - other);
          const pages = collect(items, limit);
          expect(pages.flat()).to.deep.equal(items);
          expect(pages.slice(0, -1).every((page) => page.length === limit)).to.equal(true);
        },
      ),
    );
  });

  it("gives no token for a last page that is full, nor without a limit", () => {
    expect(firstPage([1, 2], { kind: "things", limit: 2, keyOf }).nextToken).to.equal(undefined);
    expect(firstPage([1, 2], { kind: "things", limit: undefined, keyOf }).items).to.deep.equal([1, 2]);
  });
});

describe("decodePageToken", () => {
  it("takes back its own token, and no other", () => {
    const token = firstPage([1, 2], { kind: "things", limit: 1, keyOf }).nextToken ?? "";
    expect(decodePageToken("things", token)).to.equal("000001");
    expect(decodePageToken("others", token)).to.equal(undefined);
    fc.assert(fc.property(fc.string(), (text) => decodePageToken("things", text) === undefined));
  });
});
