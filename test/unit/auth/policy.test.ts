import { expect } from "chai";
import { holds } from "../../../src/auth/policy/conditions.ts";
import { evaluate } from "../../../src/auth/policy/evaluate.ts";
import { parseResourcePolicy } from "../../../src/auth/policy/parse-policy.ts";
import { isPublicPolicy } from "../../../src/auth/policy/public-policy.ts";
import { fitsWildcards } from "../../../src/auth/policy/wildcards.ts";

const base = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };

function policyOf(...Statement: object[]) {
  return parseResourcePolicy(JSON.stringify({ Version: "2012-10-17", Statement }));
}

describe("policy wildcards", () => {
  const cases: [pattern: string, text: string, fits: boolean][] = [
    ["a*c", "abbc", true],
    ["a*c", "ac", true],
    ["a?c", "ac", false],
    ["a.c", "abc", false],
    ["*", "", true],
    ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x/\n/y", true],
    ["a**b", `a${"x".repeat(10_000)}`, false],
    ["(a)*", "(a)b", true],
  ];
  for (const [pattern, text, fits] of cases) {
    it(`${fits ? "takes" : "does not take"} ${JSON.stringify(text.slice(0, 30))} for ${pattern}`, () => {
      expect(fitsWildcards(pattern, text)).to.equal(fits);
    });
  }
});

