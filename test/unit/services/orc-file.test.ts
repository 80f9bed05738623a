import { expect } from "chai";
import { orcFile } from "../../../src/services/s3/orc-file.ts";
import { readOrc } from "../../service/s3/orc-reader.ts";

describe("orcFile", () => {
  it("writes what a reader of the format reads: every type, nulls, and more than a block", () => {
    const rows = Array.from({ length: 9000 }, (_, index) => ({
      flag: index % 3 === 0,
      size: index % 7 === 0 ? undefined : BigInt(index) * 10_000_000_000n - 5n,
      time: index % 5 === 0 ? undefined : new Date(1_300_000_000_000 + index * 100_000_010),
      text: index % 2 === 0 ? undefined : `ü${"x".repeat(index % 90)}${index}`,
    }));
    const kinds = { flag: "boolean", size: "integer", time: "time", text: "text" } as const;
    const columns = Object.entries(kinds).map(([name, kind]) => ({
      ...{ name, kind },
      values: rows.map((row) => row[name as keyof typeof kinds]),
    }));
    const read = readOrc(orcFile(columns, rows.length));
    expect(read).to.have.length(rows.length);
    for (const [index, { flag, size = null, time = null, text = null }] of rows.entries()) {
      expect(read[index], `row ${index}`).to.deep.equal({ flag, size, time, text });
    }
  });

  it("writes a file without rows, and columns of nulls alone", () => {
    expect(readOrc(orcFile([{ name: "text", kind: "text", values: [] }], 0))).to.deep.equal([]);
    const nulls = { name: "time", kind: "time", values: [undefined, undefined] } as const;
    expect(readOrc(orcFile([nulls], 2))).to.deep.equal([{ time: null }, { time: null }]);
  });
});
