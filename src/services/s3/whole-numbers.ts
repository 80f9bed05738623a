import { malformedXml } from "./errors.ts";

const largest = 2 ** 31 - 1;

/** Numbers of days have 32 bits, which the SDK's schemas do not say. @throws MalformedXML */
export function requireInts(...values: readonly (number | undefined)[]): void {
  for (const value of values) if (value !== undefined && Math.abs(value) > largest) throw malformedXml();
}
