import { expect } from "chai";
import { asReadOnly, readFirstMessage } from "../../../src/runtime/startup-message.ts";

/** https://www.postgresql.org/docs/17/protocol-message-formats.html */
function message(code: number, body = ""): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + Buffer.byteLength(body), 0);
  head.writeUInt32BE(code, 4);
  return Buffer.concat([head, Buffer.from(body)]);
}

const protocol3 = 3 << 16;

describe("runtime startup message", () => {
  it("tells what a client begins with, once it is there", () => {
    const startup = message(protocol3, "user\0me\0\0");
    expect(readFirstMessage(startup)).to.deep.equal({ kind: "startup", length: startup.length });
    expect(readFirstMessage(Buffer.concat([startup, Buffer.from("p")]))).to.have.property("length", startup.length);
    for (const length of [0, 7, startup.length - 1]) {
      expect(readFirstMessage(startup.subarray(0, length))).to.deep.equal({ kind: "incomplete" });
    }
    expect(readFirstMessage(message(80_877_103))).to.deep.equal({ kind: "encryption-request", length: 8, isTls: true });
    expect(readFirstMessage(message(80_877_104))).to.deep.equal({
      kind: "encryption-request",
      length: 8,
      isTls: false,
    });
    expect(readFirstMessage(message(80_877_102, "12345678"))).to.deep.equal({ kind: "other", length: 16 });
    expect(readFirstMessage(Buffer.from("GET / HTTP/1.1"))).to.deep.equal({ kind: "not-postgresql" });
    expect(readFirstMessage(Buffer.alloc(8))).to.deep.equal({ kind: "not-postgresql" });
  });

  const readOnly = "options\0-c default_transaction_read_only=on\0\0";
  const cases: [string, string, string][] = [
    ["without options", "user\0me\0database\0shop\0\0", `user\0me\0database\0shop\0${readOnly}`],
    ["without anything", "\0", readOnly],
    ["with an empty value", "user\0me\0application_name\0\0\0", `user\0me\0application_name\0\0${readOnly}`],
    [
      "with options",
      "options\0-c work_mem=7MB\0user\0mé\0\0",
      "user\0mé\0options\0-c work_mem=7MB -c default_transaction_read_only=on\0\0",
    ],
    ["that says otherwise", "Default_Transaction_Read_Only\0off\0user\0me\0\0", `user\0me\0${readOnly}`],
  ];
  for (const [what, before, after] of cases) {
    it(`makes a session ${what} a read-only one`, () => {
      const made = asReadOnly(message(protocol3 + 2, before));
      expect(made.toString()).to.equal(message(protocol3 + 2, after).toString());
    });
  }
});