describe("policy conditions", () => {
  const request: Record<string, string[]> = {
    "k:a": ["5"],
    "k:many": ["x", "y"],
    "k:ip": ["10.1.2.3"],
    "k:star": ["a*b"],
    "k:empty": [],
  };
  const cases: [operator: string, key: string, values: string | string[], holds: boolean][] = [
    ["StringEquals", "k:a", ["4", "5"], true],
    ["StringEquals", "k:none", "5", false],
    ["StringNotEquals", "k:none", "5", true],
    ["StringNotEquals", "k:a", ["4", "5"], false],
    ["StringEqualsIfExists", "k:none", "5", true],
    ["StringEqualsIfExists", "k:a", "6", false],
    ["StringLike", "K:A", "?", true],
    ["StringEquals", "k:a", "${K:A}", true],
    ["StringEquals", "k:a", "${k:none, '5'}", true],
    ["StringEquals", "k:a", "${k:none}", false],
    ["StringNotEquals", "k:a", "${k:none}", true],
    ["StringEquals", "k:a", "${k:many}", false],
    ["StringLike", "k:star", "${k:star}", true],
    ["StringLike", "k:many", "${k:star}", false],
    ["StringLike", "k:star", "a${*}*", true],
    ["StringLike", "k:a", "${?}", false],
    ["ArnLike", "k:star", "${k:star}", true],
    ["NumericLessThan", "k:a", "10", true],
    ["NumericGreaterThanEquals", "k:a", "6", false],
    ["Bool", "k:none", "true", false],
    ["Null", "k:none", "true", true],
    ["Null", "k:a", "true", false],
    ["IpAddress", "k:ip", "10.0.0.0/8", true],
    ["IpAddress", "k:ip", "10.2.0.0/16", false],
    ["NotIpAddress", "k:ip", "10.2.0.0/16", true],
    ["IpAddress", "k:ip", ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/x", "::/0"], false],
    ["NotIpAddress", "k:ip", ["10.0.0.0/99", "::1/129"], true],
    ["ForAnyValue:StringEquals", "k:many", "x", true],
    ["ForAllValues:StringEquals", "k:many", "x", false],
    ["ForAllValues:StringEquals", "k:many", ["x", "y", "z"], true],
    ["ForAllValues:StringEquals", "k:none", "x", true],
    ["ForAnyValue:StringEquals", "k:none", "x", false],
  ];
  for (const [operator, key, values, expected] of cases) {
    it(`${expected ? "holds" : "fails"}: ${operator} ${key} ${String(values)}`, () => {
      const { statements } = policyOf({ ...base, Condition: { [operator]: { [key]: values } } });
      const [condition] = statements[0]?.conditions ?? [];
      if (condition === undefined) throw new Error("The condition was lost.");
      expect(holds(condition, (name) => request[name], true)).to.equal(expected);
    });
  }
});

describe("policy variables", () => {
  const home = { ...base, Resource: "arn:aws:s3:::b/${aws:userid}/*" };
  const decide = (Version: string, userId: string, key: string) =>
    evaluate(parseResourcePolicy(JSON.stringify({ Version, Statement: home })), {
      principal: {
        ...{ type: "user", accountId: "111111111111", arn: "arn:aws:iam::111111111111:user/me", accessKeyId: "AKIA" },
        userId,
      },
      action: "s3:GetObject",
      resource: `arn:aws:s3:::b/${key}`,
      keys: (name) => (name === "aws:userid" ? [userId] : undefined),
    });
  const cases: [what: string, version: string, userId: string, key: string, decision: string][] = [
    ["stand for the value of the request", "2012-10-17", "AIDA", "AIDA/k", "allow"],
    ["stand for no other value", "2012-10-17", "AIDA", "AIDB/k", "none"],
    ["make no wildcards of values", "2012-10-17", "*", "AIDA/k", "none"],
    ["are none in the first version", "2008-10-17", "AIDA", "AIDA/k", "none"],
    ["are text in the first version", "2008-10-17", "AIDA", "${aws:userid}/k", "allow"],
  ];
  for (const [what, version, userId, key, decision] of cases) {
    it(what, () => {
      expect(decide(version, userId, key)).to.equal(decision);
    });
  }
});

describe("policy principals", () => {
  const session = {
    type: "assumed-role",
    accountId: "111111111111",
    arn: "arn:aws:sts::111111111111:assumed-role/reader/me",
    userId: "AROA:me",
    accessKeyId: "ASIA",
  } as const;
  const cases: [principal: string, decision: string][] = [
    ["arn:aws:iam::111111111111:role/reader", "allow"],
    ["arn:aws:iam::111111111111:role/path/reader", "allow"],
    ["arn:aws:iam::111111111111:role/other", "none"],
    ["arn:aws:iam::222222222222:role/reader", "none"],
    ["arn:aws:sts::111111111111:assumed-role/reader/me", "allow"],
    ["arn:aws:sts::111111111111:assumed-role/reader/you", "none"],
    ["111111111111", "allow"],
  ];
  for (const [AWS, decision] of cases) {
    it(`${decision === "allow" ? "takes" : "does not take"} a session of a role for ${AWS}`, () => {
      const policy = policyOf({ ...base, Principal: { AWS } });
      const request = {
        principal: session,
        action: "s3:getobject",
        resource: "arn:aws:s3:::b/k",
        keys: () => undefined,
      };
      expect(evaluate(policy, request)).to.equal(decision);
    });
  }
});

describe("policy status", () => {
  const cases: [what: string, more: object, isPublic: boolean][] = [
    ["everybody", {}, true],
    ["everybody but one", { Principal: undefined, NotPrincipal: { AWS: "111111111111" } }, true],
    ["everybody denied", { Effect: "Deny" }, false],
    ["one account", { Principal: { AWS: "111111111111" } }, false],
    ["a network", { Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }, false],
    ["all networks", { Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } } }, true],
    ["all but a network", { Condition: { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }, true],
    ["a pattern of sources", { Condition: { StringLike: { "aws:SourceVpc": "vpc-*" } } }, true],
    ["the value of a variable", { Condition: { StringLike: { "aws:PrincipalArn": "${aws:Referer}" } } }, true],
    ["a network as wide as no provider's", { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/7" } } }, true],
    ["a wide network", { Condition: { IpAddress: { "aws:SourceIp": "11.0.0.0/8" } } }, false],
    ["half of what IPv6 has for somebody", { Condition: { IpAddress: { "aws:SourceIp": "2000::/31" } } }, true],
    ["a network of IPv6", { Condition: { IpAddress: { "aws:SourceIp": "2001:db8::/32" } } }, false],
    ["a network and all", { Condition: { IpAddress: { "aws:SourceIp": ["11.0.0.0/8", "0.0.0.0/0"] } } }, true],
    ["a star that is none", { Condition: { StringEquals: { "aws:SourceVpc": "vpc-*" } } }, false],
    ["whatever an owner is", { Condition: { StringEquals: { "aws:SourceOwner": "111111111111" } } }, true],
    ["an organization's sources", { Condition: { StringEquals: { "aws:SourceOrgID": "o-1234567890" } } }, false],
    ["all of an account", { Condition: { ArnLike: { "aws:SourceArn": "arn:aws:sns:*:111111111111:*" } } }, false],
    ["one name in all accounts", { Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/r" } } }, true],
    ["a role's sessions", { Condition: { StringLike: { "aws:userid": "AROAEXAMPLE:*" } } }, false],
    ["any user id", { Condition: { StringLike: { "aws:userid": "*" } } }, true],
    ["a network, if there is one", { Condition: { StringEqualsIfExists: { "aws:SourceVpc": "vpc-1" } } }, true],
    [
      "a network, if there is one, and there is",
      { Condition: { "ForAllValues:StringEquals": { "aws:SourceVpc": "vpc-1" }, Null: { "aws:SourceVpc": "false" } } },
      false,
    ],
    ["a referer, which anybody can send", { Condition: { StringEquals: { "aws:Referer": "x" } } }, true],
  ];
  for (const [what, more, isPublic] of cases) {
    it(`is ${isPublic ? "" : "not "}public for ${what}`, () => {
      expect(isPublicPolicy(policyOf({ ...base, ...more }))).to.equal(isPublic);
    });
  }

  const denials: [what: string, deny: object, isPublic: boolean][] = [
    ["is denied to everybody", {}, false],
    ["is denied beyond an account", { Condition: { StringNotEquals: { "aws:SourceAccount": "111111111111" } } }, false],
    ["is denied with a referer", { Condition: { StringEquals: { "aws:Referer": "x" } } }, true],
    ["is denied to one account", { Principal: { AWS: "111111111111" } }, true],
    ["is denied to all but one", { Principal: undefined, NotPrincipal: { AWS: "111111111111" } }, true],
    ["is denied for another key", { Resource: "arn:aws:s3:::b/other" }, true],
  ];
  for (const [what, deny, isPublic] of denials) {
    it(`is ${isPublic ? "" : "not "}public where what is allowed ${what}`, () => {
      expect(isPublicPolicy(policyOf(base, { ...base, Effect: "Deny", ...deny }))).to.equal(isPublic);
    });
  }
});
