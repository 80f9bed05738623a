import { expect } from "chai";
import fc from "fast-check";
import { ReplayBuffer } from "../../../src/terminal/replay-buffer.ts";

describe("terminal replay buffer", () => {
  it("has the last bytes of everything that was written, from any place on", () => {
    const writes = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), writes, fc.nat({ max: 1000 }), (capacity, chunks, place) => {
        const replay = new ReplayBuffer(capacity);
        for (const chunk of chunks) replay.append(Buffer.from(chunk));
        const whole = Buffer.concat(chunks);
        const start = Math.max(0, whole.length - capacity);
        expect(replay.start).to.equal(start);
        expect(replay.end).to.equal(whole.length);
        const from = place >= start && place <= whole.length ? place : start;
        const { offset, bytes } = replay.from(place);
        expect(offset).to.equal(from);
        expect(bytes.equals(whole.subarray(from))).to.equal(true);
      }),
    );
  });
});
