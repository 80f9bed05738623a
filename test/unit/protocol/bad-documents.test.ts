import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { AwsError } from "../../../src/aws/aws-error.ts";
import { createProtocol } from "../../../src/protocol/create-protocol.ts";
import type { Protocol } from "../../../src/protocol/protocol.ts";
import { s3 } from "../../../src/services/s3/index.ts";
import { expectError } from "./expect-error.ts";

describe("bad documents", () => {
  interface Sent {
    readonly method?: string;
    readonly path?: string;
    readonly query?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string | Uint8Array;
  }

  let protocol: Protocol;

  async function parse({ method = "PUT", path = "/a-bucket", query = "", headers = {}, body = "" }: Sent) {
    const stream = Readable.from(body.length === 0 ? [] : [Buffer.from(body)]);
    const call = await protocol.match({
      method,
      path,
      query,
      headers: { host: "localhost", ...headers },
      body: stream,
    });
    return { operation: call.operation, input: await call.parse(stream) };
  }

  const tagging = (body: string | Uint8Array) => parse({ query: "tagging", body });
  const deleteObjects = (body: string) => parse({ method: "POST", query: "delete", body });
  const tags = (Key: string, Value: string) => ({ Bucket: "a-bucket", Tagging: { TagSet: [{ Key, Value }] } });
  const tagged = (content: string) =>
    `<Tagging><TagSet><Tag><Key>k</Key><Value>${content}</Value></Tag></TagSet></Tagging>`;

  before(async () => {
    protocol = createProtocol(s3, (await s3.load()).sdk);
  });

  describe("s3 documents that are wrong", () => {
    const manyAttributes = Array.from({ length: 10_000 }, (_, index) => `a${index}="b"`).join(" ");
    const malformed: Record<string, string | Uint8Array> = {
      "are cut off": tagged("v").slice(0, -12),
      "are cut off in a tag": "<Tagging><TagS",
      "are no XML": "tags please",
      "are JSON": '{"TagSet":[]}',
      "have an element that is none of theirs": tagged("v").replace("</TagSet>", "</TagSet><Extra/>"),
      "have two roots": tagged("v") + tagged("v"),
      "have text after the root": `${tagged("v")}x`,
      "have crossed tags": "<Tagging><TagSet></Tagging></TagSet>",
      "have a bare ampersand": tagged("a & b"),
      "have a bare less-than": tagged("a < b"),
      "have elements where text is expected": tagged("<b>v</b>"),
      "have text where elements are expected": "<Tagging>TagSet</Tagging>",
      "have a member twice": "<Tagging><TagSet/><TagSet/></Tagging>",
      "are not UTF-8": Buffer.from(tagged("\u00ff"), "latin1"),
      "are UTF-16": Buffer.from(`\ufeff${tagged("v")}`, "utf16le"),
      "have an undeclared entity": tagged("&nbsp;"),
      "refer to a character beyond Unicode": tagged("&#x110000;"),
      "refer to half a surrogate pair": tagged("&#xd800;"),
      "have a document type": `<!DOCTYPE Tagging>${tagged("v")}`,
      "have a document type in other letters": `<!doctype Tagging [<!entity a "b">]>${tagged("v")}`,
      "fetch an external entity": `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${tagged("&e;")}`,
      "are a billion laughs": billionLaughs(),
      "are nested 100 deep": `<Tagging>${"<a>".repeat(100)}${"</a>".repeat(100)}</Tagging>`,
      "are nested a million deep": "<a>".repeat(1_000_000),
      "have a million attributes that are not closed": `<Tagging ${'a="b" '.repeat(200_000)}`,
      "have ten thousand attributes": tagged("v").replace("<Tagging", `<Tagging ${manyAttributes}`),
      "are made of nothing but brackets": "<".repeat(1_000_000),
    };
    for (const [name, body] of Object.entries(malformed)) {
      it(`get MalformedXML when they ${name}`, async () => {
        await expectError(tagging(body), "MalformedXML", 400);
      });
    }

    it("get MalformedXML when they are of a kind that is known by its root, and have another", async () => {
      await expectError(deleteObjects("<Deletes><Object><Key>k</Key></Object></Deletes>"), "MalformedXML", 400);
    });

    it("get MalformedXML for numbers and dates that are none", async () => {
      const rule = (content: string) => {
        const body = `<LifecycleConfiguration><Rule><Status>Enabled</Status>${content}</Rule></LifecycleConfiguration>`;
        return parse({ query: "lifecycle", body });
      };
      for (const days of ["1a", "", "1e999", "NaN", "0x10", "1 2"]) {
        await expectError(rule(`<Expiration><Days>${days}</Days></Expiration>`), "MalformedXML", 400);
      }
      for (const date of ["soon", "2024-13-01", "29/02/2024", ""]) {
        await expectError(rule(`<Expiration><Date>${date}</Date></Expiration>`), "MalformedXML", 400);
      }
    });

    it("get MalformedXML when a required member of them is missing", async () => {
      await expectError(tagging("<Tagging/>"), "MalformedXML", 400);
      await expectError(tagging("<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>"), "MalformedXML", 400);
      await expectError(deleteObjects("<Delete><Object/></Delete>"), "MalformedXML", 400);
    });

    it("get MissingRequestBodyError when there are none", async () => {
      await expectError(tagging(""), "MissingRequestBodyError", 400);
    });

    it("get MaxMessageLengthExceeded beyond 8 MiB", async () => {
      await expectError(tagging(tagged("v".repeat(9 << 20))), "MaxMessageLengthExceeded", 400);
    });

    it("get InvalidDigest and BadDigest for a Content-MD5 that is none, or another's", async () => {
      const body = tagged("v");
      const md5 = (text: string) => createHash("md5").update(text).digest("base64");
      const send = (value: string) => parse({ query: "tagging", body, headers: { "content-md5": value } });
      for (const value of ["", "nonsense", "AAAA"]) await expectError(send(value), "InvalidDigest", 400);
      await expectError(send(md5("other")), "BadDigest", 400);
      expect((await send(md5(body))).input).to.deep.include(tags("k", "v"));
    });

    it("set nothing on Object.prototype", async () => {
      const evil = "<__proto__><polluted>yes</polluted></__proto__><constructor><prototype/></constructor>";
      const body = `<Tagging __proto__="x">${evil}<TagSet><Tag>${evil}<Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>`;
      const result: unknown = await tagging(body).catch((error: unknown) => error);
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
      if (result instanceof Error) expect(result).to.be.instanceOf(AwsError).and.include({ code: "MalformedXML" });
      else expect(result).to.deep.include({ input: tags("k", "v") });
    });
  });

  describe("s3 documents that look odd", () => {
    const odd: Record<string, [string, string]> = {
      "a namespace": [`<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner("v")}</Tagging>`, "v"],
      "a prefix": [
        `<s:Tagging xmlns:s="x"><s:TagSet><s:Tag><s:Key>k</s:Key><s:Value>v</s:Value></s:Tag></s:TagSet></s:Tagging>`,
        "v",
      ],
      "a declaration and a byte order mark": [`\ufeff<?xml version="1.0" encoding="UTF-8"?>\n${tagged("v")}\n`, "v"],
      "comments and processing instructions": [`<!-- a --><?pi x?>${tagged("a<!-- b -->c")}<!-- d -->`, "ac"],
      "CDATA, which is not unescaped": [tagged("a<![CDATA[&amp;<b>]]>&lt;"), "a&amp;<b><"],
      "references in every base": [tagged("&#65;&#x42;&#x1F600;&amp;#65;&quot;&apos;"), `AB😀&#65;"'`],
      "spaces that count": [tagged("  v "), "  v "],
      "line ends of every kind": [tagged("a\r\nb\rc\nd&#13;e"), "a\nb\nc\nd\re"],
      "numbers that are text": [tagged("007"), "007"],
      indentation: [tagged("v").replaceAll("><", ">\n\t <"), "v"],
      "empty text": [tagged(""), ""],
      "a self-closing text element": [tagged("").replace("<Value></Value>", "<Value/>"), ""],
      "unknown attributes": [
        `<Tagging a="1"><TagSet b='2'><Tag><Key>k</Key><Value c="3">v</Value></Tag></TagSet></Tagging>`,
        "v",
      ],
      "another root": [tagged("v").replaceAll("Tagging", "Taggings"), "v"],
      "members in another order": [`<Tagging><TagSet><Tag><Value>v</Value><Key>k</Key></Tag></TagSet></Tagging>`, "v"],
    };
    for (const [name, [body, value]] of Object.entries(odd)) {
      it(`may have ${name}`, async () => {
        expect((await tagging(body)).input).to.deep.equal(tags("k", value));
      });
    }

    it("may have 1,000 items, in their order", async () => {
      const keys = Array.from({ length: 1000 }, (_, index) => `key-${index}`);
      const { input } = await deleteObjects(
        `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("")}</Delete>`,
      );
      expect(input).to.deep.include({ Delete: { Objects: keys.map((Key) => ({ Key })) } });
    });
  });

  describe("s3 requests that are wrong", () => {
    it("get InvalidURI for a path that is not percent-encoded UTF-8", async () => {
      for (const path of ["/a-bucket/%", "/a-bucket/%zz", "/a-bucket/%ff", "/%ff", "/a-bucket/%c3%28"]) {
        await expectError(parse({ method: "GET", path }), "InvalidURI", 400);
      }
    });

    it("get MethodNotAllowed where no operation has the method", async () => {
      for (const [method, path] of [
        ["POST", "/"],
        ["DELETE", "/"],
        ["PATCH", "/a-bucket/key"],
        ["PROPFIND", "/a-bucket"],
      ] as const) {
        await expectError(parse({ method, path }), "MethodNotAllowed", 405);
      }
    });

    it("get InvalidArgument for query parameters and headers of the wrong type", async () => {
      for (const text of ["abc", "1e999", "1.2.3"]) {
        await expectError(parse({ method: "GET", query: `list-type=2&max-keys=${text}` }), "InvalidArgument", 400);
      }
      const headers = { "x-amz-bypass-governance-retention": "maybe" };
      await expectError(parse({ method: "DELETE", path: "/a-bucket/key", headers }), "InvalidArgument", 400);
      const locked = { "x-amz-object-lock-retain-until-date": "tomorrow" };
      await expectError(parse({ path: "/a-bucket/key", headers: locked }), "InvalidArgument", 400);
    });

    it("are answered as if a condition were not there whose date cannot be read", async () => {
      const { input } = await parse({
        method: "GET",
        path: "/a-bucket/key",
        headers: { "if-modified-since": "yesterday" },
      });
      expect(input).to.deep.equal({ Bucket: "a-bucket", Key: "key" });
    });
  });

  function inner(content: string): string {
    return tagged(content).slice("<Tagging>".length, -"</Tagging>".length);
  }

  /** https://en.wikipedia.org/wiki/Billion_laughs_attack */
  function billionLaughs(): string {
    const entities = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`);
    return `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">${entities.join("")}]>${tagged("&l9;")}`;
  }
});
