import { expect } from "chai";
import * as fc from "fast-check";
import { credentialScope } from "../../../src/auth/credential-scope.ts";

const scope = { accessKeyId: "AKID", date: "20260304", region: "eu-west-1", service: "rds" };

describe("auth credential scope", () => {
  const fromHeader = (authorization: string) => credentialScope({ headers: { authorization }, query: "" });
  const fromQuery = (query: string) => credentialScope({ headers: {}, query });

  it("is read from the header, whatever stands between the components", () => {
    const credential = "Credential=AKID/20260304/eu-west-1/rds/aws4_request";
    for (const rest of [",SignedHeaders=host,Signature=ab", ", SignedHeaders=host, Signature=ab", ""]) {
      expect(fromHeader(`AWS4-HMAC-SHA256 ${credential}${rest}`)).to.deep.equal({ ...scope, from: "header" });
    }
    expect(fromHeader(`AWS4-HMAC-SHA256 SignedHeaders=host,${credential}`)).to.deep.equal({ ...scope, from: "header" });
  });

  it("is read from the query, encoded either way and in any place", () => {
    const credentials = [
      "AKID%2F20260304%2feu-west-1%2Frds%2Faws4_request",
      "AKID/20260304/eu-west-1/rds/aws4_request",
    ];
    for (const credential of credentials) {
      for (const query of [`X-Amz-Credential=${credential}`, `a=X-Amz-Credential=b&X-Amz-Credential=${credential}&c`]) {
        expect(fromQuery(query)).to.deep.equal({ ...scope, from: "query" });
      }
    }
  });

  it("is none for an unsigned request, another scheme and a malformed credential", () => {
    for (const header of [
      "",
      "Basic abc",
      "AWS AKID:sig",
      "AWS4-HMAC-SHA256 Signature=a",
      "AWS4-HMAC-SHA256 Credential=a/b/c",
    ]) {
      expect(fromHeader(header), header).to.equal(undefined);
    }
    for (const query of ["", "X-Amz-Credential=", "Other-X-Amz-Credential=a/b/c/d/e", "X-Amz-Credential=a/b"]) {
      expect(fromQuery(query), query).to.equal(undefined);
    }
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fromHeader(`AWS4-HMAC-SHA256 Credential=${text}`);
        fromQuery(`X-Amz-Credential=${text}%`);
      }),
    );
  });
});
