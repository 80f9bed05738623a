import { expect } from "chai";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { plainTree } from "../../../src/protocol/plain-xml.ts";

const options = { trimValues: false, parseTagValue: false, processEntities: false, ignoreAttributes: false };
const parser = new XMLParser({ ...options, ignoreDeclaration: true });

/** Without the space between elements, which nothing looks at. */
function withoutSpace(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutSpace);
  if (typeof node !== "object" || node === null) return node;
  const members = Object.entries(node).filter(([name]) => name !== "#text" && !name.startsWith("@_"));
  return Object.fromEntries(members.map(([name, value]) => [name, withoutSpace(value)]));
}

describe("XML of elements and text alone", () => {
  const text = fc.constantFrom("", "a", " a b ", "&lt;&amp;", " ", "ü>", "\n");
  const space = fc.constantFrom("", " ", "\n  ");
  const { document } = fc.letrec<{ document: string; element: string }>((tie) => ({
    document: fc.tuple(space, tie("element"), space).map((parts) => parts.join("")),
    element: fc
      .tuple(
        fc.constantFrom("A", "Key", "x-y.z"),
        fc.oneof({ maxDepth: 4 }, text, fc.array(tie("document"), { maxLength: 4 })),
        space,
      )
      .map(([name, content, end]) => {
        const inner = typeof content === "string" ? content : content.join("");
        return inner === "" && end === " " ? `<${name}/>` : `<${name}>${inner}</${name}${end}>`;
      }),
  }));

  it("is read as the parser reads it", () => {
    fc.assert(
      fc.property(document, fc.constantFrom("", '<?xml version="1.0" encoding="UTF-8"?>\n'), (body, head) => {
        const xml = `${head}<Root xmlns="urn:x">${body}</Root>\n`;
        const tree = plainTree(xml);
        expect(tree, xml).to.not.equal(undefined);
        expect(withoutSpace(tree), xml).to.deep.equal(withoutSpace(parser.parse(xml)));
      }),
      { numRuns: 500 },
    );
  });

  for (const xml of [
    ...["", "text", "<A>", "</A>", "<A></B>", "<A><B></A></B>", "<A/><A/>", "<A/>text", "<A>a<B/></A>", "<A><B/>a</A>"],
    ...[
      '<A b="c"/>',
      "<x:A/>",
      "<A><!-- --></A>",
      "<A><![CDATA[a]]></A>",
      "<!DOCTYPE A><A/>",
      "<A>&b;</A>",
      "<A>&</A>",
    ],
    ...["<A>\r\n</A>", "<__proto__/>", "<A><toString/></A>", "<A", "<A><", '<A xmlns="b">c</A>', "<A>]]></A>", "</A/>"],
    "<A>".repeat(40) + "</A>".repeat(40),
  ]) {
    it(`is not ${xml.slice(0, 40)}`, () => {
      expect(plainTree(xml)).to.equal(undefined);
    });
  }
});
