import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { expect } from "chai";
import * as fc from "fast-check";
import { ChunkSignatures } from "../../../src/auth/chunk-signatures.ts";
import { ChunkedBody } from "../../../src/auth/chunked-body.ts";
import type { Payload } from "../../../src/auth/payload.ts";
import { deriveSigningKey } from "../../../src/auth/sigv4.ts";
import { checksumAlgorithmByName } from "../../../src/aws/checksum.ts";
import { signedChunks, unsignedChunks } from "./aws-chunked.ts";
import { read, refusal } from "./fixture.ts";

type Chunked = Extract<Payload, { kind: "chunked" }>;

const signer = { secretAccessKey: "secret", timestamp: "20260101T000000Z", region: "us-east-1", seed: "0".repeat(64) };

const text = Buffer.from("0123456789abcdef".repeat(2));

function crc32Of(bytes: Uint8Array): string {
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(bytes));
  return digest.toString("base64");
}

function decode(pieces: Iterable<Uint8Array>, payload: Partial<Chunked> = {}): ChunkedBody {
  const full: Chunked = {
    ...{ kind: "chunked", signed: false, trailer: true, checksum: undefined, decodedLength: text.length },
    ...payload,
  };
  const scope = { date: "20260101", region: "us-east-1", service: "s3" };
  const { seed, timestamp } = signer;
  const signing = {
    key: deriveSigningKey("secret", scope),
    scope,
    seed,
    timestamp,
    accessKeyId: "AKID",
    canonicalRequest: "",
  };
  return new ChunkedBody(Readable.from(pieces), full, full.signed ? new ChunkSignatures(signing) : undefined);
}

const crc32Trailer = { checksum: checksumAlgorithmByName("CRC32") };
const unsigned = (body: string | Uint8Array, payload: Partial<Chunked> = {}) =>
  read(decode([Buffer.from(body)], payload));
const signed = (body: string | Uint8Array, payload: Partial<Chunked> = {}) =>
  unsigned(body, { signed: true, trailer: false, ...payload });

const incomplete = { code: "IncompleteBody", status: 400, message: "The request body terminated unexpectedly" };
const malformed = { code: "MalformedTrailerError", status: 400 };

