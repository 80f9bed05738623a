import { expect } from "chai";
import * as fc from "fast-check";
import {
  checksumAlgorithmByHeader,
  checksumAlgorithmByName,
  checksumAlgorithms,
  createChecksum,
  isChecksumValue,
} from "../../../src/aws/checksum.ts";

// The check values of "123456789": the RevEng catalogue of CRCs, the NVM Express specification, RFC 1321, FIPS 180, and
// those of the xxHash reference implementation.
const checks: Record<string, string> = {
  CRC32: "cbf43926",
  CRC32C: "e3069283",
  CRC64NVME: "ae8b14860a799888",
  MD5: "25f9e794323b453885f5181f1b624d0b",
  SHA1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  SHA256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
  SHA512:
    "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
  XXHASH64: "8cb841db40e6ae83",
  XXHASH3: "72dcb18b67a17dff",
  XXHASH128: "33119477ede5dcd5e9716427681d5860",
};

describe("checksum", () => {
  for (const algorithm of checksumAlgorithms) {
    describe(algorithm.name, () => {
      const digestOf = (...chunks: Uint8Array[]) => {
        const checksum = createChecksum(algorithm.name);
        for (const chunk of chunks) checksum.update(chunk);
        return checksum.digest();
      };

      it("has the published check value, big-endian", () => {
        const digest = digestOf(Buffer.from("123456789"));
        expect(Buffer.from(digest, "base64").toString("hex")).to.equal(checks[algorithm.name]);
        expect(isChecksumValue(algorithm, digest)).to.equal(true);
      });

      it("is the same however the bytes are cut", () => {
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (bytes, cut) => {
            expect(digestOf(bytes.subarray(0, cut), bytes.subarray(cut))).to.equal(digestOf(bytes));
          }),
          { numRuns: 50 },
        );
      });

      it("keeps apart checksums that run at the same time", () => {
        const [one, two] = [createChecksum(algorithm.name), createChecksum(algorithm.name)];
        one.update(Buffer.from("1234"));
        two.update(Buffer.from("abc"));
        one.update(Buffer.from("56789"));
        two.update(Buffer.from("def"));
        expect(two.digest()).to.equal(digestOf(Buffer.from("abcdef")));
        expect(one.digest()).to.equal(digestOf(Buffer.from("123456789")));
      });
    });
  }

  it("is found by name and by header, in any case", () => {
    expect(checksumAlgorithmByName("crc64nvme")?.member).to.equal("ChecksumCRC64NVME");
    expect(checksumAlgorithmByHeader("X-Amz-Checksum-Crc32c")?.name).to.equal("CRC32C");
    expect(checksumAlgorithmByName("CRC16")).to.equal(undefined);
  });

  it("knows a value from what is none", () => {
    const crc32 = checksumAlgorithmByName("CRC32");
    if (crc32 === undefined) throw new Error("CRC32 is missing.");
    expect(
      ["y/Q5Jg==", "y/Q5Jg", "not=base-64", "", "y/Q5JgA="].map((value) => isChecksumValue(crc32, value)),
    ).to.deep.equal([true, false, false, false, false]);
  });
});
