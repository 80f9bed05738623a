import { expect } from "chai";
import fc from "fast-check";
import { type ChecksumName, createChecksum } from "../../../src/aws/checksum.ts";
import { combineCrcs } from "../../../src/services/s3/crc-combine.ts";

describe("s3 combineCrcs", () => {
  const digest = (name: ChecksumName, bytes: Uint8Array) => {
    const checksum = createChecksum(name);
    checksum.update(bytes);
    return checksum.digest();
  };

  for (const name of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
    it(`makes the ${name} of a whole of those of any parts`, () => {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 }), (parts) => {
          const combined = combineCrcs(
            name,
            parts.map((part) => ({ digest: digest(name, part), size: part.length })),
          );
          expect(combined).to.equal(digest(name, Buffer.concat(parts)));
        }),
      );
    });
  }

  it("makes the same of ten thousand parts of a terabyte as of their halves", () => {
    const parts = Array.from({ length: 10_000 }, () => ({ digest: "rosUhgp5mIg=", size: 100 * 1024 * 1024 }));
    const half = parts.slice(5000);
    const [digest, size] = [combineCrcs("CRC64NVME", half), half.length * 100 * 1024 * 1024];
    const whole = combineCrcs("CRC64NVME", parts);
    expect(combineCrcs("CRC64NVME", [{ digest, size }, ...half])).to.equal(whole);
    expect(combineCrcs("CRC64NVME", [...half, { digest, size }])).to.equal(whole);
  });
});
