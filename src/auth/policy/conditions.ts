import { BlockList, isIP } from "node:net";
import type { Condition } from "./policy.ts";
import { withValues } from "./variables.ts";
import { fitsWildcards, type Pattern, plainText } from "./wildcards.ts";

/** The values of a condition key in a request, by the key in lower case; none where the request has no such key. */
export type ConditionKeys = (key: string) => readonly string[] | undefined;

const patterns: Readonly<Record<string, (actual: string, expected: Pattern) => boolean>> = {
  StringLike: (actual, expected) => fitsWildcards(expected, actual),
  ArnEquals: (actual, expected) => fitsWildcards(expected, actual),
  ArnLike: (actual, expected) => fitsWildcards(expected, actual),
};

const positive: Readonly<Record<string, (actual: string, expected: string) => boolean>> = {
  StringEquals: (actual, expected) => actual === expected,
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  NumericEquals: (actual, expected) => Number(actual) === Number(expected),
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
  NumericLessThanEquals: (actual, expected) => Number(actual) <= Number(expected),
  NumericGreaterThan: (actual, expected) => Number(actual) > Number(expected),
  NumericGreaterThanEquals: (actual, expected) => Number(actual) >= Number(expected),
  DateEquals: (actual, expected) => time(actual) === time(expected),
  DateLessThan: (actual, expected) => time(actual) < time(expected),
  DateLessThanEquals: (actual, expected) => time(actual) <= time(expected),
  DateGreaterThan: (actual, expected) => time(actual) > time(expected),
  DateGreaterThanEquals: (actual, expected) => time(actual) >= time(expected),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  BinaryEquals: (actual, expected) => actual === expected,
  IpAddress: isInRange,
};

const negative: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals",
  NotIpAddress: "IpAddress",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
};

export function isOperator(name: string): boolean {
  return [patterns, positive, negative].some((operators) => Object.hasOwn(operators, name)) || name === "Null";
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export function holds(condition: Condition, keys: ConditionKeys, hasVariables: boolean): boolean {
  const { operator, qualifier, ifExists, key, values } = condition;
  const actual = keys(key);
  if (operator === "Null") return values.includes(String(actual === undefined));
  if (actual === undefined && ifExists) return true;
  const negated = negative[operator];
  const compare = comparison(negated ?? operator);
  if (compare === undefined) return false;
  const expected =
    hasVariables && takesVariables.test(operator)
      ? values.map((value) => withValues(value, keys)).filter((value) => value !== undefined)
      : values;
  // A negated operator holds where the value is none of those named; also where there is no value.
  const fits = (one: string) => expected.some((value) => compare(one, value)) === (negated === undefined);
  if (qualifier === "ForAllValues") return (actual ?? []).every(fits);
  if (actual === undefined) return negated !== undefined && qualifier === undefined;
  return actual.some(fits);
}

const takesVariables = /^(?:String|Arn)/;

function comparison(operator: string): ((actual: string, expected: Pattern) => boolean) | undefined {
  const compare = positive[operator];
  return compare === undefined ? patterns[operator] : (actual, expected) => compare(actual, plainText(expected));
}

function time(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

/** An address, or the addresses that begin with its first bits: `192.0.2.0/24`. */
export function isRange(range: string): boolean {
  return parseRange(range) !== undefined;
}

function parseRange(range: string): { network: string; bits: number; version: number } | undefined {
  const [network = "", bits, ...more] = range.split("/");
  const version = isIP(network);
  if (version === 0 || more.length > 0) return undefined;
  const longest = version === 6 ? 128 : 32;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > longest)) return undefined;
  return { network, bits: Number(bits ?? longest), version };
}

/** What is no range has no address in it. */
function isInRange(address: string, range: string): boolean {
  const parsed = parseRange(range);
  if (parsed === undefined || isIP(address) !== parsed.version) return false;
  const list = new BlockList();
  const family = parsed.version === 6 ? "ipv6" : "ipv4";
  list.addSubnet(parsed.network, parsed.bits, family);
  return list.check(address, family);
}