// Each answer is one that the functional tests of OpenStack Swift (test/s3api/test_input_errors.py) record of S3.
describe("auth aws-chunked body", () => {
  it("is the same wherever it is cut, unsigned and signed, with and without trailer", async () => {
    const chunkSizes = fc.array(fc.integer({ min: 8192, max: 9000 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(chunkSizes, fc.nat(8191), fc.boolean(), fc.boolean()),
        fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12_000 }))),
        async ([sizes, lastSize, isSigned, hasTrailer], cuts) => {
          const chunks = [...sizes, lastSize].filter((size) => size > 0).map((size, at) => Buffer.alloc(size, 97 + at));
          const bytes = Buffer.concat(chunks);
          const trailers = hasTrailer ? [`x-amz-checksum-crc32:${crc32Of(bytes)}`] : [];
          const wire = isSigned ? signedChunks(signer, chunks, trailers) : unsignedChunks(chunks, trailers);
          const pieces: Buffer[] = [];
          for (let at = 0; at < wire.length; ) {
            const length: number = cuts.next().value;
            pieces.push(wire.subarray(at, at + length));
            at += length;
          }
          const trailer = hasTrailer || !isSigned;
          const payload = { signed: isSigned, trailer, decodedLength: bytes.length, ...(hasTrailer && crc32Trailer) };
          const body = decode(pieces, payload);
          expect((await read(body)).equals(bytes)).to.equal(true);
          expect(body.trailers).to.deep.equal(hasTrailer ? { "x-amz-checksum-crc32": crc32Of(bytes) } : {});
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is the same cut at every single byte", async () => {
    const wire = signedChunks(signer, [text], [`x-amz-checksum-crc32:${crc32Of(text)}`]);
    for (let at = 1; at < wire.length; at++) {
      const payload = { signed: true, trailer: true, ...crc32Trailer };
      const body = decode([wire.subarray(0, at), wire.subarray(at)], payload);
      expect(String(await read(body)), `cut at ${at}`).to.equal(String(text));
    }
  });

  it("rejects a signed body that ends at any byte before its end", async () => {
    const wire = signedChunks(signer, [text]);
    // Not the last line's CRLF: a last chunk with nothing behind it is whole.
    for (let at = 0; at < wire.length - 2; at++) {
      const error = await refusal(signed(wire.subarray(0, at)));
      expect(error.code, `cut at ${at}`).to.equal("IncompleteBody");
    }
  });

  it("rejects a signed body with any one byte changed", async () => {
    const wire = signedChunks(signer, [text]);
    for (let at = 0; at < wire.length - 4; at++) {
      const changed = Buffer.from(wire);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const error = await refusal(signed(changed));
      expect(["SignatureDoesNotMatch", "IncompleteBody", "InvalidChunkSizeError"], `changed at ${at}`).to.include(
        error.code,
      );
    }
  });

  it("passes the bytes on as slices of what came in", async () => {
    const wire = unsignedChunks([text]);
    for await (const piece of decode([wire])) expect(piece.buffer).to.equal(wire.buffer);
  });

  it("stops reading when nobody takes the bytes", async () => {
    let pulled = 0;
    const chunk = Buffer.alloc(64 * 1024);
    function* large() {
      for (let at = 0; at < 1000; at++) {
        pulled += chunk.length;
        yield Buffer.concat([Buffer.from("10000\r\n"), chunk, Buffer.from("\r\n")]);
      }
    }
    const body = decode(large(), { decodedLength: Number.MAX_SAFE_INTEGER });
    await new Promise((resolve) => body.once("readable", resolve));
    const atFirst = pulled;
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    expect(pulled - atFirst).to.be.lessThan(2 * 1024 * 1024);
    body.destroy();
  });

  it("rejects a source that is cut off with IncompleteBody", async () => {
    const source = new Readable({ read() {} });
    const payload = { signed: false, trailer: true, checksum: undefined, decodedLength: 32 };
    const body = new ChunkedBody(source, { kind: "chunked", ...payload }, undefined);
    source.push(unsignedChunks([text]).subarray(0, 10));
    const whole = read(body);
    source.destroy();
    expect(await refusal(whole)).to.include(incomplete);
  });

  describe("of unsigned chunks", () => {
    const chunk = `20\r\n${text}\r\n`;
    const checksum = `x-amz-checksum-crc32: ${crc32Of(text)}\r\n`;

    it("accepts a last chunk with nothing behind it", async () => {
      expect(String(await unsigned(`${chunk}0\r\n`))).to.equal(String(text));
    });

    it("accepts a trailer without an empty line behind it, and anything behind the empty line", async () => {
      await unsigned(`${chunk}0\r\n${checksum}`, crc32Trailer);
      await unsigned(`${chunk}0\r\n${checksum}\r\n\xff\xde\xad`, crc32Trailer);
      await unsigned(`${chunk}0\r\n${checksum}\r\nbonus: trailer\r\n`, crc32Trailer);
    });

    it("takes the last of a repeated trailer", async () => {
      const wrong = `x-amz-checksum-crc32: ${crc32Of(Buffer.from("x"))}\r\n`;
      await unsigned(`${chunk}0\r\n${wrong}${checksum}\r\n`, crc32Trailer);
      const error = await refusal(unsigned(`${chunk}0\r\n${checksum}${wrong}\r\n`, crc32Trailer));
      expect(error).to.include({
        code: "BadDigest",
        status: 400,
        message: "The CRC32 you specified did not match the calculated checksum.",
      });
    });

    it("rejects a trailing checksum that is none with InvalidRequest", async () => {
      const error = await refusal(unsigned(`${chunk}0\r\nx-amz-checksum-crc32: not=base-64\r\n\r\n`, crc32Trailer));
      expect(error).to.include({
        code: "InvalidRequest",
        status: 400,
        message: "Value for x-amz-checksum-crc32 trailing header is invalid.",
      });
    });

    it("rejects a trailer that is missing, undeclared, misplaced or no header with MalformedTrailerError", async () => {
      const trailers = ["\r\n", `bonus: trailer\r\n${checksum}\r\n`, `\r\n${checksum}`, "nonsense\r\n\r\n"];
      for (const trailer of trailers) {
        expect(await refusal(unsigned(`${chunk}0\r\n${trailer}`, crc32Trailer)), trailer).to.include(malformed);
      }
      expect(await refusal(unsigned(`${chunk}0\r\n${checksum}\r\n`))).to.include(malformed);
    });

    it("rejects broken framing with IncompleteBody", async () => {
      const bodies = [
        String(text),
        `20\n${text}\n0\n\n`,
        `20\r${text}\r0\r\r`,
        `20\r\n${text}0\r\n`,
        chunk,
        `${chunk}0\r\n\r`,
        `-20\r\n${text}\r\n0\r\n\r\n`,
        `2g\r\n${text}\r\n0\r\n\r\n`,
        `\r\n${text}\r\n0\r\n\r\n`,
        `20;chunk-signature=00\r\n${text}\r\n0\r\n\r\n`,
        `${"0".repeat(5000)}20\r\n${text}\r\n0\r\n\r\n`,
        `${"x".repeat(5000)}`,
        "",
      ];
      for (const body of bodies) expect(await refusal(unsigned(body)), body).to.include(incomplete);
      for (const end of ["\n", "\r", ""]) {
        const trailer = `x-amz-checksum-crc32: ${crc32Of(text)}${end}`;
        expect(await refusal(unsigned(`${chunk}0\r\n${trailer}`, crc32Trailer)), end).to.include(incomplete);
      }
    });

    it("rejects more or fewer bytes than were declared with both numbers", async () => {
      const counts = async (body: string) => (await refusal(unsigned(body))).members;
      expect(await counts(`4\r\n0123\r\n0\r\n\r\n20\r\n${text}\r\n0\r\n\r\n`)).to.deep.equal({
        NumberBytesExpected: 32,
        NumberBytesProvided: 4,
      });
      expect(await counts(`40\r\n${text}${text}\r\n0\r\n\r\n`)).to.deep.equal({
        NumberBytesExpected: 32,
        NumberBytesProvided: 64,
      });
    });
  });

  describe("of signed chunks", () => {
    const good = String(signedChunks(signer, [text]));

    it("accepts spaces around the signature", async () => {
      await signed(good.replaceAll(/;chunk-signature=(\w+)/g, " ; chunk-signature = $1 "));
    });

    it("rejects chunks without a signature with IncompleteBody", async () => {
      for (const extension of ["", ";chunk-signature=", ";chunk-signature", ";chunk-signature=ab;extra=param"]) {
        const error = await refusal(signed(`20${extension}\r\n${text}\r\n0${extension}\r\n\r\n`));
        expect(error, extension).to.include(incomplete);
      }
    });

    it("rejects a wrong signature with SignatureDoesNotMatch and the chunk's string to sign", async () => {
      const wrong = [
        ";chunk-signature=invalid",
        `;chunk-signature=${"0".repeat(64)}`,
        ";extra=param;chunk-signature=00",
      ];
      for (const extension of wrong) {
        const error = await refusal(signed(`20${extension}\r\n${text}\r\n0${extension}\r\n\r\n`));
        expect(error, extension).to.include({ code: "SignatureDoesNotMatch", status: 403 });
        expect(error.members.StringToSign).to.match(/^AWS4-HMAC-SHA256-PAYLOAD\n20260101T000000Z\n/);
      }
    });

    it("rejects a wrong signature of the last chunk", async () => {
      const last = good.lastIndexOf("=") + 1;
      const error = await refusal(signed(`${good.slice(0, last)}${"0".repeat(64)}\r\n\r\n`));
      expect(error.code).to.equal("SignatureDoesNotMatch");
    });

    it("rejects a small chunk that is not the last with InvalidChunkSizeError", async () => {
      const wire = signedChunks(
        signer,
        [1024, 4096, 3072].map((size) => Buffer.alloc(size)),
      );
      const error = await refusal(signed(wire, { decodedLength: 9216 }));
      expect(error).to.include({
        code: "InvalidChunkSizeError",
        status: 403,
        message: "Only the last chunk is allowed to have a size less than 8192 bytes",
      });
      expect(error.members).to.deep.equal({ Chunk: 2, BadChunkSize: 1024 });
    });

    it("accepts chunks of different sizes of 8 KiB and more", async () => {
      const chunks = [15, 8, 16].map((kib) => Buffer.alloc(kib * 1024, kib));
      expect((await signed(signedChunks(signer, chunks), { decodedLength: 39 * 1024 })).length).to.equal(39 * 1024);
    });

    describe("with a trailer", () => {
      const payload = { trailer: true, ...crc32Trailer };
      const whole = String(signedChunks(signer, [text], [`x-amz-checksum-crc32:${crc32Of(text)}`]));

      it("rejects a missing trailer signature, or no trailer at all, with IncompleteBody", async () => {
        const without = whole.slice(0, whole.indexOf("x-amz-trailer-signature"));
        expect(await refusal(signed(without, payload))).to.include(incomplete);
        expect(await refusal(signed(good, { trailer: true }))).to.include(incomplete);
      });

      it("rejects a wrong trailer signature with SignatureDoesNotMatch", async () => {
        const at = whole.indexOf("x-amz-trailer-signature:") + "x-amz-trailer-signature:".length;
        const error = await refusal(signed(`${whole.slice(0, at)}${"0".repeat(64)}\r\n\r\n`, payload));
        expect(error.code).to.equal("SignatureDoesNotMatch");
        expect(error.members.StringToSign).to.match(/^AWS4-HMAC-SHA256-TRAILER\n/);
      });
    });
  });
});
