import { expect } from "chai";
import { blocksOverlap, moveAddress } from "../../src/runtime/cidr-block.ts";

describe("runtime: CIDR blocks", () => {
  it("overlap where they share an address, whichever is the larger", () => {
    expect(blocksOverlap("172.31.0.0/16", "172.31.16.0/20")).to.equal(true);
    expect(blocksOverlap("172.31.16.0/20", "172.31.0.0/16")).to.equal(true);
    expect(blocksOverlap("172.31.16.7/20", "172.31.31.255/32")).to.equal(true);
    expect(blocksOverlap("0.0.0.0/0", "255.255.255.255/32")).to.equal(true);
    expect(blocksOverlap("172.31.0.0/20", "172.31.16.0/20")).to.equal(false);
    expect(blocksOverlap("10.0.0.0/8", "11.0.0.0/8")).to.equal(false);
  });

  it("keep an address's place in another block", () => {
    expect(moveAddress("172.31.0.20", "172.31.0.0/20", "172.31.0.0/20")).to.equal("172.31.0.20");
    expect(moveAddress("172.31.17.4", "172.31.16.0/20", "192.168.32.0/20")).to.equal("192.168.33.4");
    expect(moveAddress("10.255.255.254", "10.0.0.0/8", "10.0.0.0/8")).to.equal("10.255.255.254");
  });

  it("have no place for an address beyond their end, nor for one from outside of its own block", () => {
    expect(moveAddress("172.31.1.4", "172.31.0.0/20", "10.0.0.0/24")).to.equal(undefined);
    expect(moveAddress("172.31.0.255", "172.31.0.0/20", "10.0.0.0/24")).to.equal(undefined);
    expect(moveAddress("172.30.0.4", "172.31.0.0/20", "10.0.0.0/24")).to.equal(undefined);
  });
});
