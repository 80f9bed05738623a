import { createHmac } from "node:crypto";
import { expect } from "chai";
import { scramVerifier } from "../../../src/runtime/scram-verifier.ts";

describe("runtime SCRAM verifier", () => {
  it("gives the server signature of RFC 7677's example", () => {
    const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
    const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const exchange = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;
    const verifier = scramVerifier("pencil", Buffer.from(salt, "base64"));
    expect(verifier).to.match(/^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[\w+/]{43}=:[\w+/]{43}=$/);
    const serverKey = Buffer.from(verifier.split(":").at(-1) ?? "", "base64");
    expect(createHmac("sha256", serverKey).update(exchange).digest("base64")).to.equal(
      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    );
  });

  it("salts each password anew", () => {
    expect(scramVerifier("pencil")).not.to.equal(scramVerifier("pencil"));
  });
});
